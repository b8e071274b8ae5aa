import Testing

@testable import LLM

@Suite("Names found in headlines")
struct EntityTests {
    /// Headline, and the names expected in it by first position, as "kind name".
    static let table: [(text: String, names: [String])] = [
        (
            "Bitcoin (BTC) tops $67,000 as BlackRock's ETF draws $1.2 billion",
            ["coin Bitcoin", "amount $67000", "company BlackRock", "amount $1.2 billion"]
        ),
        ("Ripple wins partial victory over SEC; XRP jumps 12%", ["company Ripple", "regulator SEC", "coin XRP"]),
        ("Ripple (XRP) price slides 4%", ["coin XRP"]), ("Ripple's XRP holdings shrink", ["company Ripple", "coin XRP"]),
        ("Binance burns BNB worth $600M", ["exchange Binance", "coin BNB", "amount $600 million"]),
        ("Binance Smart Chain outage hits DeFi", ["coin BNB"]), ("Binance.US lays off staff", ["exchange Binance.US"]),
        ("Bitcoin Cash and Ethereum Classic rally", ["coin Bitcoin Cash", "coin Ethereum Classic"]),
        ("Traders move to NEAR and SUI as altcoins bounce", ["coin NEAR Protocol", "coin Sui"]),
        ("Buy $LINK, $one and $GAS, he wrote", ["coin Chainlink", "coin Harmony", "coin Gas"]),
        ("Gas prices rise near one dollar; see the link below", []), ("Press ONE for help: GAS LEAK NEAR STATION", []),
        ("Ethereum GAS fees fall to a one-year low", ["coin Ethereum"]), ("Avalanche kills three skiers in the Alps", []),
        ("Crypto rally lifts Avalanche and Polygon", ["coin Avalanche", "coin Polygon"]),
        (
            "S.E.C. Chair Paul Atkins meets Coinbase CEO Brian Armstrong",
            ["regulator SEC", "person Paul Atkins", "exchange Coinbase", "person Brian Armstrong"]
        ),
        ("Mt. Gox moves 1,000 BTC to Kraken", ["exchange Mt. Gox", "coin Bitcoin", "exchange Kraken"]),
        ("Sam Bankman-Fried appeals; FTX creditors paid €300 mln", ["person Sam Bankman-Fried", "exchange FTX", "amount €300 million"]),
        ("Tether mints 1 billion USDT while Circle trails with USDC", ["company Tether", "coin Tether USD", "company Circle", "coin USD Coin"]),
        ("Fed's Powell: no rush to cut", ["regulator Federal Reserve", "person Jerome Powell"]),
        ("U.S. Treasury sanctions mixer over 2.5 million dollars", ["regulator U.S. Treasury", "amount $2.5 million"]),
        ("Melania Trump tours the Amazon rainforest", ["person Melania Trump"]), ("A stellar quarter has ripple effects on crypto", []),
        ("AVAX and NEAR climb", ["coin Avalanche", "coin NEAR Protocol"]), ("Inflation eased to 2.4% in 2025", []),
        ("The mantle of a king in a cosmos of stacks", []), ("", []),
        ("Crypto.com lists Solana’s SOL", ["exchange Crypto.com", "coin Solana"]),
    ]

    @Test("A headline names what the table says, in its order", arguments: table)
    func headlines(_ text: String, _ names: [String]) {
        #expect(Extractive.entities(in: text).map { "\($0.kind.rawValue) \($0.name)" } == names)
    }

    @Test("Mentions are counted, a name with its ticker behind it once, and the first is told by its byte")
    func counts() {
        let found = Extractive.entities(in: "“Ether” is up. Ethereum (ETH) leads; ETH traders cheer.")
        #expect(found == [Entity(name: "Ethereum", kind: .coin, ticker: "ETH", count: 3, position: 3, confidence: 0.95)])
    }

    @Test("A plain name is surer than a ticker that is also a word")
    func confidence() throws {
        let found = Extractive.entities(in: "Chainlink staking: NEAR and $DOT follow; traders like Stellar.")
        let confidence = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.confidence) })
        #expect(confidence == ["Chainlink": 0.95, "NEAR Protocol": 0.7, "Polkadot": 0.9, "Stellar": 0.75])
    }

    @Test("Sums of money come to one form", arguments: ["$1.2 million", "$1.2M", "$1.2mln", "1.2 million dollars", "$1.2 mn", "1.2M USD"])
    func money(_ text: String) {
        #expect(Extractive.entities(in: "It cost \(text) in all").map(\.name) == ["$1.2 million"])
    }

    @Test("Every line of the gazetteer is read, and no coin's ticker stands twice")
    func gazetteer() {
        let lines = GazetteerData.lines.split(separator: "\n")
        #expect(Gazetteer.shared.subjects.count == lines.count { !$0.hasPrefix("none") })
        #expect(Gazetteer.shared.subjects.count { $0.kind == .coin } >= 50)
        let tickers = lines.flatMap { $0.split(separator: "|", omittingEmptySubsequences: false)[2].split(separator: ",") }
            .map { $0.filter { $0.isLetter || $0.isNumber } }.filter { !$0.isEmpty }
        #expect(Set(tickers).count == tickers.count)
        #expect(Gazetteer.shared.tickers.count == tickers.count)
    }
}
