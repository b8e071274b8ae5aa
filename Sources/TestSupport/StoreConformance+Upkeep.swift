import FoundationEssentials
import Stores
import WireCore

/// Pruning and closing.
extension StoreConformance {
    static let upkeep: [StoreCheck] = [
        StoreCheck("Pruning removes older polls and articles and nothing else, and says how many") { rig in
            try await rig.file([.plain("old")], from: .alpha, at: 0)
            try await rig.file([.plain("edge")], from: .alpha, at: 100)
            try await rig.file([.plain("young")], from: .beta, at: 200)
            try expectEqual(try await rig.store.prune(pollsBefore: rig.at(100), articlesBefore: rig.at(100)), 2)
            try expectEqual(try await rig.articles().map(\.identity), ["young", "edge"])
            try expectEqual(try await rig.store.polls(of: nil, limit: 10).map(\.startedAt), [rig.at(200), rig.at(100)])
            try expectEqual(try await rig.store.sourceStates().count, 2, "states stay")
            try expectEqual(try await rig.store.prune(pollsBefore: rig.at(100), articlesBefore: rig.at(100)), 0, "a second time")
        },
        StoreCheck("Without an instant for articles, articles stay") { rig in
            try await rig.file([.plain("old")], from: .alpha)
            try expectEqual(try await rig.store.prune(pollsBefore: rig.at(1), articlesBefore: nil), 1)
            try expectEqual(try await rig.articles().count, 1)
        },
        StoreCheck("An item that its source still shows is not new again after its article was pruned") { rig in
            let day = 86_400.0
            try await rig.file([.plain("evergreen")], from: .alpha)
            try await rig.file([Item(id: "copy", title: "C", url: "https://news.example/evergreen")], from: .beta)
            // Shown every day, over more days than an item that is gone stays known.
            for n in 1...40 {
                let items = try await rig.file([.plain("evergreen")], from: .alpha, at: Double(n) * day).items
                try expectEqual(items, .of(seen: 1), "day \(n)")
                _ = try await rig.store.prune(pollsBefore: rig.at(0), articlesBefore: rig.at(Double(n) * day))
            }
            try expectEqual(try await rig.articles(), [])
        },
        StoreCheck("Pruning takes links along: what resembled a pruned article resembles nothing") { rig in
            let title = "Bitcoin miners sell record reserves"
            try await rig.file([Item(id: "1", title: title)], from: .alpha, at: 0)
            try await rig.file([Item(id: "2", title: title)], from: .beta, at: 10)
            try expect(try await rig.articles().first?.nearDuplicateOf != nil, "the second is linked to the first")
            _ = try await rig.store.prune(pollsBefore: rig.at(0), articlesBefore: rig.at(5))
            try expectEqual(try await rig.articles().map(\.nearDuplicateOf), [nil])
            let third = try await rig.file([Item(id: "3", title: title)], from: .gamma, at: 20).newArticles.first
            let earlier = try await rig.articles().filter { $0.id != third }.map(\.id)
            let link = try await rig.article(third).nearDuplicateOf
            try expect(link.map(earlier.contains) ?? true, "the third is linked to an article that is gone")
        },
        StoreCheck("An article's id is never given again") { rig in
            let first = try await rig.file([.plain("a")], from: .alpha).newArticles
            _ = try await rig.store.prune(pollsBefore: rig.at(0), articlesBefore: rig.at(60))
            let second = try await rig.file([.plain("b")], from: .alpha, at: 60).newArticles
            try expect(zip(second, first).allSatisfy { $0 > $1 }, "\(second) came after \(first)")
        },
        StoreCheck("At most 200 polls of a source outlive a pruning, the latest") { rig in
            for n in 0..<210 { try await rig.file([], from: .alpha, at: Double(n)) }
            try await rig.file([], from: .beta)
            try expectEqual(try await rig.store.prune(pollsBefore: rig.at(-1), articlesBefore: nil), 10)
            let kept = try await rig.store.polls(of: .alpha, limit: 1000)
            try expectEqual(kept.count, 200)
            try expectEqual(kept.last?.startedAt, rig.at(10))
            try expectEqual(try await rig.store.polls(of: .beta, limit: 10).count, 1)
        },
        StoreCheck("Many callers at once: every filing is there, once") { rig in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<64 {
                    guard let source = SourceID("s\(n)") else { continue }
                    group.addTask {
                        for round in 0..<5 { try await rig.file((0..<3).map { .plain("\(n)-\(round)-\($0)") }, from: source) }
                    }
                }
                try await group.waitForAll()
            }
            try expectEqual(try await rig.store.articleCounts().values.sorted(), [Int](repeating: 15, count: 64))
            try expectEqual(try await rig.store.polls(of: nil, limit: 1000).count, 320)
            try expectEqual(try await rig.store.sourceStates().values.map(\.revision), [Int](repeating: 5, count: 64))
        },
        StoreCheck("A filing goes through although its caller was cancelled meanwhile, or not at all") { rig in
            let filing = try await rig.filing([ArticleDraft(.plain("a"))], from: .alpha)
            let task = Task { try await rig.store.file(filing) }
            task.cancel()
            let result = try? await task.value
            try expectEqual(try await rig.articles().count, result?.newArticles.count ?? 0)
        },
    ]
}
