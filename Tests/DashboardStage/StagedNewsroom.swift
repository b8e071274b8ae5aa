import Costs
import Foundation
import Stores
import Synchronization
import Web
import WireCore

/// A newsroom that shows and takes orders, and keeps nothing.
struct StagedNewsroom: Sendable {
    let scene: Scene
    let now: Date
    let articles: [Article]
    private let orders = Orders()

    init(scene: Scene, now: Date, articles: [Article]) {
        self.scene = scene
        self.now = now
        self.articles = articles
    }

    /// How many briefings were ordered.
    private final class Orders: Sendable {
        private let count = Mutex(0)
        func next() -> Int {
            count.withLock {
                $0 += 1
                return $0
            }
        }
    }

    var door: NewsroomDoor {
        let jobs = [
            ("enrich", "reads new articles", 5.0), ("narratives", "tells stories from articles", 30), ("patterns", "looks for what stands out", 60),
            ("briefing", "writes the slot's digest", 420),
        ]
        let (now, scene, orders) = (now, scene, orders)
        return NewsroomDoor(
            store: self,
            schedule: { _ in scene == .empty ? [] : jobs.map { PlannedJob(name: $0.0, about: $0.1, nextAt: now.addingTimeInterval($0.2 * 60)) } },
            order: { order in
                let slot = order.slot ?? .morning
                return BriefingTicket(
                    id: "briefing/2026-11-24 \(slot.rawValue)/\(orders.next())", slot: slot, message: "The \(slot.rawValue) briefing is ordered")
            })
    }

    private var isEmpty: Bool { scene == .empty }

    // MARK: - What it shows

    private static let entities: [(String, EntityKind, String?, Int, Int, Double)] = [
        ("Bitcoin", .coin, "BTC", 84, 61, 0.21), ("Solana", .coin, "SOL", 47, 12, 0.34), ("SEC", .regulator, nil, 41, 18, -0.22),
        ("Ethereum", .coin, "ETH", 39, 36, 0.12),
        ("Coinbase", .exchange, nil, 22, 24, 0.05), ("Tether", .company, "USDT", 19, 6, -0.41), ("Kraken", .exchange, nil, 12, 9, 0.3),
        ("Uniswap", .coin, "UNI", 8, 14, 0.18),
        ("Circle", .company, "USDC", 7, 7, 0.15), ("Bank of England", .regulator, nil, 6, 0, -0.05),
    ]

    private static let stories: [(String, String, Theme, NarrativeStage, Double, Double)] = [
        ("Spot Solana ETF decision slips into January", "SEC", .regulation, .hot, 2.4, -0.1),
        ("ETF inflows return to bitcoin", "Bitcoin", .institutions, .rising, 1.6, 0.4),
        ("Europe questions Tether's reserves", "Tether", .stablecoins, .emerging, 1.9, -0.5),
        ("Ethereum raises its gas limit", "Ethereum", .infrastructure, .cooling, 0.7, 0.3),
        ("Oracle exploits at lending protocols", "Aave", .security, .reactivated, 1.3, -0.6),
    ]

    private var stagedNarratives: [Narrative] {
        isEmpty
            ? []
            : Self.stories.enumerated().map { index, story in
                var narrative = Narrative(
                    title: story.0, nucleus: story.1, theme: story.2,
                    actors: [Weighted(story.1, 1), Weighted("BlackRock", 0.6), Weighted("VanEck", 0.4)],
                    focus: [Weighted("etf", 1), Weighted("delay", 0.7), Weighted("filing", 0.5)],
                    firstAt: now.addingTimeInterval(-86_400 * Double(9 - index)),
                    lastAt: now.addingTimeInterval(-Double(index) * 5400 - 900), updatedAt: now)
                (narrative.id, narrative.stage, narrative.momentum, narrative.sentiment) = (Int64(index + 1), story.3, story.4, story.5)
                (narrative.articleCount, narrative.sourceCount, narrative.peakDay, narrative.peakCount) = (
                    34 - index * 5, 9 - index, "2026-11-23", 12 - index
                )
                narrative.summary = "\(story.0): issuers, exchanges and desks read the same filings in opposite ways."
                return narrative
            }
    }

    private var stagedBriefings: [Briefing] {
        guard !isEmpty else { return [] }
        return (0..<6).map { index in
            let slot: BriefingSlot = index % 2 == 0 ? .morning : .evening
            let made = now.addingTimeInterval(-Double(index) * 43_200 - 3900)
            var content = Briefing.Content()
            let cited = articles.dropFirst(index * 6).prefix(8).map(\.id)
            content.headline =
                index % 2 == 0
                ? "Regulators wait, money returns: ETF inflows resume while Solana's decision slips"
                : "Stablecoins before committees on two continents; miners sell into weakness"
            content.paragraphs = [
                [
                    Briefing.Sentence(
                        "The SEC moved its decision on a spot Solana ETF to January, citing the volume of comment letters.",
                        articles: Array(cited.prefix(2))),
                    Briefing.Sentence(
                        "Issuers called the delay procedural; two exchanges paused their listing plans.",
                        articles: Array(cited.dropFirst(2).prefix(1))),
                ],
                [
                    Briefing.Sentence(
                        "Bitcoin held above $91,000 as funds recorded their first week of inflows since October.",
                        articles: Array(cited.dropFirst(3).prefix(2))),
                    Briefing.Sentence(
                        "Funding rates turned negative, which desks read as short positioning rather than fear.",
                        articles: Array(cited.dropFirst(5).prefix(1))),
                ],
            ]
            content.insights = [
                Briefing.Sentence(
                    "Sources disagree about Tether: two report fresh questions, one a settled review.", articles: Array(cited.suffix(2)))
            ]
            content.recommendations = [
                Briefing.Recommendation(title: "Spot Solana ETF decision slips into January", theme: .regulation, narrative: 1)
            ]
            var briefing = Briefing(
                date: String(UTCTime.text(made).prefix(10)), slot: slot, madeAt: made, coversFrom: made.addingTimeInterval(-43_200), coversTo: made,
                method: index == 3 ? .simple : .model, content: content)
            (briefing.id, briefing.isSmoke, briefing.isPublished) = (Int64(60 - index), index == 4, index != 4)
            briefing.model = index == 3 ? nil : "claude-sonnet-4-5"
            briefing.note = index == 3 ? "no model wrote it: the day's budget is spent" : nil
            (briefing.cost, briefing.confidence, briefing.articleCount) = (Money(picodollars: index == 3 ? 0 : 51_150_000_000), 0.82, 214)
            return briefing
        }
    }

    private var stagedRuns: [JobRun] {
        guard !isEmpty else { return [] }
        let isBroken = scene == .broken
        return (0..<24).map { index in
            let job = ["enrich", "enrich", "narratives", "enrich", "patterns", "briefing"][index % 6]
            let fails = job == "briefing" && (isBroken || index == 23)
            let start = now.addingTimeInterval(-Double(index) * 600 - 130)
            return JobRun(
                id: Int64(900 - index), job: job, slot: job == "briefing" ? "2026-11-24 morning" : String(UTCTime.text(start).prefix(16)),
                attempt: fails ? 3 : 1,
                startedAt: start, endedAt: start.addingTimeInterval(fails ? 61 : 4),
                outcome: fails ? (isBroken ? .givenUp : .failed) : index % 5 == 4 ? .nothingToDo : .done,
                message: fails ? "the provider answered 529 three times" : index % 5 == 4 ? "" : "12 articles read, 9 by a model", retryAt: nil,
                owner: "desk-1",
                leaseUntil: start.addingTimeInterval(300))
        }
    }
}

/// Readings show what is staged; the store's own work is not done here.
extension StagedNewsroom: NewsroomStore {
    func claimNewArticles(limit: Int, now: Date, until: Date) async throws -> ArticleClaim? { nil }
    func setAsideForModel(_ articles: [Int64], claim: Int64, now: Date) async throws {}
    func claimModelBatch(size: Int, patience: Duration, now: Date, until: Date) async throws -> ArticleClaim? { nil }
    func file(_ enrichments: [Enrichment], claim: Int64) async throws -> Int { 0 }
    func releaseClaim(_ claim: Int64) async throws {}
    func releaseAllClaims(run: Int64?) async throws -> Int { 0 }

    func enrichmentBacklog() async throws -> EnrichmentBacklog {
        var backlog = EnrichmentBacklog()
        if !isEmpty { (backlog.new, backlog.forModel, backlog.oldest) = (7, 23, now.addingTimeInterval(-1500)) }
        return backlog
    }

    func enrichedArticles(_ query: EnrichedQuery) async throws -> [EnrichedArticle] {
        articles.filter { article in (query.before.map { article.id < $0 } ?? true) && article.id % 5 == query.narrative.map { $0 % 5 } ?? 0 }
            .prefix(query.limit).map(enriched)
    }

    func enrichedArticles(ids: [Int64]) async throws -> [EnrichedArticle] { articles.filter { ids.contains($0.id) }.map(enriched) }

    private func enriched(_ article: Article) -> EnrichedArticle {
        var enrichment = Enrichment(
            article: article.id, source: article.source, at: article.firstSeenAt, enrichedAt: article.firstSeenAt, method: .model, tier: .high,
            sentiment: 0.2, theme: .markets)
        enrichment.summary = article.item.summary ?? ""
        enrichment.model = "claude-haiku-4-5"
        enrichment.mentions = [EntityMention(name: "Bitcoin", kind: .coin, ticker: "BTC", salience: 4, confidence: 0.9)]
        return EnrichedArticle(title: article.item.title ?? "", url: article.item.url, narrative: article.id % 5 + 1, enrichment: enrichment)
    }

    func entityStatistics(from: Date, to: Date, tierAtMost: RelevanceTier, limit: Int) async throws -> [EntityStatistic] {
        guard !isEmpty else { return [] }
        let isPresent = to >= now
        return Self.entities.filter { isPresent || $0.4 > 0 }.map { entity in
            EntityStatistic(
                name: entity.0, kind: entity.1, ticker: entity.2, mentions: isPresent ? entity.3 : entity.4, sources: 4, sentiment: entity.5,
                highestSource: 0.5,
                lowestSource: -0.2, firstAt: from)
        }
    }

    func processingCounts(from: Date, to: Date) async throws -> [ProcessingCount] {
        isEmpty
            ? []
            : StagedNews.names.enumerated().compactMap { index, name in
                SourceID(name.0).map { ProcessingCount(source: $0, model: 4 + index % 5, simple: 9 - index % 4) }
            }
    }

    func narratives(_ query: NarrativeQuery) async throws -> [Narrative] {
        let matching = stagedNarratives.filter { query.stages?.contains($0.stage) ?? true }
        return Array(matching.drop { narrative in query.after.map { narrative.id <= $0 } ?? false }.prefix(query.limit))
    }

    func narrative(_ id: Int64) async throws -> Narrative? { stagedNarratives.first { $0.id == id } }
    func save(_ changes: NarrativeChanges) async throws -> [Narrative] { [] }

    func timeline(of narrative: Int64) async throws -> [NarrativeDay] {
        (0..<9).map { day in NarrativeDay(day: "2026-11-\(16 + day)", articles: (day * 5 + Int(narrative) * 3) % 12 + 1, sources: 4, sentiment: 0.1) }
    }

    func save(_ patterns: [Pattern]) async throws -> [String] { [] }

    func patterns(since: Date, limit: Int) async throws -> [Pattern] {
        guard !isEmpty else { return [] }
        return [
            Pattern(
                id: "surge:Solana:2026-11-24", kind: .surge, subject: "Solana",
                message: "Solana is in 47 articles of 24 h, against 12 in the 24 h before.", strength: 88, articles: [],
                at: now.addingTimeInterval(-2000)),
            Pattern(
                id: "divergence:Tether:2026-11-24", kind: .divergence, subject: "Tether",
                message: "Sources read Tether in opposite ways: theblock −0.62, bitcoincom +0.31.", strength: 61,
                articles: [], at: now.addingTimeInterval(-9000)),
        ]
    }

    func save(_ briefing: Briefing, isForced: Bool) async throws -> BriefingFiling { .saved(briefing) }

    func briefings(_ query: BriefingQuery) async throws -> [Briefing] {
        let matching = stagedBriefings.filter { briefing in
            (query.includesSmoke || !briefing.isSmoke) && briefing.id < query.before ?? .max && query.date ?? briefing.date == briefing.date
                && query.slot ?? briefing.slot == briefing.slot
        }
        return Array(matching.prefix(query.limit))
    }

    func briefing(_ id: Int64) async throws -> Briefing? { stagedBriefings.first { $0.id == id } }
    func citations(from: Date, to: Date) async throws -> [SourceID: Int] { [:] }
    func begin(_ request: JobRequest) async throws -> JobPermit {
        .granted(JobRun(job: request.job, slot: request.slot, attempt: 1, startedAt: request.now, owner: request.owner, leaseUntil: request.now))
    }
    func end(_ run: Int64, as outcome: JobOutcome, message: String, retryAt: Date?, at instant: Date) async throws -> Bool { false }
    func jobRuns(job: String?, limit: Int) async throws -> [JobRun] {
        Array(stagedRuns.filter { run in run.job == job ?? run.job }.prefix(limit))
    }

    func isUnderWay(_ run: Int64) async throws -> Bool { false }
    func lastJobRuns() async throws -> [JobRun] {
        var seen: Set<String> = []
        return stagedRuns.filter { seen.insert($0.job).inserted }
    }

    func raiseAlert(subject: String, message: String, at instant: Date, cooldown: Duration) async throws -> RaisedAlert? { nil }
    func enter(_ prices: [PricePoint]) async throws {}
    func prices(of coin: String, since: Date) async throws -> [PricePoint] { [] }
    func latestPrices() async throws -> [PricePoint] { [] }
    func pruneNewsroom(patternsBefore: Date, pricesBefore: Date, jobRunsBefore: Date, smokeBriefingsBefore: Date) async throws -> Int { 0 }
}
