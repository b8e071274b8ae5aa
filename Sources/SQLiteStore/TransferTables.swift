import Stores

/// Which table a kind is, and what of it needs more than its columns.
struct TransferTable {
    var name: String
    /// The columns that order it, together unique; each row of a page lies behind the one before.
    var key: [String]
    /// Columns that are no columns of the table: SQL that gives them. They are not written.
    var derived: [String: String] = [:]
    /// Columns that hold the number 0 where the row has nothing: see `ledger_totals`.
    var zeroForNull: Set<String> = []

    /// Nil for ``TransferKind/counters``, which are no table.
    static func of(_ kind: TransferKind) -> TransferTable? {
        switch kind {
        case .states: TransferTable(name: "source_states", key: ["source"])
        case .polls: TransferTable(name: "polls", key: ["id"])
        case .sourceDays: TransferTable(name: "source_days", key: ["source", "day"])
        case .articles: TransferTable(name: "articles", key: ["id"], derived: ["content_hash": ownHash])
        case .contents: TransferTable(name: "contents", key: ["article"])
        case .sightings: TransferTable(name: "sightings", key: ["source", "identity"])
        case .ledger: TransferTable(name: "ledger", key: ["number"])
        case .ledgerTotals:
            TransferTable(
                name: "ledger_totals", key: ["period", "operation", "provider", "model", "source", "key"], zeroForNull: ["source", "key"])
        case .standings: TransferTable(name: "budget_standings", key: ["period", "scope"])
        case .keys: TransferTable(name: "gateway_keys", key: ["name"])
        case .answers: TransferTable(name: "answers", key: ["number"])
        case .alerts: TransferTable(name: "alerts", key: ["number"])
        case .narratives: TransferTable(name: "narratives", key: ["id"])
        case .queue: TransferTable(name: "enrichment_queue", key: ["article"])
        case .entities: TransferTable(name: "entities", key: ["name"])
        case .enrichments: TransferTable(name: "enrichments", key: ["article"])
        case .patterns: TransferTable(name: "patterns", key: ["id"])
        case .briefings: TransferTable(name: "briefings", key: ["id"])
        case .jobRuns: TransferTable(name: "job_runs", key: ["id"])
        case .prices: TransferTable(name: "prices", key: ["coin", "at"])
        case .audit: TransferTable(name: "audit", key: ["id"])
        case .registry: TransferTable(name: "shared_registry", key: ["revision"])
        case .counters: nil
        }
    }

    /// What the article says, as its own source was seen to say it.
    private static let ownHash = """
        (SELECT content_hash FROM sightings WHERE sightings.article = articles.id AND sightings.source = articles.source)
        """
}

enum TransferTables {
    /// Tables that are parts of a kind's rows, or follow from them, or are no business of another store's.
    static let others: Set<String> = [
        "mentions", "mention_sources", "alert_deliveries", "citations", "article_counts", "answer_size", "last_claim", "transfer",
        "grdb_migrations", "hosts",
    ]

    /// Columns that are no business of another store's: a lease is that of a host at work upon this one.
    static let unmoved: [String: Set<String>] = ["source_states": ["lease_holder", "lease_number", "lease_until"]]

    /// The transfer into this file that has not ended: one row, or none.
    static let progress = """
        CREATE TABLE transfer (
            id INTEGER PRIMARY KEY CHECK (id = 1), source TEXT NOT NULL, kind TEXT NOT NULL, cursor TEXT, rows INTEGER NOT NULL,
            step INTEGER NOT NULL, is_copied INTEGER NOT NULL
        ) STRICT;
        """
}
