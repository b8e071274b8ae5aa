import Synchronization

/// Of equal calls at the same time one goes out; the others wait for it to land.
final class SingleFlight: Sendable {
    private let flights = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

    /// True for the one that goes out; it must ``end(_:)``.
    func begin(_ key: String) -> Bool {
        flights.withLock { flights in
            guard flights[key] == nil else { return false }
            flights[key] = []
            return true
        }
    }

    /// Lets the others go on. Ending twice does nothing.
    func end(_ key: String) {
        let waiting = flights.withLock { $0.removeValue(forKey: key) ?? [] }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when the call has landed, at once if it has already.
    func landing(of key: String) async {
        await withCheckedContinuation { continuation in
            let hasLanded = flights.withLock { flights in
                guard flights[key] != nil else { return true }
                flights[key]?.append(continuation)
                return false
            }
            if hasLanded { continuation.resume() }
        }
    }
}
