public import FoundationEssentials
public import Newsroom
public import Stores

/// The newsroom as pages and API see it: its store, what stands out, when its jobs are due, and where a briefing is ordered.
public struct NewsroomDoor: Sendable {
    public var store: any NewsroomStore
    /// What stands out at an instant, the strongest first.
    public var signals: @Sendable (Date, SignalWindow) async throws -> [SignalView]
    /// The jobs and when each is due next.
    public var schedule: @Sendable (Date) async -> [PlannedJob]
    /// Takes an order for a briefing; nil: this host takes none.
    public var order: (@Sendable (BriefingOrder) async throws -> BriefingTicket)?

    /// Without `signals`, they are read off how often entities were mentioned.
    public init(
        store: any NewsroomStore, signals: (@Sendable (Date, SignalWindow) async throws -> [SignalView])? = nil,
        schedule: @escaping @Sendable (Date) async -> [PlannedJob] = { _ in [] },
        order: (@Sendable (BriefingOrder) async throws -> BriefingTicket)? = nil
    ) {
        self.store = store
        self.signals = signals ?? { now, span in try await SignalView.mentions(in: store, now: now, span: span) }
        self.schedule = schedule
        self.order = order
    }
}

/// An entity that stands out.
public struct SignalView: Sendable, Equatable {
    public var name: String
    public var kind: EntityKind
    public var ticker: String?
    /// 0…100.
    public var score: Double
    /// Articles of the span that mention it, and of the span before.
    public var mentions: Int
    public var mentionsBefore: Int
    public var sources: Int
    /// −1…1.
    public var sentiment: Double

    public init(
        name: String, kind: EntityKind, ticker: String? = nil, score: Double, mentions: Int, mentionsBefore: Int, sources: Int, sentiment: Double
    ) {
        self.name = name
        self.kind = kind
        self.ticker = ticker
        self.score = score
        self.mentions = mentions
        self.mentionsBefore = mentionsBefore
        self.sources = sources
        self.sentiment = sentiment
    }

    /// The span's mentions against those of the span before; 1 is steady. One is added to both, so that a first mention is no surge.
    public var growth: Double { Double(mentions + 1) / Double(mentionsBefore + 1) }

    /// "surging", "rising", "growing", "active" or "declining".
    public var trend: String {
        switch growth {
        case 3...: "surging"
        case 2..<3: "rising"
        case 1.25..<2: "growing"
        case 0.8..<1.25: "active"
        default: "declining"
        }
    }

    /// By mentions alone, compared with the span before; the score is the share of the most mentioned one's.
    static func mentions(in store: any NewsroomStore, now: Date, span: SignalWindow) async throws -> [SignalView] {
        let start = now.addingTimeInterval(-span.seconds)
        let present = try await store.entityStatistics(from: start, to: now, tierAtMost: .normal, limit: 50)
        let past = try await store.entityStatistics(from: start.addingTimeInterval(-span.seconds), to: start, tierAtMost: .normal, limit: 500)
        let before = Dictionary(past.map { ($0.name, $0.mentions) }, uniquingKeysWith: max)
        let most = Double(max(present.map(\.mentions).max() ?? 1, 1))
        return present.map { entity in
            SignalView(
                name: entity.name, kind: entity.kind, ticker: entity.ticker, score: (Double(entity.mentions) / most * 1000).rounded() / 10,
                mentions: entity.mentions, mentionsBefore: before[entity.name] ?? 0, sources: entity.sources, sentiment: entity.sentiment)
        }
    }
}

/// A job and when it is due next.
public struct PlannedJob: Sendable, Equatable {
    public var name: String
    /// What it does, in a few words.
    public var about: String
    public var nextAt: Date?

    public init(name: String, about: String, nextAt: Date?) {
        self.name = name
        self.about = about
        self.nextAt = nextAt
    }
}

/// A briefing that somebody wants now.
public struct BriefingOrder: Sendable, Equatable {
    /// Nil: the one that fits the hour in the desk's zone.
    public var slot: BriefingSlot?
    /// Also where the slot has one already.
    public var isForced: Bool
    /// Not to be published.
    public var isSmoke: Bool

    public init(slot: BriefingSlot?, isForced: Bool, isSmoke: Bool) {
        self.slot = slot
        self.isForced = isForced
        self.isSmoke = isSmoke
    }
}

/// What became of an order.
public struct BriefingTicket: Sendable, Equatable {
    /// Names the run: "briefing/2026-11-24 morning/3".
    public var id: String
    public var slot: BriefingSlot
    /// One line for a person.
    public var message: String

    public init(id: String, slot: BriefingSlot, message: String) {
        self.id = id
        self.slot = slot
        self.message = message
    }
}
