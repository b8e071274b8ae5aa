import CProcess
import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The thread that starts a program, talks to it and ends it. It waits for whichever comes first: output, room for input, a wish, the
/// program's end, or a bound. The program dies with this thread, should it ever go first.
struct ProcessLoop {
    private let launch: ProcessLaunch
    private let bounds: ProcessBounds
    private let wishes: ProcessWishes
    private let tell: (ProcessEvent) -> Void
    private var report = ProcessReport(end: .exited(0))
    private var lines: LineSplitter
    private var pipes = Pipes()
    private var pending: [UInt8] = []
    private var written = 0
    private let started = ContinuousClock.now
    private var hasSpoken = false
    private var hasWarned = false
    /// When it was asked to end, and by when it must have.
    private var ending: (terminateAt: ContinuousClock.Instant?, killAt: ContinuousClock.Instant)?
    private var nextWatch: ContinuousClock.Instant
    private var nextPulse: ContinuousClock.Instant
    /// The machine's threads at the last look.
    private var threads = ProcessTable.threads()

    /// Between two looks at what the program and all that it has started use.
    private static let watchInterval = Duration.milliseconds(100)
    /// Between two looks at how many threads the machine has: a program that forks without end doubles within a millisecond, and
    /// thousands of its like would leave this thread no time.
    private static let pulse = Duration.milliseconds(25)
    /// Of its standard error the end is kept.
    private static let errorBytes = 16 << 10

    init(_ launch: ProcessLaunch, _ bounds: ProcessBounds, _ wishes: ProcessWishes, tell: @escaping (ProcessEvent) -> Void) {
        self.launch = launch
        self.bounds = bounds
        self.wishes = wishes
        self.tell = tell
        lines = LineSplitter(most: bounds.line.bytes)
        nextWatch = started + Self.watchInterval
        nextPulse = started + Self.pulse
    }

    /// Runs the program to its end.
    mutating func run() -> ProcessReport {
        blockPipeSignal()
        defer { pipes.close() }
        var launch = launch
        Leftovers.sweep()
        let mark = Leftovers.mark()
        launch.environment[Leftovers.variable] = mark
        let group = bounds.usesControlGroup ? ControlGroup(memory: bounds.memory, processes: bounds.processes) : nil
        var fault: ProcessFault?
        let family = ProcessFamily(group: group, mark: "\(Leftovers.variable)=\(mark)") { spawn(launch, group, &fault) }
        guard var family else {
            group?.remove()
            report.end = .notStarted(fault ?? ProcessFault(message: "the program could not be started", isConfiguration: false))
            return report
        }
        pipes.closeChildsEnds()
        let watch = wiredesk_watch(family.leader)
        let bound = talk(to: &family, watch)
        close(watch)
        let isItsOwnEnd = wiredesk_has_ended(family.leader)
        report.leftProcesses = family.end() && isItsOwnEnd
        drain()
        let (status, cpuTime) = family.bury()
        report.cpuTime = cpuTime
        report.endsInHalfLine = lines.hasHalfLine
        report.end = end(status, bound, isItsOwnEnd: isItsOwnEnd)
        return report
    }

    /// A write to a program that has gone must not end this one.
    private func blockPipeSignal() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    private func end(_ status: Int32, _ bound: ProcessBound?, isItsOwnEnd: Bool) -> ProcessEnd {
        if let bound { return .bound(bound) }
        if lines.isOverlong { return .bound(.line) }
        guard isItsOwnEnd else { return .killed }
        let signal = Int(wiredesk_end_signal(status))
        switch Int32(signal) {
        case 0: return .exited(Int(wiredesk_exit_status(status)))
        case SIGXCPU: return .bound(.cpuTime)
        case SIGTERM where ending != nil: return .killed
        // The kernel's own doing: CPU time beyond the hard limit, or memory beyond the group's.
        case SIGKILL: return report.cpuTime >= bounds.cpuTime ? .bound(.cpuTime) : .bound(.memory)
        default: return .signalled(signal)
        }
    }

    // MARK: - Talking

    /// Until the program has ended or must be ended; the bound that it ran into, if one.
    private mutating func talk(to family: inout ProcessFamily, _ watch: Int32) -> ProcessBound? {
        while true {
            takeWishes()
            let now = ContinuousClock.now
            if let bound = boundReached(at: now, &family) { return bound }
            if let ending {
                if let terminateAt = ending.terminateAt, terminateAt <= now {
                    self.ending?.terminateAt = nil
                    family.signal(SIGTERM)
                }
                if ending.killAt <= now { return nil }
            }
            wait(until: nextInstant(watch >= 0, now), watch)
            readOutput()
            writeInput()
            if wiredesk_has_ended(family.leader) { return nil }
            if lines.isOverlong { return .line }
            if report.outputBytes > bounds.output.bytes { return .output }
        }
    }

    private mutating func takeWishes() {
        let wish = wishes.take()
        pending += wish.output
        let now = ContinuousClock.now
        if wish.isCalledOff, ending?.terminateAt == nil {
            ending = (now + bounds.grace / 2, min(ending?.killAt ?? now + bounds.grace, bounds.deadline))
        } else if wish.isFinishing, ending == nil {
            ending = (nil, min(now + bounds.grace, bounds.deadline))
        }
        if ending != nil, pending.isEmpty { pipes.closeInput() }
    }

    private mutating func boundReached(at now: ContinuousClock.Instant, _ family: inout ProcessFamily) -> ProcessBound? {
        if now >= bounds.deadline { return .wallTime }
        if !hasSpoken, ending == nil, let startUp = bounds.startUp, now >= started + startUp { return .startUp }
        if !hasWarned, now >= bounds.deadline - bounds.grace {
            hasWarned = true
            tell(.nearing)
        }
        guard now >= nextPulse else { return nil }
        nextPulse = now + Self.pulse
        let isSudden = ProcessTable.threads() > threads + bounds.processes
        guard now >= nextWatch || isSudden else { return nil }
        nextWatch = now + Self.watchInterval
        if isSudden { family.halt(true) }
        let use = family.use(age: isSudden ? .zero : Self.watchInterval)
        threads = ProcessTable.threads()
        if use.processes > bounds.processes { return .processes }
        if use.memory > bounds.memory { return .memory }
        if use.cpuTime > bounds.cpuTime { return .cpuTime }
        if isSudden { family.halt(false) }
        return nil
    }

    private func nextInstant(_ hasWatch: Bool, _ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        var instants = [bounds.deadline, nextPulse]
        if !hasSpoken, let startUp = bounds.startUp { instants.append(started + startUp) }
        if !hasWarned { instants.append(bounds.deadline - bounds.grace) }
        instants += [ending?.terminateAt, ending?.killAt].compactMap { $0 }
        // Without a descriptor for the program's end it is looked for.
        if !hasWatch { instants.append(now + .milliseconds(10)) }
        return instants.min() ?? now
    }

    private mutating func wait(until instant: ContinuousClock.Instant, _ watch: Int32) {
        var list = [
            pollfd(fd: pipes.output, events: Int16(POLLIN), revents: 0), pollfd(fd: pipes.errors, events: Int16(POLLIN), revents: 0),
            pollfd(fd: pending.isEmpty ? -1 : pipes.input, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: wishes.wake.reading, events: Int16(POLLIN), revents: 0), pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
        ]
        let left = ContinuousClock.now.duration(to: instant)
        let milliseconds = left <= .zero ? 0 : left.milliseconds + 1
        _ = poll(&list, nfds_t(list.count), Int32(clamping: milliseconds))
    }

    // MARK: - Bytes

    private mutating func readOutput() {
        if let bytes = Self.read(pipes.output, most: 256 << 10) {
            if bytes.isEmpty { pipes.closeOutput() }
            take(bytes)
        }
        if let bytes = Self.read(pipes.errors, most: 64 << 10) {
            if bytes.isEmpty { pipes.closeErrors() }
            keep(errors: bytes)
        }
    }

    private mutating func take(_ bytes: [UInt8]) {
        report.outputBytes += bytes.count
        guard report.outputBytes <= bounds.output.bytes else { return }
        for line in lines.take(bytes[...]) {
            hasSpoken = true
            tell(.line(line))
        }
    }

    private mutating func keep(errors bytes: [UInt8]) {
        report.errors += bytes
        if report.errors.count > 2 * Self.errorBytes { report.errors = Array(report.errors.suffix(Self.errorBytes)) }
    }

    /// What was written before the end and not read yet; nobody is left who could write more.
    private mutating func drain() {
        while pipes.output >= 0, report.outputBytes <= bounds.output.bytes, !lines.isOverlong,
            let bytes = Self.read(pipes.output, most: 256 << 10), !bytes.isEmpty
        { take(bytes) }
        for _ in 0..<64 {
            guard pipes.errors >= 0, let bytes = Self.read(pipes.errors, most: 64 << 10), !bytes.isEmpty else { break }
            keep(errors: bytes)
        }
        report.errors = Array(report.errors.suffix(Self.errorBytes))
    }

    /// What is there now; empty at the end, nil when there is nothing yet.
    private static func read(_ descriptor: Int32, most: Int) -> [UInt8]? {
        guard descriptor >= 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: most)
        let count = Glibc.read(descriptor, &buffer, most)
        guard count >= 0 else { return errno == EAGAIN || errno == EINTR ? nil : [] }
        return Array(buffer.prefix(count))
    }

    private mutating func writeInput() {
        while !pending.isEmpty, pipes.input >= 0 {
            let count = pending.withUnsafeBytes { bytes in
                write(pipes.input, bytes.baseAddress.map { $0 + written }, min(bytes.count - written, 256 << 10))
            }
            guard count > 0 else {
                // Gone, or not reading: what it does not take is nobody's loss.
                if count < 0, errno != EAGAIN, errno != EINTR { pipes.closeInput() }
                break
            }
            written += count
            if written == pending.count {
                pending.removeAll(keepingCapacity: true)
                written = 0
            }
        }
        if pipes.input < 0 { pending.removeAll() }
        if ending != nil, pending.isEmpty { pipes.closeInput() }
    }

    // MARK: - Starting

    private mutating func spawn(_ launch: ProcessLaunch, _ group: ControlGroup?, _ fault: inout ProcessFault?) -> pid_t? {
        guard pipes.open() else {
            fault = ProcessFault(message: "no pipe can be made: \(String(cString: strerror(errno)))", isConfiguration: false)
            return nil
        }
        let arguments = CStrings([launch.program] + launch.arguments)
        let environment = CStrings(launch.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        var step: Int32 = 0
        var code: Int32 = 0
        let id = launch.program.withCString { program in
            launch.folder.withCString { folder in
                var c = wiredesk_launch(
                    program: program, arguments: arguments.pointer, environment: environment.pointer, folder: folder, input: pipes.childInput,
                    output: pipes.childOutput, errors: pipes.childErrors, group: group?.procs ?? -1, memory: UInt64(bounds.memory.bytes),
                    cpu: UInt64(max(1, bounds.cpuTime.seconds.rounded(.up))), file: UInt64(bounds.file.bytes), descriptors: 256)
                return wiredesk_spawn(&c, &step, &code)
            }
        }
        if id > 0 { return id }
        fault = Self.fault(step, code, launch)
        return nil
    }

    private static func fault(_ step: Int32, _ code: Int32, _ launch: ProcessLaunch) -> ProcessFault {
        let reason = String(cString: strerror(code))
        let program = SafeText.line(launch.program, limit: 200)
        switch (Int(step), code) {
        case (WIREDESK_PROGRAM, ENOEXEC):
            return ProcessFault(message: "\(program) is no program: it lacks a first line such as #!/bin/sh", isConfiguration: true)
        case (WIREDESK_PROGRAM, _): return ProcessFault(message: "\(program) cannot be run: \(reason)", isConfiguration: true)
        case (WIREDESK_FOLDER, _): return ProcessFault(message: "its working folder cannot be entered: \(reason)", isConfiguration: false)
        default: return ProcessFault(message: "no process can be started: \(reason)", isConfiguration: false)
        }
    }
}

/// Texts for C, freed with their owner.
private final class CStrings {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointer = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointer[index] = strdup(text) }
        pointer[texts.count] = nil
    }

    deinit {
        for index in 0..<count { free(pointer[index]) }
        pointer.deallocate()
    }
}
