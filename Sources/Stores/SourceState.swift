public import FoundationEssentials
public import Resilience
public import WireCore

/// What the desk remembers of a source between polls and over restarts.
public struct SourceState: Sendable, Equatable {
    public var source: SourceID
    /// Grows with each write; a write with an older one is refused. 0: not stored yet.
    public var revision = 0
    public var breaker = Breaker()
    /// When the next poll is due; nil: at once.
    public var nextPollAt: Date?
    /// Until when the server asked, at the last poll, to be left alone (Retry-After). Kept apart from ``nextPollAt``, so that an interval
    /// that is shortened takes effect at once while this still holds.
    public var notBefore: Date?
    public var lastPollAt: Date?
    public var lastSuccessAt: Date?
    /// When a poll last brought something new.
    public var lastNewItemAt: Date?
    public var lastOutcome: Outcome?
    /// One line for people.
    public var lastMessage: String?
    public var lastHint: String?
    /// The source that delivered at the last poll: itself or its fallback.
    public var servedBy: SourceID?
    /// The first failure of the present row of failures.
    public var failingSince: Date?
    /// The address that the validators belong to; they are not sent to another.
    public var validatorsURL: String?
    public var validators = Validators()
    /// Where an address has moved for good (301, 308), for the operator to see.
    public var movedTo: String?
    /// The adapter's own bookmark.
    public var adapterState: String?
    /// The source's mean time between items, in seconds, as observed; nil before there is enough to say.
    public var meanGapSeconds: Double?
    /// The interval that the document or its headers ask for, in seconds.
    public var advisedSeconds: Double?
    /// Who is polling it; nil: nobody.
    public var lease: SourceLease?

    public init(source: SourceID) { self.source = source }
}

/// One poll as it is kept.
public struct PollRecord: Sendable, Equatable {
    /// The store's number; 0 before it is stored.
    public var id: Int64 = 0
    public var source: SourceID
    public var startedAt: Date
    public var durationMs = 0
    public var outcome: Outcome
    public var message = ""
    public var hint: String?
    public var servedBy: SourceID?
    public var attempts = 0
    public var pages = 0
    public var redirects = 0
    public var bytesOnWire = 0
    public var bytesDecoded = 0
    public var items = ItemCounts()
    public var evidence = Evidence()
    /// The breaker's state after the poll.
    public var breaker = Breaker.State.closed
    /// Why the poll ended where it did: "complete", "token_seen", "page_seen", "nothing_new", "cursor_stuck", a ceiling's name, …
    public var end = ""
    /// True when the source answered as it should, or a ceiling ended a poll that kept what it read.
    public var isWell: Bool { outcome.isWell(keptItems: items.seen > items.rejected) }

    public init(source: SourceID, startedAt: Date, outcome: Outcome) {
        self.source = source
        self.startedAt = startedAt
        self.outcome = outcome
    }
}
