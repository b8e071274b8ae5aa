import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `patterns`.
extension Database {
    /// Returns the ids that are new, in the order given.
    func save(_ patterns: [Pattern]) throws -> [String] {
        try patterns.filter(write).map(\.id)
    }

    func patterns(since: Date, limit: Int) throws -> [Pattern] {
        let sql = """
            SELECT id, kind, subject, message, strength, articles, at FROM patterns WHERE at >= ? ORDER BY at DESC, id LIMIT ?
            """
        return try rows(sql, [SQLValue(since), SQLValue(max(0, limit))]) { row in
            Pattern(
                id: row.text(0), kind: try row.word(1), subject: row.text(2), message: row.text(3), strength: row.double(4),
                articles: StoredList.numbers(row.text(5)), at: row.date(6))
        }
    }

    /// Writes the pattern; true when there was none of its id.
    private func write(_ pattern: Pattern) throws -> Bool {
        let isKnown = try first("SELECT 1 FROM patterns WHERE id = ?", .text(pattern.id), make: { _ in true }) ?? false
        try run(
            """
            INSERT INTO patterns (id, kind, subject, message, strength, articles, at) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, subject = excluded.subject, message = excluded.message,
                strength = excluded.strength, articles = excluded.articles, at = excluded.at
            """,
            .text(pattern.id), .text(pattern.kind.rawValue), .text(pattern.subject), .text(pattern.message), .real(pattern.strength),
            .text(StoredList.text(pattern.articles)), SQLValue(pattern.at))
        return !isKnown
    }
}
