import FoundationEssentials
import WireCore

/// One entry of LiteLLM's model_prices_and_context_window.json, in our words. Its numbers are binary floats in dollars per token; their
/// decimal text is taken as it stands, moved by six places.
struct ForeignPrice {
    var provider: String
    var name: String
    var prices: TokenPrices
    /// Highest of the sizes of a search's context.
    var webSearch: ExactDecimal?
    var factors: PriceFactors
    var tiers: [PriceTier]
    var maxOutputTokens: Int?
    var retired: Date?

    /// Why an entry is left out.
    struct Refusal: Error {
        var reason: String
    }

    /// OpenAI's longer-lived writes live for twelve hours; they take the place of Anthropic's hour.
    static let keys: [(TokenClass, String)] = [
        (.input, "input_cost_per_token"), (.output, "output_cost_per_token"), (.cacheRead, "cache_read_input_token_cost"),
        (.cacheWrite5m, "cache_creation_input_token_cost"), (.cacheWrite1h, "cache_creation_input_token_cost_above_1hr"),
        (.cacheWrite1h, "cache_creation_input_token_cost_above_12hr"),
    ]

    init(name: String, provider: String, entry: JSONNode) throws(Refusal) {
        self.name = name
        self.provider = provider
        if name.hasPrefix("ft:") { throw Refusal(reason: "a pattern for fine-tuned models, not a model") }
        if entry.object?.contains(where: { $0.key.contains("audio_token") }) == true {
            throw Refusal(reason: "its audio tokens have prices of their own, which the table does not hold")
        }
        prices = try Self.prices(entry, suffix: "")
        tiers = try Self.tiers(entry, base: prices)
        factors = try Self.factors(entry, base: prices)
        var searches: [ExactDecimal] = []
        for member in entry["search_context_cost_per_query"]?.object ?? [] {
            if let price = try Self.decimal(member.node, member.key, places: 0) { searches.append(price) }
        }
        webSearch = searches.max { ($0.scaled(to: 12) ?? 0) < ($1.scaled(to: 12) ?? 0) }
        maxOutputTokens = entry["max_output_tokens"]?.int.flatMap { PriceTableReader.tokenCounts.contains($0) ? $0 : nil }
        retired = entry["deprecation_date"]?.string.flatMap { $0.utf8.count == 10 ? UTCTime.parse($0) : nil }
        if prices.input.digits == 0, prices.output.digits == 0 { throw Refusal(reason: "its price is 0; a model that is free is added by hand") }
        try checkRest(of: entry)
    }

    // MARK: - Prices

    private static func prices(_ entry: JSONNode, suffix: String) throws(Refusal) -> TokenPrices {
        var found: [TokenClass: ExactDecimal] = [:]
        for (tokenClass, key) in keys {
            let key = key + suffix
            if let node = entry[key], let price = try decimal(node, key, places: 6) { found[tokenClass] = price }
        }
        guard let input = found[.input], let output = found[.output] else {
            throw Refusal(reason: "it has no \(found[.input] == nil ? "input" : "output")_cost_per_token\(suffix)")
        }
        return TokenPrices(
            input: input, output: output, cacheRead: found[.cacheRead], cacheWrite5m: found[.cacheWrite5m], cacheWrite1h: found[.cacheWrite1h])
    }

    /// The thresholds are in the keys: "input_cost_per_token_above_200k_tokens".
    private static func tiers(_ entry: JSONNode, base: TokenPrices) throws(Refusal) -> [PriceTier] {
        let thousands = (entry.object ?? []).compactMap { member -> Int? in
            guard !member.node.isNull, let name = keys.first(where: { member.key.hasPrefix($0.1 + "_above_") && member.key.hasSuffix("k_tokens") })
            else { return nil }
            let size = member.key.dropFirst(name.1.utf8.count + "_above_".utf8.count).dropLast("k_tokens".utf8.count)
            return Int(size).flatMap { (1...100_000).contains($0) ? $0 : nil }
        }
        var tiers: [PriceTier] = []
        for size in Set(thousands).sorted() {
            let prices = try prices(entry, suffix: suffix(above: size * 1000))
            for tokenClass in TokenClass.allCases where (prices[tokenClass] == nil) != (base[tokenClass] == nil) {
                throw Refusal(reason: "only one of its base prices and its tier above \(size)k has a price for \(tokenClass.name)")
            }
            tiers.append(PriceTier(promptAbove: size * 1000, prices: prices))
        }
        return tiers
    }

    // MARK: - Factors

    private static func factors(_ entry: JSONNode, base: TokenPrices) throws(Refusal) -> PriceFactors {
        var factors = PriceFactors(batch: try ratio(entry, "_batches", base))
        for tier in ["flex", "priority"] {
            if let factor = try ratio(entry, "_\(tier)", base) { factors.serviceTier[tier] = factor }
        }
        let specific = entry["provider_specific_entry"]
        if let factor = specific?["us"].flatMap(plain) { factors.region["us"] = factor }
        if let factor = specific?["fast"].flatMap(plain) { factors.speed["fast"] = factor }
        return factors
    }

    /// Prices under a term, divided by the plain ones. Input and output must give the same factor; cache prices, which are published
    /// rounded, are not looked at.
    private static func ratio(_ entry: JSONNode, _ suffix: String, _ base: TokenPrices) throws(Refusal) -> PriceFactor? {
        let (inputKey, outputKey) = ("input_cost_per_token\(suffix)", "output_cost_per_token\(suffix)")
        guard let inputNode = entry[inputKey], let outputNode = entry[outputKey],
            let input = try decimal(inputNode, inputKey, places: 6), let output = try decimal(outputNode, outputKey, places: 6)
        else { return nil }
        guard let factor = PriceFactor(input, over: base.input), factor == PriceFactor(output, over: base.output) else {
            throw Refusal(reason: "\(inputKey) and \(outputKey) are not the same multiple of the plain prices")
        }
        return factor
    }

    private static func plain(_ node: JSONNode) -> PriceFactor? {
        node.number.flatMap { ExactDecimal(scientific: $0, movedBy: 0) }.flatMap { PriceFactor(parsing: $0.description) }
    }

    /// The number × 10^`places`; nil for null.
    static func decimal(_ node: JSONNode, _ key: String, places: Int) throws(Refusal) -> ExactDecimal? {
        if node.isNull { return nil }
        guard let digits = node.number, let value = ExactDecimal(scientific: digits, movedBy: places), value.digits >= 0 else {
            let seen = node.number.map(shown) ?? node.value.kindName
            throw Refusal(reason: "\(key) is \(seen), which is no amount of dollars with at most 12 decimals per million tokens")
        }
        return value
    }
}

extension ExactDecimal {
    /// Reads a JSON number such as "3e-06" or "1.25E-6" exactly and multiplies it by 10^`places`; no trailing zeros are kept. Nil where
    /// 12 decimals or 64 bits cannot hold it.
    init?(scientific text: String, movedBy places: Int) {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard parts.count <= 2, let mantissa = parts.first, let exponent = parts.count == 2 ? Int(parts[1]) : 0, abs(exponent) <= 100,
            let read = ExactDecimal(parsing: String(mantissa), maximumDecimals: 40)
        else { return nil }
        var value = read
        value.decimals -= exponent + places
        while value.decimals < 0 {
            let (digits, overflow) = value.digits.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = ExactDecimal(digits: digits, decimals: value.decimals + 1)
        }
        value = value.normalized
        guard value.decimals <= 12 else { return nil }
        self = value
    }
}
