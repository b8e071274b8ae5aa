import Costs
import Fetch
import Foundation
import Stores
import Testing
import WireCore

@testable import LLM

@Suite("Answers that are none, or contradict themselves")
struct FaultyAnswerTests {
    /// Server-sent events, one a piece.
    private static func events(_ json: [String]) -> [[UInt8]] { json.map { Array("data: \($0)\n\n".utf8) } }

    private static func stream(_ pieces: [[UInt8]]) -> ScriptedProvider {
        ScriptedProvider { _ in
            ExchangeAnswer(
                status: 200, headers: [HTTPHeader(name: "content-type", value: "text/event-stream")], body: ExchangeBody(pieces: pieces))
        }
    }

    private static func booked(_ pieces: [[UInt8]]) async throws -> LedgerEntry {
        var entry: LedgerEntry?
        try await GatewayRig.with(stream(pieces)) { rig in
            _ = try? await rig.gateway.answer(GatewayRig.call(more: #","stream":true"#)).text()
            entry = try await rig.entries().first
        }
        return try #require(entry)
    }

    private static let start = #"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":10,"output_tokens":1}}}"#
    private static let end = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":50}}"#
    private static let stop = #"{"type":"message_stop"}"#

    @Test(
        "What is no answer at 200 is a failure, booked at its bound, and never kept",
        arguments: [
            #"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, "{}",
            #"{"ok":true,"usage":{"input_tokens":1,"output_tokens":1}}"#,
            #"{"content":[],"error":{"message":"m"},"usage":{"input_tokens":1,"output_tokens":1}}"#,
        ])
    func noAnswer(body: String) async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.whole(200, body))) { rig in
            for _ in 0..<2 {
                let answer = await rig.gateway.answer(GatewayRig.call())
                #expect(answer.status == 502 && !answer.isCached)
                let entry = try await rig.entries().last
                #expect(entry.map { $0.cost == $0.bound && $0.cost == answer.cost } == true)
            }
            let statuses = try await rig.entries().map(\.status)
            #expect(statuses == [.estimated, .estimated])
        }
    }

    @Test("A translated answer whose usage cannot be believed reaches its caller, and is booked at its bound", arguments: [true, false])
    func translated(isStreaming: Bool) async throws {
        let begin = #"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":-3}}}"#
        let text = #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#
        let opening = #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#
        let provider =
            isStreaming
            ? Self.stream(Self.events([begin, opening, text, Self.end, Self.stop]))
            : ScriptedProvider(ScriptedProvider.message(input: -3, text: "Hi"))
        try await GatewayRig.with(provider) { rig in
            let body =
                #"{"model":"claude-haiku-4-5","max_tokens":9,"stream":\#(isStreaming),"messages":[{"role":"user","content":"a"}]}"#
            let answer = await rig.gateway.answer(
                ModelCall(shape: .chat, body: Array(body.utf8), purpose: CallPurpose(operation: "test", key: nil)))
            let given = try await answer.text()
            #expect(answer.status == 200 && given.contains(#""content":"Hi""#) && !given.contains("error"), "\(given)")
            let entry = try #require(try await rig.entries().first)
            #expect(entry.status == .estimated && entry.cost == entry.bound && entry.rawUsage?.contains("-3") == true)
        }
    }

    @Test(
        "A key that the provider sends back reaches neither caller nor ledger",
        arguments: [
            (200, "<html><title>sk-ant-%53ECRET1 sk-ant-SECRET1</title></html>"),
            (401, #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-ant-SECRET1"}}"#),
            (502, "bad gateway: x-api-key=sk-ant-SECRET1"),
        ])
    func echoedKey(status: Int, body: String) async throws {
        let echo = [HTTPHeader(name: "x-echo", value: "sk-ant-SECRET1")]
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.whole(status, body, echo)), key: "sk-ant-SECRET1") { rig in
            let answer = await rig.gateway.answer(GatewayRig.call())
            let text = try await answer.text()
            #expect(answer.status >= 400 && text.contains("REDACTED"), "\(text)")
            #expect(!"\(text) \(answer.headers)".contains("SECRET1"))
            let entries = try await rig.entries()
            #expect(!"\(entries)".contains("SECRET1"))
        }
    }

    @Test("A redirect is a failure that nobody follows, and was not billed", arguments: [101, 301, 307])
    func redirects(status: Int) async throws {
        let provider = ScriptedProvider(
            ScriptedProvider.whole(status, #"{"a":1}"#, [HTTPHeader(name: "location", value: "https://elsewhere.example/")]))
        try await GatewayRig.with(provider) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call())
            #expect(answer.status == 502)
            #expect(answer.headers["location"] == nil)
            let statuses = try await rig.entries().map(\.status)
            #expect(statuses == [.released])
        }
    }

    @Test("An error of something in between says nothing about the bill", arguments: [#"{"error":"upstream timed out"}"#, #"{"error":null}"#, "<p>"])
    func proxies(body: String) async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.whole(504, body), ScriptedProvider.whole(529, body))) { rig in
            for status in [504, 529] {
                let answer = await rig.gateway.answer(GatewayRig.call())
                #expect(answer.status == status)
                #expect(answer.cost.map { $0 > .zero } == true)
            }
            let statuses = try await rig.entries().map(\.status)
            #expect(statuses == [.estimated, .estimated])
        }
    }

    @Test("Of a stream the counts at its end are booked, whatever is said twice or behind the end")
    func twice() async throws {
        for pieces in [
            Self.events([Self.start, Self.end, Self.start, Self.stop]),
            [Array(Self.events([Self.start, Self.end, Self.stop, #"{"type":"message_delta","delta":{},"usage":{"output_tokens":0}}"#]).joined())],
        ] {
            let entry = try await Self.booked(pieces)
            #expect(entry.status == .settled)
            #expect(entry.usage == Usage(inputTokens: 10, outputTokens: 50))
        }
    }

    @Test("A stream that breaks off behind an interim count is booked at its bound, one whose last count came at that")
    func interim() async throws {
        let interim = #"{"type":"message_delta","delta":{},"usage":{"output_tokens":2}}"#
        let broken = try await Self.booked(Self.events([Self.start, interim]))
        #expect(broken.status == .estimated && broken.cost == broken.bound)
        let failed = try await Self.booked(Self.events([Self.start, interim, #"{"type":"error","error":{"message":"overloaded"}}"#]))
        #expect(failed.status == .estimated && failed.note == "overloaded")
        let whole = try await Self.booked(Self.events([Self.start, Self.end]))
        #expect(whole.status == .settled && whole.usage.outputTokens == 50)
    }

    @Test("A stream that cannot be translated ends with the error, and is not kept")
    func untranslatable() async throws {
        let block = #"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#
        try await GatewayRig.with(Self.stream(Self.events([Self.start, block, Self.end, Self.stop]))) { rig in
            for _ in 0..<2 {
                var call = GatewayRig.call(more: #","stream":true"#)
                call.shape = .chat
                let answer = await rig.gateway.answer(call)
                let text = try await answer.text()
                #expect(!answer.isCached)
                #expect(text.contains(#""error""#) && !text.contains("[DONE]") && !text.contains("finish_reason\":\"stop"))
            }
            let statuses = try await rig.entries().map(\.status)
            #expect(statuses == [.settled, .settled])
        }
    }

    @Test("A translated error has the fields of what it is now")
    func translatedFields() async throws {
        let fields = [HTTPHeader(name: "content-type", value: "text/html"), HTTPHeader(name: "content-encoding", value: "gzip")]
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.error(400, "", fields))) { rig in
            var call = GatewayRig.call()
            call.shape = .chat
            let answer = await rig.gateway.answer(call)
            #expect(answer.headers["content-encoding"] == nil)
            #expect(answer.headers["content-type"] == "application/json")
        }
    }

    @Test("An error whose body does not come whole is told as that")
    func brokenError() async throws {
        let provider = ScriptedProvider(
            ScriptedProvider.whole(400, String(repeating: " ", count: 2000) + #"{"error":{"type":"x","message":"long"}}"#))
        try await GatewayRig.with(provider, edit: { $0.answerBytes = ByteCount(1000) }) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call())
            #expect(answer.status == 502)
            let text = try await answer.text()
            #expect(text.contains("answers 400"))
            let statuses = try await rig.entries().map(\.status)
            #expect(statuses == [.released])
        }
    }

    @Test(
        "Who takes nothing of a stream for long, or until after the deadline, gives up the place at the provider, and gets no end",
        .timeLimit(.minutes(1)), arguments: [(0.1, 60.0), (600, 0.2)])
    func stuckCaller(deadline: Double, patience: Double) async throws {
        let provider = Self.stream(Self.events([Self.start, Self.end, Self.stop]))
        func edit(_ configuration: inout GatewayConfiguration) {
            (configuration.deadline, configuration.readerPatience) = (.seconds(deadline), .seconds(patience))
        }
        try await GatewayRig.with(provider, edit: edit) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call(more: #","stream":true"#))
            while try await rig.entries().first?.status == .reserved { try await Task.sleep(for: .milliseconds(50)) }
            let usage = try await rig.entries().first?.usage
            #expect(usage == Usage(inputTokens: 10, outputTokens: 50))
            guard case .stream(let stream) = answer.body else { return #expect(Bool(false), "the answer is no stream") }
            await #expect(throws: FetchFailure.self) { try await stream.next() }
        }
    }

    @Test(
        "An answer of another model at another price is booked at the bound; its own names, and names that nobody knows, are its own",
        arguments: [
            ("claude-opus-4-1", "[]", EntryStatus.estimated), ("claude-haiku-4-5-20251001", "[]", .settled), ("my-deployment", "[]", .settled),
            ("claude-haiku-4-5", #"[{"type":"message","model":"claude-opus-4-1","input_tokens":1,"output_tokens":1}]"#, .estimated),
        ])
    func otherModel(name: String, iterations: String, due: EntryStatus) async throws {
        let usage = #"{"input_tokens":10,"output_tokens":5,"iterations":\#(iterations)}"#
        let whole = #"{"id":"m","type":"message","model":"\#(name)","content":[{"type":"text","text":"a"}],"usage":\#(usage)}"#
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.whole(200, whole))) { rig in
            #expect(await rig.gateway.answer(GatewayRig.call()).status == 200)
            let entry = try #require(try await rig.entries().first)
            #expect(entry.status == due && (entry.cost == entry.bound) == (due == .estimated))
        }
        let start = #"{"type":"message_start","message":{"id":"m","model":"\#(name)","usage":{"input_tokens":10,"output_tokens":1}}}"#
        let delta = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":\#(usage)}"#
        #expect(try await Self.booked(Self.events([start, delta, Self.stop])).status == due)
    }

    @Test("The tier that OpenAI's first chunk names holds where the last one is silent")
    func streamedTier() throws {
        func tiers(_ first: String, _ last: String) throws -> String? {
            var meter = StreamMeter(shape: .chat)
            for json in [
                #"{"id":"c","model":"gpt-6-sol"\#(first),"choices":[{"index":0,"delta":{"content":"a"}}],"usage":null}"#,
                #"{"id":"c","choices":[]\#(last),"usage":{"prompt_tokens":10,"completion_tokens":5}}"#,
            ] { meter.take(SSEEvent(data: Array(json.utf8), raw: [])) }
            #expect(meter.usage.models == ["gpt-6-sol"])
            return try meter.usage.reading.get().terms.serviceTier
        }
        #expect(try tiers(#","service_tier":"priority""#, "") == "priority")
        #expect(try tiers(#","service_tier":"priority""#, #","service_tier":null"#) == "priority")
        #expect(try tiers(#","service_tier":"auto""#, #","service_tier":"flex""#) == "flex")
        #expect(try tiers("", "") == nil)
    }

    @Test("OpenAI's usage is found beside others that are null, and only its own chunk is taken out")
    func chatChunks() {
        func event(_ json: String) -> SSEEvent { SSEEvent(data: Array(json.utf8), raw: Array("data: \(json)\n\n".utf8)) }
        let usage = #""usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#
        var meter = StreamMeter(shape: .chat)
        meter.take(event(#"{"id":"c","choices":[{"index":0,"usage":null}],\#(usage)}"#))
        #expect((try? meter.usage.reading.get().usage) == Usage(inputTokens: 10, outputTokens: 5))
        #expect(!meter.isWhole)

        let kept = [
            #"{"error":{"message":"boom"},"choices":[],"usage":null}"#, #"{"choices":[],"prompt_filter_results":[{}],"usage":null}"#,
            #"{"choices":[],"error":{"message":"boom"},\#(usage)}"#, #"{"choices":[{"delta":{"content":"a \"usage\": {"}}]}"#,
        ].map(event)
        let own = event(#"{"choices" : [ ],\#(usage)}"#)
        var rewriting = StreamRewriting.withoutUsage
        #expect(rewriting.rewrite([], kept + [own]) == kept.flatMap(\.raw))
    }
}
