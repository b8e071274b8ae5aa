public import FoundationEssentials
import WireCore

/// A model with all the prices it ever had.
public struct PricedModel: Sendable, Hashable {
    /// One of ``PriceTable/providers``.
    public var provider: String
    public var id: String
    /// Other names that it is asked for by; each belongs to one model only.
    public var aliases: [String]
    /// The UTC day on which the provider stopped serving it; its rows stay, for old entries.
    public var retired: Date?
    /// The most it generates in one answer; nil: not known.
    public var maxOutputTokens: Int?
    /// Strictly ascending by date, at least one.
    public var prices: [PriceRow]

    public init(
        provider: String, id: String, aliases: [String] = [], retired: Date? = nil, maxOutputTokens: Int? = nil, prices: [PriceRow]
    ) {
        self.provider = provider
        self.id = id
        self.aliases = aliases
        self.retired = retired
        self.maxOutputTokens = maxOutputTokens
        self.prices = prices
    }

    /// The row in force at an instant: the last that begins at or before it. Throws ``PriceFault`` before the first one.
    public func row(at instant: Date) throws(PriceFault) -> PriceRow {
        if let row = prices.last(where: { $0.from <= instant }) { return row }
        let first = prices.first.map { "; its prices begin on \(PriceRow.day($0.from))" } ?? ""
        throw PriceFault(.notYetPriced, "\(provider)/\(id) has no price on \(PriceRow.day(instant))\(first)")
    }
}

/// The prices of all models, read from Prices.json by ``PriceTableReader``. What is not in it is refused, never guessed.
public struct PriceTable: Sendable, Hashable {
    /// Whose models can be priced; "extractive" is the local one that costs nothing.
    public static let providers = ["anthropic", "openai", "extractive"]
    /// The version of the format.
    public static let version = 1

    /// Where the format's schema lies, as the file says.
    public let schema: String?
    /// In the order of the file.
    public let models: [PricedModel]
    /// From ids and aliases to places in `models`.
    private let places: [String: Int]

    /// `models` with ids and aliases unique, rows and tiers ascending, as ``PriceTableReader`` makes sure; of two models with one name
    /// the first is found.
    public init(schema: String? = nil, models: [PricedModel]) {
        self.schema = schema
        self.models = models
        var places: [String: Int] = [:]
        for (place, model) in models.enumerated() {
            for name in [model.id] + model.aliases where places[name] == nil { places[name] = place }
        }
        self.places = places
    }

    /// The model of an id or alias, letter for letter.
    public func model(named name: String) -> PricedModel? { places[name].map { models[$0] } }

    /// The model of an id or alias, letter for letter; `provider` nil: whosever it is.
    /// Throws ``PriceFault`` with the three nearest known names.
    public func lookup(model name: String, provider: String? = nil) throws(PriceFault) -> PricedModel {
        if let place = places[name], provider == nil || models[place].provider == provider { return models[place] }
        let known = models.filter { provider == nil || $0.provider == provider }.flatMap { [$0.id] + $0.aliases }
        let nearest = NearestName.ranked(name, among: known, count: 3)
        let whose = provider.map { " of \(SafeText.line($0, limit: 64))" } ?? ""
        let hint = nearest.isEmpty ? "" : "; the nearest known names are \(nearest.joined(separator: ", "))"
        throw PriceFault(
            .unknownModel, "the model \"\(SafeText.line(name, limit: 100))\"\(whose) is not in the price table\(hint)", nearest: nearest)
    }

    /// The row that the ledger names "anthropic/claude-haiku-4-5@2025-10-01"; nil when there is none.
    public func row(named name: String) -> PriceRow? {
        guard let slash = name.firstIndex(of: "/"), let at = name.lastIndex(of: "@"), slash < at else { return nil }
        let model = places[String(name[name.index(after: slash)..<at])].map { models[$0] }
        return model?.prices.first { $0.name == name }
    }
}
