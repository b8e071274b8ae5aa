import Stores

/// What the staged sources report, and what it is about.
struct Headline: Sendable {
    var title: String
    var theme: Theme
    var sentiment: Double
    /// Who it is about, the nucleus first.
    var names: [EntityMention]
    var words: [String]
    /// News of today only.
    var isNew = false

    init(_ title: String, _ theme: Theme, _ sentiment: Double, _ names: [EntityMention], _ words: [String] = [], isNew: Bool = false) {
        (self.title, self.theme, self.sentiment, self.names, self.words, self.isNew) = (title, theme, sentiment, names, words, isNew)
    }
}

extension EntityMention {
    fileprivate static func coin(_ name: String, _ ticker: String) -> EntityMention {
        EntityMention(name: name, kind: .coin, ticker: ticker, salience: 5, confidence: 0.9)
    }

    fileprivate static func named(_ name: String, _ kind: EntityKind) -> EntityMention {
        EntityMention(name: name, kind: kind, salience: 4, confidence: 0.9)
    }
}

extension StagedNews {
    static let headlines: [Headline] = [
        .init(
            "SEC delays decision on spot Solana ETF to January", .regulation, -0.2, [.named("SEC", .regulator), .coin("Solana", "SOL")],
            ["etf", "delay", "decision"], isNew: true),
        .init(
            "Bitcoin steadies above $91,000 as ETF inflows return", .institutions, 0.4, [.coin("Bitcoin", "BTC")], ["inflows", "etf", "steadies"]),
        .init(
            "Ethereum validators signal support for higher gas limit", .infrastructure, 0.2, [.coin("Ethereum", "ETH")],
            ["gas", "limit", "validators"]),
        .init(
            "Tether's reserves draw fresh questions from European regulators", .stablecoins, -0.5, [.named("Tether", .company)],
            ["reserves", "questions"]),
        .init("Coinbase lists three tokens, pulls one after audit", .exchanges, 0.05, [.named("Coinbase", .exchange)]),
        .init("Lending protocol loses $14 million to oracle exploit", .security, -0.7, [.coin("Aave", "AAVE")], ["oracle", "exploit"]),
        .init("Hong Kong licenses two more exchanges", .regulation, 0.3, [.named("Hong Kong SFC", .regulator)]),
        .init("Miners sell reserves as hash price slips to yearly low", .mining, -0.3, [.coin("Bitcoin", "BTC")]),
        .init("Stablecoin bill clears committee with bipartisan votes", .stablecoins, 0.3, [.named("Circle", .company)]),
        .init("Uniswap fee switch passes first temperature check", .defi, 0.2, [.coin("Uniswap", "UNI")]),
        .init(
            "Bank of England consults on holding limits for stablecoins", .stablecoins, -0.1,
            [.named("Bank of England", .regulator), .named("Tether", .company)]),
        .init("Kraken files confidentially for a listing", .exchanges, 0.3, [.named("Kraken", .exchange)]),
        .init("Layer 2 fees fall below a cent after upgrade", .infrastructure, 0.4, [.coin("Ethereum", "ETH")], ["fees", "upgrade"]),
        .init("Argentina's largest pension fund discloses bitcoin position", .adoption, 0.5, [.coin("Bitcoin", "BTC")], ["pension", "fund"]),
        .init("Funding rates turn negative for the first time since August", .markets, -0.4, [.coin("Bitcoin", "BTC")], ["funding", "rates"]),
        .init(
            "Circle and Visa widen settlement pilot to Brazil", .adoption, 0.4, [.named("Circle", .company), .named("Visa", .company)]),
    ]
}
