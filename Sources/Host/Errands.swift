import Synchronization
import WireCore

/// Work that nobody waits for where it was begun, but that a shutdown waits for.
public final class Errands: Sendable {
    private let state = Mutex<(next: Int, underWay: [Int: Task<Void, Never>])>((0, [:]))

    public init() {}

    /// Begins something.
    public func begin(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let number = state.next
            state.next += 1
            state.underWay[number] = Task { [weak self] in
                await work()
                self?.end(number)
            }
        }
    }

    private func end(_ number: Int) { _ = state.withLock { $0.underWay.removeValue(forKey: number) } }

    /// Waits for all, and calls off what has not ended in time.
    public func finish(within time: Duration) async {
        let tasks = state.withLock { Array($0.underWay.values) }
        let watchdog = Task {
            try? await Task.sleep(for: time)
            tasks.forEach { $0.cancel() }
        }
        for task in tasks { await task.value }
        watchdog.cancel()
    }
}
