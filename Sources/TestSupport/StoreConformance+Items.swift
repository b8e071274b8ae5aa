import FoundationEssentials
import Stores
import WireCore

/// What becomes of items: new, known, changed, duplicate, rejected.
extension StoreConformance {
    static let items: [StoreCheck] = [
        StoreCheck("An article comes back as its item was, byte for byte") { rig in
            let item = Item(
                id: "id\u{0}1", title: "Bitcoin \u{1F680} a\u{0}b %_\\ 'q' \"d\"", url: "HTTPS://News.example:443/a/?utm_source=x&b=1",
                author: "Ä. Ö.", publishedAt: rig.at(-7200.5), updatedAt: rig.at(-10.25), summary: "", content: "<p>a\u{0}b</p>",
                categories: ["x,y", "", "\"\u{0}\""],
                enclosures: [Enclosure(url: "https://m.example/1.mp3", type: "audio/mpeg", length: 12), Enclosure(url: "e:2")])
            let result = try await rig.file([item], from: .alpha, at: 5)
            try expectEqual(result.items, .of(seen: 1, new: 1))
            let article = try await rig.article(result.newArticles.first)
            try expectEqual(article.item, item)
            try expectEqual(article.identity, "id\u{0}1")
            try expectEqual(article.canonicalURL, "https://news.example/a?b=1")
            try expectEqual([article.source], [.alpha])
            try expectEqual(article.firstSeenAt, rig.at(5))
            try expectEqual(article.changedAt, nil)
        },
        StoreCheck("Identities that differ only behind a NUL are two") { rig in
            let pair = [Item(id: "a\u{0}b", title: "One"), Item(id: "a\u{0}c", title: "Two"), Item(id: "a", title: "Three")]
            try expectEqual(try await rig.file(pair, from: .alpha).items, .of(seen: 3, new: 3))
            try expectEqual(try await rig.file(pair, from: .alpha).items, .of(seen: 3), "the same again")
        },
        StoreCheck("Identities that differ only in case or Unicode form are two") { rig in
            let items = ["a", "A", "\u{E9}", "e\u{301}"].map { Item(id: $0, title: "Same") }
            try expectEqual(ArticleDraft.drafts(of: items).count, 4)
            try expectEqual(try await rig.file(items, from: .alpha).items.new, 4)
        },
        StoreCheck("New articles get growing ids, in the document's order") { rig in
            let first = try await rig.file([.plain("a"), .plain("b")], from: .alpha)
            let second = try await rig.file([.plain("c")], from: .beta)
            try expectEqual(first.newArticles + second.newArticles, (first.newArticles + second.newArticles).sorted())
            try expectEqual(try await rig.articles().map(\.item.id), ["c", "b", "a"])
        },
        StoreCheck("A known item whose text is the same is left alone") { rig in
            try await rig.file([.plain("a")], from: .alpha)
            let before = try await rig.articles()
            var again = Item.plain("a")
            again.author = "somebody"
            let result = try await rig.file([again], from: .alpha, at: 900)
            try expectEqual(result.items, .of(seen: 1))
            try expectEqual(result.newArticles, [])
            try expectEqual(try await rig.articles(), before)
        },
        StoreCheck("A known item whose title, summary or content changed changes its article in place") { rig in
            let id = try await rig.file([.plain("a")], from: .alpha).newArticles.first
            let edits: [@Sendable (inout Item) -> Void] = [
                { $0.title = "Corrected" }, { $0.summary = "More" }, { $0.content = "<p>Body</p>" }, { $0.content = nil },
            ]
            var item = Item.plain("a")
            for (step, edit) in edits.enumerated() {
                edit(&item)
                let seconds = Double(step + 1) * 60
                try expectEqual(try await rig.file([item], from: .alpha, at: seconds).items, .of(seen: 1, updated: 1))
                let article = try await rig.article(id)
                try expectEqual(article.item, item)
                try expectEqual(article.changedAt, rig.at(seconds))
                try expectEqual(article.firstSeenAt, rig.at(0))
                try expectEqual(try await rig.file([item], from: .alpha, at: seconds).items, .of(seen: 1), "known now")
            }
            try expectEqual(try await rig.articles().count, 1)
        },
        StoreCheck("The same item twice in one document is one article and one duplicate") { rig in
            let result = try await rig.file([.plain("a"), .plain("b"), .plain("a")], from: .alpha)
            try expectEqual(result.items, .of(seen: 3, new: 2, duplicate: 1))
            try expectEqual(result.newArticles.count, 2)
        },
        StoreCheck("An id that stands on all items of a document hides none of them") { rig in
            let items = (1...3).map { Item(id: "same", title: "Story \($0)", url: "https://news.example/\($0)") }
            try expectEqual(try await rig.file(items, from: .alpha).items, .of(seen: 3, new: 3))
            try expectEqual(try await rig.file(items, from: .alpha).items, .of(seen: 3))
            // Alone in the next document nothing contradicts the id; the address still tells.
            try expectEqual(try await rig.file([items[0]], from: .alpha).items.new, 0)
        },
        StoreCheck("A source that changes its ids at every poll brings nothing new, and leaves no trail") { rig in
            func items(_ round: Int) -> [Item] {
                (1...3).map { Item(id: "\(round)-\($0)", title: "Story \($0)", url: "https://news.example/\($0)") }
            }
            try await rig.file(items(0), from: .alpha)
            for round in 1...5 {
                try expectEqual(try await rig.file(items(round), from: .alpha).items, .of(seen: 3, duplicate: 3))
            }
            try expectEqual(try await rig.file(items(5), from: .alpha).items, .of(seen: 3), "the latest ids are known")
            try expectEqual(try await rig.articles().map(\.alsoIn), [[], [], []])
        },
        StoreCheck("Items of one source that share an address are articles of their own") { rig in
            func item(_ n: Int) -> Item { Item(id: "\(n)", title: "Notice \(n)", url: "https://status.example/notices#\(n)") }
            try expectEqual(try await rig.file([item(1), item(2)], from: .alpha).items.new, 2)
            try expectEqual(try await rig.file([item(3)], from: .alpha).items.new, 1, "alone in its document")
            try expectEqual(try await rig.file([item(4)], from: .alpha).items.new, 1, "alone once more")
        },
        StoreCheck("Nothing to identify an item by: it is rejected, and costs only itself") { rig in
            let result = try await rig.file([Item(), Item(url: "https://news.example/"), .plain("a")], from: .alpha)
            try expectEqual(result.items, .of(seen: 3, new: 1, rejected: 2))
        },
        StoreCheck("The same identity in two sources is two articles") { rig in
            try await rig.file([Item(id: "1", title: "Alpha's", url: "https://a.example/1")], from: .alpha)
            try expectEqual(
                try await rig.file([Item(id: "1", title: "Beta's", url: "https://b.example/1")], from: .beta).items.new, 1)
        },
        StoreCheck("An address known from another source is a duplicate once, then known; the article tells who else has it") { rig in
            let id = try await rig.file([.plain("a")], from: .alpha).newArticles.first
            let copy = Item(id: "guid-7", title: "Other words", url: "http://www.news.example/a/?utm_medium=rss#top", content: "theirs")
            try expectEqual(try await rig.file([copy], from: .gamma).items, .of(seen: 1, duplicate: 1))
            try expectEqual(try await rig.file([copy], from: .gamma).items, .of(seen: 1), "recognised at once")
            try expectEqual(try await rig.file([copy], from: .beta).items, .of(seen: 1, duplicate: 1))
            let article = try await rig.article(id)
            try expectEqual(article.alsoIn, [.beta, .gamma])
            try expectEqual(article.item, .plain("a"), "the first source's text stays")
        },
        StoreCheck("A duplicate's edits never overwrite the first source's text") { rig in
            let id = try await rig.file([.plain("a")], from: .alpha).newArticles.first
            var copy = Item(id: "c", title: "Copy", url: "https://news.example/a")
            try await rig.file([copy], from: .beta)
            copy.title = "Copy, edited"
            try expectEqual(try await rig.file([copy], from: .beta).items, .of(seen: 1))
            try expectEqual(try await rig.article(id).item, .plain("a"))
            try expectEqual(try await rig.article(id).changedAt, nil)
        },
        StoreCheck("A preview says what filing would come to, and writes nothing") { rig in
            try await rig.file([.plain("known"), .plain("changing")], from: .alpha)
            try await rig.file([.plain("elsewhere")], from: .beta)
            var changed = Item.plain("changing")
            changed.summary = "now with one"
            let drafts = ArticleDraft.drafts(of: [
                .plain("known"), changed, Item(id: "x", title: "X", url: "https://news.example/elsewhere"), .plain("new"), .plain("new"),
                Item(),
            ])
            let wanted = ItemCounts.of(seen: 6, new: 1, updated: 1, duplicate: 2, rejected: 1)
            try expectEqual(try await rig.store.preview(drafts, of: .alpha), wanted)
            try expectEqual(try await rig.store.preview(drafts, of: .alpha), wanted, "nothing was written")
            try expectEqual(try await rig.articles().count, 3)
            try expectEqual(try await rig.store.file(try await rig.filing(drafts, from: .alpha)).items, wanted)
        },
    ]

    /// The words shared by the titles below; with "today" and "again" the sets share 6 of 8 words: a Jaccard of 0.75.
    private static let news = "Bitcoin miners sell record reserves"

    static let resemblances: [StoreCheck] = [
        StoreCheck("A resembling title in another source is linked to the earliest of its family, not dropped") { rig in
            func item(_ title: String) -> Item { Item(id: title, title: title) }
            let first = try await rig.file([item("\(news), Glassnode data shows")], from: .alpha).newArticles
            let second = try await rig.file([item("\(news): Glassnode data shows!")], from: .beta, at: 60).newArticles
            let third = try await rig.file([item("Glassnode data shows: \(news)")], from: .gamma, at: 120).newArticles
            try expectEqual(try await rig.article(first.first).nearDuplicateOf, nil)
            try expectEqual(try await rig.article(second.first).nearDuplicateOf, first.first)
            try expectEqual(try await rig.article(third.first).nearDuplicateOf, first.first)
        },
        StoreCheck("Resembling titles of one source are not linked") { rig in
            let items = ["Monday", "Monday!"].map { (day: String) in Item(id: day, title: "\(news) report for \(day)") }
            try await rig.file(items, from: .alpha)
            try expectEqual(try await rig.articles().map(\.nearDuplicateOf), [nil, nil])
        },
        StoreCheck("Titles resemble each other for 72 hours, then no more") { rig in
            let first = try await rig.file([Item(id: "1", title: news)], from: .alpha).newArticles.first
            let inTime = try await rig.file([Item(id: "2", title: news)], from: .beta, at: 72 * 3600).newArticles.first
            let late = try await rig.file([Item(id: "3", title: news)], from: .gamma, at: 144 * 3600 + 1).newArticles.first
            try expectEqual(try await rig.article(inTime).nearDuplicateOf, first)
            try expectEqual(try await rig.article(late).nearDuplicateOf, nil)
        },
        StoreCheck("Titles of fewer than four significant words are not compared") { rig in
            try await rig.file([Item(id: "1", title: "The daily market report")], from: .alpha)
            try await rig.file([Item(id: "2", title: "The daily market report")], from: .beta)
            try expectEqual(try await rig.articles().map(\.nearDuplicateOf), [nil, nil])
        },
        StoreCheck("Titles that share some words only are not linked") { rig in
            try await rig.file([Item(id: "1", title: "\(news) after halving")], from: .alpha)
            try await rig.file([Item(id: "2", title: "Ethereum miners sell old machines after merge")], from: .beta)
            try expectEqual(try await rig.articles().map(\.nearDuplicateOf), [nil, nil])
        },
    ]
}
