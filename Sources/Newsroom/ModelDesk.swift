import Costs
import Fetch
import FoundationEssentials
public import LLM
import WireCore

/// A question to a model.
struct Question: Sendable {
    var purpose: CallPurpose
    /// Asked in this order.
    var models: [String]
    var system: String
    /// The conversation so far: the user's and the model's turns, the user's last.
    var turns: [String]
    var maxTokens: Int
}

/// What a model said to it.
struct Reply: Sendable {
    var text: String
    var model: String
    var callID: String
    var cost: Money
    /// False when it broke off at its ceiling of tokens.
    var isWhole: Bool
}

/// Why no model said anything of use.
struct Unanswered: Error, Sendable {
    /// In plain words.
    var reason: String
    /// True: the same may work in a while (a provider's hiccup, money held by others); false: not before somebody acts or a budget renews.
    var mayPass: Bool
    /// What was spent all the same, and the calls.
    var calls: [String] = []
}

/// The newsroom's way to the models: through the gateway, with the desk's own operation names.
public struct ModelDesk: Sendable {
    private let gateway: Gateway
    /// A model that is silent for longer holds up all that waits to be read; the desk then reads by itself.
    private static let patience = Duration.seconds(240)

    public init(gateway: Gateway) { self.gateway = gateway }

    /// Why none of these models can be asked at all (no key, no price); nil: one can.
    func obstacle(to models: [String]) -> String? {
        var reasons: [String] = []
        for model in models {
            guard let problem = gateway.obstacle(to: model) else { return nil }
            if !reasons.contains(problem) { reasons.append(problem) }
        }
        return reasons.first ?? "no model is named"
    }

    /// Asks the first model that can be asked; the others stand by.
    func ask(_ question: Question) async throws(Unanswered) -> Reply {
        let usable = question.models.filter { gateway.obstacle(to: $0) == nil }
        guard let first = usable.first else {
            throw Unanswered(reason: obstacle(to: question.models) ?? "no model is named", mayPass: false)
        }
        var call = ModelCall(
            shape: .messages, body: Self.body(question, model: first),
            headers: [HTTPHeader(name: "anthropic-version", value: "2023-06-01")], purpose: question.purpose)
        call.fallbacks = Array(usable.dropFirst())
        call.attemptsPerModel = 2
        call.deadline = Self.patience
        let answer = await gateway.answer(call)
        // So that what a crash keeps from being filed is answered for nothing when it is asked again.
        await gateway.storeAnswers()
        guard case .whole(let bytes) = answer.body else {
            throw Unanswered(reason: "the gateway streamed an answer that was due whole", mayPass: false)
        }
        guard answer.status == 200, let root = try? JSONReader.read(bytes, maximumDepth: 64) else {
            throw Self.failure(answer.status, bytes, call.id)
        }
        let text = (root["content"]?.array ?? []).compactMap { $0["type"]?.string == "text" ? $0["text"]?.string : nil }.joined()
        return Reply(
            text: text, model: root["model"]?.string ?? first, callID: answer.callID, cost: answer.cost ?? .zero,
            isWhole: root["stop_reason"]?.string != "max_tokens")
    }

    private static func failure(_ status: Int, _ bytes: [UInt8], _ call: String) -> Unanswered {
        let message = (try? JSONReader.read(bytes, maximumDepth: 16))?["error"]?["message"]?.string ?? ""
        let said = SafeText.line(message, limit: 300)
        // 402: the budget is spent; 401, 403: the key; 400, 404, 413: the request. None of them passes by itself.
        return Unanswered(
            reason: said.isEmpty ? "the provider answered with status \(status)" : said, mayPass: ![400, 401, 402, 403, 404, 413].contains(status),
            calls: [call])
    }

    /// A Messages request. Equal questions are equal bytes, so that a repeated one is answered from the cache.
    private static func body(_ question: Question, model: String) -> [UInt8] {
        var json = JSONWriter(capacity: 4096)
        json.object { root in
            root.member("model", model)
            root.member("max_tokens", question.maxTokens)
            root.member("system", question.system)
            root.key("messages")
            root.array { list in
                for (index, turn) in question.turns.enumerated() {
                    list.object {
                        $0.member("role", index.isMultiple(of: 2) ? "user" : "assistant")
                        $0.member("content", turn)
                    }
                }
            }
        }
        return json.bytes
    }
}

/// Finds the JSON in what a model said: the first value of the wanted kind, with prose, fences or thoughts around it.
enum SaidJSON {
    /// The first complete object or array; nil for none. Not more than the first 64 openings are tried.
    static func first(in text: String) -> JSONNode? {
        let bytes = Array(text.utf8)
        var tries = 0
        var index = 0
        while index < bytes.count, tries < 64 {
            guard bytes[index] == 0x7B || bytes[index] == 0x5B else {
                index += 1
                continue
            }
            tries += 1
            if let end = end(of: bytes, from: index), let node = try? JSONReader.read(Array(bytes[index..<end]), maximumDepth: 16) { return node }
            index += 1
        }
        return nil
    }

    /// The complete objects that follow one another, whatever stands between and around them.
    static func objects(in text: String, most: Int) -> [JSONNode] {
        let bytes = Array(text.utf8)
        var found: [JSONNode] = []
        var index = 0
        var tries = 0
        while index < bytes.count, found.count < most, tries < 64 {
            if bytes[index] == 0x7B {
                tries += 1
                if let end = end(of: bytes, from: index), let node = try? JSONReader.read(Array(bytes[index..<end]), maximumDepth: 16) {
                    found.append(node)
                    index = end
                    continue
                }
            }
            index += 1
        }
        return found
    }

    /// The byte behind the bracket that closes the one at `start`; nil when none does.
    private static func end(of bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        var isInString = false
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if isInString {
                if byte == 0x5C { index += 1 } else if byte == 0x22 { isInString = false }
            } else {
                switch byte {
                case 0x22: isInString = true
                case 0x7B, 0x5B: depth += 1
                case 0x7D, 0x5D:
                    depth -= 1
                    if depth == 0 { return index + 1 }
                default: break
                }
            }
            index += 1
        }
        return nil
    }
}
