// Stores: what the desk keeps, as contracts for engines. Read in this order: DeskStore, SourceState, PollRecord, Article, ArticleDraft,
// LedgerStore (money), NewsroomStore (what is made of articles), HostStore and SourceLease (who does what), RegistryStore, AuditStore,
// TransferStore. It knows no engine: SQLiteStore and MongoStore are two, and Engines has what both need. The contracts' tests are conformance
// suites that every engine runs: Tests/StoresTests.

public import FoundationEssentials
public import WireCore

/// Everything that outlives the process. All times are UTC; all methods may be called from any task at any time.
///
/// A method that returns has made its effect durable: it survives kill -9 at the next instant. Errors are ``DeskError`` with code
/// `store`, except ``StoreConflict`` and ``LeaseLost``.
public protocol DeskStore: Sendable {
    /// The states of all sources that were ever polled.
    func sourceStates() async throws -> [SourceID: SourceState]

    /// The states of these sources, as far as they were ever polled.
    func sourceStates(of sources: [SourceID]) async throws -> [SourceID: SourceState]

    /// The state of one source; nil before its first poll.
    func sourceState(of source: SourceID) async throws -> SourceState?

    /// Files one poll: its items, its record and the source's new state in one transaction, all or nothing.
    /// Throws ``StoreConflict`` when somebody else changed the state since `filing.state.revision` was read, and ``LeaseLost`` when the state
    /// does not hold the lease `filing.lease` any more.
    func file(_ filing: PollFiling) async throws -> FilingResult

    /// What filing these items would come to; writes nothing. Daily ceilings are left out of account.
    func preview(_ drafts: [ArticleDraft], of source: SourceID) async throws -> ItemCounts

    /// Replaces a source's state alone. Throws ``StoreConflict`` as ``file(_:)`` does. Returns the state with its new revision.
    func save(_ state: SourceState) async throws -> SourceState

    /// Saves a state that grants a lease, as ``save(_:)`` does, except that it need not survive a power failure: the lease binds nobody then.
    func claim(_ state: SourceState) async throws -> SourceState

    /// Articles by first-seen time, newest first.
    func articles(_ query: ArticleQuery) async throws -> [Article]

    /// How many articles there are of each source; with `since`, only those first seen at that instant or later. Costs the same however
    /// many there are without it, and grows with those that are counted with it.
    func articleCounts(since instant: Date?) async throws -> [SourceID: Int]

    /// Polls by start time, newest first.
    func polls(_ query: PollQuery) async throws -> [PollRecord]

    /// Removes what has aged: polls and articles (with their links) that are older than the given instants.
    /// Returns how many rows went.
    func prune(pollsBefore: Date, articlesBefore: Date?) async throws -> Int

    /// Checks the store's own integrity; an empty answer means that all is well.
    func check() async throws -> [String]

    /// Ends all work; no other method may be called afterwards.
    func close() async throws
}

extension DeskStore {
    /// How many articles there are of each source.
    public func articleCounts() async throws -> [SourceID: Int] { try await articleCounts(since: nil) }

    /// The latest polls of one source, or of all.
    public func polls(of source: SourceID?, limit: Int) async throws -> [PollRecord] {
        try await polls(PollQuery(source: source, limit: limit))
    }
}

/// Which polls to read.
public struct PollQuery: Sendable {
    public var source: SourceID?
    /// Only polls behind this one, in the order of the list: the cursor of the next page.
    public var before: Cursor?
    public var limit: Int

    /// A poll's place in the list.
    public struct Cursor: Sendable, Equatable {
        /// To the millisecond.
        public var startedAt: Date
        public var id: Int64

        public init(startedAt: Date, id: Int64) {
            self.startedAt = startedAt
            self.id = id
        }
    }

    public init(source: SourceID? = nil, before: Cursor? = nil, limit: Int = 50) {
        self.source = source
        self.before = before
        self.limit = limit
    }
}

/// A write that the store did not make because of what others have written since; no failure of the store's.
public protocol StoreRefusal: Error, Sendable {}

/// A write came too late: the state was changed by somebody else in between. Read again and decide again.
public struct StoreConflict: Error, StoreRefusal, Equatable {
    public var source: SourceID
    public init(source: SourceID) { self.source = source }
}

/// Which articles to read.
public struct ArticleQuery: Sendable {
    public var source: SourceID?
    /// First seen at or after this instant.
    public var since: Date?
    /// Words that must all occur in title or summary, case-blind.
    public var words: [String] = []
    /// Articles with a smaller id only: the cursor of the next page.
    public var before: Int64?
    public var limit: Int
    /// False leaves out `content`, which is most of the bytes.
    public var withContent = false

    public init(source: SourceID? = nil, since: Date? = nil, limit: Int = 50) {
        self.source = source
        self.since = since
        self.limit = limit
    }
}

/// One poll, ready to be filed.
public struct PollFiling: Sendable {
    /// The items that were read, in the document's order.
    public var drafts: [ArticleDraft]
    /// The source's state after the poll, with the revision it was read at.
    public var state: SourceState
    /// The record; the store fills in the item counts (`seen` and what was rejected before stay as they are).
    public var record: PollRecord
    /// Daily ceilings: what goes beyond them is rejected, and counted so.
    public var newItemsPerDay: Int
    public var bytesStoredPerDay: ByteCount
    /// Prices that the poll read; entered with the items.
    public var prices: [PricePoint] = []
    /// The number of the lease that the poll was made under; it must be in the store's state still. Nil: under none.
    public var lease: Int?

    public init(drafts: [ArticleDraft], state: SourceState, record: PollRecord, newItemsPerDay: Int, bytesStoredPerDay: ByteCount) {
        self.drafts = drafts
        self.state = state
        self.record = record
        self.newItemsPerDay = newItemsPerDay
        self.bytesStoredPerDay = bytesStoredPerDay
    }
}

/// What filing a poll came to.
public struct FilingResult: Sendable {
    public var items: ItemCounts
    /// The state with its new revision.
    public var state: SourceState
    /// The ids of the articles that are new.
    public var newArticles: [Int64]

    public init(items: ItemCounts, state: SourceState, newArticles: [Int64]) {
        self.items = items
        self.state = state
        self.newArticles = newArticles
    }
}

/// What became of a poll's items; `seen` is the sum of the others and of what was already known unchanged.
public struct ItemCounts: Sendable, Equatable, Codable {
    public var seen = 0
    /// Stored for the first time.
    public var new = 0
    /// Known, and changed since.
    public var updated = 0
    /// Known from another source by its canonical URL, or twice in the same document.
    public var duplicate = 0
    /// Not stored: nothing to identify it by, or beyond a ceiling.
    public var rejected = 0

    public init() {}
}
