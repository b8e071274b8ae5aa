// SQLiteStore: the desk's store in one SQLite file, through GRDB. Read in this order: SQLiteStore, GroupCommit and WriteAheadLog
// (many writes, one fsync), Filing, Recognition and ResemblanceIndex (what becomes of a poll's items), Schema, StoreFile (opening, errors),
// SQLStatements; then the …Rows files, Pruning and Checking. Money: SQLiteStore+Ledger, LedgerTables, LedgerWriting, SettlementJournal,
// LedgerBook, LedgerSums, LedgerReading, LedgerReconciling. The newsroom: SQLiteStore+Newsroom, NewsroomTables, EnrichmentQueue, EnrichmentRows, EnrichmentReading,
// NarrativeRows, BriefingRows, JobRows. Hosts: HostRows. It knows nothing of documents or the network, and has no clock: time comes with what it is
// given. Tests: Tests/StoresTests.

import Costs
public import FoundationEssentials
import GRDB
public import Stores
import Synchronization
public import WireCore

/// A store in one SQLite file (with `-wal` and `-shm` beside it), open in any number of processes at once.
///
/// What a method acknowledged survives the process and the machine: it is in the write-ahead log, and the log is on the disk. (The end
/// of a reservation is told a moment earlier, see `LedgerStore.settle`.) Writes that come at the same time share a transaction and an
/// fsync. Instants are kept to the millisecond. The instant of a filing is its record's start plus duration.
public final class SQLiteStore: DeskStore {
    /// The database file.
    public let path: String
    private let pool: DatabasePool
    let writes: GroupCommit
    let journal: SettlementJournal
    /// With no link in it.
    let databasePath: String
    private let resemblances: SharedResemblances
    private let isClosed = Mutex(false)

    /// Opens or makes the file and its folder. `readers` bounds the connections that read at the same time, 1 at least.
    /// Throws a ``DeskError`` with code `store` that says what to do, for a file that is no database, another program's, damaged,
    /// written by a newer version, or not to be written to; such a file is left as it is. A store that a transfer is still filling is
    /// opened only for that transfer (`isForTransfer`).
    public convenience init(path: String, readers: Int = 4, isForTransfer: Bool = false) throws {
        try self.init(path: path, readers: readers, sync: { log in try log.sync() })
        guard !isForTransfer else { return }
        let progress = try pool.read { db in try db.transferProgress() }
        if let progress { throw StoreFile.explain(DeskError.unfinished(progress), path: path) }
    }

    /// `sync` brings the log to the disk; tests watch it, or make it fail.
    init(path: String, readers: Int = 4, sync: @escaping @Sendable (WriteAheadLog) throws -> Void) throws {
        self.path = path
        let (pool, log) = try StoreFile.open(path, readers: readers)
        self.pool = pool
        let resemblances = SharedResemblances()
        self.resemblances = resemblances
        databasePath = log.databasePath
        journal = SettlementJournal(beside: log.databasePath)
        try Self.postLeftBehind(beside: log.databasePath, pool)
        writes = GroupCommit(
            pool: pool, sync: { try sync(log) }, onRollback: { resemblances.withLock { $0 = ResemblanceIndex() } })
    }

    public func sourceStates() async throws -> [SourceID: SourceState] {
        let states = try await read { db in try db.sourceStates() }
        return Dictionary(uniqueKeysWithValues: states.map { ($0.source, $0) })
    }

    public func sourceStates(of sources: [SourceID]) async throws -> [SourceID: SourceState] {
        let states = try await read { db in try db.sourceStates(of: sources) }
        return Dictionary(states.map { ($0.source, $0) }) { first, _ in first }
    }

    public func sourceState(of source: SourceID) async throws -> SourceState? {
        try await read { db in try db.sourceState(of: source) }
    }

    public func file(_ filing: PollFiling) async throws -> FilingResult {
        try await write { [resemblances] db in
            try resemblances.withLock { index in
                try db.file(filing, &index)
            }
        }
    }

    public func preview(_ drafts: [ArticleDraft], of source: SourceID) async throws -> ItemCounts {
        try await read { db in try db.preview(drafts, of: source) }
    }

    public func save(_ state: SourceState) async throws -> SourceState {
        try await write { db in try db.save(state) }
    }

    public func claim(_ state: SourceState) async throws -> SourceState {
        try await writeLedger(.committed) { db, _ in try db.save(state) }
    }

    public func articles(_ query: ArticleQuery) async throws -> [Article] {
        try await read { db in try db.articles(query) }
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

    /// Takes each step until nothing is left for it; returns how many rows went that a person would count.
    func prune(_ steps: [Pruning.Step]) async throws -> Int {
        var removed = 0
        for step in steps {
            while true {
                let count = try await write(step.run)
                if step.isCounted { removed += count }
                if count == 0 { break }
                try Task.checkCancellation()
            }
        }
        return removed
    }

    public func check() async throws -> [String] {
        do {
            return try await pool.read { db in try db.problems() }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return [StoreFile.explain(error, path: path).message]
        } catch {
            throw translated(error)
        }
    }

    /// Waits for the writes that were begun. Closing again does nothing.
    public func close() async throws {
        guard
            isClosed.withLock({ closed in
                defer { closed = true }
                return !closed
            })
        else { return }
        do {
            // A store that was only read needs no disk with room on it.
            if writes.isUsed { try await writes.submit(.onDisk) { _, _ in } }
            journal.close()
            // So that the file alone is whole. Others who still read or write it may prevent that; then they do it later.
            _ = try? await pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw translated(error)
        }
    }

    // MARK: - Ways in

    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        do {
            return try await pool.read(body)
        } catch {
            throw translated(error)
        }
    }

    /// Reads what the calls of this store have come to, those that have just ended among them.
    func readLedger<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        // Where it cannot be booked now, the reservation is read in its stead.
        if !journal.pending.isEmpty { try? await writeLedger(.committed) { _, _ in } }
        return try await read(body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        try await writeLedger { db, _ in try body(db) }
    }

    func writeLedger<T: Sendable>(
        _ promise: GroupCommit.Promise = .onDisk, _ body: @escaping @Sendable (Database, LedgerBook) throws -> T
    ) async throws -> T {
        guard !isClosed.withLock({ $0 }) else { throw DeskError(.store, "the store is closed already", place: path) }
        do {
            return try await writes.submit(promise, body)
        } catch {
            throw translated(error)
        }
    }

    /// Runs `body` in a transaction of its own in which a row may point to one that is still to come; ``check()`` finds what never came.
    func writeUnlinked(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        do {
            try await pool.writeWithoutTransaction { db in
                // Without effect inside a transaction (sqlite.org/pragma.html#pragma_foreign_keys).
                try db.run("PRAGMA foreign_keys = OFF")
                defer { try? db.run("PRAGMA foreign_keys = ON") }
                try db.inTransaction(.immediate) {
                    try body(db)
                    return .commit
                }
            }
            // The log goes to the disk with it.
            try await writes.submit(.onDisk) { _, _ in }
        } catch {
            throw translated(error)
        }
    }

    private func translated(_ error: any Error) -> any Error {
        switch error {
        case is any StoreRefusal, is CancellationError: error
        default: StoreFile.explain(error, path: path)
        }
    }

    /// For tests: runs SQL on the connection that writes, to see its settings and to make its disk full.
    func onWriter<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        try await pool.writeWithoutTransaction(body)
    }
}

/// The index, shared by the filings, which run one after the other on the writer.
private final class SharedResemblances: Sendable {
    private let index = Mutex(ResemblanceIndex())

    func withLock<T: Sendable>(_ body: (inout ResemblanceIndex) throws -> T) rethrows -> T {
        try index.withLock { try body(&$0) }
    }
}
