/// What one call used, in the classes that have prices of their own. Each token is counted in one class only.
///
/// Names after Anthropic's Messages API, where `input_tokens` leaves out what was read from or written to the cache. OpenAI's
/// `prompt_tokens` includes the cached part; it is taken off when such a usage is read.
public struct Usage: Sendable, Hashable, Codable {
    /// Uncached input.
    public var inputTokens = 0
    /// Everything that was generated, thinking included.
    public var outputTokens = 0
    public var cacheReadTokens = 0
    /// Written to the cache to live for five minutes.
    public var cacheWrite5mTokens = 0
    /// Written to the cache to live for an hour.
    public var cacheWrite1hTokens = 0
    /// Web searches that the provider ran.
    public var webSearches = 0

    public init(
        inputTokens: Int = 0, outputTokens: Int = 0, cacheReadTokens: Int = 0, cacheWrite5mTokens: Int = 0, cacheWrite1hTokens: Int = 0,
        webSearches: Int = 0
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cacheReadTokens = cacheReadTokens
        self.cacheWrite5mTokens = cacheWrite5mTokens
        self.cacheWrite1hTokens = cacheWrite1hTokens
        self.webSearches = webSearches
    }

    /// The prompt's size, which decides the price tier: input + cache reads + cache writes.
    public var promptTokens: Int { inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens }

    /// Class by class.
    static func += (sum: inout Usage, part: Usage) {
        sum.inputTokens += part.inputTokens
        sum.outputTokens += part.outputTokens
        sum.cacheReadTokens += part.cacheReadTokens
        sum.cacheWrite5mTokens += part.cacheWrite5mTokens
        sum.cacheWrite1hTokens += part.cacheWrite1hTokens
        sum.webSearches += part.webSearches
    }
}

/// The terms under which a call was made, each of which may carry a factor in the price table.
public struct CallTerms: Sendable, Hashable, Codable {
    /// Sent as part of a batch (Anthropic: `service_tier` "batch").
    public var isBatch = false
    /// Where it was computed, if that was asked for ("us"); nil: anywhere.
    public var region: String?
    /// The speed tier ("fast"); nil: standard.
    public var speed: String?
    /// Any other service tier that the provider names ("priority", "flex"); nil: standard.
    public var serviceTier: String?

    public init(isBatch: Bool = false, region: String? = nil, speed: String? = nil, serviceTier: String? = nil) {
        self.isBatch = isBatch
        self.region = region
        self.speed = speed
        self.serviceTier = serviceTier
    }
}
