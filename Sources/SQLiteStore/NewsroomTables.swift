/// The tables of what the newsroom makes of articles. An article's own go with it when it is pruned.
enum NewsroomTables {
    static let enrichment = """
        -- Articles that are to be understood; an enrichment takes the row away.
        CREATE TABLE enrichment_queue (
            article INTEGER PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
            source TEXT NOT NULL,
            -- 0: nobody has looked at it. 1: it waits for a model.
            state INTEGER NOT NULL,
            queued_at INTEGER NOT NULL,
            -- Since when it waits for a model.
            waits_since INTEGER,
            -- The claim that took it last, and how often it was taken with the same others. It is held while there is an end to that.
            claim INTEGER, attempts INTEGER NOT NULL DEFAULT 0, held_until INTEGER
        ) STRICT;
        CREATE INDEX queue_new ON enrichment_queue (article, held_until, claim, attempts) WHERE state = 0;
        CREATE INDEX queue_for_model ON enrichment_queue (source, waits_since, article) WHERE state = 1 AND claim IS NULL;
        CREATE INDEX queue_by_claim ON enrichment_queue (claim, article, state, held_until) WHERE claim IS NOT NULL;

        -- One row: the number of the last claim.
        CREATE TABLE last_claim (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
        INSERT INTO last_claim VALUES (1, 0);

        CREATE TABLE enrichments (
            article INTEGER PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
            source TEXT NOT NULL, at INTEGER NOT NULL, enriched_at INTEGER NOT NULL,
            method TEXT NOT NULL, model TEXT, call_id TEXT,
            tier INTEGER NOT NULL, sentiment REAL NOT NULL, theme TEXT NOT NULL, nucleus TEXT, amount REAL,
            -- The one narrative that it belongs to.
            narrative INTEGER REFERENCES narratives (id),
            -- JSON lists.
            focus TEXT NOT NULL, keywords TEXT NOT NULL,
            summary TEXT NOT NULL, note TEXT
        ) STRICT;
        CREATE INDEX enrichments_by_time ON enrichments (at, tier);
        CREATE INDEX enrichments_by_source ON enrichments (source);
        CREATE INDEX enrichments_by_reading ON enrichments (enriched_at, source, method);
        CREATE INDEX enrichments_by_narrative ON enrichments (narrative, at, source, sentiment) WHERE narrative IS NOT NULL;

        -- Kept for ever: they know when the desk met each first.
        CREATE TABLE entities (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            -- As the last article filed has it.
            kind TEXT NOT NULL, ticker TEXT,
            first_at INTEGER NOT NULL
        ) STRICT;

        -- Short numbers for sources, for the rows of which there are most.
        CREATE TABLE mention_sources (number INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE) STRICT;

        -- What a statistic counts stands in the row, so that a span of time is one walk through one index.
        CREATE TABLE mentions (
            article INTEGER NOT NULL REFERENCES enrichments (article) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            entity INTEGER NOT NULL REFERENCES entities (id),
            at INTEGER NOT NULL, tier INTEGER NOT NULL, source INTEGER NOT NULL REFERENCES mention_sources (number), sentiment REAL NOT NULL,
            kind TEXT NOT NULL, ticker TEXT, salience INTEGER NOT NULL, confidence REAL NOT NULL,
            PRIMARY KEY (article, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX mentions_by_time ON mentions (at, tier, entity, source, sentiment);
        CREATE UNIQUE INDEX mentions_by_entity ON mentions (entity, article);
        CREATE INDEX mentions_by_entity_and_time ON mentions (entity, at, tier);
        """

    /// Articles that are there already: those of the last seven days before the newest.
    static let queueRecent = """
        INSERT INTO enrichment_queue (article, source, state, queued_at)
        SELECT id, source, 0, first_seen_at FROM articles
        WHERE first_seen_at >= (SELECT max(first_seen_at) FROM articles) - \(7 * 86_400_000)
        """

    static let narratives = """
        CREATE TABLE narratives (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL, summary TEXT NOT NULL, nucleus TEXT NOT NULL, theme TEXT NOT NULL,
            -- JSON lists of [name, weight].
            actors TEXT NOT NULL, focus TEXT NOT NULL,
            stage TEXT NOT NULL, momentum REAL NOT NULL, article_count INTEGER NOT NULL, source_count INTEGER NOT NULL,
            sentiment REAL NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
            peak_day TEXT NOT NULL, peak_count INTEGER NOT NULL,
            dormant_at INTEGER, reactivated_at INTEGER, hot_until INTEGER, updated_at INTEGER NOT NULL,
            -- Never one that was merged itself.
            merged_into INTEGER REFERENCES narratives (id)
        ) STRICT;
        CREATE INDEX narratives_by_time ON narratives (last_at DESC, id) WHERE merged_into IS NULL;
        CREATE INDEX narratives_by_stage ON narratives (stage, last_at DESC, id) WHERE merged_into IS NULL;
        CREATE INDEX narratives_by_nucleus ON narratives (nucleus, last_at DESC, id) WHERE merged_into IS NULL;
        CREATE INDEX narratives_reactivated ON narratives (last_at DESC, id) WHERE merged_into IS NULL AND reactivated_at IS NOT NULL;
        CREATE INDEX narratives_merged ON narratives (merged_into) WHERE merged_into IS NOT NULL;

        CREATE TABLE patterns (
            id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, message TEXT NOT NULL, strength REAL NOT NULL,
            -- A JSON list of article ids.
            articles TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX patterns_by_time ON patterns (at);
        """

    static let briefings = """
        CREATE TABLE briefings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            date TEXT NOT NULL, slot TEXT NOT NULL, version INTEGER NOT NULL, is_smoke INTEGER NOT NULL, is_published INTEGER NOT NULL,
            made_at INTEGER NOT NULL, covers_from INTEGER NOT NULL, covers_to INTEGER NOT NULL,
            method TEXT NOT NULL, model TEXT, note TEXT, confidence REAL,
            signal_count INTEGER NOT NULL, narrative_count INTEGER NOT NULL, pattern_count INTEGER NOT NULL, article_count INTEGER NOT NULL,
            refinements INTEGER NOT NULL, cost INTEGER NOT NULL,
            -- JSON: a list of call ids; what it says.
            calls TEXT NOT NULL, content TEXT NOT NULL,
            UNIQUE (date, slot, is_smoke, version)
        ) STRICT;
        CREATE INDEX briefings_by_time ON briefings (made_at, is_smoke);
        CREATE INDEX briefings_unpublished ON briefings (made_at) WHERE is_smoke = 1 OR is_published = 0;

        -- Each article that a briefing cites; it stays when the article is pruned.
        CREATE TABLE citations (
            briefing INTEGER NOT NULL REFERENCES briefings (id) ON DELETE CASCADE,
            article INTEGER NOT NULL, source TEXT NOT NULL,
            PRIMARY KEY (briefing, article)
        ) STRICT, WITHOUT ROWID;
        """

    static let jobsAndPrices = """
        CREATE TABLE job_runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job TEXT NOT NULL, slot TEXT NOT NULL, attempt INTEGER NOT NULL,
            started_at INTEGER NOT NULL, ended_at INTEGER, outcome TEXT NOT NULL, message TEXT NOT NULL, retry_at INTEGER,
            owner TEXT NOT NULL, lease_until INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX job_runs_by_slot ON job_runs (job, slot);
        CREATE INDEX job_runs_by_job ON job_runs (job, started_at);
        CREATE INDEX job_runs_by_start ON job_runs (started_at);
        CREATE UNIQUE INDEX job_runs_under_way ON job_runs (job) WHERE outcome = 'running';

        CREATE TABLE prices (
            coin TEXT NOT NULL, at INTEGER NOT NULL, price REAL NOT NULL, source TEXT NOT NULL,
            PRIMARY KEY (coin, at)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX prices_by_time ON prices (at);

        -- What an alert with a cooldown is about.
        ALTER TABLE alerts ADD COLUMN subject TEXT;
        CREATE INDEX alerts_by_subject ON alerts (subject, at) WHERE subject IS NOT NULL;
        """
}
