import Synchronization
import WireCore

/// Lets a fixed number in at a time; the others wait in order. Of one holder no more than three quarters are in, where there are four places or
/// more: one whose calls hang keeps nobody else out.
final class Turnstile: Sendable {
    private struct State {
        var places: Int
        /// Below zero while more are in than there are places, after these became fewer.
        var free: Int
        var held: [String: Int] = [:]
        /// None of them may come in: whoever may has been let in.
        var waiting: [(id: Int, holder: String, continuation: CheckedContinuation<Bool, Never>)] = []
        var lastID = 0

        private var share: Int { (places * 3 + 3) / 4 }

        mutating func takePlace(for holder: String) -> Bool {
            guard free > 0, held[holder, default: 0] < share else { return false }
            free -= 1
            held[holder, default: 0] += 1
            return true
        }

        mutating func leave(_ holder: String) {
            free += 1
            let left = (held[holder] ?? 1) - 1
            held[holder] = left > 0 ? left : nil
        }

        /// Those who come in now.
        mutating func admit() -> [CheckedContinuation<Bool, Never>] {
            var admitted: [CheckedContinuation<Bool, Never>] = []
            while free > 0, let next = waiting.firstIndex(where: { takePlace(for: $0.holder) }) {
                admitted.append(waiting.remove(at: next).continuation)
            }
            return admitted
        }
    }

    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(places: max(1, places), free: max(1, places))) }

    /// Changes how many may be in at a time. More: those who wait come in at once. Fewer: nobody is sent out.
    func resize(to places: Int) {
        let admitted = state.withLock { state in
            state.free += max(1, places) - state.places
            state.places = max(1, places)
            return state.admit()
        }
        for continuation in admitted { continuation.resume(returning: true) }
    }

    /// True once there is a place, which must be given back with ``leave(_:)``; false when the deadline came first.
    func enter(for holder: String, until deadline: ContinuousClock.Instant) async -> Bool {
        if state.withLock({ $0.takePlace(for: holder) }) { return true }
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
                if state.takePlace(for: holder) { return true }
                state.waiting.append((id, holder, continuation))
                return false
            }
            if hasPlace { continuation.resume(returning: true) }
            // The timer may have come before there was anybody to find.
            if !hasPlace, .now >= deadline { give(up: id) }
        }
    }

    private func give(up id: Int) {
        let late = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
        }
        late?.resume(returning: false)
    }

    func leave(_ holder: String) {
        let admitted = state.withLock { state in
            state.leave(holder)
            return state.admit()
        }
        for continuation in admitted { continuation.resume(returning: true) }
    }
}
