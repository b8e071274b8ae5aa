// MongoStore: the desk's store in a MongoDB database, for many hosts at once, through libmongoc. Read in this order: MongoStore, MongoLane
// (threads, and many writes in one transaction), MongoClient (transactions, tried again), MongoAccess (commands), BSON, Schema (collections
// and indexes), MongoPlace and MongoFailure (address, errors); then Filing, Recognition and the …Documents files, one for each kind of thing.
// It knows nothing of news sources, and has no clock: time comes with what it is given. Tests: Tests/StoresTests/Mongo….

public import FoundationEssentials
public import Stores
import Synchronization
public import WireCore

/// A store in one MongoDB database, open in any number of hosts at once.
///
/// Every change is one transaction, acknowledged by the majority's journals, and is tried again while other hosts are in the way. Writes
/// of one host that come at the same time share a transaction, so that what all hosts write (a budget's standing, the ledger's number) is
/// contended for once a batch and not once a call. Numbers of articles and polls are drawn outside the transaction: nobody waits for them.
public final class MongoStore: DeskStore {
    /// Hosts and database, without secrets.
    public let place: String
    private let reading: MongoLane
    private let filing: MongoLane
    private let claims: MongoLane
    private let presence: MongoLane
    private let money: MongoLane
    private let newsroom: MongoLane
    private let resemblances: SharedResemblances
    private let pool: MongoPool

    /// Connects, and makes or checks collections and indexes; blocks the caller meanwhile, for some seconds when there is no server.
    /// `readers` bounds the readings at the same time. Throws ``DeskError``, code `config` for an address that is none, else `store`. A store
    /// that a transfer is still filling is opened only for that transfer (`isForTransfer`).
    public init(address: String, readers: Int = 4, isForTransfer: Bool = false) throws(DeskError) {
        let place = try MongoPlace(parsing: address)
        self.place = place.shown
        // One for each thread: readers, five that write, one that listens, and one to spare.
        let pool = try MongoPool(place, most: max(1, readers) + 7)
        do {
            try pool.withClient { client in
                try client.read { db in
                    try Schema.prepare(db, place: place.shown)
                    if !isForTransfer, let progress = try db.transferProgress() { throw DeskError.unfinished(progress) }
                }
            }
        } catch {
            throw Self.explained(error, at: place.shown)
        }
        self.pool = pool
        let resemblances = SharedResemblances()
        self.resemblances = resemblances
        reading = MongoLane("reading", .reading(threads: readers), pool: pool)
        // A filing writes much: many in one transaction take longer than one after the other. Bookings are small.
        filing = MongoLane("filing", .writing(together: 4, onEnd: { resemblances.transactionEnded(isCommitted: $0) }), pool: pool)
        claims = MongoLane("claims", .writing(together: 16, onEnd: { _ in }), pool: pool)
        presence = MongoLane("presence", .writing(together: 1, onEnd: { _ in }), pool: pool)
        money = MongoLane("money", .writing(together: 64, onEnd: { _ in }), pool: pool)
        newsroom = MongoLane("newsroom", .writing(together: 64, onEnd: { _ in }), pool: pool)
    }

    /// Hosts and database of an address, without secrets. Throws `config` for one that is none.
    public static func name(of address: String) throws(DeskError) -> String { try MongoPlace(parsing: address).shown }

    public func sourceStates() async throws -> [SourceID: SourceState] {
        let states = try await read { db in try db.sourceStates() }
        return Dictionary(states.map { ($0.source, $0) }) { first, _ in first }
    }

    public func sourceStates(of sources: [SourceID]) async throws -> [SourceID: SourceState] {
        let states = try await read { db in try db.sourceStates(of: sources) }
        return Dictionary(states.map { ($0.source, $0) }) { first, _ in first }
    }

    public func sourceState(of source: SourceID) async throws -> SourceState? {
        try await read { db in try db.sourceState(of: source) }
    }

    public func file(_ filing: PollFiling) async throws -> FilingResult {
        try await write(self.filing) { [resemblances] db in
            try resemblances.withLock { index in try db.file(filing, &index) }
        }
    }

    public func preview(_ drafts: [ArticleDraft], of source: SourceID) async throws -> ItemCounts {
        try await snapshot { db in try db.preview(drafts, of: source) }
    }

    public func save(_ state: SourceState) async throws -> SourceState {
        try await write(filing) { db in try db.save(state) }
    }

    /// Not behind filings that wait: a claim is small.
    public func claim(_ state: SourceState) async throws -> SourceState {
        try await write(claims) { db in try db.save(state) }
    }

    public func articles(_ query: ArticleQuery) async throws -> [Article] {
        try await snapshot { db in try db.articles(query) }
    }

    public func articleCounts(since instant: Date?) async throws -> [SourceID: Int] {
        try await read { db in try db.articleCounts(since: instant) }
    }

    public func polls(_ query: PollQuery) async throws -> [PollRecord] {
        try await read { db in try db.polls(query) }
    }

    /// Also keeps no more than 200 polls of each source, and forgets what served only the days before.
    public func prune(pollsBefore: Date, articlesBefore: Date?) async throws -> Int {
        try await prune(Pruning.steps(pollsBefore: pollsBefore, articlesBefore: articlesBefore))
    }

    /// Takes each step until nothing is left for it; returns how many documents went that a person would count.
    func prune(_ steps: [Pruning.Step]) async throws -> Int {
        var removed = 0
        for step in steps {
            while true {
                let count = try await write(newsroom, step.run)
                if step.isCounted { removed += count }
                if count == 0 { break }
                try Task.checkCancellation()
            }
        }
        return removed
    }

    /// Indexes that are missing, and documents that contradict each other.
    public func check() async throws -> [String] {
        try await read { db in try Schema.missingIndexes(db) } + (try await snapshot { db in try db.problems() })
    }

    /// Tells changes of the registry, by a change stream that is opened again, ever more rarely, whenever it ends.
    public func registryNews() -> AsyncStream<RegistryNews>? { RegistryListener.news(pool) }

    /// Waits for the work that was begun. Closing again does nothing.
    public func close() async throws {
        for lane in [claims, filing, money, newsroom, presence, reading] { await lane.close() }
    }

    // MARK: - Ways in

    func read<T: Sendable>(_ body: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T {
        try await submit(to: reading, isSnapshot: false, body)
    }

    /// A reading that looks several times and sees one state.
    func snapshot<T: Sendable>(_ body: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T {
        try await submit(to: reading, isSnapshot: true, body)
    }

    /// Writes outside any transaction: each command by itself, in order.
    func writePlainly<T: Sendable>(_ body: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T { try await read(body) }

    func writeMoney<T: Sendable>(_ body: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T { try await write(money, body) }
    func writeNews<T: Sendable>(_ body: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T { try await write(newsroom, body) }

    /// Waits for nobody else's work: a beat that comes late costs the host its share.
    func writePresence<T: Sendable>(_ body: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T { try await write(presence, body) }

    private func write<T: Sendable>(_ lane: MongoLane, _ body: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T {
        try await submit(to: lane, isSnapshot: false, body)
    }

    private func submit<T: Sendable>(
        to lane: MongoLane, isSnapshot: Bool, _ body: @escaping @Sendable (MongoAccess) throws -> T
    ) async throws -> T {
        do {
            return try await lane.submit(isSnapshot: isSnapshot, body)
        } catch let error as any StoreRefusal {
            throw error
        } catch {
            throw Self.explained(error, at: place)
        }
    }

    private static func explained(_ error: any Error, at place: String) -> DeskError {
        switch error {
        case let error as DeskError: error.place == nil ? DeskError(error.code, error.message, place: place, hint: error.hint) : error
        case let failure as MongoFailure: failure.explained(at: place)
        default: DeskError(.store, "\(error)", place: place)
        }
    }
}

/// The index of titles, shared by the filings, which run one after the other on their lane.
private final class SharedResemblances: Sendable {
    private let index = Mutex(ResemblanceIndex())

    func withLock<T: Sendable>(_ body: (inout ResemblanceIndex) throws -> T) rethrows -> T {
        try index.withLock { try body(&$0) }
    }

    func transactionEnded(isCommitted: Bool) { index.withLock { $0.transactionEnded(isCommitted: isCommitted) } }
}
