public import Costs
public import WireCore

extension Usage {
    /// Anthropic's `usage`. Missing fields count 0; a cache write whose age is not told is taken to live five minutes.
    public init(messagesUsage node: JSONNode) throws(TranslationFailure) {
        self.init()
        try take(messagesUsage: Spot(node, path: "usage"))
    }

    /// Takes over what a later event repeats: the last value of each field counts, and nothing is added up.
    mutating func take(messagesUsage usage: Spot) throws(TranslationFailure) {
        _ = try usage.members()
        if let count = try usage.tokens("input_tokens") { inputTokens = count }
        if let count = try usage.tokens("output_tokens") { outputTokens = count }
        if let count = try usage.tokens("cache_read_input_tokens") { cacheReadTokens = count }
        if let count = try usage["server_tool_use"]?.tokens("web_search_requests") { webSearches = count }
        if let split = usage["cache_creation"] {
            cacheWrite5mTokens = try split.tokens("ephemeral_5m_input_tokens") ?? 0
            cacheWrite1hTokens = try split.tokens("ephemeral_1h_input_tokens") ?? 0
        } else if let total = try usage.tokens("cache_creation_input_tokens"), total != cacheWrite5mTokens + cacheWrite1hTokens {
            (cacheWrite5mTokens, cacheWrite1hTokens) = (total, 0)
        }
    }

    /// OpenAI's `usage`, whose `prompt_tokens` include what came from the cache and what went into it.
    public init(chatUsage node: JSONNode) throws(TranslationFailure) {
        self.init()
        let usage = Spot(node, path: "usage")
        _ = try usage.members()
        let details = usage["prompt_tokens_details"]
        cacheReadTokens = try details?.tokens("cached_tokens") ?? 0
        let written = try details?.tokens("cache_write_tokens") ?? 0
        cacheWrite1hTokens = min(written, try details?.tokens("cache_write_1h_tokens") ?? 0)
        cacheWrite5mTokens = written - cacheWrite1hTokens
        inputTokens = max(0, (try usage.tokens("prompt_tokens") ?? 0) - cacheReadTokens - written)
        outputTokens = try usage.tokens("completion_tokens") ?? 0
    }

    /// In OpenAI's shape. Cache writes, which OpenAI does not count apart, stand in `prompt_tokens_details.cache_write_tokens`.
    /// `thinking` is the part of the output that thought, where that is known.
    func chatUsage(thinking: Int?) -> JSONNode {
        var details = JSONNode.members(["cached_tokens": .whole(cacheReadTokens)])
        let written = cacheWrite5mTokens + cacheWrite1hTokens
        if written > 0 { details.add("cache_write_tokens", .whole(written)) }
        if cacheWrite1hTokens > 0 { details.add("cache_write_1h_tokens", .whole(cacheWrite1hTokens)) }
        return .members([
            "prompt_tokens": .whole(promptTokens), "completion_tokens": .whole(outputTokens), "total_tokens": .whole(promptTokens + outputTokens),
            "prompt_tokens_details": details, "completion_tokens_details": thinking.map { .members(["reasoning_tokens": .whole($0)]) },
        ])
    }

    /// In Anthropic's shape. `thinking` is the part of the output that thought, where that is known.
    func messagesUsage(thinking: Int?) -> JSONNode {
        let split = JSONNode.members([
            "ephemeral_5m_input_tokens": .whole(cacheWrite5mTokens), "ephemeral_1h_input_tokens": .whole(cacheWrite1hTokens),
        ])
        let written = cacheWrite5mTokens + cacheWrite1hTokens
        return .members([
            "input_tokens": .whole(inputTokens), "output_tokens": .whole(outputTokens), "cache_read_input_tokens": .whole(cacheReadTokens),
            "cache_creation_input_tokens": .whole(written), "cache_creation": written > 0 ? split : nil,
            "output_tokens_details": thinking.map { .members(["thinking_tokens": .whole($0)]) },
        ])
    }
}

extension Spot {
    /// Of a usage in Anthropic's shape.
    var thinkingTokens: Int? {
        get throws(TranslationFailure) { try self["output_tokens_details"]?.tokens("thinking_tokens") }
    }
    /// Of a usage in OpenAI's shape.
    var reasoningTokens: Int? {
        get throws(TranslationFailure) { try self["completion_tokens_details"]?.tokens("reasoning_tokens") }
    }

    /// A count of tokens; nil when it is missing. At most 10¹², so that no sum of counts overflows.
    fileprivate func tokens(_ key: String) throws(TranslationFailure) -> Int? {
        guard let member = self[key] else { return nil }
        let count = try member.int()
        guard (0...1_000_000_000_000).contains(count) else { throw member.wrong("a count of tokens, at least 0 and at most 10^12,") }
        return count
    }
}
