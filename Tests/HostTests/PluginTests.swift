import Fetch
import Foundation
@testable import Host
import SQLiteStore
import SourcePlugins
import Stores
import TestSupport
import Testing
import WireCore

/// A poller, and plugins written into its folder.
struct PluginRig {
    let rig: PollRig
    private static let python = "/usr/bin/python3"

    static func with(environment: [String: String] = [:], _ body: (PluginRig) async throws -> Void) async throws {
        let environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        let rig = PluginRig(rig: try PollRig(environment: environment))
        try await body(rig)
        try await rig.rig.close()
        let left = try FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory()).filter { $0.hasPrefix("wiredesk-plugin-\(getpid())-") }
        #expect(left.isEmpty, "working folders were left behind")
    }

    var server: ScriptedServer { rig.server }

    /// A source whose plugin is this Python program. `say(type, …)` prints a message, `hear()` reads one; it has said hello and heard the poll.
    func python(_ script: String, _ change: (inout ExecConfiguration) -> Void = { _ in }) throws -> SourceConfiguration {
        let prelude = """
            import json, os, sys, time
            def say(type, **more): print(json.dumps(dict(more, type=type)), flush=True)
            def hear(): return json.loads(sys.stdin.readline())
            def fetch(url, **more):
                say("fetch", id="1", url=url, **more)
                return hear()
            say("hello", version=1, name="test")
            poll = hear()

            """
        return try source([Self.python, try file(prelude + script)], change)
    }

    /// A source whose plugin is this shell script.
    func shell(_ script: String, _ change: (inout ExecConfiguration) -> Void = { _ in }) throws -> SourceConfiguration {
        try source(["/bin/sh", try file(script)], change)
    }

    func file(_ text: String) throws -> String {
        let path = rig.folder + "/" + UUID().uuidString
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    func source(_ command: [String], _ change: (inout ExecConfiguration) -> Void = { _ in }) throws -> SourceConfiguration {
        var configuration = ExecConfiguration(command: command, folder: rig.folder)
        change(&configuration)
        var source = try rig.source("plugin-under-test", path: "/api", kind: .exec(configuration))
        source.ceilings.wallTime = .seconds(6)
        return source
    }

    func poll(_ source: SourceConfiguration) async throws -> PollReport {
        try await rig.poller.poll(source, in: Registry(sources: [source]), .forced)
    }

    func state() async throws -> String? {
        try await rig.store.sourceState(of: try #require(SourceID("plugin-under-test")))?.adapterState
    }

    func titles() async throws -> [String] {
        try await rig.store.articles(ArticleQuery(limit: 1000)).compactMap(\.item.title).sorted()
    }
}

private let hello = "echo '{\"type\":\"hello\",\"version\":1}'; read poll; "

@Suite("Plugins", .timeLimit(.minutes(3))) struct PluginTests {
    @Test("What a plugin sends is stored, and its state comes back at the next poll")
    func roundTrip() async throws {
        try await PluginRig.with(environment: ["SECRET": "hush-hush"]) { rig in
            let source = try rig.python(
                """
                seen = (poll["state"] or {"n": 0})["n"]
                assert poll["settings"] == {"key": "hush-hush", "list": [1.50, "x"]}, poll["settings"]
                assert poll["source"] == "plugin-under-test" and poll["url"].endswith("/api") and poll["ceilings"]["items"] == 1000
                say("log", level="info", message="the key is hush-hush")
                say("items", items=[{"id": "a%d" % seen, "title": "A <%d>" % seen, "url": "/rel", "publishedAt": "2026-11-24T08:00:00Z",
                    "categories": ["x"], "enclosures": [{"url": "https://e.example/a.mp3", "type": "audio/mpeg", "length": 5}]}, {"x": 1}])
                say("item", id="b%d" % seen, title="B")
                say("state", state={"n": seen + 1, "price": 1.50})
                say("done", message="all read")
                """
            ) { $0.settings = #"{"key":{"env":"SECRET"},"list":[1.50,"x"]}"# }
            let first = try await rig.poll(source)
            #expect(first.record.outcome == .ok, "\(first.record.message) \(first.record.evidence)")
            #expect(first.items == ItemCounts.counts(seen: 3, new: 2, rejected: 1))
            #expect(first.record.message.contains("all read"))
            #expect(first.notes == ["info: the key is REDACTED"])
            #expect(try await rig.state() == #"exec:{"n":1,"price":1.5}"#)
            #expect(try await rig.poll(source).record.outcome == .ok)
            #expect(try await rig.state() == #"exec:{"n":2,"price":1.5}"#)
            let article = try #require(try await rig.rig.store.articles(ArticleQuery(limit: 9)).first { $0.item.id == "a0" })
            #expect(article.item.url == rig.server.url("/rel"))
            #expect(article.item.title == "A <0>")
        }
    }

    /// A plugin that goes wrong, and what its poll must come to.
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var script: String
        var isPython = false
        var outcome: Outcome
        var message: String
        /// Items that are stored all the same.
        var stored = 0
        var seconds = 12.0
        var testDescription: String { name }
    }

    private static let item = "echo '{\"type\":\"item\",\"id\":\"1\",\"title\":\"One\"}'; echo '{\"type\":\"state\",\"state\":1}'; "

    static let faults: [Fault] = [
        Fault(name: "says nothing", script: "sleep 100", outcome: .timeout, message: "said nothing within 1 s"),
        Fault(name: "ends at once", script: "exit 0", outcome: .crash, message: "ended with status 0 and without \"done\""),
        Fault(name: "is not there", script: "exec /nowhere/x", outcome: .config, message: "could not start (status 127)"),
        Fault(
            name: "crashes", script: hello + item + "echo 'boom: 17' >&2; exit 3", outcome: .crash,
            message: "status 3 and without \"done\": boom: 17", stored: 1),
        Fault(name: "is killed", script: hello + item + "kill -SEGV $$", outcome: .crash, message: "killed by signal 11 (SIGSEGV)", stored: 1),
        Fault(name: "hangs", script: hello + item + "sleep 100", outcome: .timeout, message: "was not done after 3 s", stored: 1),
        Fault(
            name: "ignores signals", script: "trap '' TERM INT HUP; " + hello + item + "while :; do sleep 9; done", outcome: .timeout,
            message: "was not done", stored: 1),
        Fault(
            name: "floods", script: hello + "while :; do echo '{\"type\":\"log\",\"message\":\"x\"}'; done", outcome: .tooLarge,
            message: "more than 256 KiB"),
        Fault(
            name: "prints a line without end", script: hello + item + "tr '\\0' x </dev/zero", outcome: .tooLarge,
            message: "a line of more than 64 KiB", stored: 1),
        Fault(
            name: "prints half a line", script: hello + item + "printf '{\"type\":\"item\",\"id\":\"2'; exit 0", outcome: .crash,
            message: "broke off in the middle of a line", stored: 1),
        Fault(
            name: "prints what is no JSON", script: hello + item + "echo Starting…; sleep 9", outcome: .crash, message: "a line that is no JSON",
            stored: 1),
        Fault(name: "prints JSON that is no message", script: hello + "echo '[1]'; sleep 9", outcome: .crash, message: "has no \"type\""),
        Fault(name: "skips its hello", script: "echo '{\"type\":\"done\"}'; sleep 9", outcome: .crash, message: "\"done\" before its \"hello\""),
        Fault(
            name: "speaks another version", script: "echo '{\"type\":\"hello\",\"version\":2}'; sleep 9", outcome: .config,
            message: "speaks version 2"),
        Fault(
            name: "speaks of another poll", script: hello + "echo '{\"type\":\"done\",\"poll\":\"x\"}'; sleep 9", outcome: .crash,
            message: "speaks of poll \"x\""),
        Fault(name: "nests too deeply", script: hello + "python3 -c 'print(\"[\"*5000)'; sleep 9", outcome: .crash, message: "no JSON"),
        Fault(
            name: "tells an unknown outcome", script: hello + "echo '{\"type\":\"done\",\"outcome\":\"okay\"}'; sleep 9", outcome: .crash,
            message: "did it mean \"ok\"?"),
        Fault(
            name: "tells its failure", script: hello + item + "echo '{\"type\":\"done\",\"outcome\":\"auth\",\"message\":\"no key\"}'",
            outcome: .auth, message: "no key", stored: 1),
        Fault(
            name: "keeps too much in mind",
            script: hello + "python3 -c 'print(\"{\\\"type\\\":\\\"state\\\",\\\"state\\\":\\\"%s\\\"}\" % (\"x\"*66000))' ; sleep 9",
            outcome: .tooLarge, message: "a line of more than 64 KiB"),
        Fault(
            name: "wants more memory than there is", script: "b = bytearray(1 << 30)", isPython: true, outcome: .ceiling,
            message: "wanted more than 128 MiB of memory"),
        Fault(
            name: "eats memory in its children",
            script:
                "for _ in range(6):\n    if os.fork() == 0:\n        b = bytearray(os.urandom(1 << 20)) * 50\n        time.sleep(99)\ntime.sleep(99)",
            isPython: true, outcome: .ceiling, message: "of memory"),
        Fault(name: "forks without end", script: hello + "f() { f | f & sleep 99; }; f", outcome: .ceiling, message: "more than 16 processes"),
        Fault(name: "burns CPU", script: "while True: pass", isPython: true, outcome: .timeout, message: "more than 1 s of CPU time"),
        Fault(
            name: "is done and does not end", script: hello + item + "echo '{\"type\":\"done\"}'; trap '' TERM; while :; do sleep 9; done",
            outcome: .ok, message: "1 item read",
            stored: 1),
        Fault(
            name: "leaves a process behind", script: hello + item + "(setsid sleep 99 >/dev/null 2>&1 &) ; echo '{\"type\":\"done\"}'", outcome: .ok,
            message: "1 item read", stored: 1),
        Fault(
            name: "asks for a file", script: "print(fetch('file:///etc/passwd'), file=sys.stderr)\nsay('done')", isPython: true, outcome: .config,
            message: "which is no http or https address"),
        Fault(
            name: "asks for a private address", script: "fetch('http://169.254.169.254/latest')\nsay('done')", isPython: true, outcome: .denied,
            message: "169.254.169.254"),
        Fault(
            name: "sets a header of the host's", script: "fetch(poll['url'], headers={'Host': 'x'})\nsay('done')", isPython: true, outcome: .config,
            message: "the header field “Host”"),
        Fault(
            name: "splits a header", script: "fetch(poll['url'], headers={'X': 'a\\r\\nHost: x'})\nsay('done')", isPython: true, outcome: .config,
            message: "the header field “X”"),
        Fault(
            name: "saves outside its folder", script: "fetch(poll['url'], save='../x')\ntime.sleep(9)", isPython: true, outcome: .crash,
            message: "a file's bare name"),
    ]

    @Test("Each fault of a plugin has its name, ends in time, keeps what was whole and no state", arguments: faults)
    func fault(_ fault: Fault) async throws {
        try await PluginRig.with { rig in
            func limit(_ configuration: inout ExecConfiguration) {
                configuration.limits.startUp = fault.name == "says nothing" ? .seconds(1) : .seconds(10)
                configuration.limits.output = .kibibytes(256)
                configuration.limits.line = .kibibytes(64)
                configuration.limits.memory = .mebibytes(128)
                configuration.limits.cpuTime = .seconds(1)
                configuration.limits.processes = 16
            }
            var source = try fault.isPython ? rig.python(fault.script, limit) : rig.shell(fault.script, limit)
            // On a busy machine Python alone takes seconds to start.
            source.ceilings.wallTime = fault.message.hasPrefix("was not done") ? .seconds(3) : .seconds(8)
            let started = ContinuousClock.now
            let report = try await rig.poll(source)
            #expect(report.record.outcome == fault.outcome, "\(report.record.message)")
            #expect(report.record.message.contains(fault.message), "\(report.record.message)")
            #expect(started.duration(to: .now) < .seconds(fault.seconds))
            #expect(report.items.new == fault.stored)
            #expect((try await rig.state() == nil) == (fault.outcome != .ok))
        }
    }

    @Test("A ceiling on items keeps the state that covers what was kept, so that the next poll goes on from there")
    func itemCeiling() async throws {
        try await PluginRig.with { rig in
            var source = try rig.python(
                """
                at = poll["state"] or 0
                for n in range(at, at + 1000):
                    say("item", id=str(n), title="t%d" % n)
                    if n % 4 == 3: say("state", state=n + 1)
                time.sleep(99)
                """)
            source.ceilings.items = 10
            let first = try await rig.poll(source)
            #expect(first.record.outcome == .ceiling)
            #expect(first.items.new == 10)
            #expect(try await rig.state() == "exec:8")
            #expect(try await rig.poll(source).items.new == 8)
            #expect(try await rig.state() == "exec:16")
        }
    }

    @Test("A plugin that is asked to stop may say what it has by then")
    func cancel() async throws {
        try await PluginRig.with { rig in
            var source = try rig.python(
                """
                say("item", id="1", title="One")
                word = hear()
                assert word["type"] == "cancel" and word["poll"] == poll["poll"]
                say("state", state="late")
                say("done")
                """)
            source.ceilings.wallTime = .seconds(3)
            let report = try await rig.poll(source)
            #expect(report.record.outcome == .ok, "\(report.record.message)")
            #expect(try await rig.state() == #"exec:"late""#)
        }
    }

    @Test("A poll that is called off ends its plugin at once and says nothing about the source")
    func callingOff() async throws {
        try await PluginRig.with { rig in
            rig.server.on("/api") { $0.waitForClose(20) }
            let source = try rig.python("fetch(poll['url'])\ntime.sleep(99)")
            let poll = Task { try await rig.poll(source) }
            let started = ContinuousClock.now
            while rig.server.requests(to: "/api").isEmpty, started.duration(to: .now) < .seconds(30) { try await Task.sleep(for: .milliseconds(10)) }
            let cancelled = ContinuousClock.now
            poll.cancel()
            await #expect(throws: CancellationError.self) { _ = try await poll.value }
            #expect(cancelled.duration(to: .now) < .seconds(10))
        }
    }

    @Test("An entry that names what is not there is a mistake of the registry, and costs no process")
    func configuration() async throws {
        try await PluginRig.with { rig in
            let missing = try rig.source(["no-such-program-anywhere"])
            let report = try await rig.poll(missing)
            #expect(report.record.outcome == .config)
            #expect(report.record.hint?.contains("PATH") == true)
            let file = try rig.file("echo")
            #expect(try await rig.poll(try rig.source([file])).record.message.contains("cannot be run by this user"))
            let unset = try rig.source(["sh"]) { $0.settings = #"{"a":[{"env":"NOT_SET"}]}"# }
            #expect(try await rig.poll(unset).record.message.contains("NOT_SET"))
        }
    }

    @Test("Forty plugins at a time, half of which hang, leave the others to finish")
    func crowd() async throws {
        try await PluginRig.with { rig in
            await withTaskGroup(of: Outcome?.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        let script = index % 2 == 0 ? hello + "sleep 99" : hello + "echo '{\"type\":\"done\"}'"
                        guard var source = try? rig.shell(script), let id = SourceID("s\(index)") else { return nil }
                        source.id = id
                        source.ceilings.wallTime = .seconds(3)
                        return try? await rig.poll(source).record.outcome
                    }
                }
                var outcomes: [Outcome: Int] = [:]
                for await outcome in group { outcomes[outcome ?? .gone, default: 0] += 1 }
                #expect(outcomes == [.timeout: 20, .empty: 20])
            }
        }
    }
}

@Suite("The network of a plugin", .timeLimit(.minutes(2))) struct PluginFetchTests {
    @Test("Documents come through the host: as text, as bytes, as a file, as a feed's items; the registry's keys go to its own origin")
    func documents() async throws {
        try await PluginRig.with(environment: ["KEY": "k-e-y-9"]) { rig in
            rig.server.respond("/api", 200, ["Content-Type: application/json", "X-A: b", "Set-Cookie: s=1"], body: "{\"a\":\"k-e-y-9\"}")
            rig.server.on("/bytes") { $0.answer(200, [], [0xFF, 0xFE, 0x00]) }
            rig.server.respond(
                "/feed", 200, [], body: "<rss version='2.0'><channel><item><guid>1</guid><title>A&amp;B</title></item></channel></rss>")
            rig.server.respond("/none", 204)
            var source = try rig.python(
                """
                base = poll["url"][:-4]
                a = fetch(poll["url"], expect="json", headers={"X-Own": "1"})
                assert a["ok"] and a["status"] == 200 and json.loads(a["body"]) == {"a": "REDACTED"}, a
                assert a["headers"]["x-a"] == "b" and "set-cookie" not in a["headers"], a
                assert fetch(base + "/bytes")["bodyBase64"] == "//4A"
                s = fetch(base + "/feed", save="feed.xml")
                assert s["file"] == "feed.xml" and "body" not in s and open("feed.xml").read().startswith("<rss")
                f = fetch(base + "/feed?again", expect="feed")
                """
                    + "\n"
                        + """
                        assert not f["ok"] and f["outcome"] == "ceiling", f
                        say("done", outcome="ok")
                        """)
            source.headers = [HeaderSetting(name: "X-Key", value: .environment("KEY"))]
            let report = try await rig.poll(source)
            // The same bytes came twice, which ends every poll.
            #expect(report.record.outcome == .ceiling, "\(report.record.message) \(report.record.evidence)")
            #expect(report.record.message.contains("the same page again"))
            #expect(rig.server.requests(to: "/api").first?.headers["x-key"] == "k-e-y-9")
            #expect(rig.server.requests(to: "/api").first?.headers["x-own"] == "1")
            let feed = try rig.python(
                """
                f = fetch(poll["url"][:-4] + "/feed", expect="feed")
                say("items", items=f["items"])
                assert fetch(poll["url"][:-4] + "/none")["status"] == 204
                say("done")
                """)
            #expect(try await rig.poll(feed).items.new == 1)
            #expect(try await rig.titles() == ["A&B"])
        }
    }

    /// A server that misbehaves, behind a plugin that does not look.
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var outcome: Outcome
        var requests = 1
        var answer: @Sendable (ScriptedServer.Connection) -> Void
        var testDescription: String { name }
    }

    private static let naive = """
        url = poll["url"]
        while url:
            answer = fetch(url, expect="json")
            if not answer["ok"]: break
            page = json.loads(answer["body"])
            say("items", items=page.get("items", []))
            url = page.get("next")
        say("state", state="end")
        say("done")
        """

    private static func page(_ id: String, next: String) -> [UInt8] {
        Array("{\"items\":[{\"id\":\"\(id)\",\"title\":\"T\"}],\"next\":\"\(next)\"}".utf8)
    }

    static let faults: [Fault] = [
        Fault(name: "HTML at 200", outcome: .wrongKind) { $0.answer(200, [], Array("<!DOCTYPE html><html><title>Hi</title></html>".utf8)) },
        Fault(name: "a captcha", outcome: .blocked) {
            $0.answer(200, [], Array("<html><title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script></html>".utf8))
        },
        Fault(name: "403", outcome: .auth) { $0.answer(403) },
        Fault(name: "429 for ten years", outcome: .rateLimited) { $0.answer(429, ["Retry-After: 315360000"]) },
        Fault(name: "half a document", outcome: .parse) { $0.answer(200, [], Array("{\"items\":[".utf8)) },
        Fault(name: "a wrong length", outcome: .network, requests: 3) { $0.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}") },
        Fault(name: "304 without validators", outcome: .http) { $0.answer(304) },
        Fault(name: "a redirect loop", outcome: .redirect, requests: 6) { $0.answer(302, ["Location: /api"]) },
        Fault(name: "the same page for ever", outcome: .ceiling) { connection in
            connection.answer(
                200, [], page("1", next: "http://127.0.0.1:\(connection.request.headers["host"]?.split(separator: ":").last ?? "")/api"))
        },
        Fault(name: "pages without end", outcome: .ceiling, requests: 5) { connection in
            let host = connection.request.headers["host"] ?? ""
            let number = connection.request.path.split(separator: "=").last.flatMap { Int($0) } ?? 0
            connection.answer(200, [], page("n\(number)", next: "http://\(host)/api?p=\(number + 1)"))
        },
    ]

    @Test("A plugin that looks at nothing still ends within its ceilings with the right outcome", arguments: faults)
    func fault(_ fault: Fault) async throws {
        try await PluginRig.with { rig in
            rig.server.on("/api", fault.answer)
            let report = try await rig.poll(try rig.python(Self.naive))
            #expect(report.record.outcome == fault.outcome, "\(report.record.message)")
            #expect(rig.server.requests(to: "/api").count <= fault.requests)
            #expect(try await rig.state() == nil)
            if fault.outcome == .rateLimited { #expect(report.state.notBefore.map { $0.timeIntervalSinceNow < 25 * 3600 } == true) }
        }
    }

    @Test("A plugin may go elsewhere when an address fails, and says so itself")
    func mirror() async throws {
        try await PluginRig.with { rig in
            rig.server.respond("/api", 503)
            rig.server.respond("/mirror", 200, body: "[1]")
            let script = """
                assert fetch(poll["url"], expect="json")["outcome"] == "http"
                assert fetch(poll["url"][:-4] + "/mirror", expect="json")["ok"]
                say("item", id="1", title="One")
                say("done")
                """
            #expect(try await rig.poll(try rig.python(script)).record.outcome == .ok)
            let liar = try await rig.poll(try rig.python("fetch(poll['url'])\nsay('done', outcome='ok')"))
            #expect(liar.record.outcome == .http, "well, without an item, after a failure: it is told as the failure")
        }
    }

    @Test("A plugin that falls over a document that did not come is told as what kept the document away")
    func fallingOver() async throws {
        try await PluginRig.with { rig in
            rig.server.respond("/api", 403)
            let report = try await rig.poll(try rig.python("say('items', items=json.loads(fetch(poll['url'])['body']))"))
            #expect(report.record.outcome == .auth)
            #expect(report.notes.first?.contains("KeyError") == true)
        }
    }

    @Test("Asking again and again after failures ends at the ceiling on attempts")
    func stubborn() async throws {
        try await PluginRig.with { rig in
            rig.server.respond("/api", 404)
            let source = try rig.python("for _ in range(1000): a = fetch(poll['url'])\nsay('done')")
            let report = try await rig.poll(source)
            #expect(report.record.outcome == .ceiling)
            #expect(rig.server.requests(to: "/api").count == 8)
            #expect(report.record.attempts == 8)
        }
    }
}

extension ItemCounts {
    fileprivate static func counts(seen: Int, new: Int, rejected: Int) -> ItemCounts {
        var counts = ItemCounts()
        (counts.seen, counts.new, counts.rejected) = (seen, new, rejected)
        return counts
    }
}
