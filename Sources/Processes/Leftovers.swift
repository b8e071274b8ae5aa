#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What programs of a host left behind that was killed itself: their first process died with it, but not those that it had started. They
/// are ended when the next host, or any command that runs a program, starts its first one.
enum Leftovers {
    /// The variable whose value marks all that one run starts: this process's number and start, and a number of the run.
    static let variable = "WIREDESK_RUN"

    /// A mark for a new run.
    static func mark() -> String { "\(getpid())-\(ownStart)-\(UInt64.random(in: .min ... .max))" }

    private static let ownStart = ProcessRow(getpid())?.start ?? 0

    /// Ends them, once in the life of this process.
    static func sweep() { _ = swept }

    private static let swept: Void = {
        ControlGroup.sweep()
        // What is born while the table is read is not in it: again, until there is nothing to end.
        for _ in 0..<100 {
            let left = ProcessTable.rows(age: .zero).filter(isLeft)
            if left.isEmpty { return }
            for row in left where ProcessRow(row.id)?.name == row.name { kill(row.id, SIGKILL) }
            usleep(2000)
        }
    }()

    /// Whether it bears the mark of a host that is dead, waited for or not.
    private static func isLeft(_ row: ProcessRow) -> Bool {
        let prefix = Array("\(variable)=".utf8)
        guard row.id != getpid(), !row.isZombie, let environment = ProcessTable.read("/proc/\(row.id)/environ", most: 64 << 10),
            let entry = environment.split(separator: 0).first(where: { $0.starts(with: prefix) })
        else { return false }
        let parts = entry.dropFirst(prefix.count).split(separator: UInt8(ascii: "-")).map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 3, let id = pid_t(parts[0]), let start = UInt64(parts[1]) else { return false }
        guard let host = ProcessRow(id) else { return true }
        return host.start != start || host.isZombie
    }
}
