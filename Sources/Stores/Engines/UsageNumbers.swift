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

    /// Nil for another number of numbers.
    package static func usage(_ numbers: [Int]) -> Usage? {
        guard numbers.count == names.count else { return nil }
        return Usage(
            inputTokens: numbers[0], outputTokens: numbers[1], cacheReadTokens: numbers[2], cacheWrite5mTokens: numbers[3],
            cacheWrite1hTokens: numbers[4], webSearches: numbers[5])
    }
}
