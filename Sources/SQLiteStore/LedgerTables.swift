/// The tables of money, keys, cached answers and alerts. Money is in whole picodollars. STRICT: a sum that left 64 bits would become a
/// floating-point number, which no column takes.
enum LedgerTables {
    static let ledger = """
        -- One row an attempt, from its reservation to its end; never removed, so that the numbers are the order of reservation.
        CREATE TABLE ledger (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            at INTEGER NOT NULL,
            -- In the desk's zone, "2026-11-24".
            day TEXT NOT NULL,
            operation TEXT NOT NULL, source TEXT, article INTEGER, key TEXT,
            provider TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL,
            bound INTEGER NOT NULL, cost INTEGER NOT NULL, saved INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL, cache_write_1h_tokens INTEGER NOT NULL, web_searches INTEGER NOT NULL,
            is_batch INTEGER NOT NULL, region TEXT, speed TEXT, service_tier TEXT,
            price_from TEXT NOT NULL, message_id TEXT, raw_usage TEXT, note TEXT,
            owner TEXT NOT NULL, expires_at INTEGER NOT NULL, settled_at INTEGER
        ) STRICT;
        CREATE INDEX ledger_by_day ON ledger (day);
        CREATE INDEX ledger_by_operation ON ledger (operation);
        CREATE INDEX ledger_by_key ON ledger (key) WHERE key IS NOT NULL;
        CREATE INDEX ledger_by_source ON ledger (source) WHERE source IS NOT NULL;
        CREATE INDEX ledger_open ON ledger (number) WHERE status = 'reserved';

        -- Sums of the entries that have ended, by day and by month.
        CREATE TABLE ledger_totals (
            period TEXT NOT NULL, operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
            -- The number 0 where there is none: NULL does not equal itself in a key, and '' might be a name.
            source ANY NOT NULL, key ANY NOT NULL,
            calls INTEGER NOT NULL, cached_calls INTEGER NOT NULL, estimated_calls INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL, cache_write_1h_tokens INTEGER NOT NULL, web_searches INTEGER NOT NULL,
            cost INTEGER NOT NULL, saved INTEGER NOT NULL,
            PRIMARY KEY (period, operation, provider, model, source, key)
        ) STRICT, WITHOUT ROWID;

        -- Spent and reserved together never leave 64 bits: the reservation that would is refused.
        CREATE TABLE budget_standings (
            period TEXT NOT NULL, scope TEXT NOT NULL, spent INTEGER NOT NULL, reserved INTEGER NOT NULL,
            PRIMARY KEY (period, scope)
        ) STRICT, WITHOUT ROWID;
        """

    static let keysAnswersAlerts = """
        CREATE TABLE gateway_keys (
            name TEXT PRIMARY KEY NOT NULL, hash TEXT NOT NULL UNIQUE,
            daily INTEGER, monthly INTEGER, created_at INTEGER NOT NULL, revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE answers (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE, model TEXT NOT NULL, provider TEXT NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL, cache_write_1h_tokens INTEGER NOT NULL, web_searches INTEGER NOT NULL,
            cost INTEGER NOT NULL, price_from TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
            size INTEGER NOT NULL,
            -- Last, so that the rest is read without it.
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX answers_by_age ON answers (created_at, number, size);
        CREATE INDEX answers_by_expiry ON answers (expires_at, size);

        -- One row: the bytes of all bodies.
        CREATE TABLE answer_size (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL) STRICT;
        INSERT INTO answer_size VALUES (1, 0);

        CREATE TABLE alerts (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, message TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX alerts_by_time ON alerts (at);
        CREATE TABLE alert_deliveries (
            alert TEXT NOT NULL REFERENCES alerts (id), channel TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (alert, channel)
        ) STRICT, WITHOUT ROWID;
        """

    /// Without an index by key, in which each answer would change a page of its own: who looks for one knows its number.
    static let answersByNumber = """
        CREATE TABLE numbered_answers (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL, cache_write_1h_tokens INTEGER NOT NULL, web_searches INTEGER NOT NULL,
            cost INTEGER NOT NULL, price_from TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
            size INTEGER NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        INSERT INTO numbered_answers SELECT * FROM answers;
        DROP TABLE answers;
        ALTER TABLE numbered_answers RENAME TO answers;
        CREATE INDEX answers_by_age ON answers (created_at, number, size);
        CREATE INDEX answers_by_expiry ON answers (expires_at, size);
        """
}
