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
        let prefix = Array("\(variable)=".utf8)
        for row in ProcessTable.rows(age: .zero) where row.id != getpid() && !row.isZombie {
            guard let environment = ProcessTable.read("/proc/\(row.id)/environ", most: 64 << 10),
                let entry = environment.split(separator: 0).first(where: { $0.starts(with: prefix) })
            else { continue }
            let parts = entry.dropFirst(prefix.count).split(separator: UInt8(ascii: "-")).map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 3, let host = pid_t(parts[0]), let start = UInt64(parts[1]), ProcessRow(host)?.start != start else { continue }
            if ProcessRow(row.id)?.name == row.name { kill(row.id, SIGKILL) }
        }
    }()
}
