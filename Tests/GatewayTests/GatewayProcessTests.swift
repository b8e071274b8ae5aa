import Foundation
import Testing
import WireCore

/// The program as a process, with the providers' own clients and with storms of callers; the scripts are in Tests/Clients.
@Suite("The gateway as a process", .serialized) struct GatewayProcessTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private static let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("wiredesk").path

    /// Runs a command to its end, which must come within three minutes; gives its exit code and everything it printed.
    private func run(_ command: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let log = NSTemporaryDirectory() + "wiredesk-" + UUID().uuidString + ".log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: command)
        process.arguments = arguments
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let end = ContinuousClock.now + .seconds(180)
        while process.isRunning {
            guard ContinuousClock.now < end else {
                kill(process.processIdentifier, SIGKILL)
                throw DeskError(.failure, "\(arguments) did not end: \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return (process.terminationStatus, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }

    @Test("The official clients of Anthropic and OpenAI find nothing amiss")
    func officialClients() async throws {
        let result = try await run(
            "/bin/sh", [Self.root + "/Tests/Clients/sdk_checks.sh", Self.binary, Self.root + "/.build/clients/bin/python"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.split(separator: "\n").count { $0.hasPrefix("ok ") } >= 41, "\(result.output)")
    }

    @Test(
        "Sums agree on both sides",
        arguments: [
            ["faults"], ["budget", "--usd", "0.1"], ["budget", "--usd", "0.1", "--hosts", "2"], ["budget", "--usd", "0.1", "--stream"],
            ["kill", "--rounds", "6"], ["kill", "--rounds", "4", "--stream"],
        ])
    func storms(_ arguments: [String]) async throws {
        let result = try await run(
            "/usr/bin/env", ["python3", Self.root + "/Tests/Clients/storm.py", arguments[0], Self.binary] + arguments.dropFirst())
        #expect(result.status == 0, "\(result.output)")
    }
}
