import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `enrichments`, `mentions` and `entities` as filing writes them.
extension Database {
    /// Returns how many were filed: those that the claim holds.
    func file(_ enrichments: [Enrichment], claim: Int64) throws -> Int {
        var filed = 0
        for enrichment in enrichments where try leaveQueue(enrichment.article, claim: claim) {
            try run(EnrichmentColumns.insert, EnrichmentColumns.values(of: enrichment))
            try insertMentions(of: enrichment)
            filed += 1
        }
        return filed
    }

    private func insertMentions(of enrichment: Enrichment) throws {
        guard !enrichment.mentions.isEmpty, let source = try number(of: enrichment.source) else { return }
        for (position, mention) in enrichment.mentions.enumerated() { try insert(mention, at: position, of: enrichment, source) }
    }

    private func number(of source: SourceID) throws -> Int64? {
        try run("INSERT INTO mention_sources (source) VALUES (?) ON CONFLICT DO NOTHING", .text(source.text))
        return try first("SELECT number FROM mention_sources WHERE source = ?", .text(source.text)) { $0.int64(0) }
    }

    /// A name counts once in an article.
    private func insert(_ mention: EntityMention, at position: Int, of enrichment: Enrichment, _ source: Int64) throws {
        guard let entity = try entity(of: mention, at: enrichment.at) else { return }
        try run(
            """
            INSERT INTO mentions (article, position, entity, at, tier, source, sentiment, kind, ticker, salience, confidence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (entity, article) DO NOTHING
            """,
            .integer(enrichment.article), SQLValue(position), .integer(entity), SQLValue(enrichment.at), SQLValue(enrichment.tier.rawValue),
            .integer(source), .real(enrichment.sentiment), .text(mention.kind.rawValue), SQLValue(mention.ticker),
            SQLValue(mention.salience), .real(mention.confidence))
    }

    /// The entity's number; it is written only where the mention tells something new of it.
    private func entity(of mention: EntityMention, at instant: Date) throws -> Int64? {
        let sql = "SELECT id FROM entities WHERE name = ? AND kind = ? AND (ticker IS ?3 OR ?3 IS NULL) AND first_at <= ?4"
        let known = try first(
            sql, .text(mention.name), .text(mention.kind.rawValue), SQLValue(mention.ticker), SQLValue(instant), make: { $0.int64(0) })
        if let known { return known }
        return try first(
            """
            INSERT INTO entities (name, kind, ticker, first_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, ticker = coalesce(excluded.ticker, ticker),
                first_at = min(first_at, excluded.first_at)
            RETURNING id
            """, .text(mention.name), .text(mention.kind.rawValue), SQLValue(mention.ticker), SQLValue(instant)
        ) { $0.int64(0) }
    }
}

/// The columns of `enrichments`, without the narrative, in the order in which they are written and read.
enum EnrichmentColumns {
    static let names = [
        "article", "source", "at", "enriched_at", "method", "model", "call_id", "tier", "sentiment", "theme", "nucleus", "amount", "focus",
        "keywords", "summary", "note",
    ]
    static let insert = "INSERT INTO enrichments (\(names.joined(separator: ", "))) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))"

    static func values(of enrichment: Enrichment) -> [SQLValue] {
        [
            .integer(enrichment.article), .text(enrichment.source.text), SQLValue(enrichment.at), SQLValue(enrichment.enrichedAt),
            .text(enrichment.method.rawValue), SQLValue(enrichment.model), SQLValue(enrichment.callID), SQLValue(enrichment.tier.rawValue),
            .real(enrichment.sentiment), .text(enrichment.theme.rawValue), SQLValue(enrichment.nucleus), SQLValue(enrichment.amount),
            .text(StoredList.text(enrichment.focus)), .text(StoredList.text(enrichment.keywords)), .text(enrichment.summary),
            SQLValue(enrichment.note),
        ]
    }

    /// Without the mentions.
    static func enrichment(_ row: SQLRow) throws -> Enrichment {
        var enrichment = Enrichment(
            article: row.int64(0), source: try row.source(1), at: row.date(2), enrichedAt: row.date(3), method: try row.word(4),
            tier: try row.tier(7), sentiment: row.double(8), theme: try row.word(9))
        (enrichment.model, enrichment.callID) = (row.optionalText(5), row.optionalText(6))
        (enrichment.nucleus, enrichment.amount) = (row.optionalText(10), row.optionalDouble(11))
        (enrichment.focus, enrichment.keywords) = (StoredList.words(row.text(12)), StoredList.words(row.text(13)))
        (enrichment.summary, enrichment.note) = (row.text(14), row.optionalText(15))
        return enrichment
    }
}
