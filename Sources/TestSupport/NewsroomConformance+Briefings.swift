import Costs
import FoundationEssentials
import Stores
import WireCore

/// Briefings and what they cite.
extension NewsroomConformance {
    static let briefings: [NewsroomCheck] = [
        NewsroomCheck("A briefing comes back as it was saved") { rig in
            let ids = try await rig.articles("a", "b")
            var full = rig.briefing(made: 1.25)
            (full.isPublished, full.method, full.model, full.note, full.confidence) = (true, .model, "claude-sonnet-4-5", "one was dropped", 0.85)
            (full.signalCount, full.narrativeCount, full.patternCount, full.articleCount, full.refinements) = (1, 2, 3, 4, 2)
            (full.cost, full.calls) = (Money(picodollars: 12_345_678_901), ["a/1", "b \"2\""])
            full.content.headline = "Miners \"sell\""
            full.content.paragraphs = [[.init("One.", articles: [ids[1], ids[0]]), .init("Two\n🙂.", articles: [ids[0]])], []]
            full.content.insights = [.init("An insight.", articles: [ids[0]])]
            (full.content.entities, full.content.patterns) = (["Bitcoin", "c\u{0}d"], ["A surge."])
            full.content.recommendations = [.init(title: "Read on", theme: .defi, narrative: 7)]
            let saved = try await rig.saved(full)
            full.id = saved.id
            try expectEqual(saved, full)
            try expectEqual(try await rig.other.briefing(saved.id), full)
            try expectEqual(try await rig.other.briefings(BriefingQuery()), [full])
            try expectEqual(try await rig.other.briefing(saved.id + 1), nil)
        },
        NewsroomCheck("A slot's briefing stays: a second one is not saved, unless it is forced, and then is the next version") { rig in
            let first = try await rig.saved(rig.briefing(made: 1))
            try expectEqual(try await rig.other.save(rig.briefing(made: 2), isForced: false), .exists(first))
            let second = try await rig.saved(rig.briefing(made: 3), isForced: true)
            try expectEqual([first.version, second.version], [1, 2])
            try expectEqual(try await rig.other.save(rig.briefing(made: 4), isForced: false), .exists(second), "the latest version")
            try expectEqual(try await rig.saved(rig.briefing("2026-11-24", .evening)).version, 1, "another slot")
            try expectEqual(try await rig.saved(rig.briefing("2026-11-25", .morning), isForced: true).version, 1, "another day, forced")
        },
        NewsroomCheck("Smoke briefings are always saved, with versions of their own, and fill no slot") { rig in
            var smoke = rig.briefing()
            smoke.isSmoke = true
            try expectEqual(try await rig.saved(smoke).version, 1)
            try expectEqual(try await rig.saved(smoke).version, 2)
            try expectEqual(try await rig.saved(rig.briefing()).version, 1)
            try expectEqual(try await rig.saved(smoke).version, 3)
        },
        NewsroomCheck("Briefings are listed newest first: by date, slot, smoke, publication and page") { rig in
            var ids: [String: Int64] = [:]
            for (name, date, slot, smoke, published) in [
                ("a", "2026-11-24", BriefingSlot.morning, false, true), ("b", "2026-11-24", .evening, false, false),
                ("c", "2026-11-24", .evening, true, false), ("d", "2026-11-25", .morning, false, true),
            ] {
                var briefing = rig.briefing(date, slot)
                (briefing.isSmoke, briefing.isPublished, briefing.note) = (smoke, published, name)
                ids[name] = try await rig.saved(briefing).id
            }
            func listed(_ change: (inout BriefingQuery) -> Void = { _ in }) async throws -> String {
                var query = BriefingQuery()
                change(&query)
                return try await rig.other.briefings(query).compactMap(\.note).joined()
            }
            try expectEqual(try await listed(), "dba")
            try expectEqual(try await listed { $0.includesSmoke = true }, "dcba")
            try expectEqual(try await listed { $0.includesUnpublished = false }, "da")
            try expectEqual(try await listed { ($0.includesSmoke, $0.includesUnpublished) = (true, false) }, "dca")
            try expectEqual(try await listed { $0.date = "2026-11-24" }, "ba")
            try expectEqual(try await listed { $0.slot = .evening }, "b")
            try expectEqual(try await listed { $0.before = ids["d"] }, "ba")
            try expectEqual(try await listed { $0.limit = 1 }, "d")
        },
        NewsroomCheck("A briefing that cites an article unknown to the store is not saved") { rig in
            let ids = try await rig.articles("a")
            try await rig.expectError { _ = try await rig.store.save(rig.briefing(citing: [ids[0], 999]), isForced: false) }
            try expectEqual(try await rig.other.briefings(BriefingQuery()), [])
            try expectEqual(try await rig.saved(rig.briefing(citing: ids)).version, 1)
        },
        NewsroomCheck("Citations are counted by source and briefing, smoke ones left out, and stay when the article is pruned") { rig in
            let (a, b) = (try await rig.articles("a", "b"), try await rig.articles("c", from: .beta, at: 1))
            try await rig.saved(rig.briefing(made: 10, citing: [a[0], a[1], b[0], a[0]]))
            try await rig.saved(rig.briefing(made: 20, citing: [a[0]]), isForced: true)
            var smoke = rig.briefing(made: 15, citing: [b[0]])
            smoke.isSmoke = true
            try await rig.saved(smoke)
            try await rig.prune(articlesBefore: 100)
            try expectEqual(try await rig.other.citations(from: rig.at(10), to: rig.at(21)), [.alpha: 3, .beta: 1])
            try expectEqual(try await rig.other.citations(from: rig.at(10), to: rig.at(20)), [.alpha: 2, .beta: 1])
            try expectEqual(try await rig.other.citations(from: rig.at(21), to: rig.at(99)), [:])
        },
    ]
}
