import FoundationEssentials
import WireCore

/// Renders a ``PriceTable`` in the one layout that Prices.json has, so that a new row is a new line and nothing else moves.
///
/// Reading and writing a text in this layout gives the same bytes. Prices are written as they were read ("0.10" stays "0.10"); names of
/// regions, speeds and tiers come in alphabetical order.
public enum PriceTableWriter {
    /// The table as JSON, ending in a line break.
    public static func text(_ table: PriceTable) -> String {
        var out = "{\n"
        if let schema = table.schema { out += "  \"$schema\": \(quoted(schema)),\n" }
        out += "  \"version\": \(PriceTable.version),\n  \"models\": ["
        out += table.models.map { "\n" + model($0) }.joined(separator: ",")
        return out + "\n  ]\n}\n"
    }

    private static func model(_ model: PricedModel) -> String {
        var head = ["\"provider\": \(quoted(model.provider))", "\"id\": \(quoted(model.id))"]
        if !model.aliases.isEmpty { head.append("\"aliases\": [\(model.aliases.map(quoted).joined(separator: ", "))]") }
        if let retired = model.retired { head.append("\"retired\": \(quoted(PriceRow.day(retired)))") }
        if let tokens = model.maxOutputTokens { head.append("\"maxOutputTokens\": \(tokens)") }
        let rows = model.prices.map { "        " + row($0) }.joined(separator: ",\n")
        return "    {\n      \(head.joined(separator: ",\n      ")),\n      \"prices\": [\n\(rows)\n      ]\n    }"
    }

    /// The prices on one line; factors and each tier on one of their own.
    private static func row(_ row: PriceRow) -> String {
        var line = ["\"from\": \(quoted(PriceRow.day(row.from)))"] + prices(row.prices)
        if let price = row.webSearch { line.append("\"webSearch\": \(quoted(price.description))") }
        var parts = [line.joined(separator: ", ")]
        if !row.factors.isEmpty { parts.append("\"factors\": \(factors(row.factors))") }
        if !row.tiers.isEmpty {
            let tiers = row.tiers.map { "{\((["\"promptAbove\": \($0.promptAbove)"] + prices($0.prices)).joined(separator: ", "))}" }
            parts.append("\"tiers\": [\(tiers.joined(separator: ",\n            "))]")
        }
        return "{\(parts.joined(separator: ",\n          "))}"
    }

    private static func prices(_ prices: TokenPrices) -> [String] {
        TokenClass.allCases.compactMap { key in prices[key].map { "\(quoted(key.rawValue)): \(quoted($0.description))" } }
    }

    private static func factors(_ factors: PriceFactors) -> String {
        var members: [String] = []
        if let batch = factors.batch { members.append("\"batch\": \(quoted(batch.text))") }
        for (key, values) in [("region", factors.region), ("speed", factors.speed), ("serviceTier", factors.serviceTier)] where !values.isEmpty {
            let inner = values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value.text))" }
            members.append("\"\(key)\": {\(inner.joined(separator: ", "))}")
        }
        return "{\(members.joined(separator: ", "))}"
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return writer.text
    }
}
