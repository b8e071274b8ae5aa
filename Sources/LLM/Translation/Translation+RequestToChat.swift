public import WireCore

/// Under which name a Chat Completions provider takes the bound on its output.
public enum ChatTokensField: String, Sendable {
    /// OpenAI's own models since o1, which refuse the older name.
    case maxCompletionTokens = "max_completion_tokens"
    /// Older compatible servers, which know only this one.
    case maxTokens = "max_tokens"
}

extension Translation {
    /// A Messages request as a Chat Completions request to `model`. A streamed one asks for the usage at its end.
    ///
    /// Tool results come before the rest of their turn, as OpenAI demands; a failed one says so in its text, since `is_error` has no
    /// counterpart. Thinking that is off or left to the model is what OpenAI's models do unasked and is left out; thinking blocks, a
    /// thinking budget, documents and provider-run tools throw.
    public static func chatRequest(
        fromMessages body: JSONNode, model: String, tokensField: ChatTokensField = .maxCompletionTokens
    ) throws(TranslationFailure) -> JSONNode {
        let request = Spot(body)
        _ = try request.members()
        for name in messagesOnly {
            if let field = request[name] { throw field.unsupported("has no counterpart in Chat Completions; leave it out") }
        }
        var chat = JSONNode.members([
            "model": .text(model), "messages": .list(try chatMessages(of: request)),
            tokensField.rawValue: request["max_tokens"]?.node, "stop": request["stop_sequences"]?.node,
        ])
        if let tools = request["tools"] { chat.add("tools", try chatTools(fromMessages: tools)) }
        if let choice = request["tool_choice"] {
            let (node, forbidsParallel) = try chatToolChoice(fromMessages: choice)
            chat.add("tool_choice", node)
            if forbidsParallel { chat.add("parallel_tool_calls", .flag(false)) }
        }
        if let stream = request["stream"] {
            chat.add("stream", stream.node)
            if try stream.bool() { chat.add("stream_options", .members(["include_usage": .flag(true)])) }
        }
        try addOptions(of: request, to: &chat)
        chat.passOn(from: request, except: messagesKnown)
        return chat
    }

    /// Fields that bind the provider to something which Chat Completions cannot promise.
    private static let messagesOnly = ["mcp_servers", "container", "context_management", "inference_geo"]

    private static let messagesKnown: Set<String> = [
        "model", "messages", "system", "max_tokens", "max_completion_tokens", "stop_sequences", "tools", "tool_choice", "stream", "metadata",
        "thinking", "output_config", "service_tier", "cache_control", "anthropic_version",
    ]

    /// The fields that only tune, and those that say whose request it is.
    private static func addOptions(of request: Spot, to chat: inout JSONNode) throws(TranslationFailure) {
        if let metadata = request["metadata"] {
            _ = try metadata.members()
            chat.add("user", metadata["user_id"]?.node)
            var rest = JSONNode.members([:])
            rest.passOn(from: metadata, except: ["user_id"])
            if rest.object?.isEmpty == false { chat.add("metadata", rest) }
        }
        if let thinking = request["thinking"], try thinking.required("type").string() == "enabled" {
            throw thinking.unsupported("a thinking budget has no counterpart; say output_config.effort instead")
        }
        if let tier = request["service_tier"] {
            chat.add("service_tier", try tier.string() == "standard_only" ? .text("default") : tier.node)
        }
        guard let output = request["output_config"] else { return }
        if let effort = try output["effort"]?.string() { chat.add("reasoning_effort", .text(effort)) }
        guard let format = output["format"] else { return }
        guard try format.required("type").string() == "json_schema" else { throw format.unsupported("only a json_schema format can be translated") }
        let schema = JSONNode.members([
            "name": .text("answer"), "schema": try format.required("schema").node, "strict": .flag(true),
        ])
        chat.add("response_format", .members(["type": .text("json_schema"), "json_schema": schema]))
    }

    private static func chatMessages(of request: Spot) throws(TranslationFailure) -> [JSONNode] {
        var messages: [JSONNode] = []
        if let system = request["system"] {
            messages.append(.members(["role": .text("system"), "content": try chatText(system)]))
        }
        for message in try request.required("messages").list() {
            let role = try message.required("role")
            switch try role.string() {
            case "user": messages += try chatTurn(ofUser: message)
            case "assistant": messages.append(try chatMessage(ofAssistant: message))
            case "system": messages.append(.members(["role": .text("system"), "content": try chatText(message.required("content"))]))
            default: throw role.unsupported("a message's role is user or assistant")
            }
        }
        return messages
    }

    /// The `tool` messages and the `user` message that one user turn becomes.
    private static func chatTurn(ofUser message: Spot) throws(TranslationFailure) -> [JSONNode] {
        let content = try message.required("content")
        var user = JSONNode.members(["role": .text("user")])
        if content.node.string != nil {
            user.add("content", content.node)
            user.passOn(from: message, except: ["role", "content"])
            return [user]
        }
        var results: [JSONNode] = []
        var parts: [JSONNode] = []
        for block in try content.list() {
            let type = try block.required("type")
            switch try type.string() {
            case "text": parts.append(try textPart(of: block))
            case "image": parts.append(try imagePart(fromBlock: block))
            case "tool_result": results.append(try toolMessage(ofResult: block))
            case let other: throw type.unsupported(cannotCarry(other))
            }
        }
        guard !parts.isEmpty || results.isEmpty else { return results }
        user.add("content", collapsed(parts))
        user.passOn(from: message, except: ["role", "content"])
        return results + [user]
    }

    private static func chatMessage(ofAssistant message: Spot) throws(TranslationFailure) -> JSONNode {
        let content = try message.required("content")
        var assistant = JSONNode.members(["role": .text("assistant")])
        if content.node.string != nil {
            assistant.add("content", content.node)
        } else {
            var parts: [JSONNode] = []
            var calls: [JSONNode] = []
            for block in try content.list() {
                let type = try block.required("type")
                switch try type.string() {
                case "text": parts.append(try textPart(of: block))
                case "tool_use": calls.append(try toolCall(fromBlock: block))
                case let other: throw type.unsupported(cannotCarry(other))
                }
            }
            assistant.add("content", parts.isEmpty && !calls.isEmpty ? .nothing : collapsed(parts))
            if !calls.isEmpty { assistant.add("tool_calls", .list(calls)) }
        }
        assistant.passOn(from: message, except: ["role", "content"])
        return assistant
    }

    private static func toolMessage(ofResult block: Spot) throws(TranslationFailure) -> JSONNode {
        var content = try block["content"].translated(chatText) ?? .text("")
        if try block["is_error"]?.bool() == true { content = sayingError(content) }
        return .members(["role": .text("tool"), "tool_call_id": .text(try block.required("tool_use_id").string()), "content": content])
    }

    /// Puts "Error: " in front of a failed tool's text, unless it says so itself.
    private static func sayingError(_ content: JSONNode) -> JSONNode {
        switch content.value {
        case .string(let text): text.prefix(5).lowercased() == "error" ? content : .text("Error: \(text)")
        case .array(let parts): .list([.members(["type": .text("text"), "text": .text("Error: ")])] + parts)
        default: content
        }
    }

    /// A string or a list of text blocks, as a string where one suffices.
    private static func chatText(_ content: Spot) throws(TranslationFailure) -> JSONNode {
        if content.node.string != nil { return content.node }
        var parts: [JSONNode] = []
        for block in try content.list() {
            let type = try block.required("type")
            guard try type.string() == "text" else { throw type.unsupported("OpenAI takes only text here; send other blocks in the user's turn") }
            parts.append(try textPart(of: block))
        }
        return collapsed(parts)
    }

    private static func textPart(of block: Spot) throws(TranslationFailure) -> JSONNode {
        var part = JSONNode.members(["type": .text("text"), "text": .text(try block.required("text").string())])
        part.passOn(from: block, except: ["type", "text", "cache_control", "citations"])
        return part
    }

    /// A lone plain text as a string, which every compatible server takes.
    private static func collapsed(_ parts: [JSONNode]) -> JSONNode {
        guard let first = parts.first else { return .text("") }
        if parts.count == 1, first.object?.count == 2, let text = first["text"]?.string { return .text(text) }
        return .list(parts)
    }

    private static func cannotCarry(_ type: String) -> String {
        "a block of type \"\(SafeText.line(type, limit: 60))\" has no counterpart in Chat Completions; leave it out or use an Anthropic model"
    }
}
