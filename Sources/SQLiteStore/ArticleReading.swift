import FoundationEssentials
import GRDB
import Stores
import WireCore

/// Articles as lists read them.
extension Database {
    func articles(_ query: ArticleQuery) throws -> [Article] {
        try articles(ArticleSelection(query))
    }

    /// With their content, by id; those that are gone are left out.
    func articles(ids: [Int64]) throws -> [Article] {
        try articles(ArticleSelection(ids: ids)).reversed()
    }

    private func articles(_ selection: ArticleSelection) throws -> [Article] {
        let (sql, values) = selection.statement
        var articles = try rows(sql, values, ArticleSelection.article)
        let others = try otherSources(of: articles.map(\.id))
        for index in articles.indices {
            articles[index].alsoIn = (others[articles[index].id] ?? []).filter { $0 != articles[index].source }.sorted()
        }
        return articles
    }

    func articleCounts(since instant: Date?) throws -> [SourceID: Int] {
        // The plus keeps the sources' index out, which would walk all articles.
        let sql =
            instant == nil
            ? "SELECT source, articles FROM article_counts WHERE articles > 0"
            : "SELECT source, count(*) FROM articles WHERE first_seen_at >= ? GROUP BY +source"
        let counts = try rows(sql, instant.map { [SQLValue($0)] } ?? []) { (try $0.source(0), $0.int(1)) }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    private func otherSources(of ids: [Int64]) throws -> [Int64: [SourceID]] {
        guard !ids.isEmpty else { return [:] }
        let sql = "SELECT article, source FROM sightings WHERE article IN (SELECT value FROM json_each(?))"
        let sightings = try rows(sql, [.text(StoredList.text(ids))]) { ($0.int64(0), try $0.source(1)) }
        return Dictionary(grouping: sightings, by: \.0).mapValues { $0.map(\.1) }
    }
}

/// An ``ArticleQuery`` as SQL.
private struct ArticleSelection {
    private var conditions: [String] = []
    private var values: [SQLValue] = []
    private let withContent: Bool
    private let limit: Int

    var statement: (sql: String, values: [SQLValue]) {
        let content = withContent ? "contents.html" : "NULL"
        let join = withContent ? "LEFT JOIN contents ON contents.article = articles.id" : ""
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql = """
            SELECT id, source, identity, canonical_url, first_seen_at, changed_at, near_duplicate_of, own_id, title, url, author,
                published_at, updated_at, summary, categories, enclosures, \(content)
            FROM articles \(join) \(condition) ORDER BY id DESC LIMIT ?
            """
        return (sql, values + [SQLValue(limit)])
    }

    init(_ query: ArticleQuery) {
        withContent = query.withContent
        limit = max(0, query.limit)
        if let source = query.source { add("source = ?", .text(source.text)) }
        if let since = query.since { add("first_seen_at >= ?", SQLValue(since)) }
        if let before = query.before { add("id < ?", .integer(before)) }
        for word in query.words where !word.isEmpty { add(word) }
    }

    init(ids: [Int64]) {
        (withContent, limit) = (true, ids.count)
        add("id IN (SELECT value FROM json_each(?))", .text(StoredList.text(ids)))
    }

    private mutating func add(_ condition: String, _ value: SQLValue) {
        conditions.append(condition)
        values.append(value)
    }

    /// SQLite's LIKE knows case only in ASCII; other words go through a function of ours, which is slower.
    private mutating func add(_ word: String) {
        let isPlain = word.utf8.allSatisfy { (0x01..<0x80).contains($0) } && word.utf8.count <= 1000
        let test = isPlain ? #"LIKE ? ESCAPE '\'"# : nil
        let pattern = isPlain ? "%" + Self.escaped(word) + "%" : word.lowercased()
        if let test {
            conditions.append("(title \(test) OR summary \(test))")
        } else {
            conditions.append("(\(FoldedSearch.name)(title, ?) OR \(FoldedSearch.name)(summary, ?))")
        }
        values += [.text(pattern), .text(pattern)]
    }

    private static func escaped(_ word: String) -> String {
        var escaped = ""
        for scalar in word.unicodeScalars {
            if scalar == "%" || scalar == "_" || scalar == "\\" { escaped += "\\" }
            escaped.unicodeScalars.append(scalar)
        }
        return escaped
    }

    static func article(_ row: SQLRow) throws -> Article {
        let item = Item(
            id: row.optionalText(7), title: row.optionalText(8), url: row.optionalText(9), author: row.optionalText(10),
            publishedAt: row.optionalDate(11), updatedAt: row.optionalDate(12), summary: row.optionalText(13),
            content: row.optionalText(16), categories: ItemLists.categories(row.optionalText(14)),
            enclosures: ItemLists.enclosures(row.optionalText(15)))
        return Article(
            id: row.int64(0), source: try row.source(1), identity: row.text(2), item: item, canonicalURL: row.optionalText(3),
            firstSeenAt: row.date(4), changedAt: row.optionalDate(5), nearDuplicateOf: row.optionalInt64(6))
    }
}

/// `wd_holds(text, word)`: whether a text holds a word that is in lower case already, case-blind beyond ASCII.
enum FoldedSearch {
    static let name = "wd_holds"

    static let function = DatabaseFunction(name, argumentCount: 2, pure: true) { arguments in
        guard let text = String.fromDatabaseValue(arguments[0]), let word = String.fromDatabaseValue(arguments[1]) else {
            return false
        }
        return text.lowercased().contains(word)
    }
}
