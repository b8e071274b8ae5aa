public import FoundationEssentials
public import WireCore

/// What the newsroom keeps: enrichments, entity mentions, narratives, patterns, briefings, job runs, prices, and alerts with a cooldown.
///
/// As in ``DeskStore``: a method that returns has made its effect durable; instants are kept to the millisecond; errors are ``DeskError``
/// with code `store`, or ``RunLost``, and leave everything as it was. A new article enters the queue of enrichment in the transaction that files it.
/// What a pruned article leaves behind (its enrichment, mentions, membership in a narrative) goes with it; a briefing's citations stay.
public protocol NewsroomStore: Sendable {
    // MARK: Enrichment

    /// Takes up to `limit` articles that nobody has looked at or whose claim has run out (at `until` itself), oldest first; nil when there
    /// are none. Those of an earlier claim are not mixed with others: an article that brings its host down is seen by the attempts.
    func claimNewArticles(limit: Int, now: Date, until: Date) async throws -> ArticleClaim?
    /// Lets go of a claim's articles that are to wait for a model; each then waits from `now`. Articles outside the claim are left alone.
    func setAsideForModel(_ articles: [Int64], claim: Int64, now: Date) async throws
    /// Takes articles that wait for a model, all of one source, oldest first. A batch whose claim has run out, or was released, comes first,
    /// made of the same articles again. Else a source is due when `size` of its articles wait, or one has waited for `patience`. Nil when none is.
    func claimModelBatch(size: Int, patience: Duration, now: Date, until: Date) async throws -> ArticleClaim?
    /// Files what was understood and takes those articles out of the queue. Articles that the claim does not hold (any more) are left as
    /// they are; a claim that ran out holds its articles until they are claimed again. Of an entity that is mentioned twice in an article
    /// the first mention is kept. Returns how many were filed.
    func file(_ enrichments: [Enrichment], claim: Int64) async throws -> Int
    /// Gives a claim's articles back at once: they can be claimed again, and the claim files nothing any more.
    func releaseClaim(_ claim: Int64) async throws
    /// Gives every claim back at once, whoever holds it: for the one run that may hold any. Returns how many articles. Throws ``RunLost`` when that
    /// run is not under way; nil: for a worker that knows that all others have ended.
    func releaseAllClaims(run: Int64?) async throws -> Int
    func enrichmentBacklog() async throws -> EnrichmentBacklog
    /// Enriched articles, by article id, newest first.
    func enrichedArticles(_ query: EnrichedQuery) async throws -> [EnrichedArticle]
    /// What is known of these articles, by id, each once; those without an enrichment are left out.
    func enrichedArticles(ids: [Int64]) async throws -> [EnrichedArticle]
    /// Every entity of the span (`from` included, `to` excluded) up to a tier, by mentions, most first, then name; at most `limit`. Kind and
    /// ticker are those that were filed last.
    func entityStatistics(from: Date, to: Date, tierAtMost: RelevanceTier, limit: Int) async throws -> [EntityStatistic]
    /// How the articles enriched in the span (`from` included, `to` excluded) were read, by source and in that order.
    func processingCounts(from: Date, to: Date) async throws -> [ProcessingCount]

    // MARK: Narratives and patterns

    /// By last article, newest first, then by id. Throws when there is no narrative `after`.
    func narratives(_ query: NarrativeQuery) async throws -> [Narrative]
    /// Nil when there is none; of a merged one the narrative that took it in.
    func narrative(_ id: Int64) async throws -> Narrative?
    /// Writes all changes or none: first what is saved, then the merges. An article is in one narrative at most: one that is in another
    /// already stays there, one without an enrichment stays outside. What joins a merged narrative goes to the one that took it in;
    /// a merged one stays merged. Returns the written narratives as they are then, with their numbers, in order. Throws for a narrative
    /// that is not there and for one that would be merged into itself, and ``RunLost`` when the run that makes the changes is not under way.
    func save(_ changes: NarrativeChanges) async throws -> [Narrative]
    /// By day, oldest first; of a merged one that of the narrative that took it in.
    func timeline(of narrative: Int64) async throws -> [NarrativeDay]
    /// Writes patterns; one of an id that is there is replaced. Returns the ids that are new, in order.
    func save(_ patterns: [Pattern]) async throws -> [String]
    /// By time, newest first, then by id.
    func patterns(since: Date, limit: Int) async throws -> [Pattern]

    // MARK: Briefings

    /// Saves a briefing. Of a slot there is one that is not smoke, unless `isForced`: then it gets the next version. Smoke briefings are
    /// always saved, each with the next version among the slot's smoke ones. Throws when it cites an article that is not there.
    func save(_ briefing: Briefing, isForced: Bool) async throws -> BriefingFiling
    /// By number, newest first.
    func briefings(_ query: BriefingQuery) async throws -> [Briefing]
    func briefing(_ id: Int64) async throws -> Briefing?
    /// How often each source's articles are cited in briefings, smoke ones left out, made in the span (`from` included,
    /// `to` excluded); an article counts once for each briefing.
    func citations(from: Date, to: Date) async throws -> [SourceID: Int]

    // MARK: Jobs

    /// Asks for a job's slot, atomically over all hosts. A run of the job whose lease has run out (at `leaseUntil` itself) is marked as
    /// abandoned, and counts as an attempt. A slot that any run has done stays done, whatever a later one by hand came to.
    func begin(_ request: JobRequest) async throws -> JobPermit
    /// Ends a run. False when it is not this run's to end any more (it has ended, or its lease ran out and somebody else asked for the job).
    func end(_ run: Int64, as outcome: JobOutcome, message: String, retryAt: Date?, at instant: Date) async throws -> Bool
    /// True while the run has not ended, and nobody has taken its job.
    func isUnderWay(_ run: Int64) async throws -> Bool
    /// Runs by start, newest first; of one job, or of all.
    func jobRuns(job: String?, limit: Int) async throws -> [JobRun]
    /// The last run of each job, by job.
    func lastJobRuns() async throws -> [JobRun]

    // MARK: Alerts and prices

    /// Notes an alert, unless one about the same subject was raised less than `cooldown` ago, at the same instant or later. Nil then. The id
    /// is made of subject and instant: "price:bitcoin@2026-11-24T08:00:00Z".
    func raiseAlert(subject: String, message: String, at instant: Date, cooldown: Duration) async throws -> RaisedAlert?
    /// Enters prices; a second one of the same coin and instant changes nothing.
    func enter(_ prices: [PricePoint]) async throws
    /// Prices of a coin since an instant, oldest first.
    func prices(of coin: String, since: Date) async throws -> [PricePoint]
    /// The latest price of each coin, by coin.
    func latestPrices() async throws -> [PricePoint]

    // MARK: Age

    /// Removes what has aged: patterns, prices and job runs before these instants (of job runs the last 200 of each job stay, and one under
    /// way), and unpublished or smoke briefings before theirs. Returns how many rows went.
    func pruneNewsroom(patternsBefore: Date, pricesBefore: Date, jobRunsBefore: Date, smokeBriefingsBefore: Date) async throws -> Int
}

extension NewsroomStore {
    /// Gives every claim back at once, under no run.
    public func releaseAllClaims() async throws -> Int { try await releaseAllClaims(run: nil) }
}

/// What a coin cost at an instant.
public struct PricePoint: Sendable, Equatable {
    /// The source's own name for it, "bitcoin".
    public var coin: String
    /// US dollars.
    public var price: Double
    public var at: Date
    public var source: SourceID

    public init(coin: String, price: Double, at: Date, source: SourceID) {
        self.coin = coin
        self.price = price
        self.at = at
        self.source = source
    }
}

/// Everything that the desk keeps, in one store.
public typealias WholeStore = DeskStore & LedgerStore & NewsroomStore & AuditStore & HostStore & RegistryStore & TransferStore
