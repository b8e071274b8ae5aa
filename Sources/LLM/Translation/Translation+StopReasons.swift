extension Translation {
    /// OpenAI's `finish_reason` for Anthropic's `stop_reason`. Reasons that appear later read as `stop`.
    static func finishReason(fromStopReason reason: String) -> String {
        switch reason {
        case "max_tokens", "model_context_window_exceeded": "length"
        case "tool_use": "tool_calls"
        case "refusal": "content_filter"
        default: "stop"
        }
    }

    /// Anthropic's `stop_reason` for OpenAI's `finish_reason`. Some compatible servers say `stop` behind tool calls, and some name
    /// the stop sequence that matched (`stop_reason` in the choice, as vLLM does).
    static func stopReason(fromFinishReason reason: String, hasToolCalls: Bool, sequence: String?) -> String {
        switch reason {
        case "length": "max_tokens"
        case "tool_calls", "function_call": "tool_use"
        case "content_filter": "refusal"
        default: hasToolCalls ? "tool_use" : sequence != nil ? "stop_sequence" : "end_turn"
        }
    }
}
