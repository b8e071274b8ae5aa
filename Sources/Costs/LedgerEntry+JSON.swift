import FoundationEssentials
public import WireCore

extension LedgerEntry {
    /// The contract's members; the caller opens and closes the object.
    public func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member(ifPresent: "at", at)
        json.member("operation", purpose.operation)
        json.member("provider", provider)
        json.member("model", model)
        json.member("source", orNull: purpose.source?.text)
        json.member("article", orNull: purpose.article.map { Int($0) })
        json.member("key", orNull: purpose.key)
        json.member("status", status.rawValue)
        json.member("inputTokens", usage.inputTokens)
        json.member("outputTokens", usage.outputTokens)
        json.member("cacheReadTokens", usage.cacheReadTokens)
        json.member("cacheWrite5mTokens", usage.cacheWrite5mTokens)
        json.member("cacheWrite1hTokens", usage.cacheWrite1hTokens)
        json.member("webSearches", usage.webSearches)
        json.member("costUSD", cost.dollars)
        json.member("savedUSD", saved.dollars)
        json.member("reservedUSD", bound.dollars)
        json.member("priceFrom", priceFrom)
        json.member("messageId", orNull: messageID)
        json.member("note", orNull: note)
        json.member("rawUsage", orNull: rawUsage)
        json.member("batch", terms.isBatch)
        json.member("region", orNull: terms.region)
        json.member("speed", orNull: terms.speed)
        json.member("serviceTier", orNull: terms.serviceTier)
    }
}
