import Costs
import FoundationEssentials
import Stores
import Synchronization
import WireCore

/// The ends of calls on their way into the ledger: a small file beside the database that takes a settlement by one write.
///
/// What is written survives the end of the process at any instant, since the system has it. The ledger takes it within hundredths of a
/// second, together with what else is booked then; until it does, the line stays here. Lines that a killed process left are posted by
/// whoever opens the store next, or is about to settle what was abandoned: ``JournalFile``. A settlement ends a reservation once, so that a
/// line which is posted again changes nothing.
///
/// The file has two halves. Lines go into one until it is full, then into the other as soon as the ledger has all of that; a half of which
/// the ledger has everything is begun anew, without being emptied. What stands behind the new lines was posted long ago.
final class SettlementJournal: Sendable {
    /// Of one line; what is longer goes straight into the ledger.
    private static let longestLine = 32 << 10
    /// After a file could not be made, the next try.
    private static let pause = Duration.seconds(1)

    /// A settlement that the ledger has yet to take.
    struct Pending: Sendable {
        var settlement: Settlement
        /// Where its line stands; nil: in memory only.
        fileprivate var half: Int?
    }

    private struct Half {
        var used = 0
        var pending = 0
    }

    private struct State {
        var file: JournalFile?
        var nextTry: ContinuousClock.Instant?
        var isClosed = false
        var halves = [Half](repeating: Half(), count: JournalFile.halves)
        var current = 0
        var pending: Set<String> = []

        /// The half that takes so many bytes; nil when the ledger has yet to take what fills both.
        mutating func half(for count: Int) -> Int? {
            for half in [current, 1 - current] {
                if halves[half].pending == 0 { halves[half].used = 0 }
                guard halves[half].used + count <= JournalFile.halfSize else { continue }
                current = half
                return half
            }
            return nil
        }

        mutating func openFile(beside path: String) -> JournalFile? {
            if let file { return file }
            let now = ContinuousClock.now
            guard !isClosed, nextTry.map({ $0 <= now }) ?? true else { return nil }
            file = JournalFile.make(beside: path)
            if file == nil { nextTry = now + pause }
            return file
        }
    }

    private let path: String
    private let state = Mutex(State())

    /// Beside the database at `path`, which is its real one and no link.
    init(beside path: String) { self.path = path }

    /// Makes the file where there is none yet: before a reservation, so that a disk that fills up afterwards does not matter.
    func prepare() { state.withLock { _ = $0.openFile(beside: path) } }

    /// Settlements that the ledger has yet to take, by their ids.
    var pending: Set<String> { state.withLock { $0.pending } }

    /// Writes a line; nil when it cannot be taken here.
    func write(_ settlement: Settlement) -> Pending? {
        let line = settlement.journalLine
        guard line.count <= Self.longestLine else { return nil }
        return state.withLock { state in
            guard let file = state.openFile(beside: path), let half = state.half(for: line.count),
                file.write(line, half: half, at: state.halves[half].used)
            else { return nil }
            state.halves[half].used += line.count
            state.halves[half].pending += 1
            state.pending.insert(settlement.id)
            return Pending(settlement: settlement, half: half)
        }
    }

    /// Keeps one in mind that could be written nowhere.
    func remember(_ settlement: Settlement) -> Pending {
        state.withLock { _ = $0.pending.insert(settlement.id) }
        return Pending(settlement: settlement, half: nil)
    }

    /// Notes that the ledger has it, or will never take it.
    func done(_ pending: Pending) {
        state.withLock { state in
            state.pending.remove(pending.settlement.id)
            if let half = pending.half { state.halves[half].pending -= 1 }
        }
    }

    /// Takes no more; the file goes, unless it holds what the ledger has not.
    func close() {
        state.withLock { state in
            if let file = state.file, state.pending.isEmpty { file.remove() }
            (state.file, state.isClosed) = (nil, true)
        }
    }
}
