public import Costs
import WireCore

/// An Anthropic stream, event by event, as an OpenAI stream.
///
/// Each call takes one event and gives the bytes to send now, which may be none. When it throws, the stream cannot go on: send the
/// failure's `chatEvent` and stop. Thinking becomes `reasoning_content`; events of unknown types are skipped, as Anthropic asks.
public struct AnthropicToChatStream: Sendable {
    private let created: Int
    private let includesUsage: Bool
    private var id = ""
    private var model = ""
    private var toolCount = 0
    private var tool: OpenTool?
    /// True once the stream has said all it will: its end, or an error.
    public private(set) var isOver = false
    /// The usage so far; whole once the stream is over.
    public private(set) var usage = Usage()
    private var thinking: Int?

    /// A tool call whose arguments are arriving.
    private struct OpenTool {
        var block: Int
        var call: Int
        var hasArguments = false
        /// What `content_block_start` already gave; counts only when no delta follows.
        var input: JSONNode
    }

    /// `created`: seconds since 1970, for every chunk. `includesUsage`: whether the client asked for `stream_options.include_usage`.
    public init(created: Int, includesUsage: Bool) {
        self.created = created
        self.includesUsage = includesUsage
    }

    public mutating func receive(_ event: SSEEvent) throws(TranslationFailure) -> [UInt8] {
        guard !isOver else { return [] }
        guard let data = event.data else { return SSEText.comment }
        let spot = Spot(try Translation.read(data))
        switch try spot["type"]?.string() ?? event.name {
        case "message_start": return try start(spot)
        case "content_block_start": return try startBlock(spot)
        case "content_block_delta": return try delta(spot)
        case "content_block_stop": return try stopBlock(spot)
        case "message_delta": return try messageDelta(spot)
        case "message_stop": return end()
        case "ping": return SSEText.comment
        case "error":
            isOver = true
            return SSEText.event(ProviderError(node: spot.node, status: nil).chatBody)
        default: return []
        }
    }

    /// The provider's stream has ended; gives an error event when that was too early.
    public mutating func finish() -> [UInt8] {
        guard !isOver else { return [] }
        isOver = true
        return SSEText.event(ProviderError(type: "api_error", message: "The provider's stream ended before its last event").chatBody)
    }

    private mutating func start(_ event: Spot) throws(TranslationFailure) -> [UInt8] {
        let message = try event.required("message")
        id = try message.required("id").string()
        model = try message.required("model").string()
        if let first = message["usage"] { take(first) }
        return chunk(delta: .members(["role": .text("assistant"), "content": .text("")]))
    }

    private mutating func startBlock(_ event: Spot) throws(TranslationFailure) -> [UInt8] {
        let block = try event.required("content_block")
        let type = try block.required("type")
        switch try type.string() {
        case "text": return try content(block["text"]?.string() ?? "", as: "content")
        case "thinking": return try content(block["thinking"]?.string() ?? "", as: "reasoning_content")
        case "redacted_thinking": return []
        case "tool_use":
            tool = OpenTool(block: try event.required("index").int(), call: toolCount, input: block["input"]?.node ?? .members([:]))
            toolCount += 1
            let function = JSONNode.members(["name": .text(try block.required("name").string()), "arguments": .text("")])
            return chunk(toolCall: [
                "index": .whole(toolCount - 1), "id": .text(try block.required("id").string()), "type": .text("function"), "function": function,
            ])
        case let other: throw type.unsupported("a block of type \"\(SafeText.line(other, limit: 60))\" has no counterpart in Chat Completions")
        }
    }

    private mutating func delta(_ event: Spot) throws(TranslationFailure) -> [UInt8] {
        let delta = try event.required("delta")
        switch try delta.required("type").string() {
        case "text_delta": return try content(delta.required("text").string(), as: "content")
        case "thinking_delta": return try content(delta.required("thinking").string(), as: "reasoning_content")
        case "input_json_delta": return try arguments(delta.required("partial_json").string())
        default: return []
        }
    }

    private mutating func arguments(_ text: String) throws(TranslationFailure) -> [UInt8] {
        guard let open = tool else { throw TranslationFailure(.wrongShape, "a tool's arguments outside a tool_use block", at: "delta") }
        guard !text.isEmpty else { return [] }
        tool?.hasArguments = true
        return chunk(toolCall: ["index": .whole(open.call), "function": .members(["arguments": .text(text)])])
    }

    /// A tool without arguments still owes its client an object.
    private mutating func stopBlock(_ event: Spot) throws(TranslationFailure) -> [UInt8] {
        guard let open = tool, try event.required("index").int() == open.block else { return [] }
        let bytes = open.hasArguments ? [] : try arguments(String(decoding: open.input.rendered, as: UTF8.self))
        tool = nil
        return bytes
    }

    private mutating func messageDelta(_ event: Spot) throws(TranslationFailure) -> [UInt8] {
        if let later = event["usage"] { take(later) }
        guard let delta = event["delta"], let reason = try delta["stop_reason"]?.string() else { return [] }
        return chunk(delta: .members([:]), finish: Translation.finishReason(fromStopReason: reason), sequence: delta["stop_sequence"]?.node)
    }

    /// What cannot be read says nothing: the text goes on without it.
    private mutating func take(_ reported: Spot) {
        var next = usage
        guard (try? next.take(messagesUsage: reported)) != nil else { return }
        usage = next
        thinking = (try? reported.thinkingTokens) ?? thinking
    }

    private mutating func end() -> [UInt8] {
        isOver = true
        guard includesUsage else { return SSEText.done }
        return SSEText.event(frame(choices: [], usage: usage.chatUsage(thinking: thinking))) + SSEText.done
    }

    private func content(_ text: String, as key: String) -> [UInt8] {
        text.isEmpty ? [] : chunk(delta: .members([:]).with(key, .text(text)))
    }

    private func chunk(toolCall: KeyValuePairs<String, JSONNode?>) -> [UInt8] {
        chunk(delta: .members(["tool_calls": .list([.members(toolCall)])]))
    }

    private func chunk(delta: JSONNode, finish: String? = nil, sequence: JSONNode? = nil) -> [UInt8] {
        let choice = JSONNode.members([
            "index": .whole(0), "delta": delta, "logprobs": .nothing, "finish_reason": finish.map { .text($0) } ?? .nothing,
            "stop_reason": sequence,
        ])
        return SSEText.event(frame(choices: [choice], usage: .nothing))
    }

    /// The frame of a chunk; `usage` appears only when it was asked for, and then in each.
    private func frame(choices: [JSONNode], usage: JSONNode) -> JSONNode {
        .members([
            "id": .text(id), "object": .text("chat.completion.chunk"), "created": .whole(created), "model": .text(model),
            "choices": .list(choices), "usage": includesUsage ? usage : nil,
        ])
    }
}
