import FoundationEssentials
import WireCore

/// Turns the text of Prices.json into a ``PriceTable``, or names everything that is wrong with it.
public struct PriceTableReader {
    static let topKeys = ["$schema", "version", "models"]
    static let modelKeys = ["provider", "id", "aliases", "retired", "maxOutputTokens", "prices"]
    static let tokenKeys = TokenClass.allCases.map(\.rawValue)
    static let rowKeys = ["from"] + tokenKeys + ["webSearch", "factors", "tiers"]
    static let tierKeys = ["promptAbove"] + tokenKeys
    static let factorKeys = ["batch", "region", "speed", "serviceTier"]
    static let tokenCounts = 1...100_000_000

    private let problems: FileProblemList
    /// Ids and aliases so far, and where each stands.
    private var names: [String: (isID: Bool, node: JSONNode)] = [:]

    /// Reads `text`; `file` is its name in messages. Throws every problem at once; there is no partial table.
    public static func read(_ text: [UInt8], file: String) throws(PriceTableRefusal) -> PriceTable {
        let root: JSONNode
        do {
            root = try JSONReader.read(text, maximumDepth: 16)
        } catch {
            let problem = FileProblem(position: TextPosition(of: error.offset, in: text), message: "no valid JSON: \(error.message)")
            throw PriceTableRefusal(file: file, problems: [problem])
        }
        var reader = PriceTableReader(text: text)
        let table = reader.table(root)
        guard reader.problems.isEmpty else {
            throw PriceTableRefusal(file: file, problems: reader.problems.sorted, isCutShort: reader.problems.isCutShort)
        }
        return table
    }

    private init(text: [UInt8]) { problems = FileProblemList(text: text) }

    private mutating func table(_ root: JSONNode) -> PriceTable {
        guard let top = ConfigObject(root, what: "the price table", allowed: Self.topKeys, problems: problems) else {
            return PriceTable(models: [])
        }
        if let node = top.required("version"), node.int != PriceTable.version {
            top.wrong(node, "version", due: "\(PriceTable.version), the version that this program reads")
        }
        if let node = top["$schema"], node.string == nil { top.wrong(node, "$schema", due: "a text") }
        var models: [PricedModel] = []
        for node in list(top, "models", of: "models") {
            if let model = model(node) { models.append(model) }
        }
        return PriceTable(schema: top["$schema"]?.string, models: models)
    }

    private func list(_ object: ConfigObject, _ key: String, of things: String) -> [JSONNode] {
        guard let node = object.required(key) else { return [] }
        guard let list = node.array else {
            object.wrong(node, key, due: "a list of \(things)")
            return []
        }
        return list
    }

    // MARK: - A model

    private mutating func model(_ node: JSONNode) -> PricedModel? {
        let name = node["id"]?.string.map { "model \"\(shown($0))\"" } ?? "a model"
        guard let object = ConfigObject(node, what: name, allowed: Self.modelKeys, problems: problems) else { return nil }
        let provider = provider(object)
        let id = object.required("id").flatMap { node in object.text(node, "id").flatMap { claim($0, node, object, isID: true) } }
        let aliases = aliases(object)
        let retired = object["retired"].flatMap { object.day($0, "retired") }
        let maxOutputTokens = object.int("maxOutputTokens", in: Self.tokenCounts)
        let rows = rows(object, provider: provider ?? "", model: id ?? "")
        guard let provider, let id else { return nil }
        return PricedModel(provider: provider, id: id, aliases: aliases, retired: retired, maxOutputTokens: maxOutputTokens, prices: rows)
    }

    private func provider(_ object: ConfigObject) -> String? {
        guard let node = object.required("provider") else { return nil }
        if let name = node.string, PriceTable.providers.contains(name) { return name }
        let nearest = node.string.flatMap { NearestName.of($0, among: PriceTable.providers) }.map { "; did you mean \"\($0)\"?" } ?? ""
        object.wrong(node, "provider", due: "one of \(PriceTable.providers.joined(separator: ", "))\(nearest)")
        return nil
    }

    private mutating func aliases(_ object: ConfigObject) -> [String] {
        guard let node = object["aliases"] else { return [] }
        guard let list = node.array else {
            object.wrong(node, "aliases", due: "a list of texts")
            return []
        }
        var aliases: [String] = []
        for node in list {
            if let alias = object.text(node, "an alias"), claim(alias, node, object, isID: false) != nil { aliases.append(alias) }
        }
        return aliases
    }

    /// Takes a name for one model; nil, with a problem, when it is taken.
    private mutating func claim(_ name: String, _ node: JSONNode, _ object: ConfigObject, isID: Bool) -> String? {
        guard let taken = names[name] else {
            names[name] = (isID, node)
            return name
        }
        let line = problems.line(of: taken.node)
        let (kind, other) = (isID ? "id" : "alias", taken.isID ? "id" : "alias")
        problems.add(
            at: node, "the \(kind) \"\(shown(name))\" of \(object.what) is already the \(other) at line \(line); a name is one model's only")
        return nil
    }

    // MARK: - Rows

    private func rows(_ model: ConfigObject, provider: String, model id: String) -> [PriceRow] {
        let nodes = list(model, "prices", of: "rows")
        if let node = model["prices"], node.array?.isEmpty == true { model.wrong(node, "prices", due: "a list of at least one row") }
        var rows: [PriceRow] = []
        for node in nodes {
            guard let object = ConfigObject(node, what: "a price row of \(model.what)", allowed: Self.rowKeys, problems: problems),
                let row = row(object, provider: provider, model: id)
            else { continue }
            if let last = rows.last, last.from >= row.from, let node = object["from"] {
                object.wrong(node, "from", due: "later than the row before, \"\(PriceRow.day(last.from))\"")
            }
            rows.append(row)
        }
        return rows
    }

    private func row(_ object: ConfigObject, provider: String, model: String) -> PriceRow? {
        let from = object.required("from").flatMap { object.day($0, "from") }
        let prices = prices(object)
        let webSearch = object["webSearch"].flatMap { object.price($0, "webSearch") }
        let factors = factors(object)
        let tiers = tiers(object)
        guard let from, let prices else { return nil }
        return PriceRow(provider: provider, model: model, from: from, prices: prices, webSearch: webSearch, factors: factors, tiers: tiers)
    }

    private func prices(_ object: ConfigObject) -> TokenPrices? {
        let input = object.required("input").flatMap { object.price($0, "input") }
        let output = object.required("output").flatMap { object.price($0, "output") }
        func optional(_ key: TokenClass) -> ExactDecimal? { object[key.rawValue].flatMap { object.price($0, key.rawValue) } }
        let (read, write5m, write1h) = (optional(.cacheRead), optional(.cacheWrite5m), optional(.cacheWrite1h))
        guard let input, let output else { return nil }
        return TokenPrices(input: input, output: output, cacheRead: read, cacheWrite5m: write5m, cacheWrite1h: write1h)
    }

    /// A tier prices exactly the classes that its row prices, so that no class is refused on one side of a threshold only.
    private func checkClasses(_ tier: ConfigObject, _ row: ConfigObject) {
        for key in [TokenClass.cacheRead, .cacheWrite5m, .cacheWrite1h].map(\.rawValue) where (tier[key] == nil) != (row[key] == nil) {
            let (has, lacks) = row[key] == nil ? ("the tier", "the row") : ("the row", "the tier")
            problems.add(at: tier.node, "\(has) has a price \"\(key)\" and \(lacks) has none; in \(tier.what) both or neither must")
        }
    }

    private func tiers(_ row: ConfigObject) -> [PriceTier] {
        guard let node = row["tiers"] else { return [] }
        guard let nodes = node.array else {
            row.wrong(node, "tiers", due: "a list of tiers")
            return []
        }
        var tiers: [PriceTier] = []
        for node in nodes {
            guard let object = ConfigObject(node, what: "a tier of \(row.what)", allowed: Self.tierKeys, problems: problems) else { continue }
            checkClasses(object, row)
            let threshold = object.required("promptAbove") == nil ? nil : object.int("promptAbove", in: Self.tokenCounts)
            let prices = prices(object)
            guard let threshold, let prices else { continue }
            if let last = tiers.last, last.promptAbove >= threshold, let node = object["promptAbove"] {
                object.wrong(node, "promptAbove", due: "more than that of the tier before, \(last.promptAbove)")
            }
            tiers.append(PriceTier(promptAbove: threshold, prices: prices))
        }
        return tiers
    }

    // MARK: - Factors

    private func factors(_ row: ConfigObject) -> PriceFactors {
        let what = "factors of \(row.what)"
        guard let node = row["factors"], let object = ConfigObject(node, what: what, allowed: Self.factorKeys, problems: problems) else {
            return PriceFactors()
        }
        return PriceFactors(
            batch: object["batch"].flatMap { object.factor($0, "batch") }, region: factors(object, "region"), speed: factors(object, "speed"),
            serviceTier: factors(object, "serviceTier"))
    }

    private func factors(_ factors: ConfigObject, _ key: String) -> [String: PriceFactor] {
        guard let node = factors[key], let object = ConfigObject(node, what: "\(key) of \(factors.what)", allowed: nil, problems: problems) else {
            return [:]
        }
        var found: [String: PriceFactor] = [:]
        for member in object.members {
            if member.key.isEmpty {
                problems.add(at: member.keyRange.lowerBound, "an empty name in \(object.what)")
            } else if let factor = object.factor(member.node, member.key) {
                found[member.key] = factor
            }
        }
        return found
    }
}
