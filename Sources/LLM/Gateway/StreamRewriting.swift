import FoundationEssentials

/// What becomes of a provider's stream on its way to the caller.
enum StreamRewriting: Sendable {
    /// Byte by byte as it came.
    case none
    /// Without the last chunk's usage, which the gateway asked for and the caller did not.
    case withoutUsage
    case toChat(AnthropicToChatStream)
    case toMessages(ChatToAnthropicStream)

    /// The bytes to give for one piece; `events` are those that it completed.
    mutating func rewrite(_ piece: [UInt8], _ events: [SSEEvent]) -> [UInt8] {
        switch self {
        case .none: return piece
        case .withoutUsage: return events.filter { !Self.isUsageChunk($0) }.flatMap(\.raw)
        case .toChat(var stream):
            defer { self = .toChat(stream) }
            return events.flatMap { event -> [UInt8] in
                do throws(TranslationFailure) { return try stream.receive(event) } catch { return error.chatEvent }
            }
        case .toMessages(var stream):
            defer { self = .toMessages(stream) }
            return events.flatMap { event -> [UInt8] in
                do throws(TranslationFailure) { return try stream.receive(event) } catch { return error.messagesEvent }
            }
        }
    }

    /// What is still to be given when the provider has ended.
    mutating func finish() -> [UInt8] {
        switch self {
        case .none, .withoutUsage: return []
        case .toChat(var stream):
            defer { self = .toChat(stream) }
            return stream.finish()
        case .toMessages(var stream):
            defer { self = .toMessages(stream) }
            return stream.finish()
        }
    }

    /// A chunk with no choices and a usage: what `stream_options.include_usage` adds.
    private static func isUsageChunk(_ event: SSEEvent) -> Bool {
        guard let data = event.data, data.count < 4096 else { return false }
        let text = String(decoding: data, as: UTF8.self)
        return text.contains("\"usage\"") && (text.contains("\"choices\":[]") || text.contains("\"choices\": []"))
    }
}
