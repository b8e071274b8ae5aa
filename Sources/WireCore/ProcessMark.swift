import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Marks a process so that another on the same machine can tell whether it still lives: number, start time, and the machine's boot.
/// Numbers alone are given again.
public enum ProcessMark {
    /// This process's own.
    public static let own: String = mark(of: getpid()) ?? "\(getpid())"

    /// False when the process is surely gone.
    public static func isAlive(_ mark: String) -> Bool {
        guard let pid = mark.split(separator: ":").first.flatMap({ Int32($0) }) else { return false }
        return self.mark(of: pid) == mark
    }

    private static func mark(of pid: Int32) -> String? {
        guard let stat = text(of: "/proc/\(pid)/stat"), let boot = text(of: "/proc/sys/kernel/random/boot_id") else { return nil }
        // The name, in parentheses, may hold anything; the start time is the 20th field behind it.
        guard let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[close...].split(separator: " ")
        guard fields.count > 20 else { return nil }
        return "\(pid):\(fields[20]):\(boot.prefix { $0 != "\n" })"
    }

    private static func text(of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
