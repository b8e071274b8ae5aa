import Foundation
import TestSupport
import Testing

/// The whole of it as a process: strangers at the door, a property-based client, and a real browser. The scripts are in Tests/Clients.
@Suite("Dashboard and API as a process", .serialized) struct StageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private static let stage = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("DashboardStage").path
    private static let python = root + "/.build/clients/bin/python"

    private func run(_ command: String, _ arguments: [String]) async throws -> Script.Result {
        try await Script.run(command, arguments, within: 360)
    }

    /// How many checks a script says have passed.
    private func passed(_ output: String) -> Int {
        output.split(separator: "\n").last { $0.contains(" checks passed") }?.split(separator: " ").first.flatMap { Int($0) } ?? 0
    }

    @Test("Strangers, guessers, other sites' pages and broken requests get nowhere; old clients get what they got")
    func door() async throws {
        let result = try await run("/usr/bin/env", ["python3", Self.root + "/Tests/Clients/door.py", Self.stage])
        #expect(result.status == 0, "\(result.output)")
        #expect(passed(result.output) >= 180, "\(result.output)")
    }

    @Test(
        "A property-based client finds no server error and no answer that the OpenAPI document does not tell of",
        arguments: ["full", "empty", "broken"])
    func document(_ scene: String) async throws {
        let result = try await run(Self.python, [Self.root + "/Tests/Clients/openapi.py", Self.stage, scene])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("No issues found") || result.output.contains("1 warning"), "\(result.output)")
    }

    @Test("In a browser every page is whole, accessible and harmless, in light and dark, wide and narrow, full, empty and broken")
    func browser() async throws {
        let result = try await run(Self.python, [Self.root + "/Tests/Clients/dashboard.py", Self.stage])
        #expect(result.status == 0, "\(result.output)")
        #expect(passed(result.output) >= 1000, "\(result.output)")
    }
}
