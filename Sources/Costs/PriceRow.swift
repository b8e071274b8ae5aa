public import FoundationEssentials
import WireCore

/// The classes of token that have prices of their own. The raw values are the price table's keys.
///
/// Named after Anthropic's two lifetimes of cache writes; where a provider has others, the shorter is `cacheWrite5m` and the longer
/// `cacheWrite1h` (OpenAI: half an hour and twelve).
public enum TokenClass: String, Sendable, CaseIterable {
    case input
    case output
    case cacheRead
    case cacheWrite5m
    case cacheWrite1h

    /// Everything but what is generated.
    public static let prompt: Set<TokenClass> = [.input, .cacheRead, .cacheWrite5m, .cacheWrite1h]

    /// For messages: "cache reads".
    var name: String {
        switch self {
        case .input: "input"
        case .output: "output"
        case .cacheRead: "cache reads"
        case .cacheWrite5m: "short-lived cache writes (5m)"
        case .cacheWrite1h: "long-lived cache writes (1h)"
        }
    }
}

/// Dollars per million tokens of each class, as written.
public struct TokenPrices: Sendable, Hashable {
    public var input: ExactDecimal
    public var output: ExactDecimal
    /// Nil in this and the next two: the model has no such class, and a usage with tokens in it cannot be priced.
    public var cacheRead: ExactDecimal?
    public var cacheWrite5m: ExactDecimal?
    public var cacheWrite1h: ExactDecimal?

    public init(
        input: ExactDecimal, output: ExactDecimal, cacheRead: ExactDecimal? = nil, cacheWrite5m: ExactDecimal? = nil,
        cacheWrite1h: ExactDecimal? = nil
    ) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
    }

    public subscript(_ tokenClass: TokenClass) -> ExactDecimal? {
        switch tokenClass {
        case .input: input
        case .output: output
        case .cacheRead: cacheRead
        case .cacheWrite5m: cacheWrite5m
        case .cacheWrite1h: cacheWrite1h
        }
    }
}

/// Other prices for long prompts: they hold for the whole request when its prompt is longer than `promptAbove` tokens.
public struct PriceTier: Sendable, Hashable {
    /// A prompt (input, cache reads and cache writes together) of exactly this size is not above it.
    public var promptAbove: Int
    public var prices: TokenPrices

    public init(promptAbove: Int, prices: TokenPrices) {
        self.promptAbove = promptAbove
        self.prices = prices
    }
}

/// What the terms of a call multiply its token prices by. Factors of several terms multiply with each other.
public struct PriceFactors: Sendable, Hashable {
    /// Nil: the model is not served in batches.
    public var batch: PriceFactor?
    /// By the region asked for ("us").
    public var region: [String: PriceFactor] = [:]
    /// By the speed ("fast").
    public var speed: [String: PriceFactor] = [:]
    /// By any other service tier ("priority", "flex").
    public var serviceTier: [String: PriceFactor] = [:]

    public init(
        batch: PriceFactor? = nil, region: [String: PriceFactor] = [:], speed: [String: PriceFactor] = [:],
        serviceTier: [String: PriceFactor] = [:]
    ) {
        self.batch = batch
        self.region = region
        self.speed = speed
        self.serviceTier = serviceTier
    }

    public var isEmpty: Bool { batch == nil && region.isEmpty && speed.isEmpty && serviceTier.isEmpty }
}

/// What a model costs from a day on. Rows are never edited: a change of price is another row.
public struct PriceRow: Sendable, Hashable {
    public var provider: String
    /// The model's id.
    public var model: String
    /// The UTC midnight from which it holds, that instant included.
    public var from: Date
    public var prices: TokenPrices
    /// Dollars per search; nil: the model searches nothing.
    public var webSearch: ExactDecimal?
    public var factors: PriceFactors
    /// Ascending by `promptAbove`.
    public var tiers: [PriceTier]

    public init(
        provider: String, model: String, from: Date, prices: TokenPrices, webSearch: ExactDecimal? = nil, factors: PriceFactors = PriceFactors(),
        tiers: [PriceTier] = []
    ) {
        self.provider = provider
        self.model = model
        self.from = from
        self.prices = prices
        self.webSearch = webSearch
        self.factors = factors
        self.tiers = tiers
    }

    /// How the ledger names it: "anthropic/claude-haiku-4-5@2025-10-01".
    public var name: String { "\(provider)/\(model)@\(Self.day(from))" }

    /// The prices for a request whose prompt is this long.
    public func prices(forPrompt tokens: Int128) -> TokenPrices {
        tiers.last { tokens > Int128($0.promptAbove) }?.prices ?? prices
    }

    /// An instant's UTC day, "2025-10-01".
    static func day(_ date: Date) -> String { String(UTCTime.text(date).prefix(10)) }
}
