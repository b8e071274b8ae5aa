import FoundationEssentials
import Stores
import WireCore

/// A store in memory of what narratives need: enriched articles, narratives, patterns. It answers what the contract says, in small pages.
actor NarrativeMemory: NewsroomStore {
    private var articles: [Int64: EnrichedArticle] = [:]
    private var narratives: [Int64: Narrative] = [:]
    private var kept: [String: Pattern] = [:]
    /// How often something was written.
    private(set) var writes = 0
    private let page: Int

    init(_ articles: [EnrichedArticle] = [], page: Int = 37) {
        self.page = page
        for article in articles { self.articles[article.id] = article }
    }

    func add(_ more: [EnrichedArticle]) {
        for article in more { articles[article.id] = article }
    }

    func all() -> [Narrative] { narratives.values.filter { $0.mergedInto == nil }.sorted { $0.id < $1.id } }
    func home(of article: Int64) -> Int64? { articles[article]?.narrative }
    func change(_ id: Int64, _ edit: @Sendable (inout Narrative) -> Void) {
        guard var narrative = narratives[id] else { return }
        edit(&narrative)
        narratives[id] = narrative
    }

    // MARK: What narratives need

    func enrichedArticles(_ query: EnrichedQuery) -> [EnrichedArticle] {
        let found = articles.values.filter { article in
            (query.from.map { article.at >= $0 } ?? true) && (query.to.map { article.at < $0 } ?? true)
                && article.enrichment.tier <= query.tierAtMost && (query.before.map { article.id < $0 } ?? true)
                && (query.narrative.map { article.narrative == $0 } ?? true) && (!query.isOutsideNarratives || article.narrative == nil)
        }
        return Array(found.sorted { $0.id > $1.id }.prefix(min(query.limit, page)))
    }

    func enrichedArticles(ids: [Int64]) -> [EnrichedArticle] { ids.compactMap { articles[$0] } }

    func narratives(_ query: NarrativeQuery) -> [Narrative] {
        let sorted = narratives.values.filter { narrative in
            narrative.mergedInto == nil && (query.stages?.contains(narrative.stage) ?? true)
                && (query.since.map { narrative.lastAt >= $0 } ?? true)
        }.sorted { $0.lastAt != $1.lastAt ? $0.lastAt > $1.lastAt : $0.id < $1.id }
        let behind = query.after.flatMap { id in sorted.firstIndex { $0.id == id } }.map { sorted[($0 + 1)...] } ?? sorted[...]
        return Array(behind.prefix(min(query.limit, page)))
    }

    func narrative(_ id: Int64) -> Narrative? {
        guard let narrative = narratives[id] else { return nil }
        return narrative.mergedInto.map { self.narrative($0) } ?? narrative
    }

    func save(_ changes: NarrativeChanges) -> [Narrative] {
        writes += 1
        var written: [Narrative] = []
        for saved in changes.saved {
            var narrative = saved.narrative
            if narrative.id == 0 { narrative.id = (narratives.keys.max() ?? 0) + 1 }
            narratives[narrative.id] = narrative
            for id in saved.joining where articles[id]?.narrative == nil { articles[id]?.narrative = narrative.id }
            written.append(narrative)
        }
        for merge in changes.merged {
            narratives[merge.narrative]?.mergedInto = merge.into
            for id in articles.keys where articles[id]?.narrative == merge.narrative { articles[id]?.narrative = merge.into }
        }
        return written
    }

    func entityStatistics(from: Date, to: Date, tierAtMost: RelevanceTier, limit: Int) -> [EntityStatistic] {
        var mentions: [String: [(EntityMention, EnrichedArticle)]] = [:]
        var firsts: [String: Date] = [:]
        for article in articles.values where article.enrichment.tier <= tierAtMost {
            for mention in article.enrichment.mentions {
                firsts[mention.name] = min(firsts[mention.name] ?? article.at, article.at)
                if article.at >= from, article.at < to { mentions[mention.name, default: []].append((mention, article)) }
            }
        }
        let statistics = mentions.compactMap { name, entries -> EntityStatistic? in
            guard let first = entries.first else { return nil }
            let bySource = Dictionary(grouping: entries) { $0.1.source }
            let means = bySource.values.filter { $0.count >= 2 }.map { Self.mean($0.map(\.1)) }
            let mean = Self.mean(entries.map(\.1))
            return EntityStatistic(
                name: name, kind: first.0.kind, ticker: first.0.ticker, mentions: entries.count, sources: bySource.count, sentiment: mean,
                highestSource: means.max() ?? mean, lowestSource: means.min() ?? mean, firstAt: firsts[name] ?? from)
        }
        return Array(statistics.sorted { $0.mentions != $1.mentions ? $0.mentions > $1.mentions : $0.name < $1.name }.prefix(limit))
    }

    private static func mean(_ articles: [EnrichedArticle]) -> Double {
        articles.map(\.enrichment.sentiment).reduce(0, +) / Double(max(articles.count, 1))
    }

    func save(_ patterns: [Pattern]) -> [String] {
        let new = patterns.map(\.id).filter { kept[$0] == nil }
        for pattern in patterns where kept[pattern.id] != pattern {
            kept[pattern.id] = pattern
            writes += 1
        }
        return new
    }

    func patterns(since: Date, limit: Int) -> [Pattern] {
        Array(kept.values.filter { $0.at >= since }.sorted { $0.at != $1.at ? $0.at > $1.at : $0.id < $1.id }.prefix(limit))
    }

    // MARK: What they do not need

    private struct NotKept: Error {}

    func claimNewArticles(limit: Int, now: Date, until: Date) throws -> ArticleClaim? { throw NotKept() }
    func setAsideForModel(_ articles: [Int64], claim: Int64, now: Date) throws { throw NotKept() }
    func claimModelBatch(size: Int, patience: Duration, now: Date, until: Date) throws -> ArticleClaim? { throw NotKept() }
    func file(_ enrichments: [Enrichment], claim: Int64) throws -> Int { throw NotKept() }
    func releaseClaim(_ claim: Int64) throws { throw NotKept() }
    func releaseAllClaims(run: Int64?) throws -> Int { throw NotKept() }
    func enrichmentBacklog() throws -> EnrichmentBacklog { throw NotKept() }
    func processingCounts(from: Date, to: Date) throws -> [ProcessingCount] { throw NotKept() }
    func timeline(of narrative: Int64) throws -> [NarrativeDay] { throw NotKept() }
    func save(_ briefing: Briefing, isForced: Bool) throws -> BriefingFiling { throw NotKept() }
    func briefings(_ query: BriefingQuery) throws -> [Briefing] { throw NotKept() }
    func briefing(_ id: Int64) throws -> Briefing? { throw NotKept() }
    func citations(from: Date, to: Date) throws -> [SourceID: Int] { throw NotKept() }
    func begin(_ request: JobRequest) throws -> JobPermit { throw NotKept() }
    func isUnderWay(_ run: Int64) throws -> Bool { throw NotKept() }
    func end(_ run: Int64, as outcome: JobOutcome, message: String, retryAt: Date?, at instant: Date) throws -> Bool { throw NotKept() }
    func jobRuns(job: String?, limit: Int) throws -> [JobRun] { throw NotKept() }
    func lastJobRuns() throws -> [JobRun] { throw NotKept() }
    func raiseAlert(subject: String, message: String, at instant: Date, cooldown: Duration) throws -> RaisedAlert? { throw NotKept() }
    func enter(_ prices: [PricePoint]) throws { throw NotKept() }
    func prices(of coin: String, since: Date) throws -> [PricePoint] { throw NotKept() }
    func latestPrices() throws -> [PricePoint] { throw NotKept() }
    func pruneNewsroom(patternsBefore: Date, pricesBefore: Date, jobRunsBefore: Date, smokeBriefingsBefore: Date) throws -> Int { throw NotKept() }
}
