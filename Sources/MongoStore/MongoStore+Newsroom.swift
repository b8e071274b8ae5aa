public import FoundationEssentials
public import Stores
public import WireCore

/// The newsroom in the same database: whoever decides by what is there (a claim, a job's slot, a briefing's) does so in the transaction that
/// writes, and writes something that every other who decides the same writes too, so that of several hosts one wins and the others look again.
extension MongoStore: NewsroomStore {
    public func claimNewArticles(limit: Int, now: Date, until: Date) async throws -> ArticleClaim? {
        try await writeNews { db in try db.claimNewArticles(limit: limit, now: now, until: until) }
    }

    public func setAsideForModel(_ articles: [Int64], claim: Int64, now: Date) async throws {
        try await writeNews { db in try db.setAsideForModel(articles, claim: claim, now: now) }
    }

    public func claimModelBatch(size: Int, patience: Duration, now: Date, until: Date) async throws -> ArticleClaim? {
        try await writeNews { db in try db.claimModelBatch(size: size, patience: patience, now: now, until: until) }
    }

    public func file(_ enrichments: [Enrichment], claim: Int64) async throws -> Int {
        try await writeNews { db in try db.file(enrichments, claim: claim) }
    }

    public func releaseClaim(_ claim: Int64) async throws {
        try await writeNews { db in try db.releaseClaim(claim) }
    }

    public func releaseAllClaims(run: Int64?) async throws -> Int {
        try await writeNews { db in
            try db.requireUnderWay(run)
            return try db.releaseAllClaims()
        }
    }

    public func enrichmentBacklog() async throws -> EnrichmentBacklog {
        try await read { db in try db.enrichmentBacklog() }
    }

    public func enrichedArticles(_ query: EnrichedQuery) async throws -> [EnrichedArticle] {
        try await snapshot { db in try db.enrichedArticles(query) }
    }

    public func enrichedArticles(ids: [Int64]) async throws -> [EnrichedArticle] {
        try await snapshot { db in try db.enrichedArticles(ids: ids) }
    }

    public func entityStatistics(from: Date, to: Date, tierAtMost: RelevanceTier, limit: Int) async throws -> [EntityStatistic] {
        try await snapshot { db in try db.entityStatistics(from: from, to: to, tierAtMost: tierAtMost, limit: limit) }
    }

    public func processingCounts(from: Date, to: Date) async throws -> [ProcessingCount] {
        try await read { db in try db.processingCounts(from: from, to: to) }
    }

    // MARK: - Narratives and patterns

    public func narratives(_ query: NarrativeQuery) async throws -> [Narrative] {
        try await snapshot { db in try db.narratives(query) }
    }

    public func narrative(_ id: Int64) async throws -> Narrative? {
        try await snapshot { db in try db.narrative(id) }
    }

    public func save(_ changes: NarrativeChanges) async throws -> [Narrative] {
        try await writeNews { db in try db.save(changes) }
    }

    public func timeline(of narrative: Int64) async throws -> [NarrativeDay] {
        try await snapshot { db in try db.timeline(of: narrative) }
    }

    public func save(_ patterns: [Pattern]) async throws -> [String] {
        try await writeNews { db in try db.save(patterns) }
    }

    public func patterns(since: Date, limit: Int) async throws -> [Pattern] {
        try await read { db in try db.patterns(since: since, limit: limit) }
    }

    // MARK: - Briefings

    public func save(_ briefing: Briefing, isForced: Bool) async throws -> BriefingFiling {
        try await writeNews { db in try db.save(briefing, isForced: isForced) }
    }

    public func briefings(_ query: BriefingQuery) async throws -> [Briefing] {
        try await read { db in try db.briefings(query) }
    }

    public func briefing(_ id: Int64) async throws -> Briefing? {
        try await read { db in try db.briefing(id) }
    }

    public func citations(from: Date, to: Date) async throws -> [SourceID: Int] {
        try await read { db in try db.citations(from: from, to: to) }
    }

    // MARK: - Jobs

    public func begin(_ request: JobRequest) async throws -> JobPermit {
        try await writeNews { db in try db.begin(request) }
    }

    public func end(_ run: Int64, as outcome: JobOutcome, message: String, retryAt: Date?, at instant: Date) async throws -> Bool {
        try await writeNews { db in try db.end(run, as: outcome, message: message, retryAt: retryAt, at: instant) }
    }

    public func isUnderWay(_ run: Int64) async throws -> Bool {
        try await read { db in try db.isUnderWay(run) }
    }

    public func jobRuns(job: String?, limit: Int) async throws -> [JobRun] {
        try await read { db in try db.jobRuns(job: job, limit: limit) }
    }

    public func lastJobRuns() async throws -> [JobRun] {
        try await read { db in try db.lastJobRuns() }
    }

    // MARK: - Alerts and prices

    public func raiseAlert(subject: String, message: String, at instant: Date, cooldown: Duration) async throws -> RaisedAlert? {
        try await writeMoney { db in try db.raiseAlert(subject: subject, message: message, at: instant, cooldown: cooldown) }
    }

    public func enter(_ prices: [PricePoint]) async throws {
        try await writeNews { db in try db.enter(prices) }
    }

    public func prices(of coin: String, since: Date) async throws -> [PricePoint] {
        try await read { db in try db.prices(of: coin, since: since) }
    }

    public func latestPrices() async throws -> [PricePoint] {
        try await read { db in try db.latestPrices() }
    }

    // MARK: - Age

    /// In small steps, as ``prune(pollsBefore:articlesBefore:)`` does.
    public func pruneNewsroom(patternsBefore: Date, pricesBefore: Date, jobRunsBefore: Date, smokeBriefingsBefore: Date) async throws -> Int {
        let isOldDraft: BSONDocument = [
            "made_at": ["$lt": BSON(smokeBriefingsBefore)], "$or": [["is_smoke": true], ["is_published": false]],
        ]
        return try await prune([
            Pruning.Step(isCounted: true) { db in try db.removeSome(.patterns, ["at": ["$lt": BSON(patternsBefore)]]) },
            Pruning.Step(isCounted: true) { db in try db.removeSome(.prices, ["at": ["$lt": BSON(pricesBefore)]]) },
            Pruning.Step(isCounted: true) { db in try db.removeSurplusRuns(before: jobRunsBefore) },
            Pruning.Step(isCounted: true) { db in try db.removeSome(.briefings, isOldDraft) },
        ])
    }
}
