import Synchronization
import WireCore

/// Lets a fixed number in at a time; the others wait in order.
final class Turnstile: Sendable {
    private struct State {
        var places: Int
        /// Below zero while more are in than there are places, after these became fewer.
        var free: Int
        var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var lastID = 0
    }

    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(places: max(1, places), free: max(1, places))) }

    /// Changes how many may be in at a time. More: those who wait come in at once. Fewer: nobody is sent out.
    func resize(to places: Int) {
        let admitted = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.free += max(1, places) - state.places
            state.places = max(1, places)
            let count = min(max(0, state.free), state.waiting.count)
            state.free -= count
            defer { state.waiting.removeFirst(count) }
            return state.waiting.prefix(count).map(\.continuation)
        }
        for continuation in admitted { continuation.resume(returning: true) }
    }

    /// True once there is a place, which must be given back with ``leave()``; false when the deadline came first.
    func enter(until deadline: ContinuousClock.Instant) async -> Bool {
        let isIn = state.withLock { state in
            guard state.free > 0, state.waiting.isEmpty else { return false }
            state.free -= 1
            return true
        }
        if isIn { return true }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = Task { [self] in
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            give(up: id)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let hasPlace = state.withLock { state in
                guard state.free <= 0 || !state.waiting.isEmpty else {
                    state.free -= 1
                    return true
                }
                state.waiting.append((id, continuation))
                return false
            }
            if hasPlace { continuation.resume(returning: true) }
        }
    }

    private func give(up id: Int) {
        let late = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
        }
        late?.resume(returning: false)
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.free >= 0, !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
