import Synchronization
import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One process of this machine as `/proc` shows it.
struct ProcessRow: Sendable {
    var id: pid_t
    var parent: pid_t
    var group: pid_t
    var session: pid_t
    var isZombie: Bool
    /// CPU time of it, and of its children that were waited for, in clock ticks.
    var ticks: UInt64
    /// When it started, in clock ticks since the machine did: with `id` it names the process for good.
    var start: UInt64
    /// Resident memory in pages.
    var pages: UInt64

    /// A process by number and start.
    struct Name: Hashable, Sendable {
        var id: pid_t
        var start: UInt64
    }

    var name: Name { Name(id: id, start: start) }

    /// Reads `/proc/ID/stat`; nil when there is no such process any more. The program's name stands in parentheses and may hold anything.
    init?(_ id: pid_t) {
        guard let bytes = ProcessTable.read("/proc/\(id)/stat", most: 1024), let close = bytes.lastIndex(of: 0x29) else { return nil }
        let fields = bytes[(close + 1)...].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 21, let parent = pid_t(fields[1]), let group = pid_t(fields[2]), let session = pid_t(fields[3]) else { return nil }
        func number(_ index: Int) -> UInt64 { UInt64(fields[index]) ?? 0 }
        self.id = id
        (self.parent, self.group, self.session) = (parent, group, session)
        isZombie = fields[0] == "Z" || fields[0] == "X"
        ticks = number(11) + number(12) + number(13) + number(14)
        start = number(19)
        pages = number(21)
    }
}

/// All processes of this machine. Empty where there is no `/proc`: then a program's own limits and its group are all that bounds it.
enum ProcessTable {
    private static let cache = Mutex<(at: ContinuousClock.Instant, rows: [ProcessRow])?>(nil)

    /// A table that is at most `age` old; those who watch at the same time share one.
    static func rows(age: Duration) -> [ProcessRow] {
        cache.withLock { cache in
            if let cache, cache.at + age > .now { return cache.rows }
            let rows = read()
            cache = (.now, rows)
            return rows
        }
    }

    /// How many threads this machine has, at the price of one small file; 0 where it does not say.
    static func threads() -> Int {
        guard let bytes = read("/proc/loadavg", most: 128) else { return 0 }
        let fields = bytes.split(separator: 0x20)
        guard fields.count > 3, let slash = fields[3].firstIndex(of: 0x2F) else { return 0 }
        return Int(String(decoding: fields[3][(slash + 1)...], as: UTF8.self)) ?? 0
    }

    private static func read() -> [ProcessRow] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var rows: [ProcessRow] = []
        while let entry = readdir(folder) {
            let id = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            if id > 0, let row = ProcessRow(id) { rows.append(row) }
        }
        return rows
    }

    /// The first bytes of a small file; nil when it cannot be read.
    static func read(_ path: String, most: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: most)
        var filled = 0
        while filled < most {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, most - filled) }
            guard count > 0 else { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }
}
