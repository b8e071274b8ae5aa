import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `enrichment_queue`: which articles are to be understood, and who has taken them.
///
/// A row is held by the claim whose number it bears while `held_until` is there; that this has passed lets another take it, but until one
/// does, its holder may still file. A row that was let go keeps the number, so that a batch is claimed again as it was.
extension Database {
    func queueForEnrichment(_ article: Int64, of source: SourceID, at instant: Date) throws {
        try run(
            "INSERT INTO enrichment_queue (article, source, state, queued_at) VALUES (?, ?, 0, ?)", .integer(article), .text(source.text),
            SQLValue(instant))
    }

    func claimNewArticles(limit: Int, now: Date, until: Date) throws -> ArticleClaim? {
        let sql = """
            SELECT article, claim, attempts FROM enrichment_queue INDEXED BY queue_new
            WHERE state = 0 AND \(Self.isFree) ORDER BY article LIMIT ?
            """
        let free = try rows(sql, [SQLValue(now), SQLValue(max(0, limit))], Queued.init)
        return try take(free.prefix { $0.claim == free[0].claim }, until: until)
    }

    func claimModelBatch(size: Int, patience: Duration, now: Date, until: Date) throws -> ArticleClaim? {
        if let again = try interruptedBatch(now: now) { return try take(again[...], until: until) }
        let size = max(1, size)
        guard let source = try sourceDue(size: size, waitingSince: now.addingTimeInterval(-patience.seconds)) else { return nil }
        let sql = """
            SELECT article, claim, attempts FROM enrichment_queue INDEXED BY queue_for_model
            WHERE state = 1 AND claim IS NULL AND source = ? ORDER BY waits_since, article LIMIT ?
            """
        return try take(try rows(sql, [.text(source), SQLValue(size)], Queued.init)[...], until: until)
    }

    func setAsideForModel(_ articles: [Int64], claim: Int64, now: Date) throws {
        try run(
            """
            UPDATE enrichment_queue SET state = 1, waits_since = ?, claim = NULL, attempts = 0, held_until = NULL
            WHERE claim = ? AND held_until IS NOT NULL AND article IN (SELECT value FROM json_each(?))
            """, SQLValue(now), .integer(claim), .text(StoredList.text(articles)))
    }

    func releaseClaim(_ claim: Int64) throws {
        try run("UPDATE enrichment_queue SET held_until = NULL WHERE claim = ?", .integer(claim))
    }

    func releaseAllClaims() throws -> Int {
        try run("UPDATE enrichment_queue SET held_until = NULL WHERE claim IS NOT NULL AND held_until IS NOT NULL")
        return changesCount
    }

    /// Takes an article that the claim holds out of the queue; false when it does not hold it.
    func leaveQueue(_ article: Int64, claim: Int64) throws -> Bool {
        try run("DELETE FROM enrichment_queue WHERE article = ? AND claim = ? AND held_until IS NOT NULL", .integer(article), .integer(claim))
        return changesCount == 1
    }

    func enrichmentBacklog() throws -> EnrichmentBacklog {
        var backlog = EnrichmentBacklog()
        let sql = "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), min(queued_at) FROM enrichment_queue"
        _ = try first(sql) { row in (backlog.new, backlog.forModel, backlog.oldest) = (row.int(0), row.int(1), row.optionalDate(2)) }
        return backlog
    }

    // MARK: - Steps

    private static let isFree = "(held_until IS NULL OR held_until <= ?)"

    private struct Queued {
        var article: Int64
        var claim: Int64?
        var attempts: Int

        init(_ row: SQLRow) { (article, claim, attempts) = (row.int64(0), row.optionalInt64(1), row.int(2)) }
    }

    private func take(_ queued: ArraySlice<Queued>, until: Date) throws -> ArticleClaim? {
        guard let attempts = queued.first?.attempts, let number = try nextClaim() else { return nil }
        let ids = queued.map(\.article)
        try run(
            """
            UPDATE enrichment_queue SET claim = ?, attempts = attempts + 1, held_until = ?
            WHERE article IN (SELECT value FROM json_each(?))
            """, .integer(number), SQLValue(until), .text(StoredList.text(ids)))
        return ArticleClaim(number: number, attempt: attempts + 1, articles: try articles(ids: ids))
    }

    private func nextClaim() throws -> Int64? {
        try first("UPDATE last_claim SET number = number + 1 RETURNING number") { $0.int64(0) }
    }

    /// The oldest batch that was taken and not brought to its end; empty ones there are none.
    private func interruptedBatch(now: Date) throws -> [Queued]? {
        let sql = """
            SELECT claim FROM enrichment_queue INDEXED BY queue_by_claim
            WHERE claim IS NOT NULL AND state = 1 AND \(Self.isFree) ORDER BY claim LIMIT 1
            """
        guard let claim = try first(sql, SQLValue(now), make: { $0.int64(0) }) else { return nil }
        return try rows("SELECT article, claim, attempts FROM enrichment_queue WHERE claim = ? ORDER BY article", [.integer(claim)], Queued.init)
    }

    /// Of the sources that are due the one that has waited longest. Takes a few steps of an index for each source, however many wait.
    private func sourceDue(size: Int, waitingSince: Date) throws -> String? {
        let sql = """
            WITH RECURSIVE sources (source) AS (
                SELECT min(source) FROM enrichment_queue WHERE state = 1 AND claim IS NULL
                UNION ALL
                SELECT (SELECT min(source) FROM enrichment_queue WHERE state = 1 AND claim IS NULL AND source > sources.source)
                FROM sources WHERE source IS NOT NULL),
            waiting (source, since) AS (
                SELECT source, (SELECT min(waits_since) FROM enrichment_queue AS q WHERE state = 1 AND claim IS NULL AND q.source = sources.source)
                FROM sources WHERE source IS NOT NULL)
            SELECT source FROM waiting
            WHERE since <= ?1 OR ?2 <= (
                SELECT count(*) FROM (
                    SELECT 1 FROM enrichment_queue AS q WHERE state = 1 AND claim IS NULL AND q.source = waiting.source LIMIT ?2))
            ORDER BY since, source LIMIT 1
            """
        return try first(sql, SQLValue(waitingSince), SQLValue(size)) { $0.text(0) }
    }
}
