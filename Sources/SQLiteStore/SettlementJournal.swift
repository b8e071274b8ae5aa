import Costs
import FoundationEssentials
import Stores
import Synchronization
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The ends of calls on their way into the ledger: a small file beside the database that takes a settlement by one write.
///
/// What is written survives the end of the process at any instant, since the system has it. The ledger takes it within hundredths of a
/// second, together with what else is booked then; until it does, the line stays here. Lines that a killed process left are posted by
/// whoever opens the store next, or looks for open reservations: the process held a lock on its file, which ended with it. A settlement ends
/// a reservation once, so that a line which is posted again changes nothing.
///
/// The file has two halves. Lines go into one until it is full, then into the other as soon as the ledger has all of that; a half of which
/// the ledger has everything is begun anew, without being emptied. What stands behind the new lines was posted long ago.
final class SettlementJournal: Sendable {
    private static let halfSize = 256 << 10
    /// Of one line; what is longer goes straight into the ledger.
    private static let longestLine = 32 << 10
    /// Stores that have journals beside one database at the same time.
    private static let slots = 0..<16

    private struct Half {
        var used = 0
        var unposted = 0
    }

    private struct State {
        var halves = [Half(), Half()]
        var current = 0
        var file = File.unopened

        enum File {
            case unopened
            case open(LockedFile)
            /// There is none to be had, or no longer.
            case none
        }

        /// The half that takes so many bytes; nil when the ledger has yet to take what fills both.
        mutating func half(for count: Int) -> Int? {
            for half in [current, 1 - current] {
                if halves[half].unposted == 0 { halves[half].used = 0 }
                guard halves[half].used + count <= halfSize else { continue }
                current = half
                return half
            }
            return nil
        }
    }

    private let path: String
    private let state = Mutex(State())

    /// Beside the database at `path`. The file is made when it is first written to.
    init(beside path: String) { self.path = path }

    /// True while the ledger has yet to take a line.
    var hasUnposted: Bool { state.withLock { $0.halves.contains { $0.unposted > 0 } } }

    /// Writes a line; nil when it cannot be taken here. The number is for ``posted(_:)``.
    func write(_ settlement: Settlement) -> Int? {
        let line = settlement.journalLine
        guard line.count <= Self.longestLine else { return nil }
        return state.withLock { state in
            if case .unopened = state.file { state.file = Self.make(beside: path).map(State.File.open) ?? .none }
            guard case .open(let file) = state.file, let half = state.half(for: line.count),
                file.write(line, at: half * Self.halfSize + state.halves[half].used)
            else { return nil }
            state.halves[half].used += line.count
            state.halves[half].unposted += 1
            return half
        }
    }

    /// Notes that the ledger has a line of that half.
    func posted(_ half: Int) {
        state.withLock { $0.halves[half].unposted -= 1 }
    }

    /// Takes no more; the file goes, unless it holds what the ledger has not.
    func close() {
        state.withLock { state in
            if case .open(let file) = state.file, state.halves.allSatisfy({ $0.unposted == 0 }) { file.remove() }
            state.file = .none
        }
    }

    private static func make(beside path: String) -> LockedFile? {
        for slot in slots {
            if let file = LockedFile(making: name(slot, path)), file.reserve(2 * halfSize) { return file }
        }
        return nil
    }

    private static func name(_ slot: Int, _ path: String) -> String { "\(path)-ends-\(slot)" }

    // MARK: - What others left

    /// The files that there may be beside a database.
    static func names(beside path: String) -> [String] { slots.map { name($0, path) } }

    /// What a process that has ended left; nobody else has it as long as the object lives.
    struct LeftBehind: Sendable {
        var settlements: [Settlement]
        fileprivate let file: LockedFile

        /// Once the ledger has the settlements.
        func remove() { file.remove() }
    }

    static func leftBehind(beside path: String) -> [LeftBehind] {
        names(beside: path).compactMap { name in
            guard let file = LockedFile(abandoned: name) else { return nil }
            let bytes = file.read(upTo: 2 * halfSize)
            let halves = [bytes.prefix(halfSize), bytes.dropFirst(halfSize)]
            return LeftBehind(settlements: halves.flatMap { lines(in: $0) }, file: file)
        }
    }

    /// The lines of a half, up to one that was not written to its end, or that was overwritten in part.
    private static func lines(in half: ArraySlice<UInt8>) -> [Settlement] {
        var settlements: [Settlement] = []
        for line in half.split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard let settlement = Settlement(journalLine: line) else { break }
            settlements.append(settlement)
        }
        return settlements
    }
}

/// A file that this process alone works with, as long as the object lives.
private final class LockedFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// A new one; nil when there is one already, or none can be made.
    convenience init?(making path: String) { self.init(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC) }

    /// One whose process has ended; nil when there is none.
    convenience init?(abandoned path: String) { self.init(path, O_RDWR | O_CLOEXEC) }

    private init?(_ path: String, _ flags: Int32) {
        self.path = path
        descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { return nil }
        var facts = stat()
        // Whoever had the lock before may have removed the file.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &facts) == 0, facts.st_nlink > 0 else {
            Glibc.close(descriptor)
            return nil
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Takes the room on the disk, so that a disk that fills up later does not matter.
    func reserve(_ size: Int) -> Bool {
        if posix_fallocate(descriptor, 0, size) == 0 { return true }
        remove()
        return false
    }

    func write(_ bytes: [UInt8], at offset: Int) -> Bool { pwrite(descriptor, bytes, bytes.count, offset) == bytes.count }

    func read(upTo limit: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in count = max(0, pread(descriptor, buffer.baseAddress, limit, 0)) }
    }

    func remove() { unlink(path) }
}
