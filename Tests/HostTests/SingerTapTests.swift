import Fetch
import Foundation
@testable import Host
import SQLiteStore
import SourcePlugins
import Stores
import TestSupport
import Testing
import WireCore

@Suite("Singer taps", .timeLimit(.minutes(4))) struct SingerTapTests {
    /// `scripts/setup.sh --tests` puts it there, from PyPI, as its authors made it.
    private static let tap = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../../.build/taps/bin/tap-rest-api-msdk"
    )
    .standardizedFileURL.path

    private static let schema =
        #"{"properties":{"id":{"type":"integer"},"title":{"type":"string"},"link":{"type":"string"},"updated":{"type":"string","format":"date-time"}}}"#

    private static func source(_ rig: PluginRig, _ change: (inout ExecConfiguration) -> Void = { _ in }) throws -> SourceConfiguration {
        var source = try rig.source([tap]) { configuration in
            configuration.wire = .singer
            configuration.settings = """
                {"api_url":"http://127.0.0.1:\(rig.server.port)","streams":[{"name":"posts","path":"/posts","records_path":"$.data[*]","primary_keys":["id"],\
                "replication_key":"updated","schema":\(schema)}]}
                """
            change(&configuration)
        }
        source.ceilings.wallTime = .seconds(40)
        return source
    }

    private static let posts = """
        {"data":[{"id":1,"title":"One","link":"https://e.example/1","updated":"2026-11-20T08:00:00Z"},\
        {"id":2,"title":"Two","link":"https://e.example/2","updated":"2026-11-21T08:00:00Z"}]}
        """

    @Test("The real tap-rest-api-msdk runs unmodified: its records are stored, its bookmark is kept and given back, and nothing is stored twice")
    func real() async throws {
        try #require(FileManager.default.isExecutableFile(atPath: Self.tap), "run scripts/setup.sh --tests")
        try await PluginRig.with { rig in
            rig.server.respond("/posts", 200, ["Content-Type: application/json"], body: Self.posts)
            let source = try Self.source(rig)
            let first = try await rig.poll(source)
            #expect(first.record.outcome == .ok, "\(first.record.message) \(first.record.evidence)")
            #expect(first.items.new == 2)
            #expect(try await rig.titles() == ["One", "Two"])
            let state = try #require(try await rig.state())
            #expect(state.contains("2026-11-21T08:00:00"))
            let second = try await rig.poll(source)
            #expect(second.record.outcome == .ok)
            #expect(second.items.new == 0)
            #expect(try await rig.state() == state, "the empty STATE of a fresh run took nothing back")
        }
    }

    @Test(
        "Its failures have names, and leave the state as it was",
        arguments: [("HTML at 200", Outcome.wrongKind), ("403", .auth), ("no config", .config), ("500 for ever", .timeout)])
    func failures(_ name: String, _ outcome: Outcome) async throws {
        try await PluginRig.with { rig in
            var source = try Self.source(rig)
            switch name {
            case "HTML at 200": rig.server.respond("/posts", 200, [], body: "<!DOCTYPE html><html><body>hello</body></html>")
            case "403": rig.server.respond("/posts", 403)
            case "no config": source = try Self.source(rig) { $0.settings = "{}" }
            default:
                rig.server.respond("/posts", 500)
                source.ceilings.wallTime = .seconds(8)
            }
            let report = try await rig.poll(source)
            #expect(report.record.outcome == outcome, "\(report.record.message) \(report.record.evidence)")
            #expect(try await rig.state() == nil)
        }
    }

    /// A tap that selects nothing by itself, as those that are older than the SDK do.
    private static let oldTap = """
        import argparse, json, os, sys
        p = argparse.ArgumentParser()
        for name in ("--config", "--state", "--catalog"): p.add_argument(name)
        p.add_argument("--discover", action="store_true")
        a = p.parse_args()
        config = json.load(open(a.config))
        assert oct(os.stat(a.config).st_mode & 0o777) == "0o600"
        json.dump(dict(config, token="fresh"), open(a.config, "w"))
        if a.discover:
            print(json.dumps({"streams": [{"tap_stream_id": s, "stream": s, "schema": {}, "metadata": []} for s in ("news", "noise")]}, indent=2))
            sys.exit()
        def say(**m): print(json.dumps(m))
        say(type="STATE", value={})
        for s in json.load(open(a.catalog))["streams"] if a.catalog else []:
            if not s["metadata"][0]["metadata"]["selected"]: continue
            say(type="SCHEMA", stream=s["stream"], schema={}, key_properties=["id"])
            at = (json.load(open(a.state)) if a.state else {}).get("at", 0)
            say(type="RECORD", stream=s["stream"], record={"id": at, "title": "News %d" % at})
            say(type="ACTIVATE_VERSION", stream=s["stream"], version=1)
            say(type="STATE", value={"at": at + 1})
            if config.get("fail"): sys.exit("CRITICAL 401 Unauthorized")
        """

    @Test("A tap that wants a catalog is given the one that it discovers; a failed run keeps its items and the old bookmark")
    func catalog() async throws {
        try await PluginRig.with { rig in
            let file = try rig.file(Self.oldTap)
            func source(_ settings: String) throws -> SourceConfiguration {
                try rig.source(["/usr/bin/python3", file]) { configuration in
                    configuration.wire = .singer
                    configuration.settings = settings
                    configuration.streams = ["news"]
                }
            }
            #expect(try await rig.poll(try source("{}")).record.outcome == .ok)
            #expect(try await rig.state() == #"singer:{"at":1}"#)
            let failed = try await rig.poll(try source(#"{"fail":true}"#))
            #expect(failed.record.outcome == .auth, "\(failed.record.message)")
            #expect(failed.items.new == 1)
            #expect(try await rig.state() == #"singer:{"at":1}"#)
            #expect(try await rig.poll(try source("{}")).items.new == 0)
            #expect(try await rig.state() == #"singer:{"at":2}"#)
            #expect(try await rig.titles() == ["News 0", "News 1"])
        }
    }

    @Test("A tap that brings more than the ceiling on items goes on from the last bookmark that covers what was kept")
    func itemCeiling() async throws {
        try await PluginRig.with { rig in
            let script = """
                import json, sys
                at = json.load(open(sys.argv[sys.argv.index("--state") + 1]))["at"] if "--state" in sys.argv else 0
                def say(**m): print(json.dumps(m), flush=True)
                say(type="SCHEMA", stream="s", schema={}, key_properties=["id"])
                for n in range(at, at + 100):
                    say(type="RECORD", stream="s", record={"id": n, "title": "T%d" % n})
                    if n % 8 == 7: say(type="STATE", value={"at": n + 1})
                """
            var source = try rig.source(["/usr/bin/python3", try rig.file(script)]) { $0.wire = .singer }
            source.ceilings.items = 20
            let first = try await rig.poll(source)
            #expect(first.record.outcome == .ceiling)
            #expect(first.items.new == 20)
            #expect(try await rig.state() == #"singer:{"at":16}"#)
            #expect(try await rig.poll(source).items.new == 16)
        }
    }
}
