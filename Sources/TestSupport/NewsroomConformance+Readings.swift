import FoundationEssentials
import Stores
import WireCore

/// Enriched articles, and what is counted over them.
extension NewsroomConformance {
    static let readings: [NewsroomCheck] = [
        NewsroomCheck("An enrichment comes back as it was filed, with the article's title and address") { rig in
            let items = [Item(id: "1", title: "Miners sell", url: "https://news.example/1"), Item(id: "2")]
            let ids = try await rig.file(items, prices: []).newArticles
            var full = rig.enrichment(ids[0], at: 1.25, tier: .high, sentiment: -0.1)
            (full.enrichedAt, full.method, full.theme) = (rig.at(9.5), .model, .stablecoins)
            (full.model, full.callID, full.nucleus) = ("claude-haiku-4-5", "call/1", "Tether")
            (full.focus, full.keywords) = (["peg", "ré\"serve"], ["a\\b", "c\u{0}d", ""])
            (full.summary, full.amount, full.note) = ("It\nsays 🙂.", 1.5e9, "the day's budget is spent")
            full.mentions = [
                EntityMention(name: "Tether", kind: .company, ticker: "USDT", salience: 5, confidence: 0.9),
                EntityMention(name: "O'Leary \u{0} Jr", kind: .person, salience: 1, confidence: 0),
            ]
            let plain = rig.enrichment(ids[1])
            try await rig.enrich([full, plain])
            let wanted = [
                EnrichedArticle(title: "Miners sell", url: "https://news.example/1", enrichment: full),
                EnrichedArticle(title: "", url: nil, enrichment: plain),
            ]
            try expectEqual(try await rig.other.enrichedArticles(ids: ids), wanted)
            try expectEqual(try await rig.other.enrichedArticles(EnrichedQuery()), wanted.reversed())
        },
        NewsroomCheck("Of articles asked for by id those without an enrichment are left out") { rig in
            let ids = try await rig.articles("a", "b", "c")
            try await rig.enrich([rig.enrichment(ids[2]), rig.enrichment(ids[0])])
            let seen = try await rig.other.enrichedArticles(ids: ids.reversed() + [999, ids[0]])
            try expectEqual(seen.map(\.id), [ids[0], ids[2]])
            try expectEqual(try await rig.other.enrichedArticles(ids: []), [])
        },
        NewsroomCheck("A near-duplicate shows what it resembles") { rig in
            let title = "Bitcoin miners sell record reserves"
            let first = try await rig.file([Item(id: "1", title: title)], prices: []).newArticles
            let second = try await StoreRig(store: rig.store).file([Item(id: "2", title: title)], from: .beta, at: 10).newArticles
            try await rig.enrich([rig.enrichment(first[0]), rig.enrichment(second[0], from: .beta)])
            try expectEqual(try await rig.other.enrichedArticles(EnrichedQuery()).map(\.nearDuplicateOf), [first[0], nil])
        },
        NewsroomCheck("Enriched articles are listed by id, newest first, page by page, each once") { rig in
            let ids = try await rig.articles(25)
            // Their instants run the other way.
            try await rig.enrich(ids.enumerated().map { rig.enrichment($1, at: -Double($0), "Bitcoin") })
            for entity in [nil, "Bitcoin"] {
                for from in [nil, -100.0] {
                    var seen: [Int64] = []
                    while true {
                        let before = seen.last
                        let page = try await rig.enrichedIDs(from: from, limit: 10) { ($0.entity, $0.before) = (entity, before) }
                        if page.isEmpty { break }
                        seen += page
                    }
                    try expectEqual(seen, ids.reversed(), "of entity \(entity ?? "any") from \(from ?? -.infinity)")
                }
            }
            try expectEqual(try await rig.enrichedIDs(limit: 0), [])
        },
        NewsroomCheck("A span of time has its beginning and not its end") { rig in
            var ids: [Int64] = []
            for second in [9.999, 10, 19.999, 20] { ids.append(try await rig.enriched("\(second)", at: second, ["Bitcoin"])) }
            for entity in [nil, "Bitcoin"] {
                try expectEqual(try await rig.enrichedIDs(from: 10, to: 20) { $0.entity = entity }, [ids[2], ids[1]])
                try expectEqual(try await rig.enrichedIDs(from: 20) { $0.entity = entity }, [ids[3]])
                try expectEqual(try await rig.enrichedIDs(to: 10) { $0.entity = entity }, [ids[0]])
            }
        },
        NewsroomCheck("Tier, entity, source, narrative and the lack of one narrow the list, each and together") { rig in
            let high = try await rig.enriched("1", at: 1, tier: .high, ["Bitcoin", "Tether"])
            let normal = try await rig.enriched("2", from: .beta, at: 2, ["Bitcoin"])
            let noise = try await rig.enriched("3", at: 3, tier: .noise, ["Tether"])
            let story = try await rig.save(rig.narrative("Story"), joining: [high, normal])
            try expectEqual(try await rig.enrichedIDs { $0.tierAtMost = .normal }, [normal, high])
            try expectEqual(try await rig.enrichedIDs { $0.tierAtMost = .high }, [high])
            try expectEqual(try await rig.enrichedIDs { $0.entity = "Tether" }, [noise, high])
            try expectEqual(try await rig.enrichedIDs { $0.entity = "tether" }, [], "names are told apart by their bytes")
            try expectEqual(try await rig.enrichedIDs { $0.source = .alpha }, [noise, high])
            try expectEqual(try await rig.enrichedIDs { $0.narrative = story.id }, [normal, high])
            try expectEqual(try await rig.enrichedIDs { $0.isOutsideNarratives = true }, [noise])
            try expectEqual(try await rig.enrichedIDs(from: 2) { ($0.entity, $0.tierAtMost) = ("Tether", .normal) }, [])
            try expectEqual(try await rig.enrichedIDs(from: 1, to: 3) { ($0.source, $0.narrative) = (.beta, story.id) }, [normal])
            try expectEqual(try await rig.enrichedIDs { ($0.entity, $0.narrative) = ("Tether", story.id) }, [high])
            try expectEqual(try await rig.enrichedIDs { ($0.entity, $0.source, $0.before) = ("Bitcoin", .beta, normal) }, [])
            try expectEqual(try await rig.other.enrichedArticles(ids: [high, noise]).map(\.narrative), [story.id, nil])
        },
        NewsroomCheck("Pruned articles take their enrichments, mentions and places in narratives along") { rig in
            let old = try await rig.enriched("old", at: 0, ["Bitcoin"])
            let young = try await rig.enriched("young", at: 100, ["Bitcoin"])
            let story = try await rig.save(rig.narrative("Story"), joining: [old, young])
            try await rig.prune(articlesBefore: 50)
            try expectEqual(try await rig.enrichedIDs { $0.entity = "Bitcoin" }, [young])
            try expectEqual(try await rig.enrichedIDs { $0.narrative = story.id }, [young])
            try expectEqual(try await rig.other.timeline(of: story.id).map(\.articles), [1])
            let statistic = try await rig.other.entityStatistics(from: rig.at(-9), to: rig.at(999), tierAtMost: .noise, limit: 9).first
            try expectEqual(statistic?.mentions, 1)
            try expectEqual(statistic?.firstAt, rig.at(0), "the first meeting is remembered")
        },
    ]

    static let statistics: [NewsroomCheck] = [
        NewsroomCheck("Entities are counted by articles and sources, most first, then by name, at most as many as asked for") { rig in
            try await rig.enriched("1", from: .alpha, at: 1, ["Bitcoin", "Ether"])
            try await rig.enriched("2", from: .alpha, at: 2, ["Bitcoin", "Aave"])
            try await rig.enriched("3", from: .beta, at: 3, ["Bitcoin"])
            let seen = try await rig.other.entityStatistics(from: rig.at(0), to: rig.at(9), tierAtMost: .noise, limit: 9)
            try expectEqual(seen.map(\.name), ["Bitcoin", "Aave", "Ether"])
            try expectEqual(seen.map(\.mentions), [3, 1, 1])
            try expectEqual(seen.map(\.sources), [2, 1, 1])
            let two = try await rig.other.entityStatistics(from: rig.at(0), to: rig.at(9), tierAtMost: .noise, limit: 2)
            try expectEqual(two, Array(seen.prefix(2)))
        },
        NewsroomCheck("Statistics count the span with its beginning and without its end, up to a tier; the first meeting is of all time") { rig in
            for (second, tier) in [(5.0, RelevanceTier.high), (10, .high), (15, .normal), (16, .noise), (20, .high)] {
                try await rig.enriched("\(second)", at: second, tier: tier, ["Bitcoin"])
            }
            for (tier, count) in [(RelevanceTier.high, 1), (.normal, 2), (.noise, 3)] {
                let seen = try await rig.other.entityStatistics(from: rig.at(10), to: rig.at(20), tierAtMost: tier, limit: 9)
                try expectEqual(seen.map(\.mentions), [count], "up to \(tier.name)")
                try expectEqual(seen.map(\.firstAt), [rig.at(5)])
            }
            try expectEqual(try await rig.other.entityStatistics(from: rig.at(21), to: rig.at(99), tierAtMost: .noise, limit: 9), [])
        },
        NewsroomCheck("An article that comes late moves the first meeting back") { rig in
            try await rig.enriched("1", at: 50, ["Bitcoin"])
            try await rig.enriched("2", at: 20, ["Bitcoin"])
            try await rig.enriched("3", at: 30, ["Bitcoin"])
            let seen = try await rig.other.entityStatistics(from: rig.at(0), to: rig.at(99), tierAtMost: .noise, limit: 9)
            try expectEqual(seen.map(\.firstAt), [rig.at(20)])
        },
        NewsroomCheck("The sentiment is the mean; the ends are those of sources with two articles, and the mean where there are none") { rig in
            for (name, source, sentiment) in [
                ("1", SourceID.alpha, 0.5), ("2", .alpha, 1.0), ("3", .beta, -0.5), ("4", .beta, -0.25), ("5", .gamma, -1),
            ] {
                try await rig.enriched(name, from: source, at: 1, sentiment: sentiment, ["Bitcoin"] + (name == "5" ? ["Aave"] : []))
            }
            let seen = try await rig.other.entityStatistics(from: rig.at(0), to: rig.at(9), tierAtMost: .noise, limit: 9)
            try expectEqual(seen.map(\.sentiment), [-0.05, -1])
            try expectEqual(seen.map(\.highestSource), [0.75, -1])
            try expectEqual(seen.map(\.lowestSource), [-0.375, -1])
        },
        NewsroomCheck("A name that stands twice in an article is one mention; kind and ticker are those that were filed last") { rig in
            let ids = try await rig.articles("a", "b", "c")
            var enrichments = ids.map { rig.enrichment($0, at: 1) }
            enrichments[0].mentions = [
                EntityMention(name: "Tether", kind: .coin, salience: 5, confidence: 1),
                EntityMention(name: "Tether", kind: .other, salience: 1, confidence: 0),
            ]
            enrichments[1].mentions = [EntityMention(name: "Tether", kind: .company, ticker: "USDT", salience: 5, confidence: 1)]
            enrichments[2].mentions = [EntityMention(name: "Tether", kind: .company, salience: 5, confidence: 1)]
            try await rig.enrich(enrichments)
            let seen = try await rig.other.entityStatistics(from: rig.at(0), to: rig.at(9), tierAtMost: .noise, limit: 9)
            try expectEqual(seen.map(\.mentions), [3])
            try expectEqual(seen.map(\.kind), [.company])
            try expectEqual(seen.map(\.ticker), ["USDT"], "a mention without a ticker does not take it away")
            try expectEqual(try await rig.other.enrichedArticles(ids: [ids[0]]).first?.enrichment.mentions, Array(enrichments[0].mentions.prefix(1)))
        },
        NewsroomCheck("How articles were read is counted by source, by the instant of reading") { rig in
            let ids = try await rig.articles("a", "b", "c", "d")
            var enrichments = ids.map { rig.enrichment($0) }
            for (index, (method, second)) in [(ReadingMethod.model, 10.0), (.simple, 11), (.simple, 19.999), (.model, 20)].enumerated() {
                (enrichments[index].method, enrichments[index].enrichedAt) = (method, rig.at(second))
            }
            try await rig.enrich(enrichments)
            let other = try await rig.articles("e", from: .beta)
            try await rig.enrich([rig.enrichment(other[0], from: .beta, at: 5)])
            let seen = try await rig.other.processingCounts(from: rig.at(10), to: rig.at(20))
            let wanted = [ProcessingCount(source: .alpha, model: 1, simple: 2), ProcessingCount(source: .beta, model: 0, simple: 1)]
            try expectEqual(seen, wanted)
        },
    ]
}
