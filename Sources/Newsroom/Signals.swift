public import FoundationEssentials
public import Stores

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The spans over which signals are told.
public enum SignalWindow: String, Sendable, Codable, CaseIterable {
    case day = "24h"
    case week = "7d"
    case month = "30d"

    /// Seconds.
    public var seconds: TimeInterval {
        switch self {
        case .day: 86_400
        case .week: 7 * 86_400
        case .month: 30 * 86_400
        }
    }
}

/// An entity in the news of a span, with its weight against the others.
public struct Signal: Sendable, Equatable {
    /// Which way it goes, by velocity. Equality falls on the livelier side; surging and rising need three mentions.
    public enum Trend: String, Sendable, Codable, CaseIterable {
        /// +200 % or more.
        case surging
        /// +50 % or more.
        case rising
        /// +10 % or more.
        case growing
        /// More than −25 %.
        case active
        /// −25 % or less.
        case declining

        /// "Surging".
        public var label: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
    }

    public var entity: String
    public var kind: EntityKind
    public var ticker: String?
    public var window: SignalWindow
    /// 0…100.
    public var score: Double
    /// Articles that mention it, in the window and in the one before.
    public var mentions: Int
    public var earlierMentions: Int
    /// The growth against the window before: 0.5 is +50 %, −1 is "not named any more".
    public var velocity: Double
    public var sources: Int
    /// Mean, −1…1.
    public var sentiment: Double
    public var trend: Trend
    /// Narratives that carry it, at most five: those about it first, then by its weight in them.
    public var narratives: [Int64]
    public var firstAt: Date

    /// True when no narrative carries it.
    public var isEmerging: Bool { narratives.isEmpty }
}

/// Which entities stand out.
public enum Signals {
    /// Ranks the window's entities, the highest score first; equal scores by mentions, then by name.
    ///
    /// Score = 40 × log(1 + mentions) / log(1 + mentions of the busiest) + 40 × velocity / 3 (velocity kept between 0 and 3, +300 %)
    /// + 20 × (sources − 1) / 4 (five sources and more count full; one alone is no diversity). One decimal.
    ///
    /// Velocity = (mentions − earlier) / earlier, where an entity that was not named in the window before counts as named once then: three mentions out
    /// of nowhere are (3 − 0) / 1 = +300 %, one is +100 %.
    /// Worked: 9 mentions against 6 before, 3 sources, the busiest has 99: 40 × log 10 / log 100 + 40 × 0.5 / 3 + 20 × 2 / 4 = 20 + 6.7 + 10 = 36.7.
    public static func rank(
        _ statistics: [EntityStatistic], before: [EntityStatistic], narratives: [Narrative], window: SignalWindow, limit: Int
    ) -> [Signal] {
        let earlier = Dictionary(before.map { ($0.name, $0.mentions) }, uniquingKeysWith: max)
        let carriers = carriers(among: narratives)
        let busiest = statistics.reduce(0) { max($0, $1.mentions) }
        var seen: Set<String> = []
        var signals: [Signal] = []
        for statistic in statistics where statistic.mentions > 0 && seen.insert(statistic.name).inserted {
            let before = max(earlier[statistic.name] ?? 0, 0)
            let velocity = velocity(statistic.mentions, before: before)
            signals.append(
                Signal(
                    entity: statistic.name, kind: statistic.kind, ticker: statistic.ticker, window: window,
                    score: score(mentions: statistic.mentions, busiest: busiest, velocity: velocity, sources: statistic.sources),
                    mentions: statistic.mentions, earlierMentions: before, velocity: velocity, sources: statistic.sources,
                    sentiment: statistic.sentiment.isFinite ? statistic.sentiment : 0, trend: trend(velocity, mentions: statistic.mentions),
                    narratives: carriers[statistic.name] ?? [], firstAt: statistic.firstAt))
        }
        signals.sort { a, b in
            if a.score != b.score { return a.score > b.score }
            if a.mentions != b.mentions { return a.mentions > b.mentions }
            return a.entity < b.entity
        }
        return Array(signals.prefix(max(limit, 0)))
    }

    static func velocity(_ mentions: Int, before: Int) -> Double { Double(mentions - before) / Double(max(before, 1)) }

    static func score(mentions: Int, busiest: Int, velocity: Double, sources: Int) -> Double {
        let volume = busiest > 0 ? log(1 + Double(mentions)) / log(1 + Double(busiest)) : 0
        let growth = min(max(velocity, 0), 3) / 3
        let diversity = min(max(Double(sources - 1), 0), 4) / 4
        return ((40 * volume + 40 * growth + 20 * diversity) * 10).rounded() / 10
    }

    static func trend(_ velocity: Double, mentions: Int) -> Signal.Trend {
        if velocity >= 2, mentions >= 3 { return .surging }
        if velocity >= 0.5, mentions >= 3 { return .rising }
        if velocity >= 0.1 { return .growing }
        return velocity > -0.25 ? .active : .declining
    }

    /// The narratives of each entity.
    private static func carriers(among narratives: [Narrative]) -> [String: [Int64]] {
        var weights: [String: [(narrative: Int64, weight: Double)]] = [:]
        for narrative in narratives where narrative.stage.isActive && narrative.mergedInto == nil {
            if !narrative.nucleus.isEmpty { weights[narrative.nucleus, default: []].append((narrative.id, 2)) }
            for actor in narrative.actors where actor.name != narrative.nucleus && actor.weight >= 0.1 {
                weights[actor.name, default: []].append((narrative.id, actor.weight))
            }
        }
        return weights.mapValues { carriers in
            let order = carriers.sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.narrative < $1.narrative }
            return order.prefix(5).map(\.narrative)
        }
    }
}
