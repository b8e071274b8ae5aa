import Synchronization
import WireCore

/// What happens, told to pages that are open in browsers (server-sent events): which kind of thing, and of what. The pages then ask again
/// for what they show; nothing is told here that a page would have to be trusted with.
final class LiveNews: Sendable {
    struct Event: Sendable, Equatable {
        var kind: String
        var subject: String
    }

    private struct State {
        var readers: [Int: AsyncStream<Event>.Continuation] = [:]
        var lastNumber = 0
        var isOver = false
    }

    private let state = Mutex(State())
    /// Streams at a time; further ones are refused.
    static let most = 32

    func tell(_ kind: String, of subject: String) {
        for reader in state.withLock({ Array($0.readers.values) }) { reader.yield(Event(kind: kind, subject: subject)) }
    }

    /// A stream of what happens from now on; nil when there are too many already, or the host is stopping. Of what a slow reader has not
    /// taken, the latest sixteen are kept.
    func open() -> (number: Int, events: AsyncStream<Event>)? {
        let (events, reader) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(16))
        let number: Int? = state.withLock { state in
            guard !state.isOver, state.readers.count < Self.most else { return nil }
            state.lastNumber += 1
            state.readers[state.lastNumber] = reader
            return state.lastNumber
        }
        return number.map { ($0, events) }
    }

    func close(_ number: Int) {
        let reader = state.withLock { $0.readers.removeValue(forKey: number) }
        reader?.finish()
    }

    /// Ends all streams, so that the host can stop.
    func finish() {
        let readers = state.withLock { state in
            state.isOver = true
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }
}
