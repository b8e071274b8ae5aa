import Testing
import WireCore

@testable import LLM

@Suite("There and back")
struct RoundTripTests {
    @Test("A request to OpenAI and back keeps text, system, images, tools, choices and numbers")
    func request() throws {
        let text =
            #"{"model":"m","max_tokens":9,"temperature":0.70,"stream":true,"system":"Be brief.","stop_sequences":["A","B"],"#
            + #""metadata":{"user_id":"u"},"tools":[{"name":"f","description":"d","input_schema":{"type":"object","maximum":1.0}}],"#
            + #""tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"output_config":{"effort":"max"},"#
            + #""messages":[{"role":"user","content":[{"type":"text","text":"Look: “ü”\u0001"},"#
            + #"{"type":"image","source":{"type":"base64","media_type":"image/webp","data":"QUJD"}}]},"#
            + #"{"role":"assistant","content":[{"type":"text","text":"Well."},{"type":"tool_use","id":"t1","name":"f","input":{"a":[1.50,1e3]}}]},"#
            + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]},"#
            + #"{"type":"text","text":"And?"}]}]}"#
        let there = try Translation.chatRequest(fromMessages: parsed(text), model: "gpt")
        let back = try Translation.messagesRequest(fromChat: Translation.read(there.rendered), model: "m", defaultMaxTokens: 1)
        try expect(back, says: text)
    }

    @Test("Arguments that are no JSON survive the way to Anthropic and back")
    func invalidArguments() throws {
        let text =
            #"{"model":"gpt","max_completion_tokens":1,"messages":[{"role":"assistant","content":null,"tool_calls":["#
            + #"{"id":"t","type":"function","function":{"name":"f","arguments":"{\"cut"}}]}]}"#
        let there = try Translation.messagesRequest(fromChat: parsed(text), model: "m", defaultMaxTokens: 1)
        try expect(Translation.chatRequest(fromMessages: there, model: "gpt"), says: text)
    }
}

@Suite("Hostile documents")
struct HostileDocumentTests {
    @Test("Nesting beyond the depth is a typed failure")
    func deep() {
        let failure = #expect(throws: TranslationFailure.self) {
            try parsed(String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
        }
        #expect(failure?.code == .notJSON)
    }

    @Test("Every value of a wrong type, in every place, is translated or refused, and never a trap")
    func wrongTypes() throws {
        let wrong = ["null", "true", "-1e999", #""x""#, "[]", "[7]", "{}", #"{"type":7}"#, #"[{"type":"text"}]"#, "99999999999999999999"]
        let documents = [
            #"{"max_tokens":1,"system":[{"type":"text","text":"A"}],"stop_sequences":["x"],"metadata":{"user_id":"u"},"stream":true,"#
                + #""tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"tool","name":"f"},"service_tier":"auto","#
                + #""output_config":{"effort":"low"},"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"u"}},"#
                + #"{"type":"tool_result","tool_use_id":"t","is_error":true,"content":[]}]},"#
                + #"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}]}"#,
            #"{"n":1,"stop":["x"],"user":"u","metadata":{},"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto","#
                + #""parallel_tool_calls":false,"logit_bias":{},"response_format":{"type":"json_schema","json_schema":{"schema":{}}},"#
                + #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:a/b;base64,x"}}]},"#
                + #"{"role":"assistant","content":"a","tool_calls":[{"id":"t","function":{"name":"f","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"t","content":"x"}]}"#,
            AnswerTests.messagesAnswer, AnswerTests.chatAnswer, StreamTests.start,
            #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"x","tool_calls":[{"index":0,"id":"i","function":{"name":"f"}}]},"#
                + #""finish_reason":"stop"}],"usage":{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":1}}}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":"x"},"usage":{"output_tokens":25}}"#,
        ]
        for document in documents {
            for replacement in wrong {
                for variant in variants(of: try parsed(document), with: try parsed(replacement)) { translateEveryWay(variant) }
            }
        }
    }

    /// The document with each of its values replaced in turn.
    private func variants(of node: JSONNode, with replacement: JSONNode) -> [JSONNode] {
        var all = [replacement]
        switch node.value {
        case .array(var nodes):
            for (index, element) in nodes.enumerated() {
                for variant in variants(of: element, with: replacement) {
                    nodes[index] = variant
                    all.append(JSONNode(.array(nodes)))
                }
                nodes[index] = element
            }
        case .object(var members):
            for (index, member) in members.enumerated() {
                for variant in variants(of: member.node, with: replacement) {
                    members[index].node = variant
                    all.append(JSONNode(.object(members)))
                }
                members[index] = member
            }
        default: break
        }
        return all
    }

    private func translateEveryWay(_ node: JSONNode) {
        let bytes = node.rendered
        _ = try? Translation.chatRequest(fromMessages: node, model: "m")
        _ = try? Translation.messagesRequest(fromChat: node, model: "m", defaultMaxTokens: 1)
        _ = try? Translation.chatAnswer(fromMessages: node, created: 0)
        _ = try? Translation.messagesAnswer(fromChat: node)
        _ = Translation.chatError(fromMessages: bytes, status: 500)
        _ = Translation.messagesError(fromChat: bytes, status: 500)
        var toChat = AnthropicToChatStream(created: 0, includesUsage: true)
        var toMessages = ChatToAnthropicStream()
        for _ in 0..<2 {
            _ = try? toChat.receive(SSEEvent(data: bytes))
            _ = try? toMessages.receive(SSEEvent(data: bytes))
        }
        _ = toChat.finish()
        _ = toMessages.finish()
    }
}
