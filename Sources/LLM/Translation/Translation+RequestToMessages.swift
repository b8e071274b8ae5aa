public import WireCore

extension Translation {
    /// A Chat Completions request as a Messages request to `model`. `defaultMaxTokens` is the bound on the output when the request
    /// names none, since Anthropic demands one.
    ///
    /// System and developer messages are gathered in `system`, wherever they stood; turns of one role that meet are merged. What
    /// Anthropic does not know (`seed`, a penalty other than 0) is passed on for it to judge; `n` above 1, log probabilities and audio throw.
    public static func messagesRequest(
        fromChat body: JSONNode, model: String, defaultMaxTokens: Int
    ) throws(TranslationFailure) -> JSONNode {
        let request = Spot(body)
        _ = try request.members()
        try refuseChatOnly(request)
        let (system, messages) = try turns(of: request)
        let bound = request["max_completion_tokens"] ?? request["max_tokens"]
        var result = JSONNode.members([
            "model": .text(model), "max_tokens": bound?.node ?? .whole(defaultMaxTokens), "system": system, "messages": .list(messages),
        ])
        if let stop = request["stop"] {
            result.add("stop_sequences", stop.node.string == nil ? .list(try stop.list().map(\.node)) : .list([stop.node]))
        }
        if let tools = request["tools"] { result.add("tools", try messagesTools(fromChat: tools)) }
        result.add("tool_choice", try messagesToolChoice(fromChat: request))
        try addTuning(of: request, to: &result)
        result.passOn(from: request, except: chatKnown)
        return result
    }

    private static let chatKnown: Set<String> = [
        "model", "messages", "max_completion_tokens", "max_tokens", "stop", "tools", "tool_choice", "parallel_tool_calls", "stream_options",
        "user", "safety_identifier", "metadata", "n", "logprobs", "top_logprobs", "audio", "modalities", "web_search_options", "functions",
        "function_call", "response_format", "reasoning_effort", "service_tier", "frequency_penalty", "presence_penalty", "store", "logit_bias",
        "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "prediction", "verbosity",
    ]

    private static func refuseChatOnly(_ request: Spot) throws(TranslationFailure) {
        if let n = request["n"], try n.int() != 1 { throw n.unsupported("Anthropic gives one answer per request; ask again for another") }
        if let flag = request["logprobs"], try flag.bool() { throw flag.unsupported("Anthropic gives no log probabilities") }
        if let count = request["top_logprobs"], try count.int() > 0 { throw count.unsupported("Anthropic gives no log probabilities") }
        for kind in try request["modalities"]?.list() ?? [] where try kind.string() != "text" {
            throw kind.unsupported("Anthropic answers in text only")
        }
        for (name, advice) in [
            ("audio", "Anthropic answers in text only"), ("web_search_options", "has no counterpart; offer a tool instead"),
            ("functions", "the old form cannot be translated; use tools"), ("function_call", "the old form cannot be translated; use tool_choice"),
        ] {
            if let field = request[name] { throw field.unsupported(advice) }
        }
    }

    /// The fields that only tune, and those that say whose request it is.
    private static func addTuning(of request: Spot, to result: inout JSONNode) throws(TranslationFailure) {
        // Of OpenAI's metadata, which label an answer that is stored there, Anthropic takes this one alone and refuses any other.
        _ = try request["metadata"]?.members()
        if let user = request["user"] ?? request["safety_identifier"] ?? request["metadata"]?["user_id"] {
            result.add("metadata", .members(["user_id": user.node]))
        }
        if let tier = request["service_tier"] {
            result.add("service_tier", try tier.string() == "default" ? .text("standard_only") : tier.node)
        }
        for name in ["frequency_penalty", "presence_penalty"] {
            if let penalty = request[name], penalty.node.double != 0 { result.add(name, penalty.node) }
        }
        if let store = request["store"], try store.bool() { result.add("store", store.node) }
        if let bias = request["logit_bias"], try !bias.members().isEmpty { result.add("logit_bias", bias.node) }
        let output = JSONNode.members([
            "effort": try request["reasoning_effort"].translated(effort) ?? nil, "format": try request["response_format"].translated(format) ?? nil,
        ])
        if output.object?.isEmpty == false { result.add("output_config", output) }
    }

    /// `reasoning_effort` in Anthropic's words; "none" is what Anthropic does unasked.
    private static func effort(_ spot: Spot) throws(TranslationFailure) -> JSONNode? {
        switch try spot.string() {
        case "none": nil
        case "minimal": .text("low")
        default: spot.node
        }
    }

    private static func format(_ spot: Spot) throws(TranslationFailure) -> JSONNode? {
        let type = try spot.required("type")
        switch try type.string() {
        case "text": return nil
        case "json_schema":
            return .members(["type": .text("json_schema"), "schema": try spot.required("json_schema").required("schema").node])
        default: throw type.unsupported("only text and json_schema can be translated; give a schema")
        }
    }

    // MARK: Messages

    private static func turns(of request: Spot) throws(TranslationFailure) -> (system: JSONNode?, messages: [JSONNode]) {
        var system: [JSONNode] = []
        var turns = Turns()
        for message in try request.required("messages").list() {
            let role = try message.required("role")
            switch try role.string() {
            case "system", "developer": system += try textBlocks(of: message.required("content"))
            case "user": turns.add("user", try userBlocks(of: message.required("content")))
            case "assistant": turns.add("assistant", try assistantBlocks(of: message))
            case "tool": turns.add("user", [try toolResult(of: message)])
            case "function": throw role.unsupported("the old form cannot be translated; use role \"tool\"")
            default: throw role.unsupported("a message's role is system, developer, user, assistant or tool")
            }
        }
        return (system.isEmpty ? nil : collapsedBlocks(system), turns.messages)
    }

    /// Turns in alternation: blocks of one role that follow each other go into one message.
    private struct Turns {
        private var role: String?
        private var blocks: [JSONNode] = []
        private var done: [JSONNode] = []

        mutating func add(_ role: String, _ blocks: [JSONNode]) {
            guard !blocks.isEmpty else { return }
            if role != self.role { close() }
            self.role = role
            self.blocks += blocks
        }

        private mutating func close() {
            if let role, !blocks.isEmpty { done.append(.members(["role": .text(role), "content": collapsedBlocks(blocks)])) }
            blocks = []
        }

        var messages: [JSONNode] {
            var copy = self
            copy.close()
            return copy.done
        }
    }

    private static func userBlocks(of content: Spot) throws(TranslationFailure) -> [JSONNode] {
        if content.node.string != nil { return [textBlock(content.node)] }
        var blocks: [JSONNode] = []
        for part in try content.list() {
            let type = try part.required("type")
            switch try type.string() {
            case "text": blocks.append(try textBlock(of: part))
            case "image_url": blocks.append(try cached(imageBlock(fromPart: part), as: part))
            case let other:
                throw type.unsupported("a part of type \"\(SafeText.line(other, limit: 60))\" cannot be translated; send text or images")
            }
        }
        return blocks
    }

    private static func assistantBlocks(of message: Spot) throws(TranslationFailure) -> [JSONNode] {
        if let audio = message["audio"] { throw audio.unsupported("Anthropic takes text only; send the transcript") }
        if let call = message["function_call"] { throw call.unsupported("the old form cannot be translated; use tool_calls") }
        var blocks = try message["content"].translated(textBlocks) ?? []
        if let refusal = message["refusal"] { blocks.append(textBlock(.text(try refusal.string()))) }
        for call in try message["tool_calls"]?.list() ?? [] { blocks.append(try toolUse(fromCall: call)) }
        return blocks
    }

    private static func toolResult(of message: Spot) throws(TranslationFailure) -> JSONNode {
        var block = JSONNode.members([
            "type": .text("tool_result"), "tool_use_id": .text(try message.required("tool_call_id").string()),
        ])
        if let content = message["content"] {
            block.add("content", content.node.string == nil ? collapsedBlocks(try userBlocks(of: content)) : content.node)
        }
        return try cached(block, as: message)
    }

    /// Text alone; an empty one, which Anthropic refuses, is left out.
    private static func textBlocks(of content: Spot) throws(TranslationFailure) -> [JSONNode] {
        if let text = content.node.string { return text.isEmpty ? [] : [textBlock(content.node)] }
        var blocks: [JSONNode] = []
        for part in try content.list() {
            let type = try part.required("type")
            switch try type.string() {
            case "text": blocks.append(try textBlock(of: part))
            case "refusal": blocks.append(textBlock(.text(try part.required("refusal").string())))
            default: throw type.unsupported("only text can be translated here")
            }
        }
        return blocks
    }

    private static func textBlock(_ text: JSONNode) -> JSONNode {
        .members(["type": .text("text"), "text": text])
    }

    private static func textBlock(of part: Spot) throws(TranslationFailure) -> JSONNode {
        var block = textBlock(.text(try part.required("text").string()))
        block.passOn(from: part, except: ["type", "text"])
        return block
    }

    /// Keeps Anthropic's `cache_control`, which clients that know the provider put into OpenAI's parts.
    private static func cached(_ block: JSONNode, as part: Spot) throws(TranslationFailure) -> JSONNode {
        var block = block
        block.add("cache_control", part["cache_control"]?.node)
        return block
    }

    /// A lone plain text as a string.
    private static func collapsedBlocks(_ blocks: [JSONNode]) -> JSONNode {
        if blocks.count == 1, let first = blocks.first, first.object?.count == 2, let text = first["text"]?.string { return .text(text) }
        return .list(blocks)
    }
}
