import Demo
import Foundation
import WireCore

/// The program itself as a child process, in a folder of its own, with a demo newsroom to poll.
struct Rig {
    let folder: String
    let newsroom: DemoNewsroom
    let port: Int

    var registry: String { folder + "/Plugins.json" }

    /// Midday of the demo's day: the API has turned to HTML by then.
    static let noon = Date(timeIntervalSince1970: 1_793_836_800 + 12 * 3600)

    /// Runs `body` with a newsroom whose day began at `start` and whose time stands at `now`, and cleans up whatever it left behind.
    static func with(
        now: Date = noon, start: Date = Date(timeIntervalSince1970: 1_793_836_800), _ body: (Rig) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let newsroom = DemoNewsroom(seed: 7, clock: StillClock(instant: now), start: start, slowness: .milliseconds(100))
        let serving = Task { try await newsroom.run() }
        defer { serving.cancel() }
        guard let port = await newsroom.port() else { throw DeskError(.failure, "the newsroom does not listen") }
        let rig = Rig(folder: folder, newsroom: newsroom, port: port)
        try DemoNewsroom.registryText(port: port).write(toFile: rig.registry, atomically: true, encoding: .utf8)
        try await body(rig)
    }

    /// What a run of the program came to.
    struct Result {
        var status: Int32
        var output: String
        var errors: String

        /// Each line of output as JSON.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map { line in
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            }
        }

        /// The output as one JSON list.
        func list() throws -> [[String: Any]] {
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]] ?? []
        }
    }

    static let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("wiredesk")

    /// A process that is not waited for.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
        let process = Process()
        process.executableURL = Self.binary
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        var all = ["PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"]
        all.merge(environment) { $1 }
        process.environment = all
        let log = folder + "/" + UUID().uuidString + ".log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let out = folder + "/" + UUID().uuidString + ".out"
        _ = FileManager.default.createFile(atPath: out, contents: nil)
        let (output, errors) = (FileHandle(forWritingAtPath: out), FileHandle(forWritingAtPath: log))
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        // The child has its own; Foundation would keep these for as long as the tests run.
        defer { for handle in [output, errors] { try? handle?.close() } }
        try process.run()
        return Running(process: process, outPath: out, logPath: log)
    }

    /// Runs the program to its end.
    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Result {
        try await run(arguments, environment: environment)
    }

    /// Runs the program to its end.
    func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        let running = try start(arguments, environment: environment)
        try await running.ended(within: 60)
        return Result(status: running.process.terminationStatus, output: running.output, errors: running.log)
    }

    /// Stored articles, as the program lists them.
    func articles() async throws -> [[String: Any]] { try await run("articles", "--json").list() }
}

/// A child process under way.
struct Running {
    let process: Process
    let outPath: String
    let logPath: String

    var output: String { (try? String(contentsOfFile: outPath, encoding: .utf8)) ?? "" }
    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// Waits for the end; kills the process and fails when it does not come.
    func ended(within seconds: Double, line: Int = #line) async throws {
        do {
            try await eventually(within: seconds, line: line) { !process.isRunning }
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
    }
}

/// Asks again and again until `condition` holds; throws after `seconds`, which fails the test loudly.
func eventually(within seconds: Double = 20, line: Int = #line, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw DeskError(.failure, "what line \(line) waits for did not happen within \(seconds) s")
}

/// Time that stands still.
struct StillClock: DeskClock {
    let instant: Date
    func now() -> Date { instant }
    func sleep(until: Date) async throws { try await Task.sleep(for: .seconds(3600)) }
}
