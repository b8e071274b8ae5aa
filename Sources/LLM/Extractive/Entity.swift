/// Something with a name that a text speaks of.
public struct Entity: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case coin, company, exchange, regulator, person
        /// A sum of money, such as "$1.2 million".
        case amount
    }

    /// The one name for all its spellings: "Bitcoin" for BTC, "$1.2 million" for $1.2M.
    public var name: String
    public var kind: Kind
    /// A coin's main ticker, in capitals.
    public var ticker: String?
    /// How often the text names it; "Bitcoin (BTC)" counts once.
    public var count: Int
    /// The first mention's first byte in the text's UTF-8.
    public var position: Int
    /// How surely the name means this, 0…1: that of the clearest mention.
    public var confidence: Double

    public init(name: String, kind: Kind, ticker: String? = nil, count: Int, position: Int, confidence: Double) {
        self.name = name
        self.kind = kind
        self.ticker = ticker
        self.count = count
        self.position = position
        self.confidence = confidence
    }
}
