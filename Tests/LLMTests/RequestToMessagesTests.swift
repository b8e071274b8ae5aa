import Testing
import WireCore

@testable import LLM

@Suite("A Chat Completions request becomes a Messages request")
struct RequestToMessagesTests {
    static let cases = [
        Pair(
            "plain text gets the bound that Anthropic demands",
            #"{"model":"gpt","temperature":0.70,"messages":[{"role":"user","content":"Hi"}]}"#,
            #"{"model":"m","max_tokens":4096,"temperature":0.70,"messages":[{"role":"user","content":"Hi"}]}"#),
        Pair(
            "either name of the bound, stop, user, stream",
            #"{"max_tokens":7,"max_completion_tokens":8,"stop":"END","user":"u1","stream":true,"stream_options":{"include_usage":true},"messages":[]}"#,
            #"{"model":"m","max_tokens":8,"stop_sequences":["END"],"metadata":{"user_id":"u1"},"stream":true,"messages":[]}"#),
        Pair(
            "of OpenAI's labels the one that Anthropic knows",
            #"{"metadata":{"user_id":"u1","topic":"btc"},"messages":[]}"#,
            #"{"model":"m","max_tokens":4096,"metadata":{"user_id":"u1"},"messages":[]}"#),
        Pair(
            "labels that Anthropic does not know, which it would refuse",
            #"{"metadata":{"topic":"btc"},"messages":[]}"#, #"{"model":"m","max_tokens":4096,"messages":[]}"#),
        Pair(
            "system and developer messages are gathered",
            #"{"messages":[{"role":"system","content":"A"},{"role":"user","content":"x"},{"role":"developer","content":"B"}]}"#,
            #"{"model":"m","max_tokens":4096,"system":[{"type":"text","text":"A"},{"type":"text","text":"B"}],"messages":[{"role":"user","content":"x"}]}"#
        ),
        Pair(
            "turns of one role that meet are merged",
            #"{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":""},{"role":"user","content":"c"}]}"#,
            #"{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},"#
                + #"{"type":"text","text":"c"}]}]}"#),
        Pair(
            "images as data and by URL, and a cache mark is kept",
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/PNG;base64,QUJD","detail":"low"}},"#
                + #"{"type":"image_url","image_url":{"url":"https://e.org/a.png"}},{"type":"text","text":"?","cache_control":{"type":"ephemeral"}}]}]}"#,
            #"{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":["#
                + #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},"#
                + #"{"type":"image","source":{"type":"url","url":"https://e.org/a.png"}},"#
                + #"{"type":"text","text":"?","cache_control":{"type":"ephemeral"}}]}]}"#),
        Pair(
            "tools, a function without parameters, one call at a time",
            #"{"messages":[],"parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"now"}}]}"#,
            #"{"model":"m","max_tokens":4096,"messages":[],"tools":[{"name":"now","input_schema":{"type":"object","properties":{}}}],"#
                + #""tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#),
        Pair(
            "calls, results and the user's words go into alternating turns",
            #"{"messages":[{"role":"assistant","content":null,"tool_calls":["#
                + #"{"id":"t1","type":"function","function":{"name":"price","arguments":"{\"n\": 1.50}"}},"#
                + #"{"id":"t2","type":"function","function":{"name":"now","arguments":""}}]},"#
                + #"{"role":"tool","tool_call_id":"t1","content":"7"},{"role":"tool","tool_call_id":"t2","content":[{"type":"text","text":"8"}]},"#
                + #"{"role":"user","content":"Go on"}]}"#,
            #"{"model":"m","max_tokens":4096,"messages":[{"role":"assistant","content":["#
                + #"{"type":"tool_use","id":"t1","name":"price","input":{"n":1.50}},{"type":"tool_use","id":"t2","name":"now","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"7"},"#
                + #"{"type":"tool_result","tool_use_id":"t2","content":"8"},{"type":"text","text":"Go on"}]}]}"#),
        Pair(
            "arguments that are no object are kept as text",
            #"{"messages":[{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]}]}"#,
            #"{"model":"m","max_tokens":4096,"messages":[{"role":"assistant","content":["#
                + #"{"type":"tool_use","id":"t","name":"f","input":{"INVALID_JSON":"{\"a\":"}}]}]}"#),
        Pair(
            "defaults written out say nothing; the rest is passed on",
            #"{"messages":[],"n":1,"logprobs":false,"frequency_penalty":0,"presence_penalty":0.5,"seed":7,"store":false,"response_format":{"type":"text"}}"#,
            #"{"model":"m","max_tokens":4096,"messages":[],"presence_penalty":0.5,"seed":7}"#),
        Pair(
            "a schema for the answer, and effort",
            #"{"messages":[],"reasoning_effort":"high","response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}}}"#,
            #"{"model":"m","max_tokens":4096,"messages":[],"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}}}"#
        ),
    ]

    @Test("The translation says what the table says", arguments: cases)
    func table(_ pair: Pair) throws {
        try expect(Translation.messagesRequest(fromChat: parsed(pair.input), model: "m", defaultMaxTokens: 4096), says: pair.output)
    }

    @Test(
        "A tool choice is said in Anthropic's words",
        arguments: [
            (#""none""#, #"{"type":"none"}"#), (#""auto""#, #"{"type":"auto"}"#), (#""required""#, #"{"type":"any"}"#),
            (#"{"type":"function","function":{"name":"f"}}"#, #"{"type":"tool","name":"f"}"#),
        ])
    func toolChoice(_ choice: String, _ expected: String) throws {
        let request = try parsed(#"{"messages":[],"tool_choice":\#(choice)}"#)
        let chosen = try #require(try Translation.messagesRequest(fromChat: request, model: "m", defaultMaxTokens: 1)["tool_choice"])
        try expect(chosen, says: expected)
    }

    @Test(
        "What Anthropic's shape cannot say is refused by name and place",
        arguments: [
            (#"{"messages":[],"n":2}"#, "n"), (#"{"messages":[],"logprobs":true}"#, "logprobs"),
            (#"{"messages":[],"modalities":["text","audio"]}"#, "modalities[1]"), (#"{"messages":[],"functions":[]}"#, "functions"),
            (#"{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#, "messages[0].content[0].type"),
            (#"{"messages":[],"response_format":{"type":"json_object"}}"#, "response_format.type"),
            (#"{"messages":[],"tools":[{"type":"custom","custom":{}}]}"#, "tools[0]"),
        ])
    func unsupported(_ request: String, _ path: String) throws {
        let request = try parsed(request)
        let failure = #expect(throws: TranslationFailure.self) { try Translation.messagesRequest(fromChat: request, model: "m", defaultMaxTokens: 1) }
        #expect(failure?.code == .unsupported)
        #expect(failure?.path == path)
    }
}
