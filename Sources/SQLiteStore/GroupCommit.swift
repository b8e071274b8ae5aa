import Dispatch
import GRDB

/// Makes many small writes share one transaction and one fsync: callers queue their work, one thread takes all that waits.
///
/// Work may run twice (when the shared transaction fails, each piece runs again by itself, so that one that fails leaves the others
/// alone), so it must touch nothing but the database. Nobody is answered before the commit, and who asked for it not before the disk has it.
final class GroupCommit: Sendable {
    /// What must be certain before a caller is answered.
    enum Promise: Sendable {
        /// The disk has it: it survives a power failure.
        case onDisk
        /// It is committed: it survives the end of the process at any instant, and other processes see it. The disk has it within
        /// ``Committer/longestUnsynced``, or with the next write that wants it there.
        case committed
    }

    private let inbox = CommitInbox()

    /// - Parameters:
    ///   - sync: brings all that is committed to the disk.
    ///   - onRollback: called when a whole transaction was taken back: what was read inside it may never have been.
    init(pool: DatabasePool, sync: @escaping @Sendable () throws -> Void, onRollback: @escaping @Sendable () -> Void) {
        Committer(inbox: inbox, pool: pool, sync: sync, onRollback: onRollback).start()
    }

    deinit { inbox.close() }

    /// False as long as nothing was to be committed.
    var isUsed: Bool { inbox.isUsed }

    /// Runs `work` in a transaction and returns when what `promise` says is certain. Cancelling the caller's task changes nothing.
    func submit<T: Sendable>(_ promise: Promise, _ work: @escaping @Sendable (Database, LedgerBook) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            let run: CommitJob.Run = { db, book in
                let value = try work(db, book)
                return { caller.resume(returning: value) }
            }
            inbox.put(CommitJob(promise: promise, run: run, fail: { caller.resume(throwing: $0) }))
        }
    }

    /// Has `work` done with what comes next, or in ``Committer/longestUnsynced`` milliseconds; nobody waits for it. Where the database fails
    /// it is tried again every second, until the end of the process.
    func post(_ work: @escaping @Sendable (Database, LedgerBook) throws -> Void, done: @escaping @Sendable () -> Void) {
        Self.post(work, to: inbox, done: done)
    }

    private static func post(
        _ work: @escaping @Sendable (Database, LedgerBook) throws -> Void, to inbox: CommitInbox, done: @escaping @Sendable () -> Void
    ) {
        let run: CommitJob.Run = { db, book in
            try work(db, book)
            return done
        }
        let fail: @Sendable (any Error) -> Void = { error in
            // A breach of the ledger's rules stays one.
            guard error is DatabaseError else { return done() }
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) { post(work, to: inbox, done: done) }
        }
        inbox.put(CommitJob(promise: .committed, isPatient: true, run: run, fail: fail))
    }
}

/// A piece of work that waits to be committed.
struct CommitJob: Sendable {
    typealias Tell = @Sendable () -> Void
    typealias Run = @Sendable (Database, LedgerBook) throws -> Tell

    var promise: GroupCommit.Promise
    /// It may wait for company.
    var isPatient = false
    /// Does the work and returns how to tell the caller.
    var run: Run
    var fail: @Sendable (any Error) -> Void
}

/// The thread's work: transactions, one after the other.
struct Committer: Sendable {
    /// Pieces of work in one transaction: readers in other processes see news soon, and a failure repeats little.
    private static let most = 128
    /// How long what is committed may wait for the disk, in milliseconds.
    static let longestUnsynced = 20

    let inbox: CommitInbox
    let pool: DatabasePool
    let sync: @Sendable () throws -> Void
    let onRollback: @Sendable () -> Void

    func start() {
        // A queue of its own is a thread of its own, for as long as the loop runs.
        CommitInbox.thread { run() }
    }

    private func run() {
        var disk = Disk(sync: sync, pool: pool)
        // What has been done is often followed by what can wait, which then finds the thread awake.
        var expectsMore = false
        while let batch = inbox.take(most: Self.most, patience: disk.isBehind || expectsMore ? Self.longestUnsynced : nil) {
            expectsMore = !batch.isEmpty
            guard !batch.isEmpty else {
                // An error comes back with the next write that needs the disk.
                try? disk.catchUp()
                continue
            }
            let results = commit(batch)
            disk.isBehind = true
            for result in results where result.job.promise == .committed || result.hasFailed { result.tell() }
            answer(results.filter { $0.job.promise == .onDisk && !$0.hasFailed }, &disk)
        }
        try? disk.catchUp()
    }

    /// Answers those who want the disk to have it.
    private func answer(_ results: [Result], _ disk: inout Disk) {
        guard !results.isEmpty else { return }
        do {
            try disk.catchUp()
            for result in results { result.tell() }
        } catch {
            for result in results { result.job.fail(error) }
        }
    }

    /// What became of a job, and how to tell its caller.
    private struct Result {
        var job: CommitJob
        var tell: CommitJob.Tell
        var hasFailed = false

        init(_ job: CommitJob, _ tell: @escaping CommitJob.Tell) { (self.job, self.tell) = (job, tell) }

        init(_ job: CommitJob, failed error: any Error) {
            self.job = job
            tell = { job.fail(error) }
            hasFailed = true
        }
    }

    private func commit(_ batch: [CommitJob]) -> [Result] {
        do {
            return try pool.writeWithoutTransaction { db in
                if batch.count > 1, let results = try together(batch, db) { return results }
                return batch.map { alone($0, db) }
            }
        } catch {
            return batch.map { Result($0, failed: error) }
        }
    }

    /// All in one transaction; nil when one of them failed and all were taken back. Throws when there could be no transaction.
    private func together(_ batch: [CommitJob], _ db: Database) throws -> [Result]? {
        try rollBackIfNeeded(db)
        try db.run("BEGIN IMMEDIATE")
        do {
            let book = LedgerBook()
            let results = try batch.map { Result($0, try $0.run(db, book)) }
            try book.write(db)
            try db.run("COMMIT")
            return results
        } catch {
            onRollback()
            try rollBackIfNeeded(db)
            return nil
        }
    }

    private func alone(_ job: CommitJob, _ db: Database) -> Result {
        do {
            try rollBackIfNeeded(db)
            try db.run("BEGIN IMMEDIATE")
            let book = LedgerBook()
            let tell = try job.run(db, book)
            try book.write(db)
            try db.run("COMMIT")
            return Result(job, tell)
        } catch {
            onRollback()
            do { try rollBackIfNeeded(db) } catch let second { return Result(job, failed: second) }
            return Result(job, failed: error)
        }
    }

    private func rollBackIfNeeded(_ db: Database) throws {
        if db.isInsideTransaction { try db.rollback() }
    }

    /// What the disk has of what is committed.
    private struct Disk {
        let sync: @Sendable () throws -> Void
        let pool: DatabasePool
        /// True when something is committed that the disk may not have.
        var isBehind = false
        /// True after a sync that failed: the system may have dropped what it could not write, and say next time that all is well.
        private var isDoubtful = false

        init(sync: @escaping @Sendable () throws -> Void, pool: DatabasePool) { (self.sync, self.pool) = (sync, pool) }

        mutating func catchUp() throws {
            guard isBehind else { return }
            do {
                // The log was damaged on its way to the disk, maybe: then the database file itself has to take everything.
                if isDoubtful { _ = try pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) } }
                try sync()
                (isBehind, isDoubtful) = (false, false)
            } catch {
                isDoubtful = true
                throw error
            }
        }
    }
}
