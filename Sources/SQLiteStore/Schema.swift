import GRDB

/// The tables, as a list of migrations: one that was ever released is never changed, a change is another one.
///
/// Instants are integers, milliseconds since 1970 UTC; days are counted from 1970-01-01 UTC. Columns and no JSON where something
/// is searched, ordered or counted.
enum Schema {
    /// "wire" in `PRAGMA application_id`: tells our files from other programs' SQLite files.
    static let applicationID: Int64 = 0x7769_7265

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 sources, polls, articles") { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: sources)
            try db.execute(sql: articles)
        }
        migrator.registerMigration("2 ledger, keys, answers, alerts") { db in
            try db.execute(sql: LedgerTables.ledger)
            try db.execute(sql: LedgerTables.keysAnswersAlerts)
        }
        migrator.registerMigration("3 what a server asked for") { db in
            try db.execute(sql: "ALTER TABLE source_states ADD COLUMN not_before INTEGER")
        }
        migrator.registerMigration("4 newsroom") { db in
            try db.execute(sql: NewsroomTables.narratives)
            try db.execute(sql: NewsroomTables.enrichment)
            try db.execute(sql: NewsroomTables.queueRecent)
            try db.execute(sql: NewsroomTables.briefings)
            try db.execute(sql: NewsroomTables.jobsAndPrices)
        }
        migrator.registerMigration("5 audit") { db in
            try db.execute(sql: AuditTables.audit)
            try db.execute(sql: AuditTables.articleCounts)
        }
        migrator.registerMigration("6 hosts and leases") { db in
            try db.execute(sql: HostTables.hosts)
            try db.execute(sql: HostTables.leases)
        }
        migrator.registerMigration("7 shared registry, transfers") { db in
            try db.execute(sql: RegistryTable.registry)
            try db.execute(sql: TransferTables.progress)
        }
        migrator.registerMigration("8 answers by number") { db in
            try db.execute(sql: LedgerTables.answersByNumber)
        }
        return migrator
    }

    private static let sources = """
        CREATE TABLE source_states (
            source TEXT PRIMARY KEY NOT NULL,
            revision INTEGER NOT NULL,
            next_poll_at INTEGER, last_poll_at INTEGER, last_success_at INTEGER, last_new_item_at INTEGER,
            last_outcome TEXT, last_message TEXT, last_hint TEXT, served_by TEXT, failing_since INTEGER,
            validators_url TEXT, etag TEXT, last_modified TEXT, moved_to TEXT, adapter_state TEXT,
            mean_gap_seconds REAL, advised_seconds REAL,
            breaker_state INTEGER NOT NULL, breaker_generation INTEGER NOT NULL, breaker_failures INTEGER NOT NULL,
            -- One character a poll, oldest first: 1 is a failure, or slow.
            breaker_window TEXT NOT NULL, breaker_slow_window TEXT NOT NULL,
            breaker_times_opened INTEGER NOT NULL, breaker_opened_at INTEGER, breaker_reopens_at INTEGER,
            breaker_probe_lease_until INTEGER, breaker_cause TEXT
        ) WITHOUT ROWID;

        CREATE TABLE polls (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL, started_at INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
            outcome TEXT NOT NULL, message TEXT NOT NULL, hint TEXT, served_by TEXT,
            attempts INTEGER NOT NULL, pages INTEGER NOT NULL, redirects INTEGER NOT NULL,
            bytes_on_wire INTEGER NOT NULL, bytes_decoded INTEGER NOT NULL,
            items_seen INTEGER NOT NULL, items_new INTEGER NOT NULL, items_updated INTEGER NOT NULL,
            items_duplicate INTEGER NOT NULL, items_rejected INTEGER NOT NULL,
            status INTEGER, content_type TEXT, first_bytes TEXT, breaker_state INTEGER NOT NULL, ended TEXT NOT NULL
        );
        CREATE INDEX polls_by_source ON polls (source, started_at);
        CREATE INDEX polls_by_start ON polls (started_at);

        -- What a source has had stored in one day, for the daily ceilings.
        CREATE TABLE source_days (
            source TEXT NOT NULL, day INTEGER NOT NULL, items INTEGER NOT NULL, bytes INTEGER NOT NULL,
            PRIMARY KEY (source, day)
        ) WITHOUT ROWID;
        """

    private static let articles = """
        CREATE TABLE articles (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL, first_seen_at INTEGER NOT NULL, changed_at INTEGER, published_at INTEGER, updated_at INTEGER,
            size INTEGER NOT NULL,
            near_duplicate_of INTEGER REFERENCES articles (id) ON DELETE SET NULL,
            identity TEXT NOT NULL, canonical_url TEXT, own_id TEXT, url TEXT, title TEXT, author TEXT,
            -- JSON lists; NULL when empty.
            categories TEXT, enclosures TEXT,
            summary TEXT
        );
        CREATE INDEX articles_by_source ON articles (source);
        CREATE INDEX articles_by_first_seen ON articles (first_seen_at);
        CREATE INDEX articles_by_url ON articles (canonical_url) WHERE canonical_url IS NOT NULL;
        CREATE INDEX articles_by_resemblance ON articles (near_duplicate_of) WHERE near_duplicate_of IS NOT NULL;

        -- Apart from the rest, so that lists do not wade through it.
        CREATE TABLE contents (
            article INTEGER PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
            html TEXT NOT NULL
        );

        -- Who showed what under which identity: one row for the source that was first, and one for each other that brought the same
        -- address. A row whose article was pruned stays, without one, while the source still shows the item: it is not new again.
        CREATE TABLE sightings (
            source TEXT NOT NULL, identity TEXT NOT NULL,
            article INTEGER REFERENCES articles (id),
            content_hash INTEGER NOT NULL,
            -- The day that keeps a row without an article alive.
            seen_day INTEGER NOT NULL,
            PRIMARY KEY (source, identity)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX sightings_by_article ON sightings (article, source) WHERE article IS NOT NULL;
        CREATE INDEX sightings_without_article ON sightings (seen_day) WHERE article IS NULL;
        """
}
