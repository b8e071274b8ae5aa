import FoundationEssentials
import Stores
import WireCore

/// `articles`: as a filing writes them. The content lies apart, so that lists do not wade through it. Absent is what there is not.
enum ArticleDocument {
    static func new(_ draft: ArticleDraft, _ id: Int64, _ identity: String, of source: SourceID, at instant: Date, near: Int64?) -> BSONDocument {
        var document: BSONDocument = [
            "_id": .int(id), "source": .text(source.text), "identity": .text(identity), "first_seen_at": BSON(instant),
        ]
        if let near { document["near"] = .int(near) }
        for (name, value) in text(of: draft) { document[name] = value }
        return document
    }

    /// Puts the item's present text in the place of the old; what identifies the article stays.
    static func change(_ draft: ArticleDraft, at instant: Date) -> BSONDocument {
        let present = text(of: draft)
        let gone = BSONDocument(present.filter { $0.1 == nil }.map { ($0.0, BSON.int(1)) })
        let set = BSONDocument(present.compactMap { name, value in value.map { (name, $0) } } + [("changed_at", BSON(instant))])
        return gone.fields.isEmpty ? ["$set": .document(set)] : ["$set": .document(set), "$unset": .document(gone)]
    }

    private static func text(of draft: ArticleDraft) -> [(String, BSON?)] {
        let item = draft.item
        return [
            ("size", BSON(draft.size)), ("hash", .int(Int64(bitPattern: draft.contentHash))), ("canonical_url", draft.canonicalURL.map(BSON.text)),
            ("published_at", item.publishedAt.map { BSON($0) }), ("updated_at", item.updatedAt.map { BSON($0) }), ("own_id", item.id.map(BSON.text)),
            ("url", item.url.map(BSON.text)), ("title", item.title.map(BSON.text)), ("author", item.author.map(BSON.text)),
            ("categories", item.categories.isEmpty ? nil : BSON(item.categories)),
            ("enclosures", item.enclosures.isEmpty ? nil : .list(item.enclosures.map(enclosure))), ("summary", item.summary.map(BSON.text)),
        ]
    }

    private static func enclosure(_ enclosure: Enclosure) -> BSON {
        ["url": .text(enclosure.url), "type": BSON(enclosure.type), "length": BSON(enclosure.length)]
    }

    /// Without content and the other sources.
    static func article(_ document: BSONDocument) throws -> Article {
        let item = Item(
            id: try document.optionalText("own_id"), title: try document.optionalText("title"), url: try document.optionalText("url"),
            author: try document.optionalText("author"), publishedAt: try document.optionalDate("published_at"),
            updatedAt: try document.optionalDate("updated_at"), summary: try document.optionalText("summary"),
            categories: try document.words("categories"),
            enclosures: try document.documents("enclosures").map {
                Enclosure(url: try $0.text("url"), type: try $0.optionalText("type"), length: try $0.optionalInt("length"))
            })
        return Article(
            id: try document.int64("_id"), source: try document.source("source"), identity: try document.text("identity"), item: item,
            canonicalURL: try document.optionalText("canonical_url"), firstSeenAt: try document.date("first_seen_at"),
            changedAt: try document.optionalDate("changed_at"), nearDuplicateOf: try document.optionalInt64("near"))
    }
}

/// Articles as lists read them.
extension MongoAccess {
    /// Newest first.
    func articles(_ query: ArticleQuery) throws -> [Article] {
        var conditions = BSONDocument()
        if let source = query.source { conditions["source"] = .text(source.text) }
        if let since = query.since { conditions["first_seen_at"] = ["$gte": BSON(since)] }
        if let before = query.before { conditions["_id"] = ["$lt": .int(before)] }
        let words = query.words.filter { !$0.isEmpty }
        let plain = words.filter(WordSearch.isPlain)
        if !plain.isEmpty { conditions["$expr"] = ["$and": .list(plain.map(WordSearch.test))] }
        let limit = max(0, query.limit)
        guard plain.count < words.count else {
            return try completed(find(.articles, conditions, sort: ["_id": -1], limit: limit), withContent: query.withContent)
        }
        // The server folds case only in ASCII; other words are looked for here.
        let others = words.filter { !WordSearch.isPlain($0) }.map { $0.lowercased() }
        var found: [BSONDocument] = []
        guard limit > 0 else { return [] }
        do {
            try each(.articles, conditions, sort: ["_id": -1]) { document in
                guard try WordSearch.holds(document, others) else { return }
                found.append(document)
                if found.count == limit { throw Enough() }
            }
        } catch is Enough {}
        return try completed(found, withContent: query.withContent)
    }

    private struct Enough: Error {}

    /// With their content, by id; those that are gone are left out.
    func articles(ids: [Int64]) throws -> [Article] {
        guard !ids.isEmpty else { return [] }
        return try completed(find(.articles, ["_id": ["$in": BSON(ids)]], sort: ["_id": 1]), withContent: true)
    }

    func articleCounts(since instant: Date?) throws -> [SourceID: Int] {
        let recent: [BSONDocument] = instant.map { [["$match": ["first_seen_at": ["$gte": BSON($0)]]]] } ?? []
        let groups = try aggregate(.articles, recent + [["$group": ["_id": "$source", "n": ["$sum": 1]]]])
        return Dictionary(try groups.map { (try $0.source("_id"), try $0.int("n")) }) { first, _ in first }
    }

    /// Adds who else brought them, and the content.
    private func completed(_ documents: [BSONDocument], withContent: Bool) throws -> [Article] {
        var articles = try documents.map(ArticleDocument.article)
        guard !articles.isEmpty else { return [] }
        let ids: BSONDocument = ["$in": BSON(articles.map(\.id))]
        var others: [Int64: [SourceID]] = [:]
        try each(.sightings, ["article": .document(ids)], only: ["article", "source"]) { sighting in
            others[try sighting.int64("article"), default: []].append(try sighting.source("source"))
        }
        var contents: [Int64: String] = [:]
        if withContent { try each(.contents, ["_id": .document(ids)]) { contents[try $0.int64("_id")] = try $0.text("html") } }
        for index in articles.indices {
            let article = articles[index]
            articles[index].alsoIn = (others[article.id] ?? []).filter { $0 != article.source }.sorted()
            articles[index].item.content = contents[article.id]
        }
        return articles
    }
}

/// Words in title or summary, case-blind, none of them a pattern.
private enum WordSearch {
    static func isPlain(_ word: String) -> Bool { word.utf8.allSatisfy { $0 < 0x80 } }

    static func test(_ word: String) -> BSON {
        let wanted: BSON = ["$literal": .text(word.lowercased())]
        return ["$or": .list(["$title", "$summary"].map { ["$gte": [["$indexOfBytes": [["$toLower": .text($0)], wanted]], 0]] })]
    }

    static func holds(_ document: BSONDocument, _ words: [String]) throws -> Bool {
        let texts = [try document.optionalText("title"), try document.optionalText("summary")].compactMap { $0?.lowercased() }
        return words.allSatisfy { word in texts.contains { $0.contains(word) } }
    }
}
