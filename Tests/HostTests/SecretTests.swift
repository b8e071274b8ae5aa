import Fetch
import Foundation
import Host
import Resilience
import SourcePlugins
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@Suite("Keys that come back") struct SecretTests {
    private static let secret = "s3cr3t/k3y+DO=NOT-LEAK"
    private static let percentEncoded = "s3cr3t%2Fk3y%2bDO%3DNOT-LEAK"

    /// A source whose key is in a header of the feed, or in the API's own.
    private func source(_ rig: PollRig, api: Bool) throws -> SourceConfiguration {
        var source = try rig.source(path: "", kind: api ? .coindesk(.init(), key: .environment("KEY")) : .feed)
        if !api {
            source.url = rig.server.url("/news/v1/article/list")
            let text = #"{"version":1,"sources":[{"id":"s","kind":"feed","url":"\#(source.url)","headers":{"X-Key":{"env":"KEY"}}}]}"#
            source.headers = try RegistryReader.read(Array(text.utf8), file: "x").sources[0].headers
        }
        return source
    }

    @Test("A key with a line break in it is not sent, and the source says why", arguments: [false, true])
    func lineBreak(api: Bool) async throws {
        let rig = try PollRig(environment: ["KEY": "s3cr3t\r\nEvil: yes"])
        let source = try source(rig, api: api)
        let record = try await rig.poller.poll(source, in: Registry(sources: [source])).record
        #expect(
            record.outcome == .config && record.message.contains(api ? "cannot be sent" : "KEY, whose value holds a line break"), "\(record.message)")
        #expect(rig.server.requests(to: "/news/v1/article/list").isEmpty && !record.message.contains("s3cr3t"))
    }

    @Test("A key in a source's address is not shown among its settings")
    func address() throws {
        let text = #"{"version":1,"sources":[{"id":"s","kind":"feed","url":"https://a.example/f?api_key=s3cr3t"}]}"#
        let registry = try RegistryReader.read(Array(text.utf8), file: "x")
        let shown = registry.origins[registry.sources[0].id]?.map(\.value) ?? []
        #expect(shown.contains { $0.hasSuffix("api_key=REDACTED") } && !"\(shown)".contains("s3cr3t"))
    }

    @Test(
        "A key that the server sends back reaches no evidence, message, cause or recording",
        arguments: [
            (401, "bad key \(secret)"), (401, String(repeating: "x", count: 190) + secret), (500, "\(percentEncoded)"),
            (400, "{\"k\":\"\(secret)\"}"),
            (200, "{\"Data\":[],\"Err\":{\"message\":\"no such API key: \(secret)\"}}"),
            (200, "{\"Data\":[],\"Err\":\"no such API key: s3cr3t\\/k3y\\u002bDO=NOT-LEAK\"}"),
            (200, "{\"Data\":[],\"Err\":{\"message\":\"\(String(repeating: "x", count: 150))\(secret)\"}}"),
            (200, "<html><title>\(secret)</title></html>"),
        ], [false, true])
    func echoed(_ answer: (status: Int, body: String), _ api: Bool) async throws {
        let environment = ["KEY": Self.secret]
        let rig = try PollRig(environment: environment)
        rig.server.on("/news/v1/article/list") {
            $0.answer(answer.status, ["X-Echo: \(Self.secret)", "Content-Type: text/\(Self.secret)"], Array(answer.body.utf8))
        }
        let source = try source(rig, api: api)
        let report = try await rig.poller.poll(source, in: Registry(sources: [source]))
        var json = JSONWriter()
        json.object { report.write(to: &$0) }
        let recorder = RecordingFetcher(RedactingFetcher(rig.fetcher, secrets: source.secrets(environment: environment)))
        let told = Mutex<[String]>([])
        let diagnosis = try await Diagnostician(fetcher: recorder, store: nil, clock: SystemClock(), environment: environment).diagnose(source) {
            let text = String(describing: $0)
            told.withLock { $0.append(text) }
        }
        let recording = Recording(subject: "s", recordedAt: Date(), replies: recorder.replies)
        var seen = [json.text, report.state.breaker.cause ?? "", recording.json, diagnosis.advice] + diagnosis.stages.map(\.detail)
        seen += told.withLock { $0 }
        for case .document(let document) in recorder.replies { seen.append(String(decoding: document.body, as: UTF8.self)) }
        for text in seen {
            for part in ["s3cr", "NOT-LEAK"] { #expect(!text.contains(part), "\(text)") }
        }
        #expect(json.text.contains(SecretValues.mark))
        try await rig.close()
    }

    @Test("Addresses in a recording show no key, with or without an environment")
    func addresses() throws {
        var trace = FetchTrace()
        trace.hops = [FetchTrace.Hop(url: "https://a.example/?api_key=hunter2")]
        trace.movedTo = "https://a.example/?token=hunter2"
        let document = Document(url: "https://u:hunter2@a.example/?sig=hunter2", status: 200, headers: [], body: [], trace: trace)
        let recording = Recording(subject: "https://a.example/?api_key=hunter2", recordedAt: Date(), replies: [.document(document)])
        #expect(!recording.json.contains("hunter2"))
    }
}
