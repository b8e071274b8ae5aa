import DequeModule
import Fetch
import Foundation
import SourcePlugins
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads of their own for reading documents.
///
/// A reading computes, for seconds at worst, and never awaits. On the threads that all tasks share, two hostile documents on two cores
/// would stop everything else: other polls, the dashboard, an orderly end.
final class ReadingRoom: Sendable {
    /// One core is left to everything else; but two documents at least are read at a time, so that a slow one holds up no other.
    static let shared = ReadingRoom(places: max(2, ProcessInfo.processInfo.activeProcessorCount - 1))

    private struct Desk {
        var waiting: Deque<@Sendable () -> Void> = []
        /// Threads at work; each ends when nothing waits.
        var readers = 0
    }

    private let places: Int
    private let desk = Mutex(Desk())

    /// `places`: how many documents are read at a time, 1 or more.
    init(places: Int) {
        self.places = max(1, places)
    }

    /// Has the adapter read a document, as soon as there is a place; the time in the queue counts for the deadline.
    func read(
        _ document: Document, of request: PageRequest, with adapter: any SourceAdapter, _ context: PollContext,
        until deadline: ContinuousClock.Instant
    ) async throws(ReadFailure) -> Page {
        var context = context
        context.deadline = deadline
        let seen = context
        return try await run { () throws(ReadFailure) in try adapter.read(document, of: request, seen) }.get()
    }

    /// Runs `work` on one of the threads.
    func run<Value: Sendable, Failure: Error>(_ work: @escaping @Sendable () throws(Failure) -> Value) async -> Result<Value, Failure> {
        await withCheckedContinuation { continuation in
            enter { continuation.resume(returning: Result(catching: work)) }
        }
    }

    private func enter(_ job: @escaping @Sendable () -> Void) {
        let needsReader = desk.withLock { desk in
            desk.waiting.append(job)
            guard desk.readers < places else { return false }
            desk.readers += 1
            return true
        }
        if needsReader { startReader() }
    }

    /// Starts a thread; where the machine grants none, the caller's own does the work.
    private func startReader() {
        var thread = pthread_t()
        let me = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { room in
                guard let room else { return nil }
                Unmanaged<ReadingRoom>.fromOpaque(room).takeRetainedValue().work()
                return nil
            }, me.toOpaque())
        if status == 0 {
            pthread_detach(thread)
        } else {
            me.release()
            work()
        }
    }

    private func work() {
        while let job = next() { job() }
    }

    /// The next job; nil ends the thread.
    private func next() -> (@Sendable () -> Void)? {
        desk.withLock { desk in
            if let job = desk.waiting.popFirst() { return job }
            desk.readers -= 1
            return nil
        }
    }
}
