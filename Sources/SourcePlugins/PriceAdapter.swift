public import Fetch
public import FoundationEssentials
import WireCore

/// What a coin cost, as a document says it.
public struct PriceReading: Sendable, Equatable {
    /// The source's own name for it, "bitcoin".
    public var coin: String
    /// US dollars, above zero.
    public var price: Double
    public var at: Date

    public init(coin: String, price: Double, at: Date) {
        self.coin = coin
        self.price = price
        self.at = at
    }
}

/// Kind `price`: what coins cost now, from an API of CoinGecko's shape (`GET /api/v3/simple/price`); it brings prices and no items.
///
/// The answer is `{"bitcoin":{"usd":67187.33,"last_updated_at":1711356300}}`; an unknown coin is left out without a word, and an error may
/// come at status 200, as `{"status":{"error_code":429,"error_message":"…"}}`.
/// Source of names and codes: CoinGecko's API reference, "Coin Price by IDs" and "Common Errors & Rate Limit".
public struct PriceAdapter: SourceAdapter {
    /// The registry's `config` of the kind.
    public struct Configuration: Sendable, Equatable {
        /// The API's ids of the coins, "bitcoin"; at least one.
        public var coins: [String]

        public init(coins: [String]) { self.coins = coins }
    }

    /// Where the API lives unless the registry says otherwise.
    public static let defaultURL = "https://api.coingecko.com"
    /// The variable that the key is taken from unless the registry says otherwise.
    public static let keyVariable = "COINGECKO_API_KEY"
    /// Coins of one source at most: what fits into an address.
    public static let mostCoins = 100
    /// What no coin has ever cost, in dollars: a price outside is a fault of the source.
    private static let credible = 1e-15...1e9

    private let url: String
    private let coins: [String]
    private let key: String?
    private let headers: [HTTPHeader]

    /// `key` nil asks without one, which the API allows, more rarely.
    public init(url: String = defaultURL, configuration: Configuration, key: String?, headers: [HTTPHeader] = []) {
        var base = url[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        self.url = base.hasSuffix("/simple/price") ? String(base) : base + "/api/v3/simple/price"
        var seen: Set<String> = []
        coins = configuration.coins.filter { seen.insert($0).inserted }
        self.key = key
        self.headers = headers
    }

    /// True for what the registry takes as a coin's id.
    public static func isCoin(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
            }
    }

    public func firstRequest(_ context: PollContext) -> PageRequest {
        let address = "\(url)?ids=\(coins.joined(separator: ","))&vs_currencies=usd&include_last_updated_at=true"
        var fields = headers
        if let key { fields.append(HTTPHeader(name: keyField, value: key)) }
        return PageRequest(url: address, headers: fields, accept: "application/json", isConditional: true)
    }

    public func read(_ document: Document, of request: PageRequest, _ context: PollContext) throws(ReadFailure) -> Page {
        let root = try APIAnswer.json(document, context)
        guard let members = root.object else { throw ReadFailure(.schema, "\(root.value.kindName) where an object of coins was due") }
        if let failure = failure(in: root) { throw failure }
        var page = Page(items: [])
        var missing: [String] = []
        var refused: [String] = []
        for coin in coins {
            guard let quote = root[coin]?["usd"], !quote.isNull else {
                missing.append(coin)
                continue
            }
            guard let price = quote.double, Self.credible.contains(price) else {
                refused.append("\(coin) (\(Self.shown(quote)))")
                continue
            }
            page.prices.append(PriceReading(coin: coin, price: price, at: Self.instant(root[coin]?["last_updated_at"], context)))
        }
        let remarks = [missing.isEmpty ? nil : "no price of \(Self.list(missing))", refused.isEmpty ? nil : "not credible: \(Self.list(refused))"]
        let remark = remarks.compactMap { $0 }.joined(separator: "; ")
        guard !page.prices.isEmpty else {
            let keys = members.isEmpty ? "the answer is empty" : "its keys are: " + members.prefix(5).map(\.key).joined(separator: ", ")
            throw ReadFailure(
                .schema, "\(remark); \(SafeText.line(keys, limit: 120))",
                hint: "Check config.coins: they are the API's own ids, such as \"bitcoin\", not tickers; /api/v3/coins/list has them all.")
        }
        page.remark = remark.isEmpty ? nil : remark
        page.description = "a price API"
        return page
    }

    public func explain(_ failure: ReadFailure) -> ReadFailure {
        var explained = failure
        if failure.outcome == .auth { explained.hint = authHint }
        if failure.status == 404 {
            explained.hint = "The API has no such page: the url must be the API's base, \(Self.defaultURL) unless a proxy stands before it."
        }
        return explained
    }

    /// The paid plans have a host and a header field of their own.
    private var keyField: String { WebAddress.host(of: url) == "pro-api.coingecko.com" ? "x-cg-pro-api-key" : "x-cg-demo-api-key" }

    private var authHint: String {
        key == nil
            ? "Set \(Self.keyVariable), or the variable that the entry's config.key names, to a key of the API."
            : "The key was refused: demo keys belong to api.coingecko.com, keys of paid plans to pro-api.coingecko.com."
    }

    /// What the API complains of, whatever the status says. A coin may be named "status" or "error": then there is a price in it.
    private func failure(in root: JSONNode) -> ReadFailure? {
        let envelope = root["status"].flatMap { $0["error_code"] == nil ? nil : $0 } ?? (root["error_code"] == nil ? nil : root)
        let complaint = envelope ?? ["error", "errors"].lazy.compactMap { root[$0] }.first { !$0.isNull && $0.bool != false && $0["usd"] == nil }
        guard let complaint else { return nil }
        let code = envelope?["error_code"]?.int
        let words = complaint["error_message"]?.string ?? APIAnswer.words(of: complaint) ?? "no message"
        let message = "the API reports: \(SafeText.line(words, limit: 160))" + (code.map { " (code \($0))" } ?? "")
        switch code.flatMap(Self.outcome) ?? APIAnswer.outcome(ofWords: words) {
        case .rateLimited: return ReadFailure(.rateLimited, message, hint: "Without a key the API answers rarely; lengthen the interval, or set one.")
        case .auth: return ReadFailure(.auth, message, hint: authHint)
        default: return ReadFailure(.schema, message)
        }
    }

    private static func outcome(of code: Int) -> Outcome? {
        switch code {
        case 429: .rateLimited
        case 401, 403, 10_002, 10_005, 10_010, 10_011: .auth
        default: nil
        }
    }

    /// When the price was last renewed; the poll's time where that is not said, or cannot be: before Bitcoin, or to come.
    private static func instant(_ node: JSONNode?, _ context: PollContext) -> Date {
        guard let seconds = node?.int, seconds >= 1_230_768_000, Double(seconds) <= context.now.timeIntervalSince1970 else { return context.now }
        return Date(timeIntervalSince1970: Double(seconds))
    }

    private static func shown(_ node: JSONNode) -> String {
        SafeText.line(node.number ?? node.string.map { "\"\($0)\"" } ?? node.value.kindName, limit: 30)
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }
}
