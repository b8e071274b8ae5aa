import Costs
import FoundationEssentials
import WireCore

/// What a request says that matters for money: model, price, upper bound.
struct CallFacts: Sendable {
    let body: JSONNode
    let model: PricedModel
    let row: PriceRow
    let isStreaming: Bool
    /// Chat Completions: whether the client wants the usage at the end of a stream.
    let wantsStreamedUsage: Bool
    /// As the request names them.
    let terms: CallTerms
    /// Searches that an answer of Chat Completions pays for and does not count: a model that may search does so once before it answers, for
    /// each choice (platform.openai.com, "Web search", Chat Completions).
    let uncountedSearches: Int
    /// No usage that the provider may bill for one attempt costs more.
    let bound: Money

    /// Reads a request for `model`, which its body may name otherwise. Throws ``GatewayRefusal``.
    init(_ call: ModelCall, body: JSONNode, model name: String, table: PriceTable, at now: Date) throws(GatewayRefusal) {
        self.body = body
        do {
            model = try table.lookup(model: name)
            row = try model.row(at: now)
        } catch {
            let hint = error.nearest.isEmpty ? "" : " `wiredesk prices list` shows all."
            throw GatewayRefusal(.unpriced, error.message + "." + hint)
        }
        isStreaming = body["stream"]?.bool ?? false
        wantsStreamedUsage = body["stream_options"]?["include_usage"]?.bool ?? false
        terms = CallTerms(
            region: body["inference_geo"]?.string, speed: body["speed"]?.string, serviceTier: body["service_tier"]?.string)
        uncountedSearches = Self.uncountedSearches(body, model, row)
        var served = [(model, row)]
        // Models that the provider itself turns to when this one refuses; each may be billed.
        for fallback in body["fallbacks"]?.array ?? [] {
            let name = fallback["model"]?.string ?? ""
            guard let other = try? table.lookup(model: name), let row = try? other.row(at: now) else {
                throw GatewayRefusal(.unpriced, "the fallback model “\(SafeText.line(name, limit: 80))” is not in the price table")
            }
            served.append((other, row))
        }
        var sum = MoneySum()
        do throws(PriceFault) {
            for (model, row) in served { sum += try Self.bound(call, body, model, row, terms) }
        } catch {
            throw GatewayRefusal(.badRequest, "this call has no upper bound of its price: \(error.message)")
        }
        guard let whole = sum.money else { throw GatewayRefusal(.badRequest, "this call may cost more than 9.2 million dollars") }
        bound = whole
    }

    private static func bound(
        _ call: ModelCall, _ body: JSONNode, _ model: PricedModel, _ row: PriceRow, _ terms: CallTerms
    ) throws(PriceFault) -> Money {
        let size = PromptBound(body, bytes: call.body, shape: call.shape, provider: model.provider)
        var (prompt, output) = (size.tokens, outputBound(body, model, call.shape, rounds: size.rounds))
        // A conversation that grows too long is first summed up by a reading of its own, which is billed like the one that follows.
        if body["context_management"]?["edits"]?.array?.contains(where: { $0["type"]?.string?.hasPrefix("compact") ?? true }) ?? false {
            prompt = prompt &* 2 &+ output
            output = output &* 2
        }
        // What the request leaves open the provider may choose: the project's tier, the workspace's region.
        let open = CallTerms(
            isBatch: terms.isBatch, region: terms.region ?? Pricing.open, speed: terms.speed, serviceTier: terms.serviceTier ?? Pricing.open)
        return try Pricing.upperBound(
            promptTokensAtMost: prompt, outputTokensAtMost: output,
            webSearchesAtMost: row.webSearch == nil ? 0 : max(size.searches, uncountedSearches(body, model, row)), terms: open,
            row: row, promptClasses: size.classes)
    }

    /// Some models of OpenAI search unasked: their names say so.
    private static func uncountedSearches(_ body: JSONNode, _ model: PricedModel, _ row: PriceRow) -> Int {
        guard model.provider == "openai", row.webSearch != nil else { return 0 }
        return body["web_search_options"]?.object != nil || model.id.contains("-search") ? choices(body) : 0
    }

    /// How many answers are asked for.
    private static func choices(_ body: JSONNode) -> Int {
        // "3.0" is three for some readers.
        max(1, min(body["n"]?.double.map { $0 < 1000 ? Int($0.rounded(.up)) : 1000 } ?? 1, 1000))
    }

    /// `max_tokens` by whichever name; what the model can at most where the request does not say, or says nonsense for the provider to
    /// refuse. Once per choice and per round of a tool that the provider runs itself. Anthropic takes 0 for a call that only fills the cache.
    private static func outputBound(_ body: JSONNode, _ model: PricedModel, _ shape: WireShape, rounds: Int) -> Int {
        // Which of two names the provider reads is its choice.
        let asked = ["max_completion_tokens", "max_tokens"].compactMap { body[$0]?.int }.max()
        let least = shape == .messages ? 0 : 1
        let most = asked.flatMap { $0 >= least ? $0 : nil } ?? model.maxOutputTokens ?? PromptBound.largestContext
        let (product, isTooLarge) = most.multipliedReportingOverflow(by: choices(body) * rounds)
        return isTooLarge ? .max : product
    }
}

/// How many tokens a prompt can have at most.
///
/// A token stands for at least one byte of text, so the request's own bytes bound its text, its tools and its schemas; what providers
/// add (role marks, the tools' system prompt) is covered by a constant. A picture is more tokens than its address has bytes and is
/// counted by the most that providers count; a document, a file by id or a tool that the provider runs can fill the whole context, the
/// tool once in each of its rounds.
struct PromptBound {
    private(set) var tokens: Int
    /// How often the provider may read the prompt within one call.
    private(set) var rounds = 1
    private(set) var searches = 0
    let classes: Set<TokenClass>

    /// The largest context window on offer; the bound where a part's size cannot be known.
    static let largestContext = 1_000_000
    /// What providers add to a request by themselves.
    static let overhead = 2048
    /// Tokens of one picture: OpenAI's small models count 2,833 and 5,667 for each of up to eight tiles.
    private static let picture = [WireShape.messages: 5_000, .chat: 50_000]
    /// Rounds of a server tool without `max_uses` (Anthropic's loop ends after ten).
    private static let openRounds = 10

    init(_ body: JSONNode, bytes: [UInt8], shape: WireShape, provider: String) {
        tokens = bytes.count + Self.overhead
        // A name may be spelled with escapes: then its bytes say nothing.
        let isEscaped = Self.mentions("\\u", bytes)
        if isEscaped || Self.mentions("cache_control", bytes) {
            classes = TokenClass.prompt
        } else {
            // Anthropic writes to its cache only what a request marks; others unasked, and for one lifetime.
            classes = provider == "anthropic" ? [.input, .cacheRead] : [.input, .cacheRead, .cacheWrite5m]
        }
        var parts = Parts()
        if isEscaped || Self.mentions("\"type\"", bytes) { parts.count(body["messages"], body["system"]) }
        tokens += parts.pictures * (Self.picture[shape] ?? 50_000)
        if parts.isOpenEnded { tokens = max(tokens, Self.largestContext) }
        for tool in body["tools"]?.array ?? [] {
            // A tool with a dated type of its own is run by the provider, or defined by it; "custom" and "function" are the caller's.
            guard let type = tool["type"]?.string, type != "custom", type != "function" else { continue }
            let uses = max(1, min(tool["max_uses"]?.int ?? Self.openRounds, 1000))
            rounds += uses
            if type.hasPrefix("web_search") { searches += uses }
        }
        // Servers whose tools the provider runs, and OpenAI's own search.
        rounds += (body["mcp_servers"]?.array?.count ?? 0) > 0 ? Self.openRounds : 0
        if body["web_search_options"]?.object != nil {
            rounds += 1
            searches += Self.openRounds
        }
        if rounds > 1 { tokens = Self.largestContext * rounds }
    }

    private static func mentions(_ word: StaticString, _ bytes: [UInt8]) -> Bool { ByteSearch.place(of: word, in: bytes) != nil }

    /// Parts of messages that are no text.
    private struct Parts {
        var pictures = 0
        var isOpenEnded = false

        mutating func count(_ nodes: JSONNode?...) {
            for node in nodes { count(node, depth: 0) }
        }

        private mutating func count(_ node: JSONNode?, depth: Int) {
            guard let node, depth < 8 else { return }
            if let list = node.array { return list.forEach { count($0, depth: depth + 1) } }
            guard node.object != nil else { return }
            switch node["type"]?.string {
            case "image", "image_url", "input_image": pictures += 1
            case "text", "tool_use", "thinking", "redacted_thinking", "refusal", nil: break
            case "tool_result": break
            // Documents, files, audio, and whatever comes next.
            default: isOpenEnded = true
            }
            if let content = node["content"], content.string == nil { count(content, depth: depth + 1) }
        }
    }
}
