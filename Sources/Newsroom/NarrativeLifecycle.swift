public import FoundationEssentials
public import Stores
public import WireCore

/// How much a narrative was in the news of the last two days.
public struct NarrativeActivity: Sendable, Equatable {
    /// That a source told the story at an instant.
    public struct Sighting: Sendable, Equatable {
        public var at: Date
        public var source: SourceID

        public init(at: Date, source: SourceID) {
            self.at = at
            self.source = source
        }
    }

    /// Articles less than 24 h old, and their sources.
    public var lastDay = 0
    public var lastDaySources = 0
    /// Articles at least 24 h and less than 48 h old.
    public var dayBefore = 0

    public init() {}

    public init(_ sightings: [Sighting], now: Date) {
        var sources: Set<SourceID> = []
        for sighting in sightings {
            let age = now.timeIntervalSince(sighting.at)
            if age < 24 * 3600 {
                lastDay += 1
                sources.insert(sighting.source)
            } else if age < 48 * 3600 {
                dayBefore += 1
            }
        }
        lastDaySources = sources.count
    }
}

/// Where a narrative is in its life: a pure function of what it is, how much it is in the news, and the time.
///
/// The first row that holds decides:
///
/// | stage | when |
/// |---|---|
/// | dormant | no article for 7 d or more; a dormant one stays so until an article joins it |
/// | hot | `hotUntil` after now, or at least 6 articles of at least 3 sources, each less than 24 h old |
/// | cooling | no article for 3 d or more; or clearly fewer: at least 4 the day before and at most half as many today; a cooling one stays so until an article joins it |
/// | reactivated | came back less than 7 d ago, and had at least 4 articles in 48 h since (or was hot since) |
/// | echo | came back less than 7 d ago |
/// | emerging | first article less than 48 h ago, and it was never in another stage |
/// | rising | any other |
///
/// With no news each row can only give way to a quieter one, so that a narrative ends dormant and never returns to a stage that it has left.
/// The one exception to the order is emerging before the "clearly fewer" of cooling: two days are too few to compare.
public enum NarrativeLifecycle {
    /// The stage at `now`. `hasNews`: an article has joined it since it was judged last.
    public static func stage(of narrative: Narrative, activity: NarrativeActivity, hasNews: Bool, now: Date) -> NarrativeStage {
        let silence = silence(of: narrative, now: now)
        if silence >= dormantAfter || (narrative.stage == .dormant && !hasNews) { return .dormant }
        if let until = narrative.hotUntil, until > now { return .hot }
        if activity.lastDay >= 6, activity.lastDaySources >= 3 { return .hot }
        if silence >= coolingAfter || (narrative.stage == .cooling && !hasNews) { return .cooling }
        let isNew = narrative.stage == .emerging && now.timeIntervalSince(narrative.firstAt) < youth
        if !isNew, activity.dayBefore >= 4, activity.lastDay * 2 <= activity.dayBefore { return .cooling }
        if let back = narrative.reactivatedAt, now.timeIntervalSince(back) < comeback {
            let wasStrong = narrative.stage == .reactivated || narrative.stage == .hot
            return wasStrong || activity.lastDay + activity.dayBefore >= 4 ? .reactivated : .echo
        }
        return isNew ? .emerging : .rising
    }

    /// Articles now against before: (last day + 1) / (day before + 1), halved for each 24 h since the last article. 1 is steady; two decimals; 0 when dormant.
    ///
    /// Worked: six today, two yesterday, the last one just now: 7 / 3 = 2.33. One a day, the last twelve hours ago: 2 / 2 × 0.71 = 0.71.
    /// Nothing for three days: 1 / 8 = 0.13.
    public static func momentum(of narrative: Narrative, activity: NarrativeActivity, now: Date) -> Double {
        let silence = silence(of: narrative, now: now)
        guard silence < dormantAfter else { return 0 }
        let ratio = Double(activity.lastDay + 1) / Double(activity.dayBefore + 1)
        return (ratio * Fingerprint.exponential(-silence / (24 * 3600)) * 100).rounded() / 100
    }

    /// The narrative with its stage, its momentum and the instant at which it fell dormant.
    public static func judged(_ narrative: Narrative, activity: NarrativeActivity, hasNews: Bool, now: Date) -> Narrative {
        var judged = narrative
        judged.stage = stage(of: narrative, activity: activity, hasNews: hasNews, now: now)
        judged.momentum = judged.stage == .dormant ? 0 : momentum(of: narrative, activity: activity, now: now)
        if judged.stage == .dormant, narrative.stage != .dormant { judged.dormantAt = narrative.lastAt.addingTimeInterval(dormantAfter) }
        return judged
    }

    /// True when the narrative counts as dormant for an article of this instant.
    static func isDormant(_ narrative: Narrative, at instant: Date) -> Bool {
        narrative.stage == .dormant || silence(of: narrative, now: instant) >= dormantAfter
    }

    /// Seconds: 48 h, 3 d, 7 d, 7 d.
    static let youth: TimeInterval = 48 * 3600
    static let coolingAfter: TimeInterval = 72 * 3600
    static let dormantAfter: TimeInterval = 168 * 3600
    static let comeback: TimeInterval = 168 * 3600

    /// Seconds since the last article, at least 0; an instant that is no number counts as for ever ago.
    private static func silence(of narrative: Narrative, now: Date) -> TimeInterval {
        let seconds = now.timeIntervalSince(narrative.lastAt)
        return seconds.isFinite ? max(seconds, 0) : .infinity
    }
}
