import Synchronization

/// Of equal calls at the same time one goes out; the others wait for it to land, and share what it failed with.
final class SingleFlight: Sendable {
    /// A call that has gone out.
    struct Flight: Sendable {
        fileprivate var key: String
        fileprivate var number: Int
    }

    private struct State {
        var flights: [String: (number: Int, waiting: [CheckedContinuation<ModelAnswer?, Never>])] = [:]
        var lastNumber = 0
    }

    private let state = Mutex(State())

    /// The flight of the one that goes out, which must ``end(_:)`` it; nil when another has gone already.
    func begin(_ key: String) -> Flight? {
        state.withLock { state in
            guard state.flights[key] == nil else { return nil }
            state.lastNumber += 1
            state.flights[key] = (state.lastNumber, [])
            return Flight(key: key, number: state.lastNumber)
        }
    }

    /// Lets the others go on. `failure`: what all of them would be told. Ending twice does nothing, and nothing to a later flight of the same key.
    func end(_ flight: Flight, failure: ModelAnswer? = nil) {
        let waiting = state.withLock { state -> [CheckedContinuation<ModelAnswer?, Never>] in
            guard state.flights[flight.key]?.number == flight.number else { return [] }
            return state.flights.removeValue(forKey: flight.key)?.waiting ?? []
        }
        for continuation in waiting { continuation.resume(returning: failure) }
    }

    /// Returns when the call has landed, at once if it has already, and what it failed with if it did.
    func landing(of key: String) async -> ModelAnswer? {
        await withCheckedContinuation { continuation in
            let hasLanded = state.withLock { state in
                guard state.flights[key] != nil else { return true }
                state.flights[key]?.waiting.append(continuation)
                return false
            }
            if hasLanded { continuation.resume(returning: nil) }
        }
    }
}
