import FoundationEssentials
import Stores
import WireCore

/// Narratives and patterns.
extension NewsroomConformance {
    static let narratives: [NewsroomCheck] = [
        NewsroomCheck("A narrative comes back as it was saved, with its number, and keeps that when it is saved again") { rig in
            var full = rig.narrative("Miners \"sell\"", nucleus: "Bitcoin", last: 5.25)
            (full.summary, full.theme, full.stage) = ("They\nsell.", .mining, .reactivated)
            (full.actors, full.focus) = ([Weighted("Marathon", 1), Weighted("Riot \u{0}", 0.1 + 0.2)], [Weighted("hash", 1e-9)])
            (full.momentum, full.articleCount, full.sourceCount, full.sentiment) = (1.75, 12, 4, -0.3)
            (full.peakDay, full.peakCount) = ("2026-11-24", 7)
            (full.dormantAt, full.reactivatedAt, full.hotUntil) = (rig.at(1), rig.at(2), rig.at(3))
            let saved = try await rig.save(full)
            full.id = saved.id
            try expectEqual(saved, full)
            try expectEqual(try await rig.other.narrative(saved.id), full)
            var changed = rig.narrative("Another", nucleus: "Ether", last: 9)
            changed.id = saved.id
            try expectEqual(try await rig.save(changed), changed)
            try expectEqual(try await rig.other.narratives(NarrativeQuery()), [changed])
            try expectEqual(try await rig.other.narrative(saved.id + 1), nil)
        },
        NewsroomCheck("What is written comes back in its order, with numbers of its own") { rig in
            var changes = NarrativeChanges()
            changes.saved = ["c", "a", "b"].map { .init(rig.narrative($0)) }
            let saved = try await rig.store.save(changes)
            try expectEqual(saved.map(\.title), ["c", "a", "b"])
            try expectEqual(Set(saved.map(\.id)).count, 3)
            try expectEqual(try await rig.store.save(NarrativeChanges()), [])
        },
        NewsroomCheck("All changes are written or none: an unknown narrative, a weight that is no number, one merged into itself") { rig in
            let a = try await rig.save(rig.narrative("a"))
            let article = try await rig.enriched("1")
            var unknown = rig.narrative("unknown")
            unknown.id = 999
            var weightless = rig.narrative("weightless")
            weightless.actors = [Weighted("x", .nan)]
            for narrative in [unknown, weightless] {
                var changes = NarrativeChanges()
                changes.saved = [.init(rig.narrative("new"), joining: [article]), .init(narrative)]
                try await rig.expectError { _ = try await rig.store.save(changes) }
            }
            for into in [a.id, 999] {
                var changes = NarrativeChanges()
                changes.saved = [.init(rig.narrative("new"), joining: [article])]
                changes.merged = [.init(a.id, into: into)]
                try await rig.expectError { _ = try await rig.store.save(changes) }
            }
            try expectEqual(try await rig.titles(), ["a"])
            try expectEqual(try await rig.enrichedIDs { $0.isOutsideNarratives = true }, [article])
        },
        NewsroomCheck("An article is in one narrative at most: one that is in another already stays there") { rig in
            let (one, two) = (try await rig.enriched("1"), try await rig.enriched("2"))
            let a = try await rig.save(rig.narrative("a"), joining: [one])
            let b = try await rig.save(rig.narrative("b"), joining: [one, two, 999])
            try expectEqual(try await rig.enrichedIDs { $0.narrative = a.id }, [one])
            try expectEqual(try await rig.enrichedIDs { $0.narrative = b.id }, [two])
        },
        NewsroomCheck("A merged narrative's articles move over; it is shown no more, and its number leads to the one that took it in") { rig in
            let ids = [try await rig.enriched("1"), try await rig.enriched("2"), try await rig.enriched("3")]
            var saved: [Narrative] = []
            for (name, id) in zip(["a", "b", "c"], ids) { saved.append(try await rig.save(rig.narrative(name), joining: [id])) }
            try await rig.merge(saved[0].id, into: saved[1].id)
            try await rig.merge(saved[1].id, into: saved[2].id)
            try expectEqual(try await rig.titles(), ["c"])
            for narrative in saved {
                try expectEqual(try await rig.other.narrative(narrative.id)?.title, "c")
                try expectEqual(try await rig.other.timeline(of: narrative.id).map(\.articles), [3])
            }
            try expectEqual(try await rig.enrichedIDs { $0.narrative = saved[2].id }, ids.reversed())
            // What is written late about a merged one goes where its articles went.
            let fourth = try await rig.enriched("4")
            try expectEqual(try await rig.save(saved[0], joining: [fourth]).mergedInto, saved[2].id)
            try await rig.merge(saved[0].id, into: saved[1].id)
            try expectEqual(try await rig.titles(), ["c"])
            try expectEqual(try await rig.enrichedIDs { $0.narrative = saved[2].id }.count, 4)
        },
        NewsroomCheck("Two narratives cannot take each other in") { rig in
            let (a, b) = (try await rig.save(rig.narrative("a")), try await rig.save(rig.narrative("b")))
            var changes = NarrativeChanges()
            changes.merged = [.init(a.id, into: b.id), .init(b.id, into: a.id)]
            try await rig.expectError { _ = try await rig.store.save(changes) }
            try expectEqual(try await rig.titles(), ["a", "b"])
        },
        NewsroomCheck("Narratives are listed by their last article, newest first, then by number, page by page") { rig in
            for index in 0..<12 { try await rig.save(rig.narrative("\(index)", last: Double(index / 4))) }
            let wanted = ["8", "9", "10", "11", "4", "5", "6", "7", "0", "1", "2", "3"]
            try expectEqual(try await rig.titles(), wanted)
            var seen: [Narrative] = []
            while true {
                var query = NarrativeQuery(limit: 5)
                query.after = seen.last?.id
                let page = try await rig.other.narratives(query)
                if page.isEmpty { break }
                seen += page
            }
            try expectEqual(seen.map(\.title), wanted)
            try await rig.expectError { _ = try await rig.titles { $0.after = 999 } }
        },
        NewsroomCheck("Stage, last article, nucleus and a return from dormancy narrow the list") { rig in
            for (index, stage) in NarrativeStage.allCases.enumerated() {
                var narrative = rig.narrative(stage.rawValue, nucleus: index % 2 == 0 ? "Bitcoin" : "Ether", last: Double(index))
                narrative.stage = stage
                if stage == .reactivated || stage == .echo { narrative.reactivatedAt = rig.at(1) }
                try await rig.save(narrative)
            }
            try expectEqual(try await rig.titles { $0.stages = [.hot, .emerging] }, ["hot", "emerging"])
            try expectEqual(try await rig.titles { $0.stages = [] }, [])
            try expectEqual(try await rig.titles { $0.since = rig.at(5) }, ["reactivated", "echo"])
            try expectEqual(try await rig.titles { $0.nucleus = "Ether" }, ["echo", "cooling", "rising"])
            try expectEqual(try await rig.titles { $0.isReactivated = true }, ["reactivated", "echo"])
            try expectEqual(try await rig.titles { ($0.nucleus, $0.stages) = ("Ether", [.echo, .hot]) }, ["echo"])
            try expectEqual(try await rig.titles { ($0.isReactivated, $0.limit) = (true, 1) }, ["reactivated"])
        },
        NewsroomCheck("A timeline is by UTC day, oldest first, with articles, sources and mean sentiment") { rig in
            let day = 86_400.0
            // The rig's clock begins at eight in the morning.
            var ids = [try await rig.enriched("1", from: .alpha, at: day, sentiment: 0.5)]
            ids.append(try await rig.enriched("2", from: .beta, at: day + 1, sentiment: -1))
            ids.append(try await rig.enriched("3", from: .beta, at: day + 2, sentiment: 0.5))
            ids.append(try await rig.enriched("4", at: 16 * 3600 - 0.001, sentiment: 1))
            let story = try await rig.save(rig.narrative("Story"), joining: ids)
            let wanted = [
                NarrativeDay(day: "2026-11-24", articles: 1, sources: 1, sentiment: 1),
                NarrativeDay(day: "2026-11-25", articles: 3, sources: 2, sentiment: 0),
            ]
            try expectEqual(try await rig.other.timeline(of: story.id), wanted)
            try expectEqual(try await rig.other.timeline(of: 999), [])
        },
    ]

    static let patterns: [NewsroomCheck] = [
        NewsroomCheck("A pattern is kept once by its id: a second one replaces it and is not new") { rig in
            let surge = pattern(rig, "surge:Bitcoin", at: 1)
            var stronger = pattern(rig, "surge:Bitcoin", at: 2)
            (stronger.strength, stronger.articles, stronger.kind) = (99.5, [3, 2, 1], .sentimentShift)
            try expectEqual(try await rig.store.save([surge, pattern(rig, "crash", at: 1)]), ["surge:Bitcoin", "crash"])
            try expectEqual(try await rig.store.save([pattern(rig, "new", at: 3), stronger]), ["new"])
            try expectEqual(try await rig.other.patterns(since: rig.at(2), limit: 9), [pattern(rig, "new", at: 3), stronger])
            try expectEqual(try await rig.store.save([Pattern]()), [])
        },
        NewsroomCheck("Patterns are listed by time, newest first, from an instant on, at most as many as asked for") { rig in
            _ = try await rig.store.save((0..<6).map { pattern(rig, "\($0)", at: Double($0 / 2)) })
            try expectEqual(try await rig.other.patterns(since: rig.at(1), limit: 3).map(\.id), ["4", "5", "2"])
        },
    ]

    private static func pattern(_ rig: NewsroomRig, _ id: String, at second: Double) -> Pattern {
        Pattern(id: id, kind: .surge, subject: "Bitcoin", message: "It \"stands\" out.", strength: 12.25, articles: [1], at: rig.at(second))
    }
}
