public import FoundationEssentials
import WireCore

/// What another list of prices would add to a table: dated rows, models and aliases. Rows that exist are never changed.
public struct PriceImport: Sendable, Hashable {
    /// New rows of models that the table has.
    public var rows: [PriceRow] = []
    /// Models that it does not have, each with one row.
    public var models: [PricedModel] = []
    /// Dated names of models that it has, at the same price.
    public var aliases: [Alias] = []
    /// Entries that were left out, and why.
    public var skipped: [Skipped] = []

    public init() {}

    public struct Alias: Sendable, Hashable {
        /// The id of the model in the table.
        public var model: String
        public var alias: String
    }

    public struct Skipped: Sendable, Hashable {
        /// The entry's name in the list.
        public var model: String
        public var reason: String
    }

    /// True when the table says all of it already.
    public var isEmpty: Bool { rows.isEmpty && models.isEmpty && aliases.isEmpty }

    /// Compares LiteLLM's model_prices_and_context_window.json with the rows in force on `day`, from which new rows would hold (its UTC
    /// midnight). Looks at chat models of Anthropic and OpenAI only.
    ///
    /// What that list does not state (a web search price, a factor) is carried over from the row in force and is no difference. `file` is
    /// its name in messages; throws ``PriceTableRefusal`` when it is no JSON object.
    public static func liteLLM(
        _ text: [UInt8], file: String, against table: PriceTable, from day: Date
    ) throws(PriceTableRefusal) -> PriceImport {
        let root: JSONNode
        do {
            root = try JSONReader.read(text, maximumDepth: 32)
        } catch {
            let problem = FileProblem(position: TextPosition(of: error.offset, in: text), message: "no valid JSON: \(error.message)")
            throw PriceTableRefusal(file: file, problems: [problem])
        }
        guard let entries = root.object else {
            let problem = FileProblem(
                position: TextPosition(of: root.range.lowerBound, in: text),
                message: "\(root.value.kindName) where an object of models by name was due")
            throw PriceTableRefusal(file: file, problems: [problem])
        }
        let midnight = Date(timeIntervalSince1970: (day.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400)
        var comparison = PriceComparison(table: table, day: midnight)
        for entry in entries { comparison.take(entry) }
        return comparison.result()
    }
}

extension PriceTable {
    /// The table with what an import adds: rows behind those of their models, models at the end of their provider's.
    public func adding(_ addition: PriceImport) -> PriceTable {
        var models = models
        for place in models.indices {
            models[place].prices += addition.rows.filter { $0.provider == models[place].provider && $0.model == models[place].id }
            models[place].aliases += addition.aliases.filter { $0.model == models[place].id }.map(\.alias)
        }
        for model in addition.models {
            let behind = models.lastIndex { $0.provider == model.provider }.map { $0 + 1 } ?? models.endIndex
            models.insert(model, at: behind)
        }
        return PriceTable(schema: schema, models: models)
    }
}

/// Gathers foreign prices model by model and says what is new in them.
private struct PriceComparison {
    let table: PriceTable
    let day: Date
    private var known: [String: [ForeignPrice]] = [:]
    private var unknown: [ForeignPrice] = []
    private var addition = PriceImport()

    init(table: PriceTable, day: Date) {
        self.table = table
        self.day = day
    }

    mutating func take(_ entry: JSONMember) {
        guard let provider = entry.node["litellm_provider"]?.string, ["anthropic", "openai"].contains(provider),
            entry.node["mode"]?.string == "chat"
        else { return }
        do {
            let price = try ForeignPrice(name: entry.key, provider: provider, entry: entry.node)
            if let model = try? table.lookup(model: entry.key, provider: provider) {
                known[model.id, default: []].append(price)
            } else {
                unknown.append(price)
            }
        } catch {
            skip(entry.key, error.reason)
        }
    }

    mutating func result() -> PriceImport {
        for model in table.models {
            // The entry of the id itself speaks for the model, else the first of its aliases.
            guard let all = known[model.id], let price = all.first(where: { $0.name == model.id }) ?? all.first else { continue }
            compare(price, with: model)
            for other in all where price.contradicts(other) { skip(other.name, "its price differs from that of \(price.name), the same model") }
        }
        addNewModels()
        return addition
    }

    private mutating func compare(_ price: ForeignPrice, with model: PricedModel) {
        guard let current = try? model.row(at: day) else {
            return skip(price.name, "the table has no price for it on \(PriceRow.day(day))")
        }
        guard price.differs(from: current) else { return }
        if let last = model.prices.last, last.from >= day {
            return skip(price.name, "its price differs, but the table has a row from \(PriceRow.day(last.from)) already; choose a later date")
        }
        if let lost = price.lost(of: current) {
            return skip(price.name, "its price differs, but the list says nothing of \(lost); add the row by hand")
        }
        addition.rows.append(price.row(model: model.id, from: day, carryingOver: current))
    }

    /// A dated name ("gpt-5-2025-08-07") beside the plain one at the same price is an alias, anything else a model.
    private mutating func addNewModels() {
        let byName = Dictionary(unknown.map { ($0.name, $0) }) { first, _ in first }
        var aliases: [String: [String]] = [:]
        var models: [ForeignPrice] = []
        for price in unknown.sorted(by: { $0.name < $1.name }) {
            guard let plain = Self.plainName(price.name) else {
                models.append(price)
                continue
            }
            if let model = try? table.lookup(model: plain, provider: price.provider), let row = try? model.row(at: day), !price.differs(from: row) {
                addition.aliases.append(.init(model: model.id, alias: price.name))
            } else if let other = byName[plain], other.provider == price.provider, other.says(price) {
                aliases[plain, default: []].append(price.name)
            } else {
                models.append(price)
            }
        }
        addition.models = models.map { price in
            PricedModel(
                provider: price.provider, id: price.name, aliases: aliases[price.name] ?? [], retired: price.retired,
                maxOutputTokens: price.maxOutputTokens, prices: [price.row(model: price.name, from: day, carryingOver: nil)])
        }
    }

    private mutating func skip(_ name: String, _ reason: String) {
        addition.skipped.append(.init(model: shown(name), reason: reason))
    }

    /// The name without a date at its end, "-20251001" or "-2025-10-01"; nil when it has none.
    private static func plainName(_ name: String) -> String? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        func isNumber(_ text: Substring, _ digits: Int) -> Bool { text.utf8.count == digits && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        if parts.count > 1, let last = parts.last, isNumber(last, 8) { return parts.dropLast().joined(separator: "-") }
        guard parts.count > 3, isNumber(parts[parts.count - 3], 4), isNumber(parts[parts.count - 2], 2), isNumber(parts[parts.count - 1], 2) else {
            return nil
        }
        return parts.dropLast(3).joined(separator: "-")
    }
}
