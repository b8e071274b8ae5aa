import WireCore

/// Events in the text form of an event stream. JSON as our writer renders it has no line breaks, so one data line holds it.
enum SSEText {
    /// The end of an OpenAI stream.
    static let done = Array("data: [DONE]\n\n".utf8)
    /// A comment, which keeps a connection alive and which every client ignores.
    static let comment = Array(": ping\n\n".utf8)

    /// An unnamed event, as OpenAI sends them.
    static func event(_ node: JSONNode) -> [UInt8] {
        Array("data: ".utf8) + node.rendered + Array("\n\n".utf8)
    }

    /// An event named as its `type`, as Anthropic sends them.
    static func event(_ name: String, _ node: JSONNode) -> [UInt8] {
        Array("event: \(name)\n".utf8) + event(node)
    }
}

extension TranslationFailure {
    /// The failure as an event that ends an OpenAI stream.
    public var chatEvent: [UInt8] { SSEText.event(ProviderError(type: "api_error", message: description).chatBody) }
    /// The failure as an event that ends an Anthropic stream.
    public var messagesEvent: [UInt8] { SSEText.event("error", ProviderError(type: "api_error", message: description).messagesBody) }
}
