import Foundation
import WireCore

/// Threads of the store's own that do blocking work: tasks wait for them without holding a thread of the cooperative pool.
///
/// A lane that writes has one thread and puts the pieces of work that wait at the same time into one transaction: one commit for all. A
/// piece that fails takes the transaction back, and all are done again one by one. Nobody is answered before the commit.
final class MongoLane: Sendable {
    enum Kind: Sendable {
        case reading(threads: Int)
        /// Pieces of work in one transaction at most, and whom to tell how each of its tries ended.
        case writing(together: Int, onEnd: @Sendable (_ isCommitted: Bool) -> Void)
    }

    private struct Job: Sendable {
        let isSnapshot: Bool
        /// Does the work and returns how to tell the caller.
        let run: @Sendable (MongoAccess) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    /// Pieces of work that may wait: beyond them the server is not keeping up.
    private static let mostWaiting = 10_000

    private let pool: MongoPool
    private let onEnd: (@Sendable (Bool) -> Void)?
    private let queue = JobQueue<Job>(most: mostWaiting)

    init(_ name: String, _ kind: Kind, pool: MongoPool) {
        self.pool = pool
        let (threads, most): (Int, Int)
        switch kind {
        case .reading(let number): (threads, most, onEnd) = (max(1, number), 1, nil)
        case .writing(let together, let tell): (threads, most, onEnd) = (1, together, tell)
        }
        for _ in 0..<threads {
            queue.willBegin()
            let thread = Thread { [pool, onEnd, queue] in
                while let jobs = queue.take(most) { Self.work(jobs, pool, onEnd) }
                queue.hasEnded()
            }
            thread.name = "mongo-\(name)"
            thread.start()
        }
    }

    deinit { queue.finish() }

    /// Runs `work` and returns when what it wrote is durable. `isSnapshot`: a reading that looks several times and must see one state.
    func submit<T: Sendable>(isSnapshot: Bool = false, _ work: @escaping @Sendable (MongoAccess) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            let job = Job(
                isSnapshot: isSnapshot,
                run: { access in
                    let value = try work(access)
                    return { caller.resume(returning: value) }
                }, fail: { caller.resume(throwing: $0) })
            switch queue.add(job) {
            case .added: break
            case .ended: job.fail(DeskError(.store, "the store is closed already", place: pool.place.shown))
            case .full:
                job.fail(
                    DeskError(
                        .store, "\(Self.mostWaiting) requests wait for MongoDB already", place: pool.place.shown,
                        hint: "Look at the server's load, or ask for less at a time."))
            }
        }
    }

    /// Waits for all work that was begun; takes no more.
    func close() async { await queue.finished() }

    private static func work(_ jobs: [Job], _ pool: MongoPool, _ onEnd: (@Sendable (Bool) -> Void)?) {
        do {
            let answers = try pool.withClient { client in
                if let onEnd { return try client.transaction(onEnd: onEnd) { access in try jobs.map { try $0.run(access) } } }
                if jobs.contains(where: \.isSnapshot) { return try client.transaction { access in try jobs.map { try $0.run(access) } } }
                return try client.read { access in try jobs.map { try $0.run(access) } }
            }
            for answer in answers { answer() }
        } catch {
            let isHopeless = (error as? MongoFailure)?.isUnreachable ?? false
            guard jobs.count > 1, !isHopeless else {
                for job in jobs { job.fail(error) }
                return
            }
            for job in jobs { work([job], pool, onEnd) }
        }
    }
}

/// Work that waits for threads.
private final class JobQueue<Job: Sendable>: @unchecked Sendable {
    enum Answer { case added, full, ended }

    // Guards all below.
    private let condition = NSCondition()
    private let most: Int
    private var jobs: [Job] = []
    private var isFinished = false
    private var threads = 0
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(most: Int) { self.most = most }

    func willBegin() { condition.withLock { threads += 1 } }

    func hasEnded() {
        let ready = condition.withLock {
            threads -= 1
            defer { if threads == 0 { waiters = [] } }
            return threads == 0 ? waiters : []
        }
        for waiter in ready { waiter.resume() }
    }

    func add(_ job: Job) -> Answer {
        condition.withLock {
            guard !isFinished else { return .ended }
            guard jobs.count < most else { return .full }
            jobs.append(job)
            condition.signal()
            return .added
        }
    }

    /// Waits for work; nil when there will be no more.
    func take(_ count: Int) -> [Job]? {
        condition.withLock {
            while jobs.isEmpty, !isFinished { condition.wait() }
            guard !jobs.isEmpty else { return nil }
            let taken = Array(jobs.prefix(count))
            jobs.removeFirst(taken.count)
            return taken
        }
    }

    func finish() {
        condition.withLock {
            isFinished = true
            condition.broadcast()
        }
    }

    func finished() async {
        finish()
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            let isOver = condition.withLock {
                if threads > 0 { waiters.append(waiter) }
                return threads == 0
            }
            if isOver { waiter.resume() }
        }
    }
}
