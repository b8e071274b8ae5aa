import FoundationEssentials
import GRDB
import Stores
import WireCore

/// What was understood, as lists read it, and how it was read.
extension Database {
    func enrichedArticles(_ query: EnrichedQuery) throws -> [EnrichedArticle] {
        let selection = EnrichedSelection(query)
        return try withMentions(try rows(selection.sql, selection.values, EnrichedSelection.article))
    }

    /// In the order of the ids.
    func enrichedArticles(ids: [Int64]) throws -> [EnrichedArticle] {
        guard !ids.isEmpty else { return [] }
        let sql = EnrichedSelection.select + " WHERE e.article IN (SELECT value FROM json_each(?)) ORDER BY e.article"
        return try withMentions(try rows(sql, [.text(StoredList.text(ids))], EnrichedSelection.article))
    }

    func processingCounts(from: Date, to: Date) throws -> [ProcessingCount] {
        let sql = """
            SELECT source, count(*) FILTER (WHERE method = 'model'), count(*) FILTER (WHERE method = 'simple')
            FROM enrichments INDEXED BY enrichments_by_reading WHERE enriched_at >= ? AND enriched_at < ? GROUP BY source ORDER BY source
            """
        return try rows(sql, [SQLValue(from), SQLValue(to)]) {
            ProcessingCount(source: try $0.source(0), model: $0.int(1), simple: $0.int(2))
        }
    }

    private func withMentions(_ articles: [EnrichedArticle]) throws -> [EnrichedArticle] {
        guard !articles.isEmpty else { return [] }
        let sql = """
            SELECT article, name, mentions.kind, mentions.ticker, salience, confidence
            FROM json_each(?) CROSS JOIN mentions ON mentions.article = json_each.value CROSS JOIN entities ON entities.id = mentions.entity
            ORDER BY article, position
            """
        let mentions = try rows(sql, [.text(StoredList.text(articles.map(\.id)))]) { row in
            let mention = EntityMention(
                name: row.text(1), kind: try row.word(2), ticker: row.optionalText(3), salience: row.int(4), confidence: row.double(5))
            return (row.int64(0), mention)
        }
        let byArticle = Dictionary(grouping: mentions, by: \.0)
        return articles.map { article in
            var article = article
            article.enrichment.mentions = (byArticle[article.id] ?? []).map(\.1)
            return article
        }
    }
}

/// An ``EnrichedQuery`` as SQL that reads the rows of the narrowest thing it names: a narrative, an entity, a span of time, a source.
private struct EnrichedSelection {
    private var conditions: [String] = []
    private(set) var values: [SQLValue] = []
    private var origin = Self.select
    private var order = "e.article"

    var sql: String {
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return "\(origin)\(condition) ORDER BY \(order) DESC LIMIT ?"
    }

    init(_ query: EnrichedQuery) {
        // What tells the span of time: the mention where an entity is named, so that its index serves.
        var time = "e.at"
        if let narrative = query.narrative {
            origin = Self.select(from: "enrichments AS e INDEXED BY enrichments_by_narrative")
            add("e.narrative = ?", .integer(narrative))
            if let entity = query.entity {
                add("EXISTS (SELECT 1 FROM mentions AS m WHERE m.entity = \(Self.entity) AND m.article = e.article)", .text(entity))
            }
        } else if let entity = query.entity {
            let index = query.from == nil ? "mentions_by_entity" : "mentions_by_entity_and_time"
            origin = Self.select(from: "mentions AS m INDEXED BY \(index) CROSS JOIN enrichments AS e ON e.article = m.article")
            add("m.entity = \(Self.entity)", .text(entity))
            (time, order) = ("m.at", "m.article")
        } else if query.from != nil {
            origin = Self.select(from: "enrichments AS e INDEXED BY enrichments_by_time")
        } else if query.source != nil {
            origin = Self.select(from: "enrichments AS e INDEXED BY enrichments_by_source")
        }
        if let from = query.from { add("\(time) >= ?", SQLValue(from)) }
        if let to = query.to { add("\(time) < ?", SQLValue(to)) }
        if query.tierAtMost < .noise { add("e.tier <= ?", SQLValue(query.tierAtMost.rawValue)) }
        if query.isOutsideNarratives { conditions.append("e.narrative IS NULL") }
        if let source = query.source { add("e.source = ?", .text(source.text)) }
        if let before = query.before { add("\(order) < ?", .integer(before)) }
        values.append(SQLValue(max(0, query.limit)))
    }

    private mutating func add(_ condition: String, _ value: SQLValue) {
        conditions.append(condition)
        values.append(value)
    }

    private static let entity = "(SELECT id FROM entities WHERE name = ?)"

    static let select = select(from: "enrichments AS e")

    private static func select(from tables: String) -> String {
        let columns = EnrichmentColumns.names.map { "e." + $0 } + ["e.narrative", "a.title", "a.url", "a.near_duplicate_of"]
        return "SELECT \(columns.joined(separator: ", ")) FROM \(tables) CROSS JOIN articles AS a ON a.id = e.article"
    }

    static func article(_ row: SQLRow) throws -> EnrichedArticle {
        EnrichedArticle(
            title: row.text(17), url: row.optionalText(18), nearDuplicateOf: row.optionalInt64(19), narrative: row.optionalInt64(16),
            enrichment: try EnrichmentColumns.enrichment(row))
    }
}
