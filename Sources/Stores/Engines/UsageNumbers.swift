package import Costs

/// A usage as the engines keep it: six numbers under these names, in this order.
package enum UsageNumbers {
    package static let names = [
        "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "web_searches",
    ]

    package static func of(_ usage: Usage) -> [Int] {
        [
            usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWrite5mTokens, usage.cacheWrite1hTokens,
            usage.webSearches,
        ]
    }
}
