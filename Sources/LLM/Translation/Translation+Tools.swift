import WireCore

extension Translation {
    /// The key under which Anthropic's documentation puts arguments that a model wrote and that are no JSON object.
    static let invalidArguments = "INVALID_JSON"

    /// Anthropic's tool definitions as OpenAI's.
    static func chatTools(fromMessages tools: Spot) throws(TranslationFailure) -> JSONNode {
        var list: [JSONNode] = []
        for tool in try tools.list() {
            if let type = try tool["type"]?.string(), type != "custom" {
                throw tool.unsupported("the provider-run tool \"\(SafeText.line(type, limit: 60))\" has no counterpart; offer a tool of your own")
            }
            var function = JSONNode.members([
                "name": .text(try tool.required("name").string()), "description": tool["description"]?.node,
                "parameters": tool["input_schema"]?.node,
            ])
            function.passOn(from: tool, except: ["type", "name", "description", "input_schema", "cache_control", "eager_input_streaming"])
            list.append(.members(["type": .text("function"), "function": function]))
        }
        return .list(list)
    }

    /// OpenAI's tool definitions as Anthropic's; a function without parameters takes an empty object.
    static func messagesTools(fromChat tools: Spot) throws(TranslationFailure) -> JSONNode {
        var list: [JSONNode] = []
        for tool in try tools.list() {
            guard try tool.required("type").string() == "function" else {
                throw tool.unsupported("only tools of type \"function\" can be translated")
            }
            let function = try tool.required("function")
            let empty = JSONNode.members(["type": .text("object"), "properties": .members([:])])
            var definition = JSONNode.members([
                "name": .text(try function.required("name").string()), "description": function["description"]?.node,
                "input_schema": function["parameters"]?.node ?? empty,
            ])
            definition.passOn(from: function, except: ["name", "description", "parameters"])
            definition.passOn(from: tool, except: ["type", "function"])
            list.append(definition)
        }
        return .list(list)
    }

    /// Anthropic's `tool_choice` as OpenAI's, and whether it forbids parallel calls.
    static func chatToolChoice(fromMessages choice: Spot) throws(TranslationFailure) -> (choice: JSONNode, forbidsParallel: Bool) {
        let forbidsParallel = try choice["disable_parallel_tool_use"]?.bool() ?? false
        let type = try choice.required("type")
        switch try type.string() {
        case "none": return (.text("none"), forbidsParallel)
        case "auto": return (.text("auto"), forbidsParallel)
        case "any": return (.text("required"), forbidsParallel)
        case "tool":
            let name = JSONNode.text(try choice.required("name").string())
            return (.members(["type": .text("function"), "function": .members(["name": name])]), forbidsParallel)
        default: throw type.unsupported("a tool choice is one of none, auto, any and tool")
        }
    }

    /// OpenAI's `tool_choice` and `parallel_tool_calls` as Anthropic's `tool_choice`; nil when there is nothing to say.
    static func messagesToolChoice(fromChat request: Spot) throws(TranslationFailure) -> JSONNode? {
        let forbidsParallel = try request["parallel_tool_calls"]?.bool() == false
        let forbids: JSONNode? = forbidsParallel ? .flag(true) : nil
        guard let choice = request["tool_choice"] else {
            guard forbidsParallel, request["tools"]?.node.array?.isEmpty == false else { return nil }
            return .members(["type": .text("auto"), "disable_parallel_tool_use": forbids])
        }
        if case .object = choice.node.value {
            guard try choice.required("type").string() == "function" else {
                throw choice.unsupported("only a choice of type \"function\" can be translated")
            }
            let name = JSONNode.text(try choice.required("function").required("name").string())
            return .members(["type": .text("tool"), "name": name, "disable_parallel_tool_use": forbids])
        }
        switch try choice.string() {
        case "none": return .members(["type": .text("none")])
        case "auto": return .members(["type": .text("auto"), "disable_parallel_tool_use": forbids])
        case "required": return .members(["type": .text("any"), "disable_parallel_tool_use": forbids])
        default: throw choice.unsupported("a tool choice is one of none, auto, required and a function")
        }
    }

    /// A `tool_use` block as one of a message's `tool_calls`.
    static func toolCall(fromBlock block: Spot) throws(TranslationFailure) -> JSONNode {
        let input = try block.required("input")
        let function = JSONNode.members([
            "name": .text(try block.required("name").string()), "arguments": .text(try arguments(fromInput: input)),
        ])
        return .members(["id": .text(try block.required("id").string()), "type": .text("function"), "function": function])
    }

    /// One of a message's `tool_calls` as a `tool_use` block.
    static func toolUse(fromCall call: Spot) throws(TranslationFailure) -> JSONNode {
        if let type = try call["type"]?.string(), type != "function" {
            throw call.unsupported("only tool calls of type \"function\" can be translated")
        }
        let function = try call.required("function")
        return .members([
            "type": .text("tool_use"), "id": .text(try call.required("id").string()), "name": .text(try function.required("name").string()),
            "input": input(fromArguments: try function["arguments"]?.string() ?? ""),
        ])
    }

    private static func arguments(fromInput input: Spot) throws(TranslationFailure) -> String {
        let members = try input.members()
        if members.count == 1, let only = members.first, only.key == invalidArguments, let text = only.node.string { return text }
        return String(decoding: input.node.rendered, as: UTF8.self)
    }

    /// A model's arguments as an object. What it wrote wrongly, or was cut off writing, is kept as text: its tokens are paid for.
    private static func input(fromArguments text: String) -> JSONNode {
        if text.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return .members([:]) }
        if let node = try? JSONReader.read(Array(text.utf8), maximumDepth: maximumDepth), node.object != nil { return node }
        return .members([invalidArguments: .text(text)])
    }
}
