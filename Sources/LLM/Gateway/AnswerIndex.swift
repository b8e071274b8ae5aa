import Stores
import Synchronization

/// Where answers are kept, so that asking for one that is not costs no look into the store.
///
/// Knows at once what this process keeps, and about a second later what others on the same store do: until then an equal request is
/// answered by a call of its own. An answer that is gone again costs a look.
final class AnswerIndex: Sendable {
    private struct State {
        /// By the first 64 bits of the keys: of two keys that share them the earlier is not found again.
        var numbers: [UInt64: Int64] = [:]
        /// The highest number of what was read.
        var last: Int64 = 0
        var isReading = false
        var readAt: ContinuousClock.Instant?
    }

    /// Places of one reading.
    private static let page = 10_000
    /// More are read anew, without those that are gone.
    private static let most = 1 << 20

    private let store: any LedgerStore
    /// How long what was read is good.
    private let refreshing: Duration
    private let state = Mutex(State())

    init(store: any LedgerStore, refreshing: Duration = .seconds(1)) { (self.store, self.refreshing) = (store, refreshing) }

    /// Where the answer of this key lies; nil when there is none, as far as this process can know.
    func place(of key: String) async -> AnswerPlace? {
        let (number, isNew, isOld) = state.withLock { state -> (Int64?, Bool, Bool) in
            let isNew = state.readAt == nil
            let isOld = !state.isReading && !isNew && state.readAt.map { $0 + refreshing < .now } == true
            if isOld { state.isReading = true }
            return (state.numbers[Self.print(of: key)], isNew, isOld)
        }
        // No call waits for news that are no more than a saving.
        if isOld { Task { await read() } }
        guard isNew else { return number.map { AnswerPlace(key: key, number: $0) } }
        await read()
        return state.withLock { $0.numbers[Self.print(of: key)] }.map { AnswerPlace(key: key, number: $0) }
    }

    /// Answers are kept there. Of several with one key the highest number counts, in whatever order they are told.
    func note(_ places: [AnswerPlace]) {
        state.withLock { state in
            for place in places {
                let print = Self.print(of: place.key)
                state.numbers[print] = max(place.number, state.numbers[print] ?? 0)
            }
        }
    }

    /// There is none at this place any more.
    func forget(_ place: AnswerPlace) {
        state.withLock { state in
            let print = Self.print(of: place.key)
            if state.numbers[print] == place.number { state.numbers[print] = nil }
        }
    }

    /// Reads the places that are new.
    private func read() async {
        var last = state.withLock { state in
            if state.numbers.count > Self.most { (state.numbers, state.last) = ([:], 0) }
            return state.last
        }
        var isWhole = false
        while !isWhole {
            guard let page = try? await store.answerPlaces(after: last, limit: Self.page) else { break }
            last = page.last?.number ?? last
            isWhole = page.count < Self.page
            note(page)
            state.withLock { $0.last = max($0.last, last) }
        }
        state.withLock { state in
            state.isReading = false
            if isWhole { state.readAt = .now }
        }
    }

    private static func print(of key: String) -> UInt64 { UInt64(key.prefix(16), radix: 16) ?? 0 }
}
