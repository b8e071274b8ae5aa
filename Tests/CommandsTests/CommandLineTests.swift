import Demo
import Foundation
import TestSupport
import Testing

@Suite("The command line") struct CommandLineTests {
    @Test("A poll of a well source files its items, and a second one doubles nothing")
    func pollTwice() async throws {
        try await Rig.with { rig in
            let first = try await rig.run("poll", "decrypt", "--json")
            #expect(first.status == 0, "\(first.errors)")
            let report = try #require(try first.objects().first)
            #expect(report["outcome"] as? String == "ok")
            #expect(report["servedBy"] as? String == "decrypt")
            #expect((report["items"] as? [String: Int])?["new"] == 30)
            #expect((report["breaker"] as? [String: Any])?["state"] as? String == "closed")
            for key in ["message", "hint", "attempts", "pages", "redirects", "bytesOnWire", "bytesDecoded", "durationMs", "evidence", "nextPollAt"] {
                #expect(report.keys.contains(key), "\(key) is missing")
            }
            #expect(try await rig.articles().count == 30)
            let second = try await rig.run("poll", "decrypt", "--json")
            #expect(try second.objects().first?["outcome"] as? String == "not_modified")
            #expect(try await rig.articles().count == 30)
        }
    }

    @Test("A source that is named twice is polled once")
    func namedTwice() async throws {
        try await Rig.with { rig in
            let result = try await rig.run("poll", "decrypt", "decrypt", "--json")
            #expect(result.status == 0, "\(result.errors)")
            #expect(try result.objects().map { $0["outcome"] as? String } == ["ok"])
            #expect(rig.newsroom.requests["decrypt"] == 1)
        }
    }

    @Test("HTML at 200 costs one request, is named, opens the breaker, and the fallback serves")
    func htmlForJSON() async throws {
        try await Rig.with { rig in
            let result = try await rig.run("poll", "coindesk-api", "--json")
            #expect(result.status == 1)
            let report = try #require(try result.objects().first)
            #expect(report["outcome"] as? String == "wrong_kind")
            #expect(report["servedBy"] as? String == "coindesk")
            #expect((report["breaker"] as? [String: Any])?["state"] as? String == "open")
            #expect((report["evidence"] as? [String: Any])?["firstBytes"] as? String != nil)
            #expect(rig.newsroom.requests["coindesk-api"] == 1)
            _ = try await rig.run("poll", "coindesk-api", "--json")
            _ = try await rig.run("poll", "coindesk-api", "--json")
            #expect(rig.newsroom.requests["coindesk-api"] == 1, "an open breaker refuses without touching the network")
            #expect(try await rig.articles().count == 25)
        }
    }

    @Test("A bot wall is told from a rate limit, with a hint")
    func botWall() async throws {
        try await Rig.with { rig in
            let result = try await rig.run("poll", "messari")
            #expect(result.status == 1)
            #expect(result.output.contains("blocked"))
            #expect(result.output.contains("Waiting alone does not help"))
        }
    }

    @Test("A wrong registry is refused whole, with file, line, column and the nearest right name; exit 78")
    func wrongRegistry() async throws {
        try await Rig.with { rig in
            let text = """
                {
                  "version": 1,
                  "sources": [
                    { "id": "a", "kind": "fed", "url": "https://a.example/" },
                    { "id": "b", "kind": "feed", "url": "https://b.example/", "intervall": "5m", "ceilings": { "pages": 1000 } }
                  ]
                }
                """
            try text.write(toFile: rig.registry, atomically: true, encoding: .utf8)
            let result = try await rig.run("sources", "list")
            #expect(result.status == 78)
            #expect(result.errors.contains("Plugins.json:4:26: kind of source \"a\" is \"fed\""))
            #expect(result.errors.contains("did you mean \"feed\"?"))
            #expect(result.errors.contains("Plugins.json:5:63: unknown key \"intervall\""))
            #expect(result.errors.contains("did you mean \"interval\"?"))
            #expect(result.errors.contains("pages of ceilings of source \"b\" is 1000, but must be a whole number from 1 to 100"))
        }
    }

    @Test(
        "An unknown id names the nearest one; exit 64", arguments: [["poll", "decript"], ["sources", "show", "decript"], ["diagnose", "decript"]])
    func unknownID(_ arguments: [String]) async throws {
        try await Rig.with { rig in
            let running = try rig.start(arguments)
            try await running.ended(within: 30)
            #expect(running.process.terminationStatus == 64)
            #expect(running.log.contains("Did you mean decrypt?"))
        }
    }

    @Test("Disabling keeps who, why and until when; enabling gives the file back byte for byte")
    func disableAndEnable() async throws {
        try await Rig.with { rig in
            let before = try String(contentsOfFile: rig.registry, encoding: .utf8)
            let result = try await rig.run("sources", "disable", "decrypt", "--reason", "too much gaming", "--until", "3d", "--by", "mara")
            #expect(result.status == 0, "\(result.errors)")
            let source = try #require(try await rig.run("sources", "show", "decrypt", "--json").list().first)
            let disabled = try #require(source["disabled"] as? [String: Any])
            #expect(source["status"] as? String == "disabled")
            #expect(disabled["by"] as? String == "mara")
            #expect(disabled["reason"] as? String == "too much gaming")
            #expect(disabled["until"] as? String != nil)
            #expect(try await rig.run("poll", "decrypt").status == 64)
            _ = try await rig.run("sources", "enable", "decrypt")
            #expect(try String(contentsOfFile: rig.registry, encoding: .utf8) == before)
        }
    }

    @Test("A disabling that has run out is none")
    func disablingRunsOut() async throws {
        try await Rig.with { rig in
            let text = try String(contentsOfFile: rig.registry, encoding: .utf8)
            let past = text.replacingOccurrences(
                of: "\"id\": \"decrypt\",", with: "\"id\": \"decrypt\", \"disabled\": { \"until\": \"2020-01-01T00:00:00Z\" },")
            try past.write(toFile: rig.registry, atomically: true, encoding: .utf8)
            #expect(try await rig.run("poll", "decrypt").status == 0)
        }
    }

    @Test("A site's address is enough to add its feed")
    func addBySite() async throws {
        try await Rig.with { rig in
            try "{\n  \"version\": 1,\n  \"sources\": []\n}\n".write(toFile: rig.registry, atomically: true, encoding: .utf8)
            let allow = ["WIREDESK_ALLOW_PRIVATE": "127.0.0.1"]
            let result = try await rig.run("sources", "add", "http://127.0.0.1:\(rig.port)/site/decrypt", "--id", "found", environment: allow)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("/decrypt/feed"))
            #expect(try await rig.run("poll", "found", environment: allow).status == 0)
            let again = try await rig.run("sources", "add", "http://127.0.0.1:\(rig.port)/decrypt/feed", environment: allow)
            #expect(again.status == 64)
            #expect(again.errors.contains("in the registry already, as “found”"))
        }
    }

    @Test("Private addresses are refused as sources unless allowed")
    func privateAddresses() async throws {
        try await Rig.with { rig in
            let text = try String(contentsOfFile: rig.registry, encoding: .utf8)
            try text.replacingOccurrences(of: "127.0.0.1/32", with: "10.9.8.7/32").write(toFile: rig.registry, atomically: true, encoding: .utf8)
            let report = try #require(try await rig.run("poll", "decrypt", "--json").objects().first)
            #expect(report["outcome"] as? String == "denied")
            #expect(rig.newsroom.requests["decrypt"] == nil)
        }
    }

    @Test("A diagnosis tells every stage, writes nothing, and a recording tells the same without a network")
    func diagnose() async throws {
        try await Rig.with { rig in
            let result = try await rig.run("diagnose", "decrypt", "--json", "--record", "poll.json")
            #expect(result.status == 0, "\(result.errors)")
            let stages = try #require(try result.objects().first?["stages"] as? [[String: Any]])
            #expect(
                stages.compactMap { $0["name"] as? String } == [
                    "registry", "dns", "connect", "tls", "request", "response", "kind", "parse", "items", "duplicates", "breaker", "schedule",
                ])
            #expect(stages.allSatisfy { $0["ok"] as? Bool == true })
            #expect(try await rig.articles().isEmpty)
            let asked = rig.newsroom.requests["decrypt"]
            let replayed = try await rig.run("diagnose", "--replay", "poll.json", "--json")
            #expect(replayed.status == 0, "\(replayed.errors)")
            #expect((try replayed.objects().first?["items"] as? [String: Int])?["seen"] == 30)
            #expect(rig.newsroom.requests["decrypt"] == asked)
        }
    }

    @Test("A diagnosis of a sick source ends with what to do, and passes over an open breaker")
    func diagnoseSick() async throws {
        try await Rig.with { rig in
            _ = try await rig.run("poll", "coindesk-api")
            let result = try await rig.run("diagnose", "coindesk-api")
            #expect(result.status == 1)
            #expect(result.output.contains("✗ kind"))
            #expect(result.output.contains("an HTML page “CoinDesk: news of the day” where JSON was due"))
            #expect(result.output.contains("What to do:"))
            #expect(rig.newsroom.requests["coindesk-api"] == 2)
        }
    }

    @Test("A diagnosis prints each stage when it happens, and says what is waited for when that takes long")
    func diagnoseLive() async throws {
        try await Rig.with { rig in
            let server = try ScriptedServer()
            defer { server.stop() }
            let gate = DispatchSemaphore(value: 0)
            server.on("/slow") { connection in
                guard gate.wait(timeout: .now() + 30) == .success else { return }
                connection.answer(
                    200, ["Content-Type: application/rss+xml"], Array("<rss version=\"2.0\"><channel><title>T</title></channel></rss>".utf8))
            }
            let running = try rig.start(["diagnose", server.url("/slow")], environment: ["WIREDESK_ALLOW_PRIVATE": "127.0.0.1/32"])
            try await eventually { running.output.contains("… response") }
            let before = running.output
            #expect(before.contains("✓ request") && before.contains("waiting for 127.0.0.1 to answer"))
            #expect(!before.contains("✓ response") && !before.contains("What to do"))
            gate.signal()
            try await running.ended(within: 30)
            #expect(running.output.hasPrefix(before))
            #expect(running.output.contains("✓ response") && running.output.contains("What to do"))
        }
    }

    @Test("parse prints a line for a bad file and all lines of the others; exit 1")
    func parse() async throws {
        try await Rig.with { rig in
            let feed = "<rss version=\"2.0\"><channel><title>T</title><item><guid>1</guid><title>A &amp; B</title></item></channel></rss>"
            try feed.write(toFile: rig.folder + "/good.xml", atomically: true, encoding: .utf8)
            try "<!DOCTYPE html><html></html>".write(toFile: rig.folder + "/page.html", atomically: true, encoding: .utf8)
            let result = try await rig.run("parse", "--ndjson", "missing.xml", "page.html", "good.xml")
            #expect(result.status == 1)
            let lines = try result.objects()
            #expect(lines.compactMap { $0["type"] as? String } == ["error", "error", "feed", "item"])
            #expect(lines[1]["outcome"] as? String == "wrong_kind")
            #expect(lines[3]["title"] as? String == "A & B")
        }
    }

    @Test("Secrets are shown by the name of their variable only")
    func secrets() async throws {
        try await Rig.with { rig in
            let text = try String(contentsOfFile: rig.registry, encoding: .utf8)
            try text.replacingOccurrences(
                of: "\"id\": \"decrypt\",", with: "\"id\": \"decrypt\", \"headers\": { \"X-Api-Key\": { \"env\": \"DECRYPT_KEY\" } },"
            ).write(toFile: rig.registry, atomically: true, encoding: .utf8)
            let unset = try #require(try await rig.run("poll", "decrypt", "--json").objects().first)
            #expect(unset["outcome"] as? String == "config")
            #expect((unset["message"] as? String)?.contains("DECRYPT_KEY") == true)
            for arguments in [
                ["poll", "decrypt", "--json", "--force"], ["diagnose", "decrypt", "--json"], ["sources", "show", "decrypt", "--effective"],
            ] {
                let running = try rig.start(arguments, environment: ["DECRYPT_KEY": "hunter2secret"])
                try await running.ended(within: 30)
                #expect(!(running.output + running.log).contains("hunter2secret"))
            }
        }
    }

    @Test("Ctrl-C ends the demo with its report and exit 0")
    func demoInterrupted() async throws {
        try await Rig.with { rig in
            let demo = try rig.start(["demo", "--speed", "600"])
            try await eventually { demo.output.contains("theblock") && demo.output.contains("Ctrl-C ends it.") }
            kill(demo.process.processIdentifier, SIGINT)
            try await demo.ended(within: 30)
            #expect(demo.process.terminationStatus == 0)
            #expect(demo.output.contains("IN THE WORLD IT"))
            #expect(demo.log == "")
        }
    }

    @Test("Every shell gets a completion script", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) async throws {
        try await Rig.with { rig in
            let result = try await rig.run("completions", shell)
            #expect(result.status == 0)
            #expect(result.output.contains("diagnose"))
        }
    }

    @Test("Lists go out as OPML and come back")
    func opml() async throws {
        try await Rig.with { rig in
            let list = try await rig.run("sources", "export")
            #expect(list.output.contains("xmlUrl=\"http://127.0.0.1:\(rig.port)/decrypt/feed\""))
            try list.output.write(toFile: rig.folder + "/list.opml", atomically: true, encoding: .utf8)
            try FileManager.default.removeItem(atPath: rig.registry)
            let result = try await rig.run("sources", "import", "list.opml")
            #expect(result.status == 0, "\(result.errors)")
            #expect(try await rig.run("sources", "list", "--json").list().count == 12)
        }
    }

    @Test("A file that cannot be read is named with the reason")
    func unreadableFiles() async throws {
        try await Rig.with { rig in
            for arguments in [["prices", "diff"], ["sources", "import"], ["diagnose", "decrypt", "--replay"]] {
                let missing = try await rig.run(arguments + ["nowhere.json"])
                #expect(missing.status == 64 && missing.errors.contains("cannot be read: No such file"), "\(arguments): \(missing.errors)")
                let folder = try await rig.run(arguments + ["."])
                #expect(folder.status == 64 && folder.errors.contains("cannot be read: it is a folder"), "\(arguments): \(folder.errors)")
            }
        }
    }

    @Test("A feed that breaks off is read, and said to")
    func cutShort() async throws {
        try await Rig.with { rig in
            try "<rss version=\"2.0\"><channel><title>T</title><item><title>One".write(
                toFile: rig.folder + "/cut.xml", atomically: true, encoding: .utf8)
            let result = try await rig.run("parse", "cut.xml")
            #expect(result.status == 0 && result.output.contains("breaks off before its end") && result.output.contains("One"))
        }
    }

    @Test("doctor passes where the desk can work, and names what is broken where it cannot")
    func doctor() async throws {
        try await Rig.with { rig in
            #expect(try await rig.run("doctor").status == 0)
            let address = try await rig.run("doctor", environment: ["ANTHROPIC_BASE_URL": "ftp://models.example", "ANTHROPIC_API_KEY": "k"])
            #expect(address.output.contains("ANTHROPIC_BASE_URL is no address that can be asked"))
            let registry = try String(contentsOfFile: rig.registry, encoding: .utf8)
            let alerts = #"{ "gateway": {"alerts": {"webhook": {"env": "UNSET_HOOK"}}},"#
            try registry.replacing("{", with: alerts, maxReplacements: 1).write(toFile: rig.registry, atomically: true, encoding: .utf8)
            let unset = try await rig.run("doctor")
            #expect(unset.status == 1 && unset.output.contains("UNSET_HOOK, which is not set"), "\(unset.output)")
            try "no json".write(toFile: rig.registry, atomically: true, encoding: .utf8)
            let result = try await rig.run("doctor")
            #expect(result.status == 1)
            #expect(result.output.contains("✗ registry"))
        }
    }
}
