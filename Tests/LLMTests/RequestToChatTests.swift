import Testing
import WireCore

@testable import LLM

@Suite("A Messages request becomes a Chat Completions request")
struct RequestToChatTests {
    static let cases = [
        Pair(
            "plain text, and the tuning keeps its digits",
            #"{"model":"claude-x","max_tokens":100,"temperature":0.70,"top_p":1e-1,"messages":[{"role":"user","content":"Hi"}]}"#,
            #"{"model":"m","max_completion_tokens":100,"temperature":0.70,"top_p":1e-1,"messages":[{"role":"user","content":"Hi"}]}"#),
        Pair(
            "system as a string, stop sequences, user, stream",
            #"{"max_tokens":1,"system":"Be brief.","stop_sequences":["END"],"metadata":{"user_id":"u1"},"stream":true,"messages":[]}"#,
            #"{"model":"m","max_completion_tokens":1,"stop":["END"],"user":"u1","stream":true,"stream_options":{"include_usage":true},"#
                + #""messages":[{"role":"system","content":"Be brief."}]}"#),
        Pair(
            "system as cached blocks",
            #"{"max_tokens":1,"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"B"}],"messages":[]}"#,
            #"{"model":"m","max_completion_tokens":1,"messages":[{"role":"system","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]}]}"#
        ),
        Pair(
            "images by base64 and by URL",
            #"{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},"#
                + #"{"type":"image","source":{"type":"url","url":"https://e.org/a.png"}},{"type":"text","text":"Which?"}]}]}"#,
            #"{"model":"m","max_completion_tokens":1,"messages":[{"role":"user","content":["#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},"#
                + #"{"type":"image_url","image_url":{"url":"https://e.org/a.png"}},{"type":"text","text":"Which?"}]}]}"#),
        Pair(
            "tools, and any tool but one at a time",
            #"{"max_tokens":1,"messages":[],"tools":[{"name":"price","description":"d","input_schema":{"type":"object"},"strict":true}],"#
                + #""tool_choice":{"type":"any","disable_parallel_tool_use":true}}"#,
            #"{"model":"m","max_completion_tokens":1,"messages":[],"tools":[{"type":"function","function":{"name":"price","description":"d","#
                + #""parameters":{"type":"object"},"strict":true}}],"tool_choice":"required","parallel_tool_calls":false}"#),
        Pair(
            "a call and its results, which come before the rest of their turn",
            #"{"max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"text","text":"Let me see."},"#
                + #"{"type":"tool_use","id":"t1","name":"price","input":{"coin":"BTC","n":1.50}},{"type":"tool_use","id":"t2","name":"now","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"text","text":"Go on"},{"type":"tool_result","tool_use_id":"t1","content":"7"},"#
                + #"{"type":"tool_result","tool_use_id":"t2","is_error":true,"content":[{"type":"text","text":"no clock"}]}]}]}"#,
            #"{"model":"m","max_completion_tokens":1,"messages":[{"role":"assistant","content":"Let me see.","tool_calls":["#
                + #"{"id":"t1","type":"function","function":{"name":"price","arguments":"{\"coin\":\"BTC\",\"n\":1.50}"}},"#
                + #"{"id":"t2","type":"function","function":{"name":"now","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"t1","content":"7"},{"role":"tool","tool_call_id":"t2","content":"Error: no clock"},"#
                + #"{"role":"user","content":"Go on"}]}"#),
        Pair(
            "a schema for the answer, and effort",
            #"{"max_tokens":1,"messages":[],"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}}"#,
            #"{"model":"m","max_completion_tokens":1,"messages":[],"reasoning_effort":"low","response_format":{"type":"json_schema","#
                + #""json_schema":{"name":"answer","strict":true,"schema":{"type":"object"}}}}"#),
        Pair(
            "what nobody knows is passed on, and null says nothing",
            #"{"max_tokens":1,"top_k":40,"x_new":{"a":[1]},"temperature":null,"messages":[{"role":"user","content":"a","x":1}]}"#,
            #"{"model":"m","max_completion_tokens":1,"top_k":40,"x_new":{"a":[1]},"messages":[{"role":"user","content":"a","x":1}]}"#),
    ]

    @Test("The translation says what the table says", arguments: cases)
    func table(_ pair: Pair) throws {
        try expect(Translation.chatRequest(fromMessages: parsed(pair.input), model: "m"), says: pair.output)
    }

    @Test("An older server gets the older name of the bound")
    func tokensField() throws {
        let request = try parsed(#"{"max_tokens":5,"messages":[]}"#)
        try expect(
            Translation.chatRequest(fromMessages: request, model: "m", tokensField: .maxTokens), says: #"{"model":"m","max_tokens":5,"messages":[]}"#)
    }

    @Test(
        "A tool choice is said in OpenAI's words",
        arguments: [
            (#"{"type":"none"}"#, #""none""#), (#"{"type":"auto"}"#, #""auto""#), (#"{"type":"any"}"#, #""required""#),
            (#"{"type":"tool","name":"f"}"#, #"{"type":"function","function":{"name":"f"}}"#),
        ])
    func toolChoice(_ choice: String, _ expected: String) throws {
        let request = try parsed(#"{"messages":[],"tool_choice":\#(choice)}"#)
        let chosen = try #require(try Translation.chatRequest(fromMessages: request, model: "m")["tool_choice"])
        try expect(chosen, says: expected)
    }

    @Test(
        "What OpenAI's shape cannot say is refused by name and place",
        arguments: [
            (#"{"messages":[{"role":"user","content":[{"type":"document","source":{}}]}]}"#, "messages[0].content[0].type"),
            (#"{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"}]}]}"#, "messages[0].content[0].type"),
            (#"{"messages":[],"thinking":{"type":"enabled","budget_tokens":9}}"#, "thinking"),
            (#"{"messages":[],"mcp_servers":[]}"#, "mcp_servers"),
            (#"{"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#, "tools[0]"),
            (#"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}"#, "messages[0].content[0].source"),
        ])
    func unsupported(_ request: String, _ path: String) throws {
        let request = try parsed(request)
        let failure = #expect(throws: TranslationFailure.self) { try Translation.chatRequest(fromMessages: request, model: "m") }
        #expect(failure?.code == .unsupported)
        #expect(failure?.path == path)
    }
}
