import Costs
public import WireCore

extension Translation {
    /// A Messages answer as a Chat Completions answer. `created` is the time in seconds since 1970, which Anthropic does not tell.
    ///
    /// Thinking becomes `reasoning_content`, as several compatible servers name it; redacted thinking is left out. The matched stop
    /// sequence stands in the choice's `stop_reason`, as vLLM has it. A usage that cannot be read is left out: the answer is worth having
    /// without it. Blocks of provider-run tools throw.
    public static func chatAnswer(fromMessages body: JSONNode, created: Int) throws(TranslationFailure) -> JSONNode {
        let answer = Spot(body)
        var text: String?
        var thinking: String?
        var calls: [JSONNode] = []
        for block in try answer.required("content").list() {
            let type = try block.required("type")
            switch try type.string() {
            case "text": text = try (text ?? "") + block.required("text").string()
            case "thinking": thinking = try (thinking ?? "") + block.required("thinking").string()
            case "redacted_thinking": break
            case "tool_use": calls.append(try toolCall(fromBlock: block))
            case let other: throw type.unsupported("a block of type \"\(SafeText.line(other, limit: 60))\" has no counterpart in Chat Completions")
            }
        }
        let message = JSONNode.members([
            "role": .text("assistant"), "content": text.map { .text($0) } ?? .nothing, "refusal": .nothing,
            "reasoning_content": thinking.map { .text($0) }, "tool_calls": calls.isEmpty ? nil : .list(calls),
        ])
        let reason = try answer["stop_reason"]?.string()
        let choice = JSONNode.members([
            "index": .whole(0), "message": message, "logprobs": .nothing,
            "finish_reason": .text(finishReason(fromStopReason: reason ?? "end_turn")), "stop_reason": answer["stop_sequence"]?.node,
        ])
        var chat = JSONNode.members([
            "id": .text(try answer.required("id").string()), "object": .text("chat.completion"), "created": .whole(created),
            "model": .text(try answer.required("model").string()), "choices": .list([choice]),
            "usage": try? answer["usage"].translated({ spot throws(TranslationFailure) in
                try Usage(messagesUsage: spot.node).chatUsage(thinking: spot.thinkingTokens)
            }),
        ])
        chat.passOn(from: answer, except: ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"])
        return chat
    }

    /// A Chat Completions answer as a Messages answer. Log probabilities and a server's `reasoning_content` are left out: a thinking
    /// block without Anthropic's signature would be refused when the client sends it back. A usage that is missing or cannot be read is all
    /// zeros, since Anthropic's shape always has one.
    public static func messagesAnswer(fromChat body: JSONNode) throws(TranslationFailure) -> JSONNode {
        let answer = Spot(body)
        let choices = try answer.required("choices")
        let list = try choices.list()
        guard let choice = list.first, list.count == 1 else {
            throw choices.unsupported("\(list.count) choices, where Anthropic's shape holds exactly one")
        }
        let message = try choice.required("message")
        if let audio = message["audio"] { throw audio.unsupported("audio has no counterpart in an answer of Anthropic's") }
        var blocks: [JSONNode] = []
        for key in ["content", "refusal"] {
            guard let text = try message[key]?.string(), !text.isEmpty else { continue }
            blocks.append(.members(["type": .text("text"), "text": .text(text)]))
        }
        let calls = try message["tool_calls"]?.list() ?? []
        for call in calls { blocks.append(try toolUse(fromCall: call)) }
        let sequence = choice["stop_reason"]?.node.string
        let finish = try choice["finish_reason"]?.string() ?? "stop"
        let refused = message["refusal"]?.node.string?.isEmpty == false
        let reason = refused ? "refusal" : stopReason(fromFinishReason: finish, hasToolCalls: !calls.isEmpty, sequence: sequence)
        let usage = try? answer["usage"].translated({ spot throws(TranslationFailure) in
            try Usage(chatUsage: spot.node).messagesUsage(thinking: spot.reasoningTokens)
        })
        return .members([
            "id": .text(try answer.required("id").string()), "type": .text("message"), "role": .text("assistant"),
            "model": .text(try answer.required("model").string()), "content": .list(blocks), "stop_reason": .text(reason),
            "stop_sequence": reason == "stop_sequence" ? sequence.map { .text($0) } ?? .nothing : .nothing,
            "usage": usage ?? Usage().messagesUsage(thinking: nil),
        ])
    }
}
