import Dispatch
import Synchronization

/// Where jobs wait for the thread that commits them; it sleeps while there are none.
final class CommitInbox: Sendable {
    private struct State {
        var jobs: [CommitJob] = []
        var isAsleep = false
        var isClosed = false

        /// True when the thread sleeps and has to be woken; it is then taken to be awake.
        mutating func wakes() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)

    /// Runs `body` on a thread of its own.
    static func thread(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "wiredesk.writer").async(execute: body)
    }

    func put(_ job: CommitJob) {
        let wakes = state.withLock { state in
            state.jobs.append(job)
            return state.wakes()
        }
        if wakes { bell.signal() }
    }

    /// No more will come; those that wait are still taken.
    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            return state.wakes()
        }
        if wakes { bell.signal() }
    }

    /// What waits, in order, as soon as there is something; empty when `patience`, in milliseconds, is over; nil when closed. For one thread.
    func take(most: Int, patience: Int?) -> [CommitJob]? {
        while true {
            let (jobs, isClosed) = state.withLock { state -> ([CommitJob], Bool) in
                let jobs = Array(state.jobs.prefix(most))
                state.jobs.removeFirst(jobs.count)
                state.isAsleep = jobs.isEmpty && !state.isClosed
                return (jobs, state.isClosed)
            }
            if !jobs.isEmpty { return jobs }
            if isClosed { return nil }
            guard let patience else {
                bell.wait()
                continue
            }
            guard bell.wait(timeout: .now() + .milliseconds(patience)) == .timedOut else { continue }
            if state.withLock({ $0.wakes() }) { return [] }
            // Somebody came in the last moment and rings, or has rung.
            bell.wait()
        }
    }
}
