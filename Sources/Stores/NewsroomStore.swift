public import FoundationEssentials
public import WireCore

/// What the newsroom keeps: enrichments, entity mentions, narratives, patterns, briefings, job runs, prices, and alerts with a cooldown.
///
/// As in ``DeskStore``: a method that returns has made its effect durable; instants are kept to the millisecond; errors are ``DeskError``
/// with code `store`, and leave everything as it was. A new article enters the queue of enrichment in the transaction that files it.
/// What a pruned article leaves behind (its enrichment, mentions, membership in a narrative) goes with it; a briefing's citations stay.
public protocol NewsroomStore: Sendable {
    // MARK: Enrichment

    /// Takes up to `limit` articles that nobody has looked at or whose claim has run out, oldest first; nil when there are none.
    func claimNewArticles(limit: Int, now: Date, until: Date) async throws -> ArticleClaim?
    /// Lets go of a claim's articles that are to wait for a model; each then waits from `now`. Articles outside the claim are left alone.
    func setAsideForModel(_ articles: [Int64], claim: Int64, now: Date) async throws
    /// Takes articles that wait for a model, all of one source, oldest first. A batch whose claim has run out, or was released, comes first,
    /// made of the same articles again. Else a source is due when `size` of its articles wait, or one has waited for `patience`. Nil when none is.
    func claimModelBatch(size: Int, patience: Duration, now: Date, until: Date) async throws -> ArticleClaim?
    /// Files what was understood and takes those articles out of the queue. Articles that the claim does not hold (any more) are left as
    /// they are. Returns how many were filed.
    func file(_ enrichments: [Enrichment], claim: Int64) async throws -> Int
    /// Gives a claim's articles back at once: they can be claimed again.
    func releaseClaim(_ claim: Int64) async throws
    func enrichmentBacklog() async throws -> EnrichmentBacklog
    /// Enriched articles, by article id, newest first.
    func enrichedArticles(_ query: EnrichedQuery) async throws -> [EnrichedArticle]
    /// What is known of these articles; those without an enrichment are left out.
    func enrichedArticles(ids: [Int64]) async throws -> [EnrichedArticle]
    /// Every entity of the span (`from` included, `to` excluded) up to a tier, by mentions, most first, then name; at most `limit`.
    func entityStatistics(from: Date, to: Date, tierAtMost: RelevanceTier, limit: Int) async throws -> [EntityStatistic]
    /// How the articles enriched in the span were read, by source.
    func processingCounts(from: Date, to: Date) async throws -> [ProcessingCount]

    // MARK: Narratives and patterns

    /// By last article, newest first, then by id.
    func narratives(_ query: NarrativeQuery) async throws -> [Narrative]
    /// Nil when there is none; of a merged one the narrative that took it in.
    func narrative(_ id: Int64) async throws -> Narrative?
    /// Writes all changes or none. An article is in one narrative at most: one that is in another already stays there. Returns the written
    /// narratives with their numbers, in order.
    func save(_ changes: NarrativeChanges) async throws -> [Narrative]
    /// By day, oldest first.
    func timeline(of narrative: Int64) async throws -> [NarrativeDay]
    /// Writes patterns; one of an id that is there is replaced. Returns the ids that are new.
    func save(_ patterns: [Pattern]) async throws -> [String]
    /// By time, newest first.
    func patterns(since: Date, limit: Int) async throws -> [Pattern]

    // MARK: Briefings

    /// Saves a briefing. Of a slot there is one that is not smoke, unless `isForced`: then it gets the next version. Smoke briefings are
    /// always saved, each with the next version among the slot's smoke ones.
    func save(_ briefing: Briefing, isForced: Bool) async throws -> BriefingFiling
    func briefings(_ query: BriefingQuery) async throws -> [Briefing]
    func briefing(_ id: Int64) async throws -> Briefing?
    /// How often each source's articles are cited in briefings, smoke ones left out, made in the span.
    func citations(from: Date, to: Date) async throws -> [SourceID: Int]

    // MARK: Jobs

    /// Asks for a job's slot, atomically over all hosts. A run whose lease has run out counts as abandoned, and as an attempt.
    func begin(_ request: JobRequest) async throws -> JobPermit
    /// Ends a run. False when it is not this run's to end any more (its lease ran out and somebody else took the slot).
    func end(_ run: Int64, as outcome: JobOutcome, message: String, retryAt: Date?, at instant: Date) async throws -> Bool
    /// Runs by start, newest first; of one job, or of all.
    func jobRuns(job: String?, limit: Int) async throws -> [JobRun]
    /// The last run of each job.
    func lastJobRuns() async throws -> [JobRun]

    // MARK: Alerts and prices

    /// Notes an alert, unless one about the same subject was raised less than `cooldown` ago. Nil then. The id is made of subject and instant.
    func raiseAlert(subject: String, message: String, at instant: Date, cooldown: Duration) async throws -> RaisedAlert?
    /// Enters prices; a second one of the same coin and instant changes nothing.
    func enter(_ prices: [PricePoint]) async throws
    /// Prices of a coin since an instant, oldest first.
    func prices(of coin: String, since: Date) async throws -> [PricePoint]
    /// The latest price of each coin.
    func latestPrices() async throws -> [PricePoint]

    // MARK: Age

    /// Removes what has aged: patterns, prices and job runs before these instants (of job runs the last 200 of each job stay), and unpublished or
    /// smoke briefings before theirs. Returns how many rows went.
    func pruneNewsroom(patternsBefore: Date, pricesBefore: Date, jobRunsBefore: Date, smokeBriefingsBefore: Date) async throws -> Int
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
