import CProcess
import Synchronization
import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program and all that it has started: what they use together, and their end.
///
/// They are known by their session and group; by descent, as far as it was seen; by the mark in their environment; by their control group,
/// where there is one; and, as this process adopts orphans, by having become its children without being of its session.
struct ProcessFamily {
    let leader: pid_t
    private let group: ControlGroup?
    private let mark: [UInt8]
    private var seen: Set<ProcessRow.Name> = []
    private let start: UInt64
    private static let leaders = Mutex<Set<pid_t>>([])

    /// What its members use together.
    struct Use {
        var processes = 0
        var memory = ByteCount(0)
        var cpuTime = Duration.zero
    }

    /// Starts the leader through `spawn`, which gives its number or nil. `mark`: `NAME=value` in the environment of whatever it starts.
    init?(group: ControlGroup?, mark: String, spawn: () -> pid_t?) {
        wiredesk_adopt_orphans()
        // Under the lock, so that no family takes another's leader, just born, for an orphan of its own.
        let born = Self.leaders.withLock { leaders -> pid_t? in
            guard let leader = spawn() else { return nil }
            leaders.insert(leader)
            return leader
        }
        guard let leader = born else { return nil }
        self.leader = leader
        self.group = group
        self.mark = Array(mark.utf8)
        start = ProcessRow(leader)?.start ?? 0
    }

    /// Looks at its members, in a table that is at most `age` old.
    mutating func use(age: Duration) -> Use {
        var use = Use()
        for row in members(in: ProcessTable.rows(age: age)) {
            seen.insert(row.name)
            use.processes += row.isZombie ? 0 : 1
            use.memory.bytes += Int(clamping: row.pages) * Int(getpagesize())
            use.cpuTime += .milliseconds(Int(clamping: row.ticks) * 1000 / max(1, sysconf(Int32(_SC_CLK_TCK))))
        }
        return use
    }

    private func members(in rows: [ProcessRow]) -> [ProcessRow] {
        var known = seen.union([ProcessRow.Name(id: leader, start: start)])
        var members: [ProcessRow] = []
        var rest = rows
        // Each round finds the children of those found before; descent is rarely deeper than three.
        while true {
            let ids = Set(known.map(\.id))
            let found = rest.filter { row in
                known.contains(row.name) || row.session == leader || row.group == leader || ids.contains(row.parent) && row.start >= start
            }
            guard !found.isEmpty else { return members }
            members += found
            known.formUnion(found.map(\.name))
            let names = Set(found.map(\.name))
            rest.removeAll { names.contains($0.name) }
        }
    }

    /// A signal to the program's group.
    func signal(_ number: Int32) { kill(-leader, number) }

    /// Halts all that can be halted with one word, or lets them go on: thousands that are running would leave no time to look at them.
    func halt(_ isHalted: Bool) {
        signal(isHalted ? SIGSTOP : SIGCONT)
        group?.freeze(isHalted)
    }

    /// Kills all of them. The leader must not have been waited for yet, so that its number still is its own. True when others than it lived.
    func end() -> Bool {
        halt(true)
        let wereOthers = survivors().contains { !$0.isZombie }
        signal(SIGKILL)
        for _ in 0..<200 {
            let isInGroup = group?.kill() ?? false
            let left = survivors()
            guard isInGroup || !left.isEmpty else { break }
            for row in left {
                if !row.isZombie, ProcessRow(row.id)?.name == row.name { kill(row.id, SIGKILL) }
                // One that has become this process's child is waited for.
                if row.parent == getpid() { waitpid(row.id, nil, WNOHANG) }
            }
            usleep(2000)
        }
        return wereOthers
    }

    /// Waits for the leader, whose number is free from then on; gives its status and its CPU time, and that of its children in order.
    func bury() -> (status: Int32, cpuTime: Duration) {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(leader, &status, 0, &usage) < 0, errno == EINTR {}
        group?.remove()
        _ = Self.leaders.withLock { $0.remove(leader) }
        func time(_ value: timeval) -> Duration { .seconds(value.tv_sec) + .microseconds(Int64(value.tv_usec)) }
        return (status, time(usage.ru_utime) + time(usage.ru_stime))
    }

    /// Members other than the leader that are still there.
    private func survivors() -> [ProcessRow] {
        let rows = ProcessTable.rows(age: .zero)
        let me = getpid()
        let mySession = getsid(0)
        // Read after the rows: whoever is among them was entered before.
        let leaders = Self.leaders.withLock { $0 }
        var left = members(in: rows)
        let names = Set(left.map(\.name))
        left += rows.filter { row in
            guard !names.contains(row.name), row.start >= start, row.session != mySession, !leaders.contains(row.session) else { return false }
            return row.parent == me || row.parent == 1 && hasMark(row.id)
        }
        return left.filter { $0.id != leader && $0.id != me && (!$0.isZombie || $0.parent == me) && !leaders.contains($0.id) }
    }

    private func hasMark(_ id: pid_t) -> Bool {
        guard let environment = ProcessTable.read("/proc/\(id)/environ", most: 64 << 10) else { return false }
        return environment.split(separator: 0).contains { $0.elementsEqual(mark) }
    }
}
