import Foundation
import TestSupport
import Testing

/// The program as a process, with the providers' own clients and with storms of callers; the scripts are in Tests/Clients.
@Suite("The gateway as a process", .serialized) struct GatewayProcessTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private static let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("wiredesk").path

    private func run(_ command: String, _ arguments: [String]) async throws -> Script.Result {
        try await Script.run(command, arguments, within: 180)
    }

    @Test("The official clients of Anthropic and OpenAI find nothing amiss")
    func officialClients() async throws {
        let result = try await run(
            "/bin/sh", [Self.root + "/Tests/Clients/sdk_checks.sh", Self.binary, Self.root + "/.build/clients/bin/python"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.split(separator: "\n").count { $0.hasPrefix("ok ") } >= 42, "\(result.output)")
    }

    @Test(
        "Sums agree on both sides",
        arguments: [
            ["faults"], ["stop"], ["budget", "--usd", "0.1"], ["budget", "--usd", "0.1", "--hosts", "2"], ["budget", "--usd", "0.1", "--stream"],
            ["kill", "--rounds", "6"], ["kill", "--rounds", "4", "--stream"],
        ])
    func storms(_ arguments: [String]) async throws {
        let result = try await run(
            "/usr/bin/env", ["python3", Self.root + "/Tests/Clients/storm.py", arguments[0], Self.binary] + arguments.dropFirst())
        #expect(result.status == 0, "\(result.output)")
    }
}
