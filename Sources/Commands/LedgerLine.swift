import Costs
import WireCore

/// One entry of the ledger as other programs read it.
enum LedgerLine {
    static let columns = [
        "id", "at", "operation", "provider", "model", "source", "article", "key", "status", "inputTokens", "outputTokens", "cacheReadTokens",
        "cacheWrite5mTokens", "cacheWrite1hTokens", "webSearches", "costUSD", "savedUSD", "reservedUSD", "priceFrom", "messageId", "note", "rawUsage",
        "batch", "region", "speed", "serviceTier",
    ]

    static func json(_ entry: LedgerEntry) -> String {
        var json = JSONWriter(capacity: 512)
        json.object { entry.write(to: &$0) }
        return json.text
    }

    static func csv(_ entry: LedgerEntry) -> String {
        let usage = entry.usage
        let counts = [
            usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWrite5mTokens, usage.cacheWrite1hTokens, usage.webSearches,
        ]
        let texts: [String] =
            [
                entry.id, UTCTime.text(entry.at), entry.purpose.operation, entry.provider, entry.model, entry.purpose.source?.text ?? "",
                entry.purpose.article.map(String.init) ?? "", entry.purpose.key ?? "", entry.status.rawValue,
            ] + counts.map(String.init) + [
                entry.cost.dollars, entry.saved.dollars, entry.bound.dollars, entry.priceFrom, entry.messageID ?? "", entry.note ?? "",
                entry.rawUsage ?? "", String(entry.terms.isBatch), entry.terms.region ?? "", entry.terms.speed ?? "", entry.terms.serviceTier ?? "",
            ]
        return texts.map(field).joined(separator: ",")
    }

    /// RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe in front.
    private static func field(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
        let safe = (isFormula ? "'" : "") + text
        guard safe.contains(where: { ",\"\n\r".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
