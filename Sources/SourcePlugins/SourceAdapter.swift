// SourcePlugins: one source in, items out. Read in this order: SourceAdapter, AnswerReading (what an answer's status and headers
// say), FeedAdapter, CoinDeskAdapter, PriceAdapter. An adapter is a pure step and owns no loop; it does not know the host, the store or the clock.
// Tests: Tests/SourcePluginsTests.

public import Fetch
public import FoundationEssentials
public import WireCore

/// The adapter of one source: says what to ask for, and reads what came.
///
/// Both methods are pure: from values to values, no network, no clock, no state kept between calls. The host asks, counts and stops;
/// a next request is a wish that the host grants within the poll's ceilings.
public protocol SourceAdapter: Sendable {
    /// What to ask for first. Throws when the registry's entry cannot work (`config`).
    func firstRequest(_ context: PollContext) throws(ReadFailure) -> PageRequest

    /// Reads one complete answer with a status of success. Throws when it is not what was promised. Called on a thread that is kept for
    /// reading, so that it may compute for seconds, but not beyond the context's deadline.
    func read(_ document: Document, of request: PageRequest, _ context: PollContext) throws(ReadFailure) -> Page

    /// Adds what only this kind of source knows about a failure, such as where its keys come from. By default nothing.
    func explain(_ failure: ReadFailure) -> ReadFailure
}

extension SourceAdapter {
    public func explain(_ failure: ReadFailure) -> ReadFailure { failure }
}

/// What an adapter may know of the poll that it serves.
public struct PollContext: Sendable {
    /// The desk's time at the start of the poll.
    public var now: Date
    /// The bookmark that the adapter gave back at the last poll that was stored.
    public var state: String?
    public var ceilings: Ceilings
    /// When the poll ends: a reading that is not done by then ends as `timeout`. Nil: none.
    public var deadline: ContinuousClock.Instant?

    public init(now: Date, state: String?, ceilings: Ceilings, deadline: ContinuousClock.Instant? = nil) {
        self.now = now
        self.state = state
        self.ceilings = ceilings
        self.deadline = deadline
    }
}

/// One page to ask for.
public struct PageRequest: Sendable, Equatable {
    public var url: String
    /// Further header fields, keys among them.
    public var headers: [HTTPHeader]
    public var accept: String
    /// Asked for with the validators of the last poll; only for documents that carry all there is.
    public var isConditional: Bool
    /// What tells this page from the others of the poll (a token, an offset); nil: the URL does.
    public var token: String?
    /// For time cursors: must shrink strictly from page to page.
    public var cursor: Int?
    /// What the adapter wants to know again when it reads this page: its number, what the pages before it held.
    public var memo: String?

    public init(
        url: String, headers: [HTTPHeader] = [], accept: String = "*/*", isConditional: Bool = false, token: String? = nil,
        cursor: Int? = nil
    ) {
        self.url = url
        self.headers = headers
        self.accept = accept
        self.isConditional = isConditional
        self.token = token
        self.cursor = cursor
    }
}

/// What one document held.
public struct Page: Sendable {
    public var items: [Item]
    /// What coins cost, of a source that tells it.
    public var prices: [PriceReading] = []
    /// Entries that could not be read; each costs itself alone.
    public var rejected = 0
    /// Where to go on; nil when this was all.
    public var next: PageRequest?
    /// The bookmark for the next poll; kept only once the items are stored.
    public var state: String?
    /// The earliest instant at which the source wants to be asked again, although all went well; already bounded.
    public var retryAt: Date?
    /// How often the document itself asks to be polled.
    public var advisedInterval: Duration?
    /// True when there were more entries than the ceiling on items admits.
    public var isTruncated = false
    /// True when the document broke off before its end: its complete items are kept, and the poll is told as `parse`.
    public var isCutShort = false
    /// What was repaired, in plain words.
    public var notes: [String] = []
    /// What the document calls itself, for people: "RSS 2.0 “CoinDesk”".
    public var description = ""
    /// What it lacks, for the poll's message: "no price of dogecoin".
    public var remark: String?

    public init(items: [Item]) { self.items = items }
}

/// Why a document could not be read, or no request be made.
public struct ReadFailure: Error, Sendable, Equatable {
    public var outcome: Outcome
    /// One line: what was seen, and what was due.
    public var message: String
    public var hint: String?
    /// The earliest instant at which the source wants to be asked again; already bounded.
    public var retryAt: Date?
    /// True when another try within the same poll may help.
    public var isTransient = false
    /// The HTTP status, where that is what failed.
    public var status: Int?

    public init(_ outcome: Outcome, _ message: String, hint: String? = nil, retryAt: Date? = nil, isTransient: Bool = false) {
        self.outcome = outcome
        self.message = message
        self.hint = hint
        self.retryAt = retryAt
        self.isTransient = isTransient
    }
}
