import Costs
import Testing
import WireCore

@testable import LLM

@Suite("Whole answers and errors in the other shape")
struct AnswerTests {
    static let messagesAnswer =
        #"{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Seven."},"#
        + #"{"type":"tool_use","id":"t1","name":"price","input":{"n":1.50}}],"stop_reason":"tool_use","stop_sequence":null,"#
        + #""usage":{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":30,"#
        + #""cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}}"#

    static let chatAnswer =
        #"{"id":"msg_1","object":"chat.completion","created":1700000000,"model":"claude-x","choices":[{"index":0,"logprobs":null,"#
        + #""finish_reason":"tool_calls","message":{"role":"assistant","content":"Seven.","refusal":null,"tool_calls":["#
        + #"{"id":"t1","type":"function","function":{"name":"price","arguments":"{\"n\":1.50}"}}]}}],"#
        + #""usage":{"prompt_tokens":140,"completion_tokens":5,"total_tokens":145,"#
        + #""prompt_tokens_details":{"cached_tokens":100,"cache_write_tokens":30,"cache_write_1h_tokens":20}}}"#

    @Test("Anthropic's answer in OpenAI's shape: text, call, reason, usage with the cached part inside")
    func toChat() throws {
        try expect(Translation.chatAnswer(fromMessages: parsed(Self.messagesAnswer), created: 1_700_000_000), says: Self.chatAnswer)
    }

    @Test("OpenAI's answer in Anthropic's shape: text, call, reason, usage without the cached part")
    func toMessages() throws {
        try expect(Translation.messagesAnswer(fromChat: parsed(Self.chatAnswer)), says: Self.messagesAnswer)
    }

    @Test(
        "A stop reason survives the way to OpenAI and back, or becomes its nearest",
        arguments: [
            ("end_turn", "stop", "end_turn"), ("max_tokens", "length", "max_tokens"), ("refusal", "content_filter", "refusal"),
            ("pause_turn", "stop", "end_turn"), ("model_context_window_exceeded", "length", "max_tokens"), ("tool_use", "tool_calls", "tool_use"),
            ("stop_sequence", "stop", "stop_sequence"), ("unheard_of", "stop", "end_turn"),
        ])
    func stopReasons(_ reason: String, _ finish: String, _ back: String) throws {
        let sequence = reason == "stop_sequence" ? #""END""# : "null"
        let answer = try parsed(
            #"{"id":"a","model":"m","content":[{"type":"text","text":"x"}],"stop_reason":"\#(reason)","stop_sequence":\#(sequence)}"#)
        let chat = try Translation.chatAnswer(fromMessages: answer, created: 0)
        #expect(chat["choices"]?.array?.first?["finish_reason"]?.string == finish)
        let again = try Translation.messagesAnswer(fromChat: chat)
        #expect(again["stop_reason"]?.string == back)
        #expect(again["stop_sequence"]?.string == (reason == "stop_sequence" ? "END" : nil))
    }

    @Test("Thinking is shown as reasoning_content, and a refusal as refusal")
    func thinkingAndRefusal() throws {
        let answer = try parsed(
            #"{"id":"a","model":"m","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},"#
                + #"{"type":"text","text":"x"}],"stop_reason":"end_turn"}"#)
        let message = try Translation.chatAnswer(fromMessages: answer, created: 0)["choices"]?.array?.first?["message"]
        #expect(message?["reasoning_content"]?.string == "hm")
        #expect(message?["content"]?.string == "x")
        let refusal = try parsed(
            #"{"id":"a","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"content":null,"refusal":"No."}}]}"#)
        let back = try Translation.messagesAnswer(fromChat: refusal)
        #expect(back["stop_reason"]?.string == "refusal")
        #expect(back["content"]?.array?.first?["text"]?.string == "No.")
    }

    @Test("Usage counts each token once in either shape")
    func usage() throws {
        let openAI = try parsed(#"{"prompt_tokens":50,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":20}}"#)
        #expect(try Usage(chatUsage: openAI) == Usage(inputTokens: 30, outputTokens: 9, cacheReadTokens: 20))
        let anthropic = try parsed(
            #"{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"server_tool_use":{"web_search_requests":4}}"#)
        #expect(try Usage(messagesUsage: anthropic) == Usage(inputTokens: 1, outputTokens: 2, cacheWrite5mTokens: 3, webSearches: 4))
    }

    @Test("The part of the output that thought is told in either shape, and left out where it is not known")
    func thinking() throws {
        let messages = try parsed(
            #"{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","#
                + #""usage":{"input_tokens":1,"output_tokens":12,"output_tokens_details":{"thinking_tokens":9}}}"#)
        let chat = try Translation.chatAnswer(fromMessages: messages, created: 0)
        #expect(chat["usage"]?["completion_tokens_details"]?["reasoning_tokens"]?.int == 9)
        #expect(try Translation.messagesAnswer(fromChat: chat)["usage"]?["output_tokens_details"]?["thinking_tokens"]?.int == 9)
        let silent = try parsed(#"{"id":"c","model":"g","choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#)
        let back = try Translation.messagesAnswer(fromChat: silent)
        #expect(back["usage"]?["output_tokens"]?.int == 2 && back["usage"]?["output_tokens_details"] == nil)
    }

    @Test("A count of tokens that no call can have is refused, not added up")
    func hugeUsage() throws {
        for text in ["9223372036854775807", "-1", "1.5", #""7""#] {
            let usage = try parsed(#"{"prompt_tokens":\#(text),"input_tokens":\#(text)}"#)
            #expect(throws: TranslationFailure.self) { try Usage(chatUsage: usage) }
            #expect(throws: TranslationFailure.self) { try Usage(messagesUsage: usage) }
        }
    }

    @Test("An answer whose usage cannot be read is given without it", arguments: ["-1", "1.5", #""7""#, "9223372036854775807"])
    func unreadableUsage(count: String) throws {
        let messages = try parsed(
            #"{"id":"m","model":"c","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","usage":{"input_tokens":\#(count)}}"#)
        let chat = try Translation.chatAnswer(fromMessages: messages, created: 0)
        #expect(chat["usage"] == nil && chat["choices"]?.array?.first?["message"]?["content"]?.string == "a")
        let answer = try parsed(#"{"id":"c","model":"g","choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":\#(count)}}"#)
        let back = try Translation.messagesAnswer(fromChat: answer)
        #expect(back["usage"]?["input_tokens"]?.int == 0 && back["content"]?.array?.first?["text"]?.string == "a")
    }

    @Test("Two choices cannot be one answer")
    func twoChoices() throws {
        let answer = try parsed(#"{"id":"a","model":"m","choices":[{},{}]}"#)
        #expect(throws: TranslationFailure.self) { try Translation.messagesAnswer(fromChat: answer) }
    }

    @Test(
        "An error of Anthropic's in OpenAI's shape",
        arguments: [
            (
                429, #"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"},"request_id":"r1"}"#,
                #"{"error":{"message":"slow down","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"},"request_id":"r1"}"#
            ),
            (
                529, #"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#,
                #"{"error":{"message":"busy","type":"server_error","param":null,"code":"overloaded"}}"#
            ),
            (
                429,
                #"{"type":"error","error":{"type":"rate_limit_error","message":"spent","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
                #"{"error":{"message":"spent","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#
            ),
        ])
    func errorToChat(_ status: Int, _ body: String, _ expected: String) throws {
        try expect(Translation.read(Translation.chatError(fromMessages: Array(body.utf8), status: status)), says: expected)
    }

    @Test(
        "An error of an OpenAI-compatible provider in Anthropic's shape, whatever its form",
        arguments: [
            (401, #"{"error":{"message":"bad key","type":"invalid_request_error","code":"invalid_api_key"}}"#, "authentication_error", "bad key"),
            (429, #"{"error":{"message":"spent","type":"insufficient_quota","code":"insufficient_quota"}}"#, "billing_error", "spent"),
            (429, #"{"error":{"message":"slow","type":"tokens","code":"rate_limit_exceeded"}}"#, "rate_limit_error", "slow"),
            (404, #"{"error":"no such model"}"#, "not_found_error", "no such model"),
            (422, #"{"detail":"bad field"}"#, "invalid_request_error", "bad field"),
            (400, #"[{"error":{"code":400,"message":"in a list","status":"INVALID_ARGUMENT"}}]"#, "invalid_request_error", "in a list"),
            (503, "<html>busy</html>", "overloaded_error", "The provider answered 503 with: <html>busy</html>"),
            (500, "", "api_error", "The provider answered 500 with: "),
            (504, "{}", "timeout_error", "The provider gave no message with its status 504"),
        ])
    func errorToMessages(_ status: Int, _ body: String, _ type: String, _ message: String) throws {
        let error = try Translation.read(Translation.messagesError(fromChat: Array(body.utf8), status: status))
        try expect(error, says: #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"}}"#)
    }
}
