public import FoundationEssentials
import WireCore

/// Where a narrative is in its life.
public enum NarrativeStage: String, Sendable, Codable, CaseIterable {
    case emerging, rising, hot, cooling, dormant
    /// Named again now and then after it was dormant.
    case echo
    /// Back in the news after it was dormant.
    case reactivated

    /// True for what the desk still follows.
    public var isActive: Bool { self != .dormant }
}

/// A word or a name with its weight, 0…1.
public struct Weighted: Sendable, Equatable {
    public var name: String
    public var weight: Double

    public init(_ name: String, _ weight: Double) {
        self.name = name
        self.weight = weight
    }
}

/// A story that several sources tell over days: who it is about, who else acts, and what it turns on.
public struct Narrative: Sendable, Equatable {
    /// The store's number; 0 before it is stored.
    public var id: Int64 = 0
    public var title: String
    public var summary = ""
    public var nucleus: String
    public var theme: Theme
    /// The fingerprint, with `nucleus` and `theme`: at most eight actors and twelve words, the heaviest first.
    public var actors: [Weighted]
    public var focus: [Weighted]
    public var stage = NarrativeStage.emerging
    /// Articles now against before, decaying with a half-life of 24 h; 1 is steady.
    public var momentum = 1.0
    public var articleCount = 0
    public var sourceCount = 0
    /// Mean of its articles, −1…1.
    public var sentiment = 0.0
    public var firstAt: Date
    public var lastAt: Date
    /// The day, "2026-11-24" UTC, with the most articles, and how many.
    public var peakDay = ""
    public var peakCount = 0
    /// When it fell dormant last, and when it came back after that.
    public var dormantAt: Date?
    public var reactivatedAt: Date?
    /// A market event holds it hot until then.
    public var hotUntil: Date?
    /// The narrative that took it in; it is shown no more.
    public var mergedInto: Int64?
    public var updatedAt: Date

    public init(title: String, nucleus: String, theme: Theme, actors: [Weighted], focus: [Weighted], firstAt: Date, lastAt: Date, updatedAt: Date) {
        self.title = title
        self.nucleus = nucleus
        self.theme = theme
        self.actors = actors
        self.focus = focus
        self.firstAt = firstAt
        self.lastAt = lastAt
        self.updatedAt = updatedAt
    }
}

/// What a round of clustering changes, in one transaction.
public struct NarrativeChanges: Sendable {
    /// Narratives to write, each with the articles that join it. One with id 0 is new.
    public var saved: [Saved] = []
    /// Narratives taken in by others: their articles move over.
    public var merged: [Merge] = []
    /// The run of a job that makes the changes; it must be under way still. Nil: no job does.
    public var run: Int64?

    public struct Saved: Sendable {
        public var narrative: Narrative
        public var joining: [Int64]

        public init(_ narrative: Narrative, joining: [Int64] = []) {
            self.narrative = narrative
            self.joining = joining
        }
    }

    public struct Merge: Sendable, Equatable {
        public var narrative: Int64
        public var into: Int64

        public init(_ narrative: Int64, into: Int64) {
            self.narrative = narrative
            self.into = into
        }
    }

    public init() {}
}

/// Which narratives to read; merged ones are left out.
public struct NarrativeQuery: Sendable {
    /// Nil: all.
    public var stages: Set<NarrativeStage>?
    /// Last article at or after this instant.
    public var since: Date?
    public var nucleus: String?
    /// Those that came back from being dormant.
    public var isReactivated = false
    /// Narratives behind this one, in the order of last article, newest first, then id: the cursor of the next page.
    public var after: Int64?
    public var limit: Int

    public init(stages: Set<NarrativeStage>? = nil, since: Date? = nil, limit: Int = 50) {
        self.stages = stages
        self.since = since
        self.limit = limit
    }
}

/// One day of a narrative's timeline.
public struct NarrativeDay: Sendable, Equatable {
    /// "2026-11-24", UTC.
    public var day: String
    public var articles: Int
    public var sources: Int
    /// Mean, −1…1.
    public var sentiment: Double

    public init(day: String, articles: Int, sources: Int, sentiment: Double) {
        self.day = day
        self.articles = articles
        self.sources = sources
        self.sentiment = sentiment
    }
}

/// Something in the news that stands out: seen over many articles, not in one.
public struct Pattern: Sendable, Equatable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// An entity far above its own usual mentions.
        case surge
        /// An entity's sentiment against its own of the days before.
        case sentimentShift = "sentiment_shift"
        /// Sources that read the same entity in opposite ways.
        case divergence
        /// A narrative less than 48 h old that several sources tell.
        case emergence
        /// Market events.
        case liquidation, crash, exploit
    }

    /// The same for the same thing on the same day, so that it is kept once: "surge:Bitcoin:2026-11-24".
    public var id: String
    public var kind: Kind
    /// The entity's or the narrative's name.
    public var subject: String
    /// One sentence for people, with the figures that it rests on.
    public var message: String
    /// 0…100.
    public var strength: Double
    /// At most ten articles that show it.
    public var articles: [Int64]
    public var at: Date

    public init(id: String, kind: Kind, subject: String, message: String, strength: Double, articles: [Int64], at: Date) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.message = message
        self.strength = strength
        self.articles = articles
        self.at = at
    }
}
