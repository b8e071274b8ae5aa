import Dispatch
import Synchronization

/// Where jobs wait for the thread that commits them; it sleeps while there are none.
final class CommitInbox: Sendable {
    private struct State {
        var jobs: [CommitJob] = []
        var isAsleep = false
        /// It wakes by itself soon.
        var isSleepShort = false
        var isClosed = false
        var isUsed = false

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

    /// True once there was a job.
    var isUsed: Bool { state.withLock { $0.isUsed } }

    func put(_ job: CommitJob) {
        let wakes = state.withLock { state in
            state.jobs.append(job)
            state.isUsed = true
            return job.isPatient && state.isSleepShort ? false : state.wakes()
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

    /// What waits, in order: as soon as one of them is in a hurry, or `patience`, in milliseconds, is over, when there may be nothing. Without
    /// `patience`, as soon as there is something. Nil when closed. For one thread.
    func take(most: Int, patience: Int?) -> [CommitJob]? {
        var isPatienceOver = false
        while true {
            let (jobs, isClosed) = state.withLock { state -> ([CommitJob], Bool) in
                let takes = patience == nil || isPatienceOver || state.isClosed || state.jobs.contains { !$0.isPatient }
                let jobs = takes ? Array(state.jobs.prefix(most)) : []
                state.jobs.removeFirst(jobs.count)
                state.isAsleep = jobs.isEmpty && !state.isClosed && !isPatienceOver
                state.isSleepShort = patience != nil
                return (jobs, state.isClosed)
            }
            if !jobs.isEmpty || isPatienceOver { return jobs }
            if isClosed { return nil }
            guard let patience else {
                bell.wait()
                continue
            }
            guard bell.wait(timeout: .now() + .milliseconds(patience)) == .timedOut else { continue }
            isPatienceOver = state.withLock { $0.wakes() }
            // Otherwise somebody came in the last moment and rings, or has rung.
            if !isPatienceOver { bell.wait() }
        }
    }
}
