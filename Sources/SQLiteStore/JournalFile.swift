import Costs
import FoundationEssentials
import Stores
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A journal's file, of its store alone: that holds a lock on it, which ends with the process.
///
/// It begins with the mark of its process, so that whoever finds it locked can tell a store in use from one of a dead process that somebody
/// else is posting just now. Then come the halves with their lines.
final class JournalFile: Sendable {
    static let halves = 2
    static let halfSize = 256 << 10
    private static let headSize = 4 << 10
    private static let size = headSize + halves * halfSize
    /// Stores that have journals beside one database at the same time.
    private static let slots = 0..<16

    private let descriptor: Int32
    private let path: String

    private init(_ descriptor: Int32, _ path: String) { (self.descriptor, self.path) = (descriptor, path) }

    deinit { close(descriptor) }

    /// The files that there may be beside a database.
    static func names(beside path: String) -> [String] { slots.map { "\(path)-ends-\($0)" } }

    /// A new one; nil when none can be made.
    static func make(beside path: String) -> JournalFile? {
        for name in names(beside: path) {
            // Somebody who looks may have taken the new one for one that was left.
            guard let file = open(name, O_RDWR | O_CREAT | O_EXCL), file.lock() else { continue }
            // The room is taken at once, so that a disk that fills up later does not matter.
            guard posix_fallocate(file.descriptor, 0, size) == 0, file.write(Array("\(ProcessMark.own)\n".utf8), at: 0) else {
                file.remove()
                return nil
            }
            return file
        }
        return nil
    }

    private static func open(_ name: String, _ flags: Int32) -> JournalFile? {
        // What lies there under the name may be anything: a link is not followed, and nothing is waited for.
        let descriptor = Glibc.open(name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        return descriptor >= 0 ? JournalFile(descriptor, name) : nil
    }

    /// False where another has it, or has removed it meanwhile, and for what is no file.
    private func lock() -> Bool {
        var facts = stat()
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &facts) == 0 && facts.st_nlink > 0
            && facts.st_mode & S_IFMT == S_IFREG
    }

    func write(_ line: [UInt8], half: Int, at offset: Int) -> Bool { write(line, at: Self.headSize + half * Self.halfSize + offset) }

    private func write(_ bytes: [UInt8], at offset: Int) -> Bool { pwrite(descriptor, bytes, bytes.count, offset) == bytes.count }

    func remove() { unlink(path) }

    // MARK: - Reading

    private func read() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.size) { buffer, count in count = max(0, pread(descriptor, buffer.baseAddress, Self.size, 0)) }
    }

    /// All whole lines, those that were posted long ago among them; what was overwritten in part, or is damaged, is passed over.
    private static func settlements(in bytes: [UInt8]) -> [Settlement] {
        (0..<halves).flatMap { half in
            bytes.dropFirst(headSize + half * halfSize).prefix(halfSize).split(separator: 0x0A).compactMap { Settlement(journalLine: $0) }
        }
    }

    private static func isOfDeadProcess(_ bytes: [UInt8]) -> Bool {
        ProcessMark.isGone(String(decoding: bytes.prefix(headSize).prefix { $0 != 0x0A }, as: UTF8.self))
    }

    /// What a process that has ended left; nobody else has it as long as the object lives.
    struct LeftBehind: Sendable {
        var settlements: [Settlement]
        fileprivate let file: JournalFile

        /// Once the ledger has the settlements.
        func remove() { file.remove() }
    }

    /// What lies beside a database.
    struct Sight: Sendable {
        var left: [LeftBehind] = []
        /// Some process posts what a dead one left: what the ledger says of its calls is about to change.
        var isBeingPosted = false
        /// Ids in the journals of living processes.
        var living: Set<String> = []
    }

    static func look(beside path: String) -> Sight {
        var sight = Sight()
        for name in names(beside: path) {
            guard let file = open(name, O_RDWR) else { continue }
            if file.lock() {
                sight.left.append(LeftBehind(settlements: settlements(in: file.read()), file: file))
                continue
            }
            let bytes = file.read()
            if isOfDeadProcess(bytes) {
                // It may just be gone.
                sight.isBeingPosted = sight.isBeingPosted || access(name, F_OK) == 0
            } else {
                sight.living.formUnion(settlements(in: bytes).map(\.id))
            }
        }
        return sight
    }
}
