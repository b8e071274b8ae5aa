import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Marks a process so that another that sees the same processes can tell whether it still lives: number, start time, the machine's boot
/// and the namespace of process numbers (containers of one machine share the boot, not the numbers). Numbers alone are given again.
public enum ProcessMark {
    /// This process's own.
    public static let own: String = of(getpid()) ?? "\(getpid())"

    /// The mark of the process with this number; nil when there is none, or only what a killed one leaves until its parent looks.
    public static func of(_ pid: Int32) -> String? {
        guard let world, let stat = text(of: "/proc/\(pid)/stat") else { return nil }
        // The name, in parentheses, may hold anything; behind it the state is the 1st field, the start time the 20th.
        guard let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[close...].split(separator: " ")
        guard fields.count > 20, !["Z", "X"].contains(fields[1]) else { return nil }
        return "\(pid):\(fields[20]):\(world)"
    }

    /// True when the process is surely gone: it was one of those that this process sees, and is not among them any more. Of a process of
    /// another machine, container or boot nothing can be told from here.
    public static func isGone(_ mark: String) -> Bool {
        let fields = mark.split(separator: ":")
        guard fields.count == 4, let pid = Int32(fields[0]), fields[2...].joined(separator: ":") == world else { return false }
        return of(pid) != mark
    }

    /// Within which a number and a start time name one process.
    private static let world: String? = {
        guard let boot = text(of: "/proc/sys/kernel/random/boot_id"),
            let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return nil }
        return "\(boot.prefix { $0 != "\n" }):\(namespace.filter(\.isNumber))"
    }()

    private static func text(of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
