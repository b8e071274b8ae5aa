import FoundationEssentials
import Stores
import WireCore

/// Daily ceilings, and what lists show.
extension StoreConformance {
    static let ceilings: [StoreCheck] = [
        StoreCheck("New items beyond the day's number are rejected until midnight UTC") { rig in
            let items = (1...5).map { Item.plain("\($0)") }
            try expectEqual(try await rig.file(items, from: .alpha, itemsPerDay: 3).items, .of(seen: 5, new: 3, rejected: 2))
            try expectEqual(try await rig.file(items, from: .alpha, at: 60, itemsPerDay: 3).items, .of(seen: 5, rejected: 2))
            let lastSecond = Double(16 * 3600 - 1)
            try expectEqual(try await rig.file(items, from: .alpha, at: lastSecond, itemsPerDay: 3).items.new, 0)
            try expectEqual(try await rig.file(items, from: .alpha, at: lastSecond + 1, itemsPerDay: 3).items, .of(seen: 5, new: 2))
        },
        StoreCheck("A day's number is each source's own") { rig in
            try await rig.file([.plain("1")], from: .alpha, itemsPerDay: 1)
            try expectEqual(try await rig.file([.plain("2")], from: .beta, itemsPerDay: 1).items.new, 1)
        },
        StoreCheck("Items that would take a source beyond the day's bytes are rejected, smaller ones still fit") { rig in
            func item(_ id: String, _ bytes: Int) -> Item { Item(id: id, content: String(repeating: "x", count: bytes)) }
            let items = [item("a", 600), item("b", 600), item("c", 300)]
            let result = try await rig.file(items, from: .alpha, bytesPerDay: ByteCount(1000))
            try expectEqual(result.items, .of(seen: 3, new: 2, rejected: 1))
            try expectEqual(try await rig.articles().map(\.identity), ["c", "a"])
        },
        StoreCheck("An item of exactly the bytes that are left is stored") { rig in
            let draft = ArticleDraft(Item(id: "abc", title: "four"))
            try expectEqual(draft.size, 7)
            let filing = try await rig.filing([draft], from: .alpha, bytesPerDay: ByteCount(7))
            try expectEqual(try await rig.store.file(filing).items.new, 1)
        },
        StoreCheck("An article cannot grow beyond the day's bytes by edits") { rig in
            func item(_ bytes: Int) -> Item { Item(id: "a", content: String(repeating: "x", count: bytes)) }
            try await rig.file([item(100)], from: .alpha, bytesPerDay: ByteCount(1000))
            try expectEqual(
                try await rig.file([item(5000)], from: .alpha, bytesPerDay: ByteCount(1000)).items, .of(seen: 1, rejected: 1))
            try expectEqual(try await rig.articles().map { $0.item.content?.utf8.count }, [100])
            try expectEqual(try await rig.file([item(50)], from: .alpha, bytesPerDay: ByteCount(1)).items.updated, 1, "shrinking")
        },
        StoreCheck("Duplicates count for no ceiling") { rig in
            try await rig.file([.plain("a"), .plain("b")], from: .alpha)
            let copies = ["a", "b"].map { (id: String) in Item(id: "copy-\(id)", title: id, url: "https://news.example/\(id)") }
            let result = try await rig.file(copies + [.plain("own")], from: .beta, itemsPerDay: 1)
            try expectEqual(result.items, .of(seen: 3, new: 1, duplicate: 2))
        },
    ]

    static let lists: [StoreCheck] = [
        StoreCheck("Articles are listed newest first, page by page, each once") { rig in
            for n in 0..<25 { try await rig.file([.plain("\(n)")], from: n % 2 == 0 ? .alpha : .beta, at: Double(n)) }
            var seen: [Int64] = []
            var query = ArticleQuery(limit: 10)
            while true {
                let page = try await rig.store.articles(query)
                if page.isEmpty { break }
                try expect(page.count <= 10, "a page has \(page.count) articles")
                seen += page.map(\.id)
                query.before = page.last?.id
            }
            try expectEqual(seen.count, 25)
            try expectEqual(seen, seen.sorted(by: >))
        },
        StoreCheck("A limit of nothing, or less, lists nothing") { rig in
            try await rig.file([.plain("a")], from: .alpha)
            for limit in [0, -1, Int.min] {
                try expectEqual(try await rig.store.articles(ArticleQuery(limit: limit)), [])
                try expectEqual(try await rig.store.polls(of: nil, limit: limit), [])
            }
        },
        StoreCheck("Articles of one source, or since an instant, that instant included") { rig in
            try await rig.file([.plain("a")], from: .alpha, at: 0)
            try await rig.file([.plain("b")], from: .beta, at: 10)
            try await rig.file([.plain("c")], from: .alpha, at: 20)
            func ids(_ query: ArticleQuery) async throws -> [String] { try await rig.store.articles(query).map(\.identity) }
            try expectEqual(try await ids(ArticleQuery(source: .alpha)), ["c", "a"])
            try expectEqual(try await ids(ArticleQuery(since: rig.at(10))), ["c", "b"])
            try expectEqual(try await ids(ArticleQuery(source: .alpha, since: rig.at(10.001))), ["c"])
        },
        StoreCheck("Content is left out unless asked for") { rig in
            try await rig.file([Item(id: "a", title: "T", summary: "S", content: "<p>C</p>")], from: .alpha)
            try expectEqual(try await rig.store.articles(ArticleQuery()).map(\.item.content), [nil])
            try expectEqual(try await rig.store.articles(ArticleQuery()).map(\.item.summary), ["S"])
            try expectEqual(try await rig.articles().map(\.item.content), ["<p>C</p>"])
        },
        StoreCheck("Words must all occur in title or summary, case-blind, and are no patterns") { rig in
            let items = [
                Item(id: "1", title: "Bitcoin falls 5%", summary: "The market"), Item(id: "2", title: "BITCOIN rises", summary: "Ünder_way"),
                Item(id: "3", title: "Ether", content: "bitcoin only in the content"), Item(id: "4", summary: "Биткоин a\\b"),
            ]
            try await rig.file(items, from: .alpha)
            let table: [([String], [String])] = [
                (["bitcoin"], ["2", "1"]), (["Bitcoin", "MARKET"], ["1"]), (["bitcoin", "absent"], []), (["5%"], ["1"]), (["%"], ["1"]),
                (["_"], ["2"]), (["ÜNDER"], ["2"]), (["биткоин"], ["4"]), (["БИТ", "a\\b"], ["4"]), ([""], ["4", "3", "2", "1"]),
                (["' OR 1=1 --"], []), ([String(repeating: "x", count: 60_000)], []),
            ]
            for (words, wanted) in table {
                var query = ArticleQuery()
                query.words = words
                try expectEqual(try await rig.store.articles(query).map(\.identity), wanted, "words \(words.map { $0.prefix(20) })")
            }
        },
        StoreCheck("Articles are counted from an instant on, that instant included, and pruned ones no more") { rig in
            for n in 0..<6 { try await rig.file([.plain("\(n)")], from: n % 2 == 0 ? .alpha : .beta, at: Double(n)) }
            try expectEqual(try await rig.store.articleCounts(), [.alpha: 3, .beta: 3])
            try expectEqual(try await rig.store.articleCounts(since: rig.at(3)), [.alpha: 1, .beta: 2])
            try expectEqual(try await rig.store.articleCounts(since: rig.at(6)), [:])
            _ = try await rig.store.prune(pollsBefore: rig.at(0), articlesBefore: rig.at(5))
            try expectEqual(try await rig.store.articleCounts(), [.beta: 1])
        },
        StoreCheck("Polls are read page by page, each once, also where several began in the same instant") { rig in
            for n in 0..<23 { try await rig.file([.plain("\(n)")], from: n % 2 == 0 ? .alpha : .beta, at: Double(n / 4)) }
            for source in [nil, SourceID.alpha] {
                let all = try await rig.store.polls(of: source, limit: 100)
                var (seen, query): ([Int64], PollQuery) = ([], PollQuery(source: source, limit: 4))
                while true {
                    let page = try await rig.store.polls(query)
                    guard let last = page.last else { break }
                    seen += page.map(\.id)
                    query.before = PollQuery.Cursor(startedAt: last.startedAt, id: last.id)
                }
                try expectEqual(seen, all.map(\.id))
            }
        },
        StoreCheck("Articles are counted by the source that was first") { rig in
            try expectEqual(try await rig.store.articleCounts(), [:])
            try await rig.file([.plain("a"), .plain("b")], from: .alpha)
            try await rig.file([.plain("a"), .plain("c")], from: .beta)
            try expectEqual(try await rig.store.articleCounts(), [.alpha: 2, .beta: 1])
        },
        StoreCheck("Polls are listed by start, newest first, of one source or of all") { rig in
            for (seconds, source) in [(30.0, SourceID.alpha), (10, .beta), (20, .alpha)] { try await rig.file([], from: source, at: seconds) }
            try expectEqual(try await rig.store.polls(of: nil, limit: 10).map(\.startedAt), [rig.at(30), rig.at(20), rig.at(10)])
            try expectEqual(try await rig.store.polls(of: .alpha, limit: 10).map(\.startedAt), [rig.at(30), rig.at(20)])
            try expectEqual(try await rig.store.polls(of: .alpha, limit: 1).map(\.startedAt), [rig.at(30)])
        },
    ]
}
