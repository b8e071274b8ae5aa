public import WireCore

/// What a provider's `usage` object says: the tokens, each in one class, and the terms under which the call was served.
///
/// null is read as absent. A usage that lacks a mandatory field, contradicts itself or counts what no call can use is a ``UsageFault``;
/// nothing is guessed.
public struct UsageReading: Sendable, Hashable {
    public var usage: Usage
    /// As the answer says; nil where it says nothing.
    public var terms: CallTerms

    /// More tokens of one class are not believed.
    public static let maximumTokens = 100_000_000
    /// More web searches in one call are not believed.
    public static let maximumWebSearches = 10_000

    public init(usage: Usage, terms: CallTerms = CallTerms()) {
        self.usage = usage
        self.terms = terms
    }

    /// Reads the usage of a provider of the price table: OpenAI's shape for "openai", Anthropic's for all others.
    public static func read(_ node: JSONNode, provider: String) throws(UsageFault) -> UsageReading {
        provider == "openai" ? try openAI(node) : try anthropic(node)
    }

    /// Reads Anthropic's `usage` (Messages API). `input_tokens` and `output_tokens` are mandatory.
    ///
    /// Where `cache_creation_input_tokens` and the split by lifetime are both given they must agree; without the split the whole is
    /// taken to live for five minutes, the API's default. `service_tier` "batch" is the batch term. `iterations` of type "compaction" stand
    /// beside the sums and are added; one of a type that another model may have served (an advisor, a fallback) is a fault, because its price
    /// is not this call's.
    public static func anthropic(_ node: JSONNode) throws(UsageFault) -> UsageReading {
        let fields = try UsageFields(node, name: "usage")
        var usage = try anthropicTokens(fields)
        usage.webSearches = try fields.object("server_tool_use")?.count("web_search_requests", atMost: maximumWebSearches) ?? 0
        for iteration in try fields.objects("iterations") {
            switch try iteration.text("type") ?? "" {
            case "message": break
            case "compaction": usage += try anthropicTokens(iteration)
            case let type:
                throw UsageFault(
                    field: "iterations",
                    "the usage has an iteration “\(SafeText.line(type, limit: 40))”, which may be billed at another model's price")
            }
        }
        try check(fields.object("output_tokens_details"), "thinking_tokens", of: usage.outputTokens)
        let tier = try fields.text("service_tier")
        let terms = CallTerms(
            isBatch: tier == "batch", region: try fields.text("inference_geo"), speed: try fields.text("speed"),
            serviceTier: tier == "batch" ? nil : tier)
        return UsageReading(usage: usage, terms: terms)
    }

    /// Throws where a part is more than its whole: some providers count it beside the whole, at a price of its own.
    private static func check(_ details: UsageFields?, _ part: String, of whole: Int) throws(UsageFault) {
        guard let count = try details?.tokens(part), count > whole else { return }
        throw UsageFault(field: part, "\(part) is \(count), more than the \(whole) that it is a part of")
    }

    /// The tokens of a usage, or of one of its iterations.
    private static func anthropicTokens(_ fields: UsageFields) throws(UsageFault) -> Usage {
        var usage = Usage()
        usage.inputTokens = try fields.tokens(required: "input_tokens")
        usage.outputTokens = try fields.tokens(required: "output_tokens")
        usage.cacheReadTokens = try fields.tokens("cache_read_input_tokens") ?? 0
        let written = try fields.tokens("cache_creation_input_tokens")
        if let split = try fields.object("cache_creation") {
            usage.cacheWrite5mTokens = try split.tokens("ephemeral_5m_input_tokens") ?? 0
            usage.cacheWrite1hTokens = try split.tokens("ephemeral_1h_input_tokens") ?? 0
            if let other = split.count(besides: ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"]) {
                throw UsageFault(field: "cache_creation", "cache_creation counts “\(SafeText.line(other, limit: 60))”, whose price is not known")
            }
            let sum = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
            if let written, written != sum {
                throw UsageFault(
                    field: "cache_creation_input_tokens",
                    "cache_creation_input_tokens is \(written), but cache_creation adds up to \(sum); they must agree")
            }
        } else {
            usage.cacheWrite5mTokens = written ?? 0
        }
        return usage
    }

    /// Reads OpenAI's `usage`: `prompt_tokens` and `completion_tokens` (Chat Completions) or `input_tokens` and `output_tokens`
    /// (Responses), both mandatory, both including what their details break down.
    ///
    /// `cached_tokens` and `cache_write_tokens` of the prompt's details are taken off the input into classes of their own; of the writes those
    /// in `cache_write_1h_tokens`, which a gateway of this kind adds, live longer. Audio tokens have prices that the table does not hold: a fault.
    /// - Parameter answer: what the usage stands in, with a `service_tier` beside it; nil: one inside the usage is taken.
    public static func openAI(_ node: JSONNode, in answer: JSONNode? = nil) throws(UsageFault) -> UsageReading {
        let fields = try UsageFields(node, name: "usage")
        let isChat = fields.has("prompt_tokens") || !fields.has("input_tokens")
        let (inputName, outputName) = isChat ? ("prompt_tokens", "completion_tokens") : ("input_tokens", "output_tokens")
        let prompt = try fields.tokens(required: inputName)
        var usage = Usage()
        usage.outputTokens = try fields.tokens(required: outputName)
        if let total = try fields.count("total_tokens", atMost: 2 * maximumTokens), total != prompt + usage.outputTokens {
            throw UsageFault(
                field: "total_tokens",
                "total_tokens is \(total), but \(inputName) and \(outputName) add up to \(prompt + usage.outputTokens); they must agree")
        }
        let details = try fields.object(inputName + "_details")
        usage.cacheReadTokens = try details?.tokens("cached_tokens") ?? 0
        let written = try details?.tokens("cache_write_tokens") ?? 0
        try check(details, "cache_write_1h_tokens", of: written)
        usage.cacheWrite1hTokens = try details?.tokens("cache_write_1h_tokens") ?? 0
        usage.cacheWrite5mTokens = written - usage.cacheWrite1hTokens
        usage.inputTokens = prompt - usage.cacheReadTokens - written
        guard usage.inputTokens >= 0 else {
            throw UsageFault(
                field: inputName, "\(inputName) is \(prompt), less than its part in the cache, \(usage.cacheReadTokens + written)")
        }
        let outputDetails = try fields.object(outputName + "_details")
        try check(outputDetails, "reasoning_tokens", of: usage.outputTokens)
        for details in [details, outputDetails] {
            if let audio = try details?.tokens("audio_tokens"), audio > 0 {
                throw UsageFault(field: "audio_tokens", "audio_tokens is \(audio); audio has prices of its own, which the price table does not hold")
            }
        }
        let beside = try answer.map { answer throws(UsageFault) in try UsageFields(answer, name: "answer").text("service_tier") } ?? nil
        let inside = try fields.text("service_tier")
        let tier = beside ?? inside
        return UsageReading(usage: usage, terms: CallTerms(isBatch: tier == "batch", serviceTier: tier == "batch" ? nil : tier))
    }
}

extension CallTerms {
    /// These terms of an answer, and those of the request where the answer says nothing: a term that was asked for is paid for.
    public func completed(by request: CallTerms) -> CallTerms {
        let saysTier = isBatch || serviceTier != nil
        return CallTerms(
            isBatch: saysTier ? isBatch : request.isBatch, region: region ?? request.region, speed: speed ?? request.speed,
            serviceTier: saysTier ? serviceTier : request.serviceTier)
    }
}
