import FoundationEssentials
import Stores
import WireCore

/// A newsroom's store under test and short ways to say what is done to it.
struct NewsroomRig: Sendable {
    let store: any WholeStore
    /// Another door to the same store.
    let other: any WholeStore

    /// The rig that files polls.
    private var desk: StoreRig { StoreRig(store: store) }

    /// 2026-11-24T08:00:00Z, some seconds later, on a whole millisecond.
    func at(_ seconds: Double) -> Date { desk.at(seconds) }

    /// Files one document of plain items and returns the ids of its articles.
    @discardableResult
    func articles(_ names: String..., from source: SourceID = .alpha, at seconds: Double = 0) async throws -> [Int64] {
        try await desk.file(names.map(Item.plain), from: source, at: seconds).newArticles
    }

    /// Files as many articles as asked for, with names of their own.
    @discardableResult
    func articles(_ count: Int, from source: SourceID = .alpha, at seconds: Double = 0) async throws -> [Int64] {
        try await desk.file((0..<count).map { .plain("\(source)-\(seconds)-\($0)") }, from: source, at: seconds).newArticles
    }

    func file(_ items: [Item], prices: [PricePoint], at seconds: Double = 0) async throws -> FilingResult {
        var filing = try await desk.filing(ArticleDraft.drafts(of: items), from: .alpha, at: seconds)
        filing.prices = prices
        return try await store.file(filing)
    }

    func prune(articlesBefore seconds: Double) async throws {
        _ = try await store.prune(pollsBefore: at(-1e9), articlesBefore: at(seconds))
    }

    /// Claims new articles for a minute.
    func claim(_ limit: Int = 100, at seconds: Double = 0, by door: (any WholeStore)? = nil) async throws -> ArticleClaim? {
        try await (door ?? store).claimNewArticles(limit: limit, now: at(seconds), until: at(seconds + 60))
    }

    /// Claims a batch for a minute; a source is due with three articles, or after ten minutes.
    func batch(size: Int = 3, at seconds: Double = 0, by door: (any WholeStore)? = nil) async throws -> ArticleClaim? {
        try await (door ?? store).claimModelBatch(size: size, patience: .seconds(600), now: at(seconds), until: at(seconds + 60))
    }

    /// Claims new articles, and wants some.
    func claimed(_ limit: Int = 100, at seconds: Double = 0, line: Int = #line) async throws -> ArticleClaim {
        try wanted(try await claim(limit, at: seconds), "a claim", line: line)
    }

    /// Sets all new articles aside for a model.
    func setAllAside(at seconds: Double) async throws {
        let claim = try await claimed(at: seconds)
        try await store.setAsideForModel(claim.articles.map(\.id), claim: claim.number, now: at(seconds))
    }

    func wanted<T>(_ value: T?, _ what: String, line: Int = #line) throws -> T {
        guard let value else { throw ConformanceFailure(description: "line \(line): there is no \(what)") }
        return value
    }

    /// An enrichment that says only what it must.
    func enrichment(
        _ article: Int64, from source: SourceID = .alpha, at seconds: Double = 0, tier: RelevanceTier = .normal, sentiment: Double = 0,
        _ entities: String...
    ) -> Enrichment {
        var enrichment = Enrichment(
            article: article, source: source, at: at(seconds), enrichedAt: at(seconds + 10), method: .simple, tier: tier, sentiment: sentiment,
            theme: .markets)
        enrichment.mentions = entities.map { EntityMention(name: $0, kind: .coin, salience: 3, confidence: 0.5) }
        return enrichment
    }

    /// Claims whatever is new and files these.
    func enrich(_ enrichments: [Enrichment], line: Int = #line) async throws {
        let claim = try await claimed(1000, at: 1e6, line: line)
        try expectEqual(try await store.file(enrichments, claim: claim.number), enrichments.count, "filed", line: line)
        try await store.releaseClaim(claim.number)
    }

    /// Files an article and enriches it; returns its id.
    @discardableResult
    func enriched(
        _ name: String, from source: SourceID = .alpha, at seconds: Double = 0, tier: RelevanceTier = .normal, sentiment: Double = 0,
        _ entities: [String] = []
    ) async throws -> Int64 {
        let id = try wanted(try await articles(name, from: source, at: seconds).first, "new article \(name)")
        var enrichment = enrichment(id, from: source, at: seconds, tier: tier, sentiment: sentiment)
        enrichment.mentions = entities.map { EntityMention(name: $0, kind: .coin, salience: 3, confidence: 0.5) }
        try await enrich([enrichment])
        return id
    }

    func enrichedIDs(from: Double? = nil, to: Double? = nil, limit: Int = 100, _ change: (inout EnrichedQuery) -> Void = { _ in }) async throws
        -> [Int64]
    {
        var query = EnrichedQuery(from: from.map(at), to: to.map(at), limit: limit)
        change(&query)
        return try await other.enrichedArticles(query).map(\.id)
    }

    /// A narrative that is not stored yet.
    func narrative(_ title: String, nucleus: String = "Bitcoin", last seconds: Double = 0) -> Narrative {
        Narrative(title: title, nucleus: nucleus, theme: .markets, actors: [], focus: [], firstAt: at(0), lastAt: at(seconds), updatedAt: at(seconds))
    }

    @discardableResult
    func save(_ narrative: Narrative, joining: [Int64] = []) async throws -> Narrative {
        var changes = NarrativeChanges()
        changes.saved = [.init(narrative, joining: joining)]
        return try wanted(try await store.save(changes).first, "saved narrative")
    }

    func merge(_ narrative: Int64, into: Int64) async throws {
        var changes = NarrativeChanges()
        changes.merged = [.init(narrative, into: into)]
        _ = try await store.save(changes)
    }

    func titles(_ change: (inout NarrativeQuery) -> Void = { _ in }) async throws -> [String] {
        var query = NarrativeQuery()
        change(&query)
        return try await other.narratives(query).map(\.title)
    }

    func briefing(_ date: String = "2026-11-24", _ slot: BriefingSlot = .morning, made seconds: Double = 0, citing: [Int64] = []) -> Briefing {
        var content = Briefing.Content()
        if !citing.isEmpty { content.paragraphs = [[.init("A sentence.", articles: citing)]] }
        return Briefing(
            date: date, slot: slot, madeAt: at(seconds), coversFrom: at(seconds - 43_200), coversTo: at(seconds), method: .simple, content: content)
    }

    /// Saves a briefing, and wants it saved.
    @discardableResult
    func saved(_ briefing: Briefing, isForced: Bool = false, line: Int = #line) async throws -> Briefing {
        guard case .saved(let saved) = try await store.save(briefing, isForced: isForced) else {
            throw ConformanceFailure(description: "line \(line): the briefing was not saved")
        }
        return saved
    }

    func request(_ job: String = "enrich", _ slot: String = "1", at seconds: Double = 0, attempts: Int = 3, isForced: Bool = false) -> JobRequest {
        JobRequest(job: job, slot: slot, owner: "host-1", now: at(seconds), lease: .seconds(60), attempts: attempts, isForced: isForced)
    }

    /// Begins a run, and wants it granted.
    func begun(_ request: JobRequest, line: Int = #line) async throws -> JobRun {
        let permit = try await store.begin(request)
        guard case .granted(let run) = permit else { throw ConformanceFailure(description: "line \(line): got \(permit)") }
        return run
    }

    func end(_ run: JobRun, as outcome: JobOutcome, at seconds: Double, retryAt: Double? = nil) async throws -> Bool {
        try await other.end(run.id, as: outcome, message: outcome.rawValue, retryAt: retryAt.map(at), at: at(seconds))
    }

    /// Runs a slot to its end.
    @discardableResult
    func ran(_ request: JobRequest, as outcome: JobOutcome, retryAt: Double? = nil, line: Int = #line) async throws -> JobRun {
        var run = try await begun(request, line: line)
        let end = request.now.addingTimeInterval(5)
        try expectEqual(try await store.end(run.id, as: outcome, message: "m", retryAt: retryAt.map(at), at: end), true, line: line)
        (run.outcome, run.message, run.retryAt, run.endedAt) = (outcome, "m", retryAt.map(at), end)
        return run
    }

    func price(_ coin: String, _ price: Double, at seconds: Double) -> PricePoint {
        PricePoint(coin: coin, price: price, at: at(seconds), source: .alpha)
    }

    /// Wants a ``DeskError`` with code `store`.
    func expectError(line: Int = #line, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as DeskError where error.code == .store {
            return
        }
        throw ConformanceFailure(description: "line \(line): no DeskError with code store was thrown")
    }
}
