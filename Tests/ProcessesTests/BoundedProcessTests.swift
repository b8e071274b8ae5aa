import Foundation
@testable import Processes
import Testing
import WireCore

/// What a run came to.
private struct Run {
    var lines: [String] = []
    var report = ProcessReport(end: .killed)
    var duration = Duration.zero
    var wasWarned = false

    var errors: String { String(decoding: report.errors, as: UTF8.self) }
}

/// Runs programs in a folder of their own.
private struct Workshop {
    let folder = NSTemporaryDirectory() + "wiredesk-process-" + UUID().uuidString
    /// Stands among the arguments of all that a test starts, so that what is left behind can be found.
    let token = "T" + UUID().uuidString

    static func with(_ body: (Workshop) async throws -> Void) async throws {
        let workshop = Workshop()
        try FileManager.default.createDirectory(atPath: workshop.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: workshop.folder) }
        try await body(workshop)
        #expect(workshop.left.isEmpty, "processes were left behind: \(workshop.left)")
    }

    /// Processes of this machine that carry the token.
    var left: [String] {
        let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil } ?? []
        return ids.filter { id in
            guard let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return false }
            return String(decoding: line, as: UTF8.self).contains(token)
        }
    }

    func launch(_ program: String, _ arguments: [String]) -> ProcessLaunch {
        ProcessLaunch(program: program, arguments: arguments, environment: ["PATH": "/usr/bin:/bin", "TOKEN": token], folder: folder)
    }

    func shell(_ script: String) -> ProcessLaunch { launch("/bin/sh", ["-c", script, token]) }
    func python(_ script: String) -> ProcessLaunch { launch("/usr/bin/python3", ["-u", "-c", script, token]) }

    /// Runs to the end; `react` sees each line.
    func talk(_ launch: ProcessLaunch, seconds: Double = 20, _ react: (BoundedProcess, String) -> Void) async -> Run {
        await run(launch, seconds: seconds, react: react)
    }

    /// Runs to the end within bounds of the test's own.
    func run(
        _ launch: ProcessLaunch, seconds: Double = 20, _ change: (inout ProcessBounds) -> Void = { _ in },
        react: (BoundedProcess, String) -> Void = { _, _ in }
    ) async -> Run {
        let started = ContinuousClock.now
        var bounds = ProcessBounds(deadline: started + .seconds(seconds))
        bounds.grace = .milliseconds(400)
        change(&bounds)
        let process = BoundedProcess(launch, bounds)
        var run = Run()
        for await event in process.events {
            switch event {
            case .line(let bytes):
                run.lines.append(String(decoding: bytes, as: UTF8.self))
                react(process, run.lines.last ?? "")
            case .nearing: run.wasWarned = true
            case .ended(let report): run.report = report
            }
        }
        run.duration = started.duration(to: .now)
        return run
    }
}

@Suite("Programs within bounds", .timeLimit(.minutes(2))) struct BoundedProcessTests {
    @Test("Lines come out, lines go in, and the status is told")
    func conversation() async throws {
        try await Workshop.with { workshop in
            let run = await workshop.talk(workshop.shell("echo ready; read a; echo \"got $a\"; printf 'x\\r\\n\\n  \\nlast'; echo oh >&2; exit 3")) {
                process, line in
                if line == "ready" { process.send(Array("hello\n".utf8)) }
            }
            #expect(run.lines == ["ready", "got hello", "x"])
            #expect(run.report.end == .exited(3))
            #expect(run.report.endsInHalfLine)
            #expect(run.errors == "oh\n")
            #expect(!run.report.leftProcesses)
        }
    }

    @Test("It sees its own environment, its own folder, three descriptors, no other's signals, and may write for itself alone")
    func surroundings() async throws {
        try await Workshop.with { workshop in
            // A descriptor that this process holds open without a word about inheritance.
            let open = Glibc.open("/dev/null", O_RDONLY)
            defer { close(open) }
            let script = """
                import os, signal
                print(sorted(k for k in os.environ if k not in ("LC_CTYPE",)))
                print(os.getcwd() == os.environ.get("PWD", os.getcwd()), os.getcwd())
                print(sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n)))
                print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, os.getsid(0) == os.getpid(), oct(os.umask(0)))
                print(open("/proc/self/status").read().split("NoNewPrivs:")[1].split()[0], open("/proc/self/status").read().split("SigBlk:")[1].split()[0])
                """
            let run = await workshop.run(workshop.python(script))
            #expect(run.lines.first == "['PATH', 'TOKEN', 'WIREDESK_RUN']")
            #expect(run.lines.dropFirst().first?.hasSuffix(workshop.folder) == true)
            #expect(run.lines.dropFirst(2).first == "[0, 1, 2]")
            #expect(run.lines.dropFirst(3).first == "True True 0o77")
            #expect(run.lines.dropFirst(4).first == "1 0000000000000000")
        }
    }

    /// A program that misbehaves, and the bound that ends it.
    struct Misbehaviour: Sendable, CustomTestStringConvertible {
        var name: String
        var script: String
        var isPython = false
        var end: ProcessEnd
        /// No later than this.
        var seconds = 9.0
        var testDescription: String { name }
    }

    private static let misbehaviours: [Misbehaviour] = [
        Misbehaviour(name: "says nothing", script: "sleep 1000", end: .bound(.startUp)),
        Misbehaviour(name: "hangs", script: "echo a; sleep 1000", end: .bound(.wallTime)),
        Misbehaviour(name: "ignores every signal", script: "trap '' TERM INT HUP; echo a; while :; do sleep 1000; done", end: .bound(.wallTime)),
        Misbehaviour(
            name: "floods its output", script: "while :; do echo yes yes yes yes yes yes yes yes yes yes yes yes yes yes; done", end: .bound(.output)),
        Misbehaviour(name: "writes a line without end", script: "echo a; tr '\\0' x < /dev/zero", end: .bound(.line)),
        Misbehaviour(name: "burns CPU", script: "echo a; while :; do :; done", end: .bound(.cpuTime)),
        Misbehaviour(
            name: "burns CPU in many processes", script: "echo a; for i in 1 2 3 4 5 6; do (while :; do :; done) & done; wait", end: .bound(.cpuTime)),
        Misbehaviour(
            name: "eats memory in many processes",
            script: """
                import os, time
                print("a")
                for _ in range(6):
                    if os.fork() == 0:
                        b = bytearray(os.urandom(1 << 20)) * 40
                        time.sleep(1000)
                time.sleep(1000)
                """, isPython: true, end: .bound(.memory)),
        Misbehaviour(name: "forks without end", script: "echo a; f() { f | f & sleep 1000; }; f", end: .bound(.processes)),
        Misbehaviour(name: "floods its errors and hangs", script: "echo a; head -c 9000000 /dev/zero >&2; sleep 1000", end: .bound(.wallTime)),
        Misbehaviour(name: "kills itself", script: "echo a; kill -SEGV $$", end: .signalled(11)),
        Misbehaviour(name: "closes its output and hangs", script: "echo a; exec >&- 2>&- <&-; sleep 1000", end: .bound(.wallTime)),
    ]

    @Test("Whatever a program does, it ends in time at the bound that it ran into, and nothing of it is left", arguments: misbehaviours)
    func misbehaviour(_ one: Misbehaviour) async throws {
        try await Workshop.with { workshop in
            let launch = one.isPython ? workshop.python(one.script) : workshop.shell(one.script)
            let run = await workshop.run(launch, seconds: one.end == .bound(.wallTime) ? 1.5 : 10) { bounds in
                bounds.startUp = one.end == .bound(.startUp) ? .seconds(1) : nil
                bounds.output = .kibibytes(512)
                bounds.line = .kibibytes(64)
                bounds.memory = .mebibytes(128)
                bounds.cpuTime = .seconds(1)
                bounds.processes = 16
            }
            #expect(run.report.end == one.end)
            #expect(run.duration < .seconds(one.seconds), "\(run.duration)")
        }
    }

    @Test("One process's data has its own limit: it is told so by its allocator")
    func allocation() async throws {
        try await Workshop.with { workshop in
            let run = await workshop.run(workshop.python("print('a'); b = bytearray(1 << 30)")) { $0.memory = .mebibytes(128) }
            #expect(run.report.end == .exited(1))
            #expect(run.errors.contains("MemoryError"))
        }
    }

    @Test(
        "What a program leaves running ends with it, however it was let go",
        arguments: [
            "sleep 1000 & echo a", "(sleep 1000 &) ; echo a", "setsid sleep 1000 & echo a", "setsid sh -c 'sleep 1000 & sleep 1000' & echo a",
            "(setsid env -i sleep 1000 &) ; sleep 0.3; echo a", "nohup setsid sh -c '(env -i /bin/sleep 1000 &)' >/dev/null 2>&1 & sleep 0.3; echo a",
        ], [true, false])
    func leftovers(_ script: String, _ usesControlGroup: Bool) async throws {
        try await Workshop.with { workshop in
            // `sleep` takes several numbers: the second is how it is found.
            let mark = "0.\(UInt32.random(in: 100_000_000...999_999_999))"
            let run = await workshop.run(workshop.shell(script.replacing("sleep 1000", with: "sleep 1000 \(mark)"))) {
                $0.usesControlGroup = usesControlGroup
            }
            #expect(run.lines == ["a"])
            #expect(run.report.end == .exited(0))
            #expect(run.report.leftProcesses)
            let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil } ?? []
            let left = ids.filter {
                FileManager.default.contents(atPath: "/proc/\($0)/cmdline").map { String(decoding: $0, as: UTF8.self).contains(mark) } ?? false
            }
            #expect(left.isEmpty)
        }
    }

    @Test("One that is finished may end by itself; one that does not is killed after its grace")
    func finishing() async throws {
        try await Workshop.with { workshop in
            let orderly = await workshop.talk(workshop.shell("echo a; cat >/dev/null; exit 5")) { process, _ in process.finish() }
            #expect(orderly.report.end == .exited(5), "its input was closed")
            let stubborn = await workshop.talk(workshop.shell("echo a; sleep 1000")) { process, _ in process.finish() }
            #expect(stubborn.report.end == .killed)
            #expect(stubborn.duration < .seconds(15))
        }
    }

    @Test("One that is called off is told to terminate, and then made to")
    func callingOff() async throws {
        try await Workshop.with { workshop in
            let obedient = await workshop.talk(workshop.shell("trap 'echo bye; exit 7' TERM; echo a; while :; do sleep 0.05; done")) {
                process, line in
                if line == "a" { process.callOff() }
            }
            #expect(obedient.lines == ["a", "bye"])
            #expect(obedient.report.end == .exited(7))
            let deaf = await workshop.talk(workshop.shell("trap '' TERM; echo a; while :; do sleep 0.05; done")) { process, line in
                if line == "a" { process.callOff() }
            }
            #expect(deaf.report.end == .killed)
            #expect(deaf.duration < .seconds(15))
        }
    }

    @Test("Input that nobody reads does not hold anything up")
    func unreadInput() async throws {
        try await Workshop.with { workshop in
            let run = await workshop.talk(workshop.shell("echo a; exec <&-; sleep 0.3; echo b")) { process, line in
                if line == "a" { process.send([UInt8](repeating: 0x78, count: 4 << 20)) }
            }
            #expect(run.lines == ["a", "b"])
            let gone = await workshop.talk(workshop.shell("echo a; exit 0")) { process, _ in process.send([UInt8](repeating: 0x78, count: 4 << 20)) }
            #expect(gone.report.end == .exited(0))
        }
    }

    @Test("Its end is told in advance, so that it can be warned")
    func warning() async throws {
        try await Workshop.with { workshop in
            let run = await workshop.run(workshop.shell("echo a; sleep 1000"), seconds: 1)
            #expect(run.wasWarned)
            #expect(run.report.end == .bound(.wallTime))
        }
    }

    @Test("What cannot be started says why")
    func notStarted() async throws {
        try await Workshop.with { workshop in
            let file = workshop.folder + "/none"
            guard case .notStarted(let missing) = await workshop.run(workshop.launch(file, [])).report.end else { return #expect(Bool(false)) }
            #expect(missing.isConfiguration)
            #expect(missing.message.hasSuffix("cannot be run: No such file or directory"))
            try "hello".write(toFile: file, atomically: true, encoding: .utf8)
            guard case .notStarted(let forbidden) = await workshop.run(workshop.launch(file, [])).report.end else { return #expect(Bool(false)) }
            #expect(forbidden.message.hasSuffix("Permission denied"))
            chmod(file, 0o755)
            guard case .notStarted(let noProgram) = await workshop.run(workshop.launch(file, [])).report.end else { return #expect(Bool(false)) }
            #expect(noProgram.message.contains("#!/bin/sh"))
            var elsewhere = workshop.shell("echo a")
            elsewhere.folder = workshop.folder + "/nowhere"
            guard case .notStarted(let folder) = await workshop.run(elsewhere).report.end else { return #expect(Bool(false)) }
            #expect(!folder.isConfiguration)
        }
    }

    @Test("Forty at a time end as one does, and none takes another's children for its own")
    func crowd() async throws {
        try await Workshop.with { workshop in
            await withTaskGroup(of: Run.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        await workshop.run(workshop.shell("(setsid env -i sleep 1000 &); echo \(index); sleep 0.\(index % 7)"), seconds: 30)
                    }
                }
                for await run in group { #expect(run.report.end == .exited(0), "\(run.errors)") }
            }
        }
    }
}

@Suite("Lines") struct LineSplitterTests {
    @Test("A stream gives the same lines however it is cut", arguments: 1...9)
    func pieces(_ size: Int) {
        let text = Array("one\r\n\n  \ntwo\nthree".utf8)
        var splitter = LineSplitter(most: 16)
        var lines: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            lines += splitter.take(text[start..<min(start + size, text.count)]).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(lines == ["one", "two"])
        #expect(splitter.hasHalfLine)
        #expect(!splitter.isOverlong)
    }

    @Test("A line at the bound is taken, one beyond it is not, nor anything after it")
    func bound() {
        var splitter = LineSplitter(most: 3)
        #expect(splitter.take(Array("abc\n".utf8)[...]).count == 1)
        #expect(splitter.take(Array("abcd\nx\n".utf8)[...]).isEmpty)
        #expect(splitter.isOverlong)
        #expect(splitter.take(Array("y\n".utf8)[...]).isEmpty)
    }
}
