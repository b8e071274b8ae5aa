import Demo
import Foundation
import Testing
import WireCore

@Suite("The newsroom from the command line") struct NewsroomCommandTests {
    /// A desk that has polled today's news, with the demo's model behind the gateway.
    private static func withDesk(hasModel: Bool = true, _ body: (Rig, [String: String]) async throws -> Void) async throws {
        let now = Date()
        let midnight = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400)
        try await Rig.with(now: now, start: midnight) { rig in
            let text = try String(contentsOfFile: rig.registry, encoding: .utf8)
            let section = #""newsroom": { "enrichment": { "patience": "0s", "articlesPerDay": 500 } }, "sources": ["#
            try text.replacing(#""sources": ["#, with: section).write(toFile: rig.registry, atomically: true, encoding: .utf8)
            let environment = hasModel ? ["ANTHROPIC_BASE_URL": "http://127.0.0.1:\(rig.port)", "ANTHROPIC_API_KEY": "k"] : [:]
            _ = try await rig.run("poll", "--all")
            try await body(rig, environment)
        }
    }

    private static func object(_ text: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }

    @Test("Polled, read, sorted, briefed and verified: the chain is whole, and the ledger has every call")
    func chain() async throws {
        try await Self.withDesk { rig, environment in
            let read = try await rig.run("jobs", "enrich", "--now", environment: environment)
            #expect(read.status == 0 && read.output.contains("by a model"), "\(read.output)\(read.errors)")
            #expect(try await rig.run("jobs", "narratives", "--now").status == 0)
            #expect(try await rig.run("narratives", "--json").list().count >= 1)
            #expect(try await rig.run("signals", "--window", "7d").output.contains("SCORE"))
            #expect(try await rig.run("entities", "--json").list().count >= 3)

            let first = try await rig.run("brief", "morning", "--json", environment: environment)
            #expect(first.status == 0, "\(first.errors)")
            let briefing = try Self.object(first.output)
            #expect(briefing["method"] as? String == "model" && briefing["smoke"] as? Bool == false)
            let again = try Self.object(try await rig.run("brief", "morning", "--json", environment: environment).output)
            #expect(again["id"] as? Int == briefing["id"] as? Int)
            let smoke = try Self.object(try await rig.run("brief", "morning", "--smoke", "--json", environment: environment).output)
            #expect(smoke["smoke"] as? Bool == true && smoke["published"] as? Bool == false)
            let forced = try Self.object(try await rig.run("brief", "morning", "--force", "--json", environment: environment).output)
            #expect(forced["version"] as? Int == 2)

            let list = try await rig.run("brief", "list", "--json").list()
            #expect(list.count == 3 && list.allSatisfy { ($0["date"] as? String)?.count == 10 && $0["slot"] as? String == "morning" })
            #expect(list.filter { $0["smoke"] as? Bool == true }.count == 1)

            let verified = try await rig.run("verify", "--json", environment: environment)
            let report = try Self.object(verified.output)
            #expect(verified.status == 0 && report["ok"] as? Bool == true, "\(verified.output)")
            #expect((report["checks"] as? [[String: Any]])?.count == 9)
            #expect(try await rig.run("costs", "verify").status == 0)
            let value = try await rig.run("sources", "value", "--json").list()
            #expect(value.contains { ($0["cited"] as? Int ?? 0) > 0 })
        }
    }

    @Test("Without a key all of it works, is free, and says that no model wrote it")
    func noKey() async throws {
        try await Self.withDesk(hasModel: false) { rig, _ in
            #expect(try await rig.run("jobs", "enrich", "--now").output.contains("no model: ANTHROPIC_API_KEY is not set"))
            let briefing = try await rig.run("brief", "evening", "--format", "markdown")
            #expect(
                briefing.status == 0 && briefing.output.contains("Written without a model: ANTHROPIC\\_API\\_KEY is not set"), "\(briefing.output)")
            #expect(try await rig.run("costs", "--json").output.contains(#""monthToDateUSD":"0""#))
        }
    }

    @Test("verify names the first broken link and exits 1")
    func broken() async throws {
        try await Rig.with { rig in
            let result = try await rig.run("verify", "--offline", "--json")
            let report = try Self.object(result.output)
            #expect(result.status == 1 && report["firstBroken"] as? String == "articles are stored", "\(result.output)")
            let told = try await rig.run("verify", "--offline")
            #expect(told.output.contains("The first broken link: articles are stored. Start `wiredesk run`"))
        }
    }

    @Test("A job that is killed at any moment is taken up again: every article is read once, and every call that was billed is in the ledger")
    func killed() async throws {
        try await Self.withDesk { rig, environment in
            let text = try String(contentsOfFile: rig.registry, encoding: .utf8)
            try text.replacing(#""patience": "0s""#, with: #""patience": "0s", "batch": 1"#).write(
                toFile: rig.registry, atomically: true, encoding: .utf8)
            for round in 0..<8 {
                let job = try rig.start(["jobs", "enrich", "--now", "--force"], environment: environment)
                try await Task.sleep(for: .milliseconds(40 + round * 37))
                kill(job.process.processIdentifier, SIGKILL)
                try await job.ended(within: 30)
            }
            // A run makes so many calls at most; the rest waits for the next.
            try await eventually(within: 60) {
                let last = try await rig.run("jobs", "enrich", "--now", "--force", environment: environment)
                #expect(last.status == 0, "\(last.output)")
                return try await !rig.run("jobs").output.contains("Waiting to be read")
            }
            #expect(try await !rig.run("entities", "--json", "--window", "30d", "--limit", "1000").list().isEmpty)
            let verified = try await rig.run("costs", "verify")
            #expect(verified.status == 0, "\(verified.output)")
            let entries = try await rig.run("costs", "export").objects()
            let ids = entries.compactMap { $0["id"] as? String }
            #expect(Set(ids).count == ids.count)
            // Money that is still reserved belongs to calls of the killed ones, and is settled by the next start; no call is missing.
            let bill = rig.newsroom.model.bill
            #expect(entries.count { $0["status"] as? String != "cached" } >= bill.calls)
            #expect(bill.calls >= 8)
        }
    }

    @Test(
        "Wrong use is told in words",
        arguments: [["jobs", "enrcih"], ["jobs", "--now"], ["brief", "show", "99"], ["narratives", "99"], ["brief", "noon"]])
    func wrongUse(arguments: [String]) async throws {
        try await Rig.with { rig in
            let running = try rig.start(arguments)
            try await running.ended(within: 30)
            #expect([1, 64].contains(running.process.terminationStatus))
            #expect(!running.log.isEmpty && !running.log.contains("Fatal"))
            if arguments.contains("enrcih") { #expect(running.log.contains("Did you mean enrich?")) }
        }
    }
}
