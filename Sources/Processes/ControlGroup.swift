import Synchronization
import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A control group (cgroup v2) of one run, where this process may make one: its members cannot leave it, and all are killed at once.
/// Without one the run is bounded by limits and by watching.
struct ControlGroup {
    let path: String
    /// For the child to join through.
    let procs: Int32

    private static let counter = Atomic(0)
    private static let prefix = "wiredesk-"

    /// Nil where no group can be made: no cgroup v2, or no right to.
    init?(memory: ByteCount, processes: Int) {
        guard let parent = Self.parent else { return nil }
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        path = "\(parent)/\(Self.prefix)\(getpid())-\(number)"
        guard mkdir(path, 0o755) == 0 else { return nil }
        // Where a controller is not delegated its file is missing, and the limits of each process and the watch remain.
        Self.write(String(memory.bytes), to: path + "/memory.max")
        Self.write("0", to: path + "/memory.swap.max")
        Self.write(String(processes), to: path + "/pids.max")
        procs = open(path + "/cgroup.procs", O_WRONLY | O_CLOEXEC)
        guard procs >= 0, access(path + "/cgroup.kill", W_OK) == 0 else {
            if procs >= 0 { close(procs) }
            rmdir(path)
            return nil
        }
    }

    /// Ends the groups of processes that are gone.
    static func sweep() {
        guard let parent, let folder = opendir(parent) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(prefix), let owner = name.split(separator: "-").dropFirst().first.flatMap({ pid_t($0) }),
                Glibc.kill(owner, 0) != 0, errno == ESRCH
            else { continue }
            let path = "\(parent)/\(name)"
            write("1", to: path + "/cgroup.kill")
            for _ in 0..<50 where rmdir(path) != 0 && errno == EBUSY { usleep(2000) }
        }
    }

    /// Halts its members where they are, or lets them go on.
    func freeze(_ isFrozen: Bool) { Self.write(isFrozen ? "1" : "0", to: path + "/cgroup.freeze") }

    /// Kills whatever is left in it. True when there was something.
    func kill() -> Bool {
        let events = String(decoding: ProcessTable.read(path + "/cgroup.events", most: 1024) ?? [], as: UTF8.self)
        guard events.contains("populated 1") else { return false }
        Self.write("1", to: path + "/cgroup.kill")
        return true
    }

    /// Removes the group; its members are dead, and take a moment to be gone.
    func remove() {
        close(procs)
        for _ in 0..<50 where rmdir(path) != 0 && errno == EBUSY { usleep(2000) }
    }

    /// This process's own group, found once; nil where there is no cgroup v2.
    private static let parent: String? = {
        let mounts = String(decoding: ProcessTable.read("/proc/self/mountinfo", most: 256 << 10) ?? [], as: UTF8.self)
        let groups = String(decoding: ProcessTable.read("/proc/self/cgroup", most: 64 << 10) ?? [], as: UTF8.self)
        guard let own = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") })?.dropFirst(3),
            let mount = mounts.split(separator: "\n").first(where: { $0.contains(" - cgroup2 ") })
        else { return nil }
        let fields = mount.split(separator: " ")
        guard fields.count > 4 else { return nil }
        let folder = String(fields[4]) + (own == "/" ? "" : own)
        return access(folder, W_OK) == 0 ? folder : nil
    }()

    private static func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
