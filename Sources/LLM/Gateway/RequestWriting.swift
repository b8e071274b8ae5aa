import Costs
import Fetch
import WireCore

/// A request as it goes to the provider.
struct OutgoingRequest: Sendable {
    var body: [UInt8]
    var headers: [HTTPHeader]
    var rewriting: StreamRewriting

    /// The caller's own bytes wherever they will do. `created`: the instant, in seconds since 1970, for translated streams.
    init(_ call: ModelCall, _ facts: CallFacts, _ provider: Provider, created: Int) throws(GatewayRefusal) {
        rewriting = .none
        let id = facts.model.id
        // A name that the provider knows goes out as the caller wrote it: an alias of the table is one of the provider's own names.
        let named = facts.body["model"]?.string
        let keepsName = named == id || named.map(facts.model.aliases.contains) ?? false
        do {
            switch (call.shape, provider.shape) {
            case (.messages, .messages): body = keepsName ? call.body : Self.renamed(facts.body, to: id)
            case (.chat, .chat):
                let asksForUsage = facts.isStreaming && !facts.wantsStreamedUsage
                if asksForUsage { rewriting = .withoutUsage }
                body = keepsName && !asksForUsage ? call.body : Self.renamed(facts.body, to: keepsName ? named ?? id : id, asksForUsage: asksForUsage)
            case (.messages, .chat):
                body = try Translation.chatRequest(fromMessages: facts.body, model: id).rendered
                if facts.isStreaming { rewriting = .toMessages(ChatToAnthropicStream()) }
            case (.chat, .messages):
                body = try Translation.messagesRequest(
                    fromChat: facts.body, model: id, defaultMaxTokens: facts.model.maxOutputTokens ?? Self.defaultMaxTokens
                ).rendered
                if facts.isStreaming { rewriting = .toChat(AnthropicToChatStream(created: created, includesUsage: facts.wantsStreamedUsage)) }
            }
        } catch {
            throw GatewayRefusal(.badRequest, "this request cannot be put to \(provider.name): \(error.description)")
        }
        headers = Self.headers(call, provider)
    }

    /// Where neither the request nor the table says how much may be generated.
    private static let defaultMaxTokens = 4096

    private static func headers(_ call: ModelCall, _ provider: Provider) -> [HTTPHeader] {
        let own = Set(provider.headers.map { $0.name.lowercased() })
        var headers = provider.headers + [HTTPHeader.contentType(isStream: false)]
        // Another provider's own fields mean nothing to this one.
        if call.shape == provider.shape { headers += call.headers.filter { !own.contains($0.name.lowercased()) } }
        if provider.shape == .messages, headers["anthropic-version"] == nil {
            headers.append(HTTPHeader(name: "anthropic-version", value: "2023-06-01"))
        }
        return headers
    }

    private static func renamed(_ body: JSONNode, to model: String, asksForUsage: Bool = false) -> [UInt8] {
        var json = JSONWriter(capacity: body.range.count + 64)
        json.object { root in
            root.member("model", model)
            if asksForUsage {
                root.key("stream_options")
                root.object { options in
                    options.member("include_usage", true)
                    for member in body["stream_options"]?.object ?? [] where member.key != "include_usage" {
                        options.key(escaping: member.key)
                        options.node(member.node)
                    }
                }
            }
            for member in body.object ?? [] where member.key != "model" && !(asksForUsage && member.key == "stream_options") {
                root.key(escaping: member.key)
                root.node(member.node)
            }
        }
        return json.bytes
    }
}
