import Processes
import Synchronization

/// Calls a plugin's poll off: its process, and the fetch that is under way for it.
final class PluginCanceller: Sendable {
    private struct Work {
        var isCancelled = false
        var process: BoundedProcess?
        var fetch: Task<Void, Never>?
    }

    private let work = Mutex(Work())

    var isCancelled: Bool { work.withLock { $0.isCancelled } }

    func cancel() {
        let present = work.withLock { work in
            work.isCancelled = true
            return work
        }
        present.fetch?.cancel()
        present.process?.callOff()
    }

    func watch(_ process: BoundedProcess) {
        let isCancelled = work.withLock { work in
            work.process = process
            return work.isCancelled
        }
        if isCancelled { process.callOff() }
    }

    func watch(_ fetch: Task<Void, Never>?) {
        let isCancelled = work.withLock { work in
            work.fetch = fetch
            return work.isCancelled
        }
        if isCancelled { fetch?.cancel() }
    }
}
