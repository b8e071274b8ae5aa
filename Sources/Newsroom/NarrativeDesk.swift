public import FoundationEssentials
public import Stores
import WireCore

/// The stories that several articles tell: reads bounded pages of the store, lets pure functions decide (``Clustering``, ``Consolidation``,
/// ``NarrativeLifecycle``, ``PatternWatch``, ``Signals``), and writes what changed in one transaction.
///
/// It keeps no time of its own, and no state: the same call twice changes nothing the second time. Errors are the store's.
public struct NarrativeDesk: Sendable {
    /// What a call did.
    public struct Summary: Sendable, Equatable {
        /// Articles looked at that were in no narrative, and those of them that are in one now.
        public var looked = 0
        public var joined = 0
        /// Narratives founded, back after being dormant, taken in by others, and with another stage than before.
        public var founded = 0
        public var reactivated = 0
        public var merged = 0
        public var restaged = 0
        /// Patterns seen, and how many of them are new.
        public var patterns = 0
        public var newPatterns: [String] = []
        /// Narratives held hot, or for longer, by a market event.
        public var heated = 0

        public init() {}

        /// True when nothing was written that was not there.
        public var isIdle: Bool { joined + founded + reactivated + merged + restaged + heated == 0 && newPatterns.isEmpty }

        /// One line for people: "12 articles joined, 1 narrative founded".
        public var line: String {
            let parts = [
                (joined, "articles joined"), (founded, "narratives founded"), (reactivated, "back after a silence"), (merged, "merged"),
                (restaged, "in another stage"), (newPatterns.count, "new patterns"), (heated, "held hot by an event"),
            ]
            let told = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            return told.isEmpty ? "nothing changed" : told.joined(separator: ", ")
        }
    }

    private let store: any NewsroomStore
    private let run: Int64?

    /// `run`: the job's run under which it writes; what comes late is refused by the store as ``Stores/RunLost``. Nil: under none.
    public init(store: any NewsroomStore, run: Int64? = nil) {
        self.store = store
        self.run = run
    }

    /// The bounds of a call: rows of a page; articles of the last 48 h, those among them that are in no narrative, and those
    /// looked at for patterns; narratives that are active, and dormant
    /// ones; articles of one narrative. Beyond a bound the oldest are left out.
    static let page = 500
    static let recentCeiling = 10_000
    static let outsideCeiling = 2000
    static let watchCeiling = 2000
    static let activeCeiling = 2000
    static let dormantCeiling = 1000
    static let memberCeiling = 1000
    /// Entities of the span, and of the spans that it is compared with.
    static let entityCeiling = 500
    static let earlierCeiling = 5000

    // MARK: The jobs

    /// Puts articles of the last 48 h into narratives, founds new ones, and judges the stage of each.
    public func cluster(now: Date) async throws -> Summary {
        let recent = try await recent(now: now)
        let before = try await narratives(now: now)
        let stories = Clustering.assign(recent.outside, to: before, homes: try await homes(of: recent), now: now)
        var summary = Summary()
        summary.looked = recent.outside.count
        var changes = NarrativeChanges()
        for (number, var story) in stories.enumerated() {
            let old = number < before.count ? before[number] : nil
            let joining = story.joiners.map { NarrativeActivity.Sighting(at: $0.at, source: $0.source) }
            if !joining.isEmpty {
                let earlier = if let old { try await sightings(of: old.id) } else { [NarrativeActivity.Sighting]() }
                story.count(earlier + joining)
            }
            let activity = NarrativeActivity((old.flatMap { recent.inside[$0.id] } ?? []) + joining, now: now)
            let judged = NarrativeLifecycle.judged(story.narrative, activity: activity, hasNews: !joining.isEmpty, now: now)
            summary.joined += joining.count
            if let old {
                if judged.reactivatedAt != old.reactivatedAt { summary.reactivated += 1 }
                if judged.stage != old.stage { summary.restaged += 1 }
            } else {
                summary.founded += 1
            }
            if judged != old { changes.saved.append(.init(dated(judged, now), joining: story.joiners.map(\.id).sorted())) }
        }
        try await save(changes)
        return summary
    }

    /// Makes one of narratives that tell the same story, and looks anew which headline tells a young one best.
    public func consolidate(now: Date) async throws -> Summary {
        let recent = try await recent(now: now)
        let before = try await narratives(now: now)
        let merged = Consolidation.merge(before)
        var current = Dictionary(before.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var summary = Summary()
        var changes = NarrativeChanges()
        for survivor in merged {
            let all = [survivor.narrative.id] + survivor.parts
            // What one of the parts is in the news with is news for the whole.
            let hasNews = survivor.parts.contains { current[$0].map { $0.stage != .cooling && $0.stage != .dormant } ?? false }
            let judged = try await judgedWhole(survivor.narrative, of: all, recent: recent, hasNews: hasNews, now: now)
            if judged.stage != current[judged.id]?.stage { summary.restaged += 1 }
            current[judged.id] = judged
            for part in survivor.parts {
                changes.merged.append(.init(part, into: judged.id))
                current[part] = nil
            }
            summary.merged += survivor.parts.count
        }
        for narrative in current.values where now.timeIntervalSince(narrative.firstAt) < NarrativeLifecycle.youth {
            let parts = merged.first { $0.narrative.id == narrative.id }?.parts ?? []
            current[narrative.id] = try await retitled(narrative, parts: parts)
        }
        let old = Dictionary(before.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (id, narrative) in current.sorted(by: { $0.key < $1.key }) where narrative != old[id] {
            changes.saved.append(.init(dated(narrative, now)))
        }
        try await save(changes)
        return summary
    }

    /// Looks for patterns, keeps them, and holds the narratives of market events hot.
    public func watch(now: Date) async throws -> Summary {
        let yesterday = now.addingTimeInterval(-SignalWindow.day.seconds)
        let weekBefore = yesterday.addingTimeInterval(-SignalWindow.week.seconds)
        let known = try await narratives(now: now)
        var articles: [EnrichedArticle] = []
        try await read(Self.query(from: now.addingTimeInterval(-NarrativeLifecycle.youth)), ceiling: Self.watchCeiling) { articles.append($0) }
        let input = PatternWatch.Input(
            day: try await statistics(from: yesterday, to: now, limit: Self.entityCeiling),
            earlier: try await statistics(from: weekBefore, to: yesterday, limit: Self.earlierCeiling),
            articles: articles, narratives: known, now: now)
        let findings = PatternWatch.look(input)
        var summary = Summary()
        summary.patterns = findings.patterns.count
        if !findings.patterns.isEmpty { summary.newPatterns = try await store.save(findings.patterns) }
        var changes = NarrativeChanges()
        for heat in findings.heat where heat.until > now {
            guard var narrative = known.first(where: { $0.id == heat.narrative }), narrative.stage != .dormant else { continue }
            guard narrative.hotUntil.map({ $0 < heat.until }) ?? true else { continue }
            narrative.hotUntil = heat.until
            if narrative.stage != .hot { summary.restaged += 1 }
            narrative.stage = .hot
            summary.heated += 1
            changes.saved.append(.init(dated(narrative, now)))
        }
        try await save(changes)
        return summary
    }

    /// The entities that stand out, the highest score first; at most `limit`, and at most 500.
    public func signals(window: SignalWindow, now: Date, limit: Int) async throws -> [Signal] {
        let from = now.addingTimeInterval(-window.seconds)
        let current = try await statistics(from: from, to: now, limit: Self.entityCeiling)
        let before = try await statistics(from: from.addingTimeInterval(-window.seconds), to: from, limit: Self.earlierCeiling)
        let active = try await narratives(NarrativeQuery(stages: Self.active), ceiling: Self.activeCeiling)
        return Signals.rank(current, before: before, narratives: active, window: window, limit: limit)
    }

    // MARK: Writing

    private func save(_ changes: NarrativeChanges) async throws {
        guard !changes.saved.isEmpty || !changes.merged.isEmpty else { return }
        var changes = changes
        changes.run = run
        _ = try await store.save(changes)
    }

    private func dated(_ narrative: Narrative, _ now: Date) -> Narrative {
        var narrative = narrative
        narrative.updatedAt = now
        return narrative
    }

    // MARK: Narratives made of others

    /// A narrative that took others in, counted and judged over the articles of all.
    private func judgedWhole(_ narrative: Narrative, of all: [Int64], recent: Recent, hasNews: Bool, now: Date) async throws -> Narrative {
        var story = Story(narrative)
        var everything: [NarrativeActivity.Sighting] = []
        for id in all { everything += try await sightings(of: id) }
        story.count(everything)
        let activity = NarrativeActivity(all.flatMap { recent.inside[$0] ?? [] }, now: now)
        return NarrativeLifecycle.judged(story.narrative, activity: activity, hasNews: hasNews, now: now)
    }

    /// A narrative with the headline and the summary of the article that is most like it now.
    private func retitled(_ narrative: Narrative, parts: [Int64]) async throws -> Narrative {
        var members: [StoryArticle] = []
        for id in [narrative.id] + parts {
            try await read(Self.query(of: id), ceiling: Self.memberCeiling) { members.append(StoryArticle($0)) }
        }
        guard let headline = Story.headline(of: members, fingerprint: Fingerprint(of: narrative)) else { return narrative }
        var narrative = narrative
        narrative.title = headline.title
        narrative.summary = headline.summary
        return narrative
    }

    // MARK: Reading

    /// The news of the last 48 h.
    private struct Recent {
        /// In no narrative.
        var outside: [StoryArticle] = []
        /// In one: when and by whom it was told.
        var inside: [Int64: [NarrativeActivity.Sighting]] = [:]
        /// The narratives of articles.
        var homes: [Int64: Int64] = [:]
    }

    private func recent(now: Date) async throws -> Recent {
        var recent = Recent()
        try await read(Self.query(from: now.addingTimeInterval(-NarrativeLifecycle.youth)), ceiling: Self.recentCeiling) { article in
            if let home = article.narrative {
                recent.inside[home, default: []].append(.init(at: article.at, source: article.source))
                recent.homes[article.id] = home
            } else if recent.outside.count < Self.outsideCeiling {
                recent.outside.append(StoryArticle(article))
            }
        }
        return recent
    }

    /// Where the originals of near-duplicates are that are older than what was read.
    private func homes(of recent: Recent) async throws -> [Int64: Int64] {
        var homes = recent.homes
        let read = Set(recent.outside.map(\.id))
        let missing = Set(recent.outside.compactMap(\.nearDuplicateOf)).filter { homes[$0] == nil && !read.contains($0) }.sorted()
        for start in stride(from: 0, to: missing.count, by: Self.page) {
            let originals = try await store.enrichedArticles(ids: Array(missing[start..<min(start + Self.page, missing.count)]))
            for original in originals { homes[original.id] = original.narrative }
            await Task.yield()
        }
        return homes
    }

    private func sightings(of narrative: Int64) async throws -> [NarrativeActivity.Sighting] {
        var sightings: [NarrativeActivity.Sighting] = []
        try await read(Self.query(of: narrative), ceiling: Self.memberCeiling) { sightings.append(.init(at: $0.at, source: $0.source)) }
        return sightings
    }

    private static func query(of narrative: Int64) -> EnrichedQuery {
        var query = EnrichedQuery(limit: page)
        query.narrative = narrative
        return query
    }

    private static func query(from: Date) -> EnrichedQuery {
        var query = EnrichedQuery(from: from, limit: page)
        query.tierAtMost = .normal
        return query
    }

    /// Page by page until one is empty or the ceiling is reached, with room for others between them.
    private func read(_ query: EnrichedQuery, ceiling: Int, _ take: (EnrichedArticle) -> Void) async throws {
        var (query, count) = (query, 0)
        while count < ceiling {
            query.limit = min(Self.page, ceiling - count)
            let page = try await store.enrichedArticles(query)
            guard let last = page.last, query.before.map({ last.id < $0 }) ?? true else { break }
            for article in page { take(article) }
            count += page.count
            query.before = last.id
            await Task.yield()
        }
    }

    private static let active = Set(NarrativeStage.allCases.filter(\.isActive))

    /// All that are active, and those that fell dormant so lately that an article can bring them back; by number.
    private func narratives(now: Date) async throws -> [Narrative] {
        let since = now.addingTimeInterval(-Clustering.dormantGap - NarrativeLifecycle.youth)
        let active = try await narratives(NarrativeQuery(stages: Self.active), ceiling: Self.activeCeiling)
        let dormant = try await narratives(NarrativeQuery(stages: [.dormant], since: since), ceiling: Self.dormantCeiling)
        return (active + dormant).sorted { $0.id < $1.id }
    }

    private func narratives(_ query: NarrativeQuery, ceiling: Int) async throws -> [Narrative] {
        var (query, all, seen) = (query, [Narrative](), Set<Int64>())
        while all.count < ceiling {
            query.limit = min(Self.page, ceiling - all.count)
            let page = try await store.narratives(query).filter { seen.insert($0.id).inserted }
            guard let last = page.last else { break }
            all += page
            query.after = last.id
            await Task.yield()
        }
        return all
    }

    private func statistics(from: Date, to: Date, limit: Int) async throws -> [EntityStatistic] {
        let statistics = try await store.entityStatistics(from: from, to: to, tierAtMost: .normal, limit: limit)
        await Task.yield()
        return statistics
    }
}
