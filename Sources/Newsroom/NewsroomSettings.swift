public import Foundation

/// How the newsroom works; what the registry's `newsroom` section may change. Every default is here.
public struct NewsroomSettings: Sendable, Equatable {
    /// Whose days briefings are of, and whose clock they go by.
    public var zone: TimeZone
    public var enrichment = EnrichmentSettings()
    public var briefings = BriefingSettings()
    public var alerts = AlertSettings()

    /// New York, where the desk's markets close; GMT on a machine that knows no zones.
    public init(zone: TimeZone = TimeZone(identifier: "America/New_York") ?? .gmt) { self.zone = zone }

    /// The schedule that follows from them.
    public var schedule: JobSchedule { JobSchedule(zone: zone, morning: briefings.morning, evening: briefings.evening) }
}

/// Which articles a model reads, and which one.
public struct EnrichmentSettings: Sendable, Equatable {
    /// False: the desk's own reader reads everything.
    public var usesModel = true
    /// Asked in this order; those that no key is set for are passed over.
    public var models = ["claude-haiku-5-5", "claude-haiku-4-5", "gpt-6-luna", "gpt-5-nano"]
    /// Sources whose articles of the high tier a model always reads.
    public var premiumSources: Set<String> = ["coindesk", "coindesk-api", "theblock", "decrypt", "bloomberg", "reuters", "cointelegraph"]
    /// Sources whose articles no model ever reads.
    public var skipSources: Set<String> = []
    /// Words that make any source's title worth a model, in small letters; nil: the shipped ones.
    public var importantWords: Set<String>?
    /// Articles of one call at most; they are all of one source, so that its cost has one owner.
    public var batch = 8
    /// How long an article waits for others of its source.
    public var patience = Duration.seconds(45 * 60)
    /// Older articles are read by the desk itself.
    public var oldest = Duration.seconds(7 * 86_400)
    /// Articles that models read in 24 hours at most, and a third of them in six hours: the rest is read by the desk itself.
    public var articlesPerDay = 45
    /// Model calls of one run at most.
    public var callsPerRun = 24

    public init() {}
}

/// When briefings are written, and by whom.
public struct BriefingSettings: Sendable, Equatable {
    public var morning = WallTime(hour: 8, minute: 0)
    public var evening = WallTime(hour: 20, minute: 0)
    /// False: the desk's own reader writes them.
    public var usesModel = true
    public var models = ["claude-sonnet-5-5", "claude-haiku-4-5", "gpt-6-sol", "gpt-5-mini"]
    /// Who criticises them.
    public var reviewModels = ["claude-haiku-5-5", "claude-haiku-4-5", "gpt-6-luna", "gpt-5-nano"]
    /// Rounds of critique and refinement at most, 0–2.
    public var refinements = 2
    /// Whether they are sent over the channels of alerts.
    public var isDelivered = true

    public init() {}
}

/// What is worth telling people at once. Cost alerts are the gateway's.
public struct AlertSettings: Sendable, Equatable {
    /// A source whose breaker has been open for so long; nil: never.
    public var breakerOpenFor: Duration? = .seconds(3600)
    /// A source that has brought nothing for so many times what it `expects`; nil: never.
    public var quietTimes: Double? = 2
    /// An entity that the desk has not met before, in so many sources within six hours; nil: never.
    public var newEntitySources: Int? = 3
    /// Mentions in 24 h from which a velocity spike is one, and how many times the day before; nil: never.
    public var velocity: Velocity? = Velocity()
    /// How far apart two sources' sentiment of one entity must be; nil: never.
    public var divergence: Double? = 0.6
    public var prices: [PriceRule] = []
    /// The same subject is not raised again for so long.
    public var cooldown = Duration.seconds(86_400)

    public struct Velocity: Sendable, Equatable {
        public var mentions = 10
        public var times = 5.0
        public init() {}
    }

    public init() {}
}

/// A rule about a coin's price.
public struct PriceRule: Sendable, Equatable {
    /// As its source names it, "bitcoin".
    public var coin: String
    public var condition: Condition
    public var cooldown: Duration

    public enum Condition: Sendable, Equatable {
        /// Moved by so many per cent, up or down, within a span.
        case move(percent: Double, within: Duration)
        case above(Double)
        case below(Double)
    }

    public init(coin: String, condition: Condition, cooldown: Duration = .seconds(3600)) {
        self.coin = coin
        self.condition = condition
        self.cooldown = cooldown
    }
}
