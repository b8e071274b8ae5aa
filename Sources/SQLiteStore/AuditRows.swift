public import FoundationEssentials
import GRDB
public import Stores

extension SQLiteStore: AuditStore {
    public func enterAudit(_ entry: AuditEntry) async throws -> AuditEntry {
        try await write { db in
            var stored = entry
            try db.run(
                "INSERT INTO audit (at, actor, action, subject, detail, failure) VALUES (?, ?, ?, ?, ?, ?)", SQLValue(entry.at),
                .text(entry.actor), .text(entry.action), SQLValue(entry.subject), SQLValue(entry.detail), SQLValue(entry.failure))
            stored.id = db.lastInsertedRowID
            return stored
        }
    }

    public func auditEntries(before: Int64?, limit: Int) async throws -> [AuditEntry] {
        try await read { db in
            let sql = "SELECT id, at, actor, action, subject, detail, failure FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?"
            return try db.rows(sql, [.integer(before ?? .max), SQLValue(max(0, limit))]) { row in
                var entry = AuditEntry(
                    at: row.date(1), actor: row.text(2), action: row.text(3), subject: row.optionalText(4), detail: row.optionalText(5),
                    failure: row.optionalText(6))
                entry.id = row.int64(0)
                return entry
            }
        }
    }

    public func pruneAudit(before instant: Date) async throws -> Int { try await prune([Pruning.auditStep(before: instant)]) }
}

/// The table of audit lines, and what lists and charts need so that they cost the same however much there is.
enum AuditTables {
    static let audit = """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT, detail TEXT, failure TEXT
        ) STRICT;
        """

    /// How many articles there are of each source, kept by the articles' own triggers; and an index that counts recent ones alone.
    static let articleCounts = """
        CREATE TABLE article_counts (source TEXT PRIMARY KEY NOT NULL, articles INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO article_counts SELECT source, count(*) FROM articles GROUP BY source;
        CREATE TRIGGER article_counted AFTER INSERT ON articles BEGIN
            INSERT INTO article_counts VALUES (new.source, 1) ON CONFLICT DO UPDATE SET articles = articles + 1;
        END;
        CREATE TRIGGER article_uncounted AFTER DELETE ON articles BEGIN
            UPDATE article_counts SET articles = articles - 1 WHERE source = old.source;
        END;
        DROP INDEX articles_by_first_seen;
        CREATE INDEX articles_by_first_seen ON articles (first_seen_at, source);
        """
}
