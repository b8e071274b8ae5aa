public import FoundationEssentials
import Newsroom
public import Stores

/// The newsroom as pages and API see it: its store, when its jobs are due, and where a briefing is ordered.
public struct NewsroomDoor: Sendable {
    public var store: any NewsroomStore
    /// The jobs and when each is due next.
    public var schedule: @Sendable (Date) async -> [PlannedJob]
    /// Takes an order for a briefing; nil: this host takes none.
    public var order: (@Sendable (BriefingOrder) async throws -> BriefingTicket)?

    public init(
        store: any NewsroomStore, schedule: @escaping @Sendable (Date) async -> [PlannedJob] = { _ in [] },
        order: (@Sendable (BriefingOrder) async throws -> BriefingTicket)? = nil
    ) {
        self.store = store
        self.schedule = schedule
        self.order = order
    }

    /// Throws 404 for a cursor whose narrative is not there.
    func narratives(_ query: NarrativeQuery) async throws -> [Narrative] {
        if let after = query.after, try await store.narrative(after) == nil {
            throw Problem.notFound("there is no narrative \(after) to go on from", hint: "Begin with the first page again.")
        }
        return try await store.narratives(query)
    }

    /// What stands out at an instant, the strongest first; as `wiredesk signals` has it.
    func signals(_ span: SignalWindow, now: Date, limit: Int) async throws -> [Signal] {
        try await NarrativeDesk(store: store).signals(window: span, now: now, limit: limit)
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
