/// What a store keeps, kind by kind, in the order in which it moves: what others point to comes first. A raw value that was ever released
/// stays: the progress of a transfer is kept under it.
public enum TransferKind: String, Sendable, CaseIterable {
    case states, polls
    case sourceDays = "source_days"
    case articles, contents, sightings
    case ledger
    case ledgerTotals = "ledger_totals"
    case standings = "budget_standings"
    case keys = "gateway_keys"
    case answers, alerts, narratives
    case queue = "enrichment_queue"
    case entities, enrichments, patterns, briefings
    case jobRuns = "job_runs"
    case prices, audit
    case registry = "shared_registry"
    /// The last number of each kind that was given: the target goes on behind them.
    case counters

    /// What each row of the kind says.
    public var columns: [TransferColumn] {
        switch self {
        case .states: Self.stateColumns
        case .polls: Self.pollColumns
        case .sourceDays: [.text("source"), .integer("day"), .integer("items"), .integer("bytes")]
        case .articles: Self.articleColumns
        case .contents: [.integer("article"), .text("html")]
        case .sightings: [.text("source"), .text("identity"), .integer("article"), .integer("content_hash"), .integer("seen_day")]
        case .ledger: Self.ledgerColumns
        case .ledgerTotals:
            [.text("period"), .text("operation"), .text("provider"), .text("model"), .text("source"), .text("key")]
                + ["calls", "cached_calls", "estimated_calls"].map(TransferColumn.integer) + Self.usageColumns + [
                    .integer("cost"), .integer("saved"),
                ]
        case .standings: [.text("period"), .text("scope"), .integer("spent"), .integer("reserved")]
        case .keys: [.text("name"), .text("hash")] + ["daily", "monthly", "created_at", "revoked_at"].map(TransferColumn.integer)
        case .answers:
            [.integer("number"), .text("key"), .text("model"), .text("provider")] + Self.usageColumns
                + [.integer("cost"), .text("price_from"), .integer("created_at"), .integer("expires_at"), .integer("size"), .blob("body")]
        case .alerts:
            [.integer("number"), .text("id"), .text("message"), .integer("at"), .text("subject"), TransferColumn("deliveries", .deliveries)]
        case .narratives: Self.narrativeColumns
        case .queue:
            [.integer("article"), .text("source")]
                + ["state", "queued_at", "waits_since", "claim", "attempts", "held_until"].map(TransferColumn.integer)
        case .entities: [.text("name"), .text("kind"), .text("ticker"), .integer("first_at")]
        case .enrichments: Self.enrichmentColumns
        case .patterns:
            [
                .text("id"), .text("kind"), .text("subject"), .text("message"), .real("strength"), TransferColumn("articles", .numbers),
                .integer("at"),
            ]
        case .briefings: Self.briefingColumns
        case .jobRuns: Self.jobColumns
        case .prices: [.text("coin"), .integer("at"), .real("price"), .text("source")]
        case .audit: [.integer("id"), .integer("at")] + ["actor", "action", "subject", "detail", "failure"].map(TransferColumn.text)
        case .registry: [.integer("revision"), .blob("text"), .text("by"), .integer("at")]
        case .counters: [.text("name"), .integer("value")]
        }
    }

    /// The names under ``counters``. Numbers that follow from what is stored (the ledger's, the alerts') are not among them.
    public static let counterNames = ["articles", "polls", "answers", "narratives", "briefings", "job_runs", "audit", "claims"]

    /// For people: "budget standings".
    public var title: String { rawValue.split(separator: "_").joined(separator: " ") }
}

/// A column: its name and what its values are. Any of them may be null.
public struct TransferColumn: Sendable {
    public enum Shape: Sendable, Equatable {
        case integer, flag, real, text, blob
        /// Lists of texts, and of whole numbers.
        case words, numbers
        /// [name, weight]
        case weighted
        /// [url, type, length]
        case enclosures
        /// [name, kind, ticker, salience, confidence]
        case mentions
        /// [channel, at], by instant, then by name.
        case deliveries
        /// [article, source], by article.
        case citations
        /// What a briefing says: ``TransferValue/init(_:)``.
        case content
    }

    public var name: String
    public var shape: Shape

    public init(_ name: String, _ shape: Shape) {
        self.name = name
        self.shape = shape
    }

    static func integer(_ name: String) -> Self { Self(name, .integer) }
    static func real(_ name: String) -> Self { Self(name, .real) }
    static func text(_ name: String) -> Self { Self(name, .text) }
    static func blob(_ name: String) -> Self { Self(name, .blob) }
    static func flag(_ name: String) -> Self { Self(name, .flag) }
}

/// The long lists.
extension TransferKind {
    private static func integers(_ names: String...) -> [TransferColumn] { names.map(TransferColumn.integer) }
    private static func texts(_ names: String...) -> [TransferColumn] { names.map(TransferColumn.text) }

    private static let usageColumns = integers(
        "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "web_searches")

    private static let stateColumns =
        texts("source") + integers("revision", "next_poll_at", "not_before", "last_poll_at", "last_success_at", "last_new_item_at")
        + texts("last_outcome", "last_message", "last_hint", "served_by") + integers("failing_since")
        + texts("validators_url", "etag", "last_modified", "moved_to", "adapter_state")
        + [.real("mean_gap_seconds"), .real("advised_seconds")]
        + integers("breaker_state", "breaker_generation", "breaker_failures") + texts("breaker_window", "breaker_slow_window")
        + integers("breaker_times_opened", "breaker_opened_at", "breaker_reopens_at", "breaker_probe_lease_until") + texts("breaker_cause")

    private static let pollColumns =
        integers("id") + texts("source") + integers("started_at", "duration_ms") + texts("outcome", "message", "hint", "served_by")
        + integers(
            "attempts", "pages", "redirects", "bytes_on_wire", "bytes_decoded", "items_seen", "items_new", "items_updated", "items_duplicate",
            "items_rejected", "status") + texts("content_type", "first_bytes") + integers("breaker_state") + texts("ended")

    private static let articleColumns =
        integers("id") + texts("source") + integers("first_seen_at", "changed_at", "published_at", "updated_at", "size", "near_duplicate_of")
        + texts("identity", "canonical_url", "own_id", "url", "title", "author")
        + [TransferColumn("categories", .words), TransferColumn("enclosures", .enclosures)] + texts("summary") + integers("content_hash")

    private static let ledgerColumns =
        integers("number") + texts("id") + integers("at") + texts("day", "operation", "source") + integers("article")
        + texts("key", "provider", "model", "status") + integers("bound", "cost", "saved") + usageColumns
        + [.flag("is_batch")] + texts("region", "speed", "service_tier", "price_from", "message_id", "raw_usage", "note", "owner")
        + integers("expires_at", "settled_at")

    private static let narrativeColumns =
        integers("id") + texts("title", "summary", "nucleus", "theme")
        + [TransferColumn("actors", .weighted), TransferColumn("focus", .weighted)] + texts("stage") + [.real("momentum")]
        + integers("article_count", "source_count") + [.real("sentiment")] + integers("first_at", "last_at") + texts("peak_day")
        + integers("peak_count", "dormant_at", "reactivated_at", "hot_until", "updated_at", "merged_into")

    private static let enrichmentColumns =
        integers("article") + texts("source") + integers("at", "enriched_at") + texts("method", "model", "call_id") + integers("tier")
        + [.real("sentiment")] + texts("theme", "nucleus") + [.real("amount")] + integers("narrative")
        + [TransferColumn("focus", .words), TransferColumn("keywords", .words)] + texts("summary", "note")
        + [TransferColumn("mentions", .mentions)]

    private static let briefingColumns =
        integers("id") + texts("date", "slot") + integers("version") + [.flag("is_smoke"), .flag("is_published")]
        + integers("made_at", "covers_from", "covers_to") + texts("method", "model", "note") + [.real("confidence")]
        + integers("signal_count", "narrative_count", "pattern_count", "article_count", "refinements", "cost")
        + [TransferColumn("calls", .words), TransferColumn("content", .content), TransferColumn("cited", .citations)]

    private static let jobColumns =
        integers("id") + texts("job", "slot") + integers("attempt", "started_at", "ended_at") + texts("outcome", "message")
        + integers("retry_at") + texts("owner") + integers("lease_until")
}
