import GRDB

/// Makes many small writes share one transaction, and so one fsync: callers queue their work, one writer drains the queue.
///
/// Each piece of work runs inside a savepoint of its own: one that fails takes back what it did and leaves the others alone. Nobody
/// is answered before the commit is durable. Work may run twice (when the shared transaction fails), so it must touch nothing but
/// the database.
actor GroupCommit {
    private struct Job: Sendable {
        /// Does the work and returns how to tell the caller.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    /// Pieces of work in one transaction: readers in other processes see news soon, and a failure repeats little.
    private static let most = 128

    private let pool: DatabasePool
    private var queue: [Job] = []
    private var isDraining = false

    /// Called when a whole transaction was taken back: what was read inside it may never have been.
    private let onRollback: @Sendable () -> Void

    init(pool: DatabasePool, onRollback: @escaping @Sendable () -> Void) {
        (self.pool, self.onRollback) = (pool, onRollback)
    }

    /// Runs `work` in a transaction and returns when that is durable.
    func submit<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            let run: @Sendable (Database) throws -> @Sendable () -> Void = { db in
                let value = try work(db)
                return { caller.resume(returning: value) }
            }
            queue.append(Job(run: run, fail: { caller.resume(throwing: $0) }))
            guard !isDraining else { return }
            isDraining = true
            // Belongs to no caller: whoever is cancelled meanwhile must not take the others' work along.
            Task { await drain() }
        }
    }

    private func drain() async {
        while !queue.isEmpty {
            let batch = Array(queue.prefix(Self.most))
            queue.removeFirst(batch.count)
            for answer in await commit(batch) { answer() }
        }
        isDraining = false
    }

    /// Returns how to answer each caller.
    private func commit(_ batch: [Job]) async -> [@Sendable () -> Void] {
        do {
            return try await pool.writeWithoutTransaction { [onRollback] db in
                do {
                    return try Self.runTogether(batch, db)
                } catch is SharedFailure {
                    onRollback()
                    return batch.map { Self.runAlone($0, db, onRollback) }
                }
            }
        } catch {
            return batch.map { job in { job.fail(error) } }
        }
    }

    /// The shared transaction began, but did not come to its end.
    private struct SharedFailure: Error {}

    private static func runTogether(_ batch: [Job], _ db: Database) throws -> [@Sendable () -> Void] {
        var answers: [@Sendable () -> Void] = []
        try rollBackIfNeeded(db)
        try db.beginTransaction(.immediate)
        do {
            for job in batch { answers.append(try runInSavepoint(job, db)) }
            try db.commit()
        } catch {
            try rollBackIfNeeded(db)
            throw SharedFailure()
        }
        return answers
    }

    private static func runInSavepoint(_ job: Job, _ db: Database) throws -> @Sendable () -> Void {
        try db.run("SAVEPOINT job")
        do {
            let answer = try job.run(db)
            try db.run("RELEASE job")
            return answer
        } catch {
            // A full disk may have ended the whole transaction; then this throws, and everything is done again one by one.
            try db.run("ROLLBACK TO job")
            try db.run("RELEASE job")
            return { job.fail(error) }
        }
    }

    private static func runAlone(_ job: Job, _ db: Database, _ onRollback: () -> Void) -> @Sendable () -> Void {
        do {
            try rollBackIfNeeded(db)
            try db.beginTransaction(.immediate)
            let answer = try job.run(db)
            try db.commit()
            return answer
        } catch {
            onRollback()
            do { try rollBackIfNeeded(db) } catch let second { return { job.fail(second) } }
            return { job.fail(error) }
        }
    }

    private static func rollBackIfNeeded(_ db: Database) throws {
        if db.isInsideTransaction { try db.rollback() }
    }
}
