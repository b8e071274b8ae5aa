import Stores
import Synchronization

/// Which answers are kept, so that asking for one that is not costs no look into the store.
///
/// Knows at once what this process keeps, and about a second later what others on the same store do: until then an equal request is
/// answered by a call of its own. An answer that is gone again costs a look.
final class AnswerIndex: Sendable {
    private struct State {
        /// The first 64 bits of the keys; two keys that share them cost a look.
        var prints: Set<UInt64> = []
        /// The cursor of what was read.
        var last: Int64 = 0
        var isReading = false
        var readAt: ContinuousClock.Instant?
    }

    /// Keys of one reading.
    private static let page = 10_000
    /// More are read anew, without those that are gone.
    private static let most = 1 << 20

    private let store: any LedgerStore
    /// How long what was read is good.
    private let refreshing: Duration
    private let state = Mutex(State())

    init(store: any LedgerStore, refreshing: Duration = .seconds(1)) { (self.store, self.refreshing) = (store, refreshing) }

    /// False when there is surely no answer of this key, as far as this process can know.
    func mayHold(_ key: String) async -> Bool {
        let (isKnown, isNew, isOld) = state.withLock { state -> (Bool, Bool, Bool) in
            let isNew = state.readAt == nil
            let isOld = !state.isReading && !isNew && state.readAt.map { $0 + refreshing < .now } == true
            if isOld { state.isReading = true }
            return (state.prints.contains(Self.print(of: key)), isNew, isOld)
        }
        if isNew { return await read() ? state.withLock { $0.prints.contains(Self.print(of: key)) } : true }
        // No call waits for news that are no more than a saving.
        if isOld { Task { await read() } }
        return isKnown
    }

    /// An answer of this key is kept, or will be in a moment.
    func note(_ key: String) { state.withLock { _ = $0.prints.insert(Self.print(of: key)) } }

    /// There is none of this key any more.
    func forget(_ key: String) { state.withLock { _ = $0.prints.remove(Self.print(of: key)) } }

    /// Reads the keys that are new; false when the store cannot be read.
    @discardableResult
    private func read() async -> Bool {
        var cursor = state.withLock { state in
            if state.prints.count > Self.most { (state.prints, state.last) = ([], 0) }
            return state.last
        }
        var isWhole = false
        while !isWhole {
            guard let page = try? await store.answerKeys(after: cursor, limit: Self.page) else { break }
            cursor = page.last
            isWhole = page.keys.count < Self.page
            state.withLock { state in
                state.prints.formUnion(page.keys.map(Self.print))
                state.last = max(state.last, page.last)
            }
        }
        state.withLock { state in
            state.isReading = false
            if isWhole { state.readAt = .now }
        }
        return isWhole
    }

    private static func print(of key: String) -> UInt64 { UInt64(key.prefix(16), radix: 16) ?? 0 }
}
