import Costs
import Testing
import WireCore

@testable import LLM

@Suite("Streams in the other shape, event by event")
struct StreamTests {
    private func toChat(_ lines: [String], includesUsage: Bool = true) throws -> [String] {
        var stream = AnthropicToChatStream(created: 7, includesUsage: includesUsage)
        var bytes: [UInt8] = []
        for line in lines { bytes += try stream.receive(SSEEvent(data: Array(line.utf8))) }
        return try events(bytes + stream.finish())
    }

    private func toMessages(_ lines: [String]) throws -> [String] {
        var stream = ChatToAnthropicStream()
        var bytes: [UInt8] = []
        for line in lines { bytes += try stream.receive(SSEEvent(data: Array(line.utf8))) }
        return try events(bytes + stream.finish())
    }

    private func chunk(_ delta: String, finish: String = "null", includesUsage: Bool = true, more: String = "") throws -> String {
        try "message "
            + canonical(
                parsed(
                    #"{"id":"msg_1","object":"chat.completion.chunk","created":7,"model":"claude-x","choices":[{"index":0,"delta":\#(delta),"#
                        + #""logprobs":null,"finish_reason":\#(finish)\#(more)}]\#(includesUsage ? #","usage":null"# : "")}"#))
    }

    static let start =
        #"{"type":"message_start","message":{"id":"msg_1","model":"claude-x","role":"assistant","content":[],"#
        + #""usage":{"input_tokens":10,"output_tokens":1,"cache_read_input_tokens":4}}}"#
    static let stop = #"{"type":"message_stop"}"#

    @Test("Anthropic's text and tool stream becomes chunks, the usage chunk and [DONE]")
    func anthropicToChat() throws {
        let seen = try toChat([
            Self.start, #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#, #"{"type":"ping"}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo\n"}}"#, #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"price","input":{}}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"n\":"}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"1.50}"}}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t2","name":"now","input":{}}}"#,
            #"{"type":"content_block_stop","index":2}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":25}}"#, Self.stop,
        ])
        let expected = try [
            chunk(#"{"role":"assistant","content":""}"#), chunk(#"{"content":"Hel"}"#), chunk(#"{"content":"lo\n"}"#),
            chunk(#"{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"price","arguments":""}}]}"#),
            chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":"}}]}"#),
            chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"1.50}"}}]}"#),
            chunk(#"{"tool_calls":[{"index":1,"id":"t2","type":"function","function":{"name":"now","arguments":""}}]}"#),
            chunk(#"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#), chunk("{}", finish: #""tool_calls""#),
            "message "
                + canonical(
                    parsed(
                        #"{"id":"msg_1","object":"chat.completion.chunk","created":7,"model":"claude-x","choices":[],"usage":{"prompt_tokens":14,"#
                            + #""completion_tokens":25,"total_tokens":39,"prompt_tokens_details":{"cached_tokens":4}}}"#)), "message [DONE]",
        ]
        #expect(seen == expected)
    }

    @Test("Without include_usage no chunk speaks of usage; a stop sequence is named")
    func withoutUsage() throws {
        let seen = try toChat(
            [Self.start, #"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"}}"#, Self.stop], includesUsage: false)
        let expected = try [
            chunk(#"{"role":"assistant","content":""}"#, includesUsage: false),
            chunk("{}", finish: #""stop""#, includesUsage: false, more: #","stop_reason":"END""#), "message [DONE]",
        ]
        #expect(seen == expected)
    }

    @Test("An error in the middle, and an end that comes too early, are told in the client's shape")
    func errorsToChat() throws {
        let failed = try toChat([Self.start, #"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#, Self.stop])
        let told = try canonical(parsed(#"{"error":{"message":"busy","type":"server_error","param":null,"code":"overloaded"}}"#))
        #expect(failed.dropFirst() == ["message " + told])
        let cut = try toChat([Self.start])
        #expect(cut.last?.contains("ended before its last event") == true)
    }

    @Test("OpenAI's text and tool stream becomes blocks, the usage at the end")
    func chatToAnthropic() throws {
        let head = #""id":"c1","object":"chat.completion.chunk","created":7,"model":"gpt-x""#
        let seen = try toMessages([
            #"{\#(head),"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
            #"{\#(head),"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#, #"{\#(head),"choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
            #"{\#(head),"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","#
                + #""function":{"name":"price","arguments":""}}]}}]}"#,
            #"{\#(head),"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":1.50}"}}]}}]}"#,
            #"{\#(head),"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"t2","type":"function","#
                + #""function":{"name":"now","arguments":"{}"}}]}}]}"#,
            #"{\#(head),"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
            #"{\#(head),"choices":[],"usage":{"prompt_tokens":14,"completion_tokens":25,"prompt_tokens_details":{"cached_tokens":4}}}"#, "[DONE]",
        ])
        let expected = try [
            #"{"type":"message_start","message":{"id":"c1","type":"message","role":"assistant","model":"gpt-x","content":[],"stop_reason":null,"#
                + #""stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}"#, #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"price","input":{}}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"n\":1.50}"}}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t2","name":"now","input":{}}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
            #"{"type":"content_block_stop","index":2}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":10,"output_tokens":25,"#
                + #""cache_read_input_tokens":4,"cache_creation_input_tokens":0}}"#, Self.stop,
        ].map { text in
            let node = try parsed(text)
            return "\(node["type"]?.string ?? "") \(canonical(node))"
        }
        #expect(seen == expected)
    }

    @Test("A stream without [DONE] is completed once it gave its reason, and is an error before that")
    func missingDone() throws {
        let finished = try toMessages([#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"length"}]}"#])
        #expect(finished.last == #"message_stop {"type":"message_stop"}"#)
        #expect(finished.dropLast().last?.contains(#""stop_reason":"max_tokens""#) == true)
        let cut = try toMessages([#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"x"}}]}"#])
        #expect(cut.last?.hasPrefix("error ") == true)
        let failed = try toMessages([#"{"error":{"message":"busy","type":"server_error","code":"overloaded"}}"#, "[DONE]"])
        #expect(failed == [#"error {"error":{"message":"busy","type":"overloaded_error"},"type":"error"}"#])
    }

    @Test("Comments keep either side's connection alive")
    func comments() throws {
        let comment = SSEEvent(data: nil, raw: Array(": hi\n\n".utf8))
        var toChat = AnthropicToChatStream(created: 0, includesUsage: false)
        #expect(try toChat.receive(comment) == Array(": ping\n\n".utf8))
        var toMessages = ChatToAnthropicStream()
        #expect(try toMessages.receive(comment) == Array(": ping\n\n".utf8))
        _ = try toMessages.receive(SSEEvent(data: Array(#"{"id":"c","model":"m","choices":[{"index":0,"delta":{}}]}"#.utf8)))
        #expect(try events(toMessages.receive(comment)) == [#"ping {"type":"ping"}"#])
    }

    @Test("A stream to OpenAI and back to Anthropic says the same")
    func roundTrip() throws {
        var there = AnthropicToChatStream(created: 0, includesUsage: true)
        var back = ChatToAnthropicStream()
        var parser = SSEParser()
        var seen: [UInt8] = []
        for line in [
            Self.start, #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1.0}}}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":3}}"#, Self.stop,
        ] {
            for event in try parser.receive(there.receive(SSEEvent(data: Array(line.utf8)))) { seen += try back.receive(event) }
        }
        let text = try events(seen).joined(separator: "\n")
        #expect(text.contains(#""text":"Hi""#))
        #expect(text.contains(#""partial_json":"{\"a\":1.0}""#))
        #expect(text.contains(#""stop_reason":"tool_use""#))
        #expect(back.usage == there.usage)
        #expect(back.isOver && there.isOver)
    }

    @Test(
        "Interleaved calls, a second choice and broken JSON end the stream with a typed failure",
        arguments: [
            #"{"choices":[{"index":1,"delta":{"content":"x"}}]}"#, #"{"choices":[{"#, #"{"choices":7}"#,
            #"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"a","function":{"name":"f"}},{"index":0,"function":{"arguments":"x"}}]}}]}"#,
            #"{"choices":[{"delta":{"tool_calls":[{"index":9223372036854775807,"id":"a","function":{"name":"f"}},{"id":"b"}]}}]}"#,
        ])
    func brokenChunks(_ line: String) {
        var stream = ChatToAnthropicStream()
        let failure = #expect(throws: TranslationFailure.self) { try stream.receive(SSEEvent(data: Array(line.utf8))) }
        #expect(failure?.messagesEvent.starts(with: Array("event: error\ndata: {".utf8)) == true)
    }
}
