import FoundationEssentials
import GRDB
import Stores
import WireCore

/// A view of `articles`, for resemblances: before each filing it reads what was added since, by whichever process.
struct ResemblanceIndex {
    private(set) var titles = TitleHeads()
    /// The last article that was read; nil before the first reading.
    private var latest: Int64?

    /// Reads the articles that were added since the last time; `instant` is the present.
    mutating func catchUp(_ db: Database, at instant: Date) throws {
        let start = try latest ?? db.first("SELECT max(id) FROM articles") { max(0, $0.int64(0) - Int64(TitleHeads.most)) } ?? 0
        let sql = """
            SELECT id, source, first_seen_at, title FROM articles
            WHERE id > ? AND first_seen_at >= ? AND near_duplicate_of IS NULL AND title IS NOT NULL ORDER BY id
            """
        var last = start
        let added = try db.rows(sql, [.integer(start), .integer(TitleHeads.horizon(at: instant))]) { row in
            (id: row.int64(0), source: row.text(1), seenAt: row.int64(2), title: row.text(3))
        }
        for article in added {
            _ = titles.add(article.id, title: article.title, source: article.source, seenAt: article.seenAt)
            last = article.id
        }
        latest = last
        titles.forgetOld(at: instant)
    }
}
