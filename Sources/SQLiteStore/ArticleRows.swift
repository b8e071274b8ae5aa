import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `articles`, `contents` and `sightings` as a filing writes them.
extension Database {
    /// Returns the new article's id.
    func insertArticle(
        _ draft: ArticleDraft, _ identity: String, source: SourceID, at instant: Date, nearDuplicateOf near: Int64?
    ) throws -> Int64 {
        let item = draft.item
        try run(
            """
            INSERT INTO articles (source, first_seen_at, published_at, updated_at, size, near_duplicate_of, identity, canonical_url,
                own_id, url, title, author, categories, enclosures, summary)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(source.text), SQLValue(instant), SQLValue(item.publishedAt), SQLValue(item.updatedAt), SQLValue(draft.size),
            SQLValue(near), .text(identity), SQLValue(draft.canonicalURL), SQLValue(item.id), SQLValue(item.url),
            SQLValue(item.title),
            SQLValue(item.author), SQLValue(ItemLists.text(item.categories)), SQLValue(ItemLists.text(item.enclosures)),
            SQLValue(item.summary))
        let id = lastInsertedRowID
        if let html = item.content { try run("INSERT INTO contents (article, html) VALUES (?, ?)", .integer(id), .text(html)) }
        return id
    }

    /// Puts the item's present text in the place of the old; what identifies the article stays.
    func updateArticle(_ id: Int64, _ draft: ArticleDraft, at instant: Date) throws {
        let item = draft.item
        try run(
            """
            UPDATE articles SET changed_at = ?, published_at = ?, updated_at = ?, size = ?, canonical_url = ?, own_id = ?, url = ?,
                title = ?, author = ?, categories = ?, enclosures = ?, summary = ?
            WHERE id = ?
            """,
            SQLValue(instant), SQLValue(item.publishedAt), SQLValue(item.updatedAt), SQLValue(draft.size),
            SQLValue(draft.canonicalURL),
            SQLValue(item.id), SQLValue(item.url), SQLValue(item.title), SQLValue(item.author),
            SQLValue(ItemLists.text(item.categories)), SQLValue(ItemLists.text(item.enclosures)), SQLValue(item.summary),
            .integer(id))
        if let html = item.content {
            try run(
                "INSERT INTO contents (article, html) VALUES (?, ?) ON CONFLICT DO UPDATE SET html = excluded.html", .integer(id),
                .text(html))
        } else {
            try run("DELETE FROM contents WHERE article = ?", .integer(id))
        }
    }

    func insertSighting(_ source: SourceID, _ identity: String, article: Int64, hash: UInt64, day: Int64) throws {
        try run(
            "INSERT INTO sightings (source, identity, article, content_hash, seen_day) VALUES (?, ?, ?, ?, ?)",
            .text(source.text), .text(identity), .integer(article), .integer(Int64(bitPattern: hash)), .integer(day))
    }
}

/// An item's lists as JSON text; nil for an empty one.
enum ItemLists {
    static func text(_ categories: [String]) -> String? {
        guard !categories.isEmpty else { return nil }
        var json = JSONWriter()
        json.array { list in categories.forEach { list.string($0) } }
        return json.text
    }

    static func text(_ enclosures: [Enclosure]) -> String? {
        guard !enclosures.isEmpty else { return nil }
        var json = JSONWriter()
        json.array { list in
            for enclosure in enclosures {
                list.object {
                    $0.member("url", enclosure.url)
                    $0.member(ifPresent: "type", enclosure.type)
                    $0.member(ifPresent: "length", enclosure.length)
                }
            }
        }
        return json.text
    }

    static func categories(_ text: String?) -> [String] { nodes(text).compactMap(\.string) }

    static func enclosures(_ text: String?) -> [Enclosure] {
        nodes(text).compactMap { node in
            node["url"]?.string.map { Enclosure(url: $0, type: node["type"]?.string, length: node["length"]?.int) }
        }
    }

    private static func nodes(_ text: String?) -> [JSONNode] {
        text.flatMap { try? JSONReader.read(Array($0.utf8)) }?.array ?? []
    }
}
