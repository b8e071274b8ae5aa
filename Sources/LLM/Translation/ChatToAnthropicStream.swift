public import Costs
import WireCore

/// An OpenAI stream, chunk by chunk, as an Anthropic stream.
///
/// Each call takes one event and gives the bytes to send now, which may be none. When it throws, the stream cannot go on: send the
/// failure's `messagesEvent` and stop. The input's size is known only at OpenAI's end, so `message_start` says 0 and `message_delta`
/// carries the whole usage. `reasoning_content` is left out, as in whole answers.
public struct ChatToAnthropicStream: Sendable {
    private var hasStarted = false
    private var blockCount = 0
    private var open = OpenBlock.none
    private var calls = 0
    private var finishReason: String?
    private var sequence: String?
    private var wasRefused = false
    /// True once the stream has said all it will: its end, or an error.
    public private(set) var isOver = false
    /// The usage that the provider reported; zero until it does.
    public private(set) var usage = Usage()
    private var thinking: Int?

    private enum OpenBlock: Equatable {
        case none
        case text
        /// OpenAI's index of the call.
        case tool(Int)
    }

    public init() {}

    public mutating func receive(_ event: SSEEvent) throws(TranslationFailure) -> [UInt8] {
        guard !isOver else { return [] }
        guard let data = event.data else { return hasStarted ? SSEText.event("ping", .members(["type": .text("ping")])) : SSEText.comment }
        if data.elementsEqual("[DONE]".utf8) { return end() }
        let chunk = Spot(try Translation.read(data))
        if chunk["error"] != nil || event.name == "error" {
            isOver = true
            return SSEText.event("error", ProviderError(node: chunk.node, status: nil).messagesBody)
        }
        // What cannot be read says nothing: the text goes on without it.
        if let reported = chunk["usage"], let read = try? Usage(chatUsage: reported.node) {
            (usage, thinking) = (read, try? reported.reasoningTokens)
        }
        let choices = try chunk["choices"]?.list() ?? []
        // Azure begins with a chunk that has neither choices nor id.
        guard hasStarted || !choices.isEmpty else { return [] }
        var bytes = hasStarted ? [] : try start(chunk)
        for choice in choices {
            if let index = choice["index"], try index.int() != 0 {
                throw index.unsupported("a second choice, where Anthropic's shape holds exactly one")
            }
            if let delta = choice["delta"] { bytes += try take(delta) }
            if let reason = try choice["finish_reason"]?.string() {
                finishReason = reason
                sequence = choice["stop_reason"]?.node.string
            }
        }
        return bytes
    }

    /// The provider's stream has ended: completes the message when it was finished but `[DONE]` is missing, else gives an error event.
    public mutating func finish() -> [UInt8] {
        isOver ? [] : end()
    }

    private mutating func start(_ chunk: Spot) throws(TranslationFailure) -> [UInt8] {
        let message = JSONNode.members([
            "id": .text(try chunk["id"]?.string() ?? ""), "type": .text("message"), "role": .text("assistant"),
            "model": .text(try chunk["model"]?.string() ?? ""), "content": .list([]), "stop_reason": .nothing, "stop_sequence": .nothing,
            "usage": .members(["input_tokens": .whole(0), "output_tokens": .whole(0)]),
        ])
        hasStarted = true
        return SSEText.event("message_start", .members(["type": .text("message_start"), "message": message]))
    }

    private mutating func take(_ delta: Spot) throws(TranslationFailure) -> [UInt8] {
        if let audio = delta["audio"] { throw audio.unsupported("audio has no counterpart in an answer of Anthropic's") }
        if let call = delta["function_call"] { throw call.unsupported("the old form cannot be translated; use tools") }
        var bytes: [UInt8] = []
        for key in ["content", "refusal"] {
            guard let text = try delta[key]?.string(), !text.isEmpty else { continue }
            if key == "refusal" { wasRefused = true }
            if open != .text {
                bytes += closeBlock() + startBlock(.members(["type": .text("text"), "text": .text("")]))
                open = .text
            }
            bytes += blockDelta(.members(["type": .text("text_delta"), "text": .text(text)]))
        }
        for call in try delta["tool_calls"]?.list() ?? [] { bytes += try take(call: call) }
        return bytes
    }

    /// A piece of a tool call. Its first piece has id and name; servers that give no index begin a new call with each id.
    private mutating func take(call: Spot) throws(TranslationFailure) -> [UInt8] {
        let index = try call["index"]?.int() ?? (call["id"] == nil ? calls - 1 : calls)
        var bytes: [UInt8] = []
        if open != .tool(index) {
            guard index < 10_000 else { throw call.wrong("the index of a tool call, at most 9999,") }
            guard index >= calls else { throw call.unsupported("arguments of tool calls arrive interleaved, which Anthropic's stream cannot show") }
            let name = try call.required("function").required("name").string()
            bytes += closeBlock()
            bytes += startBlock(
                .members([
                    "type": .text("tool_use"), "id": .text(try call["id"]?.string() ?? "call_\(index)"), "name": .text(name), "input": .members([:]),
                ]))
            open = .tool(index)
            calls = index + 1
        }
        if let text = try call["function"]?["arguments"]?.string(), !text.isEmpty {
            bytes += blockDelta(.members(["type": .text("input_json_delta"), "partial_json": .text(text)]))
        }
        return bytes
    }

    private mutating func end() -> [UInt8] {
        isOver = true
        guard hasStarted, let finishReason else {
            let error = ProviderError(type: "api_error", message: "The provider's stream ended before it gave a finish_reason")
            return SSEText.event("error", error.messagesBody)
        }
        let reason = wasRefused ? "refusal" : Translation.stopReason(fromFinishReason: finishReason, hasToolCalls: calls > 0, sequence: sequence)
        let delta = JSONNode.members([
            "stop_reason": .text(reason), "stop_sequence": reason == "stop_sequence" ? sequence.map { .text($0) } ?? .nothing : .nothing,
        ])
        return closeBlock()
            + SSEText.event(
                "message_delta", .members(["type": .text("message_delta"), "delta": delta, "usage": usage.messagesUsage(thinking: thinking)]))
            + SSEText.event("message_stop", .members(["type": .text("message_stop")]))
    }

    private func startBlock(_ block: JSONNode) -> [UInt8] {
        SSEText.event(
            "content_block_start", .members(["type": .text("content_block_start"), "index": .whole(blockCount), "content_block": block]))
    }

    private func blockDelta(_ delta: JSONNode) -> [UInt8] {
        SSEText.event("content_block_delta", .members(["type": .text("content_block_delta"), "index": .whole(blockCount), "delta": delta]))
    }

    private mutating func closeBlock() -> [UInt8] {
        guard open != .none else { return [] }
        defer { blockCount += 1 }
        open = .none
        return SSEText.event("content_block_stop", .members(["type": .text("content_block_stop"), "index": .whole(blockCount)]))
    }
}
