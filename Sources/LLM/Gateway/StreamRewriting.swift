import WireCore

/// What becomes of a provider's stream on its way to the caller.
enum StreamRewriting: Sendable {
    /// Byte by byte as it came.
    case none
    /// Without the last chunk's usage, which the gateway asked for and the caller did not.
    case withoutUsage
    case toChat(AnthropicToChatStream)
    case toMessages(ChatToAnthropicStream)
    /// Nothing more: an event could not be translated, and the caller was told so.
    case failed

    /// The bytes to give for one piece; `events` are those that it completed.
    mutating func rewrite(_ piece: [UInt8], _ events: [SSEEvent]) -> [UInt8] {
        switch self {
        case .none: return piece
        case .withoutUsage: return events.filter { !Self.isUsageChunk($0) }.flatMap(\.raw)
        case .toChat(var stream):
            return translated(events, by: { event throws(TranslationFailure) in try stream.receive(event) }, failing: \.chatEvent) { .toChat(stream) }
        case .toMessages(var stream):
            return translated(events, by: { event throws(TranslationFailure) in try stream.receive(event) }, failing: \.messagesEvent) {
                .toMessages(stream)
            }
        case .failed: return []
        }
    }

    private mutating func translated(
        _ events: [SSEEvent], by receive: (SSEEvent) throws(TranslationFailure) -> [UInt8], failing: (TranslationFailure) -> [UInt8],
        next: () -> StreamRewriting
    ) -> [UInt8] {
        var out: [UInt8] = []
        for event in events {
            do throws(TranslationFailure) {
                out += try receive(event)
            } catch {
                self = .failed
                return out + failing(error)
            }
        }
        self = next()
        return out
    }

    /// True once a translation has failed: what was given is no whole answer.
    var hasFailed: Bool { if case .failed = self { true } else { false } }

    /// What is still to be given when the provider has ended.
    mutating func finish() -> [UInt8] {
        switch self {
        case .none, .withoutUsage, .failed: return []
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
        guard let data = event.data, data.count < 1 << 16, StreamMeter.mayHoldUsage(data),
            let chunk = try? JSONReader.read(data, maximumDepth: Translation.maximumDepth)
        else { return false }
        return chunk["usage"]?.object != nil && chunk["choices"]?.array?.isEmpty == true && chunk["error"]?.object == nil
    }
}
