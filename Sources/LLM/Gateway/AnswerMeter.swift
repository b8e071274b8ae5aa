import Costs
import WireCore

/// What a provider's answer, once whole, says that it used.
struct MeteredUsage: Sendable {
    /// The reading, or why there is none to believe.
    var reading: Result<UsageReading, UsageFault>
    /// The usage as it came, for the ledger where it is not believed.
    var raw: String?
    var messageID: String?
    /// The models that the answer says have served it.
    var models: Set<String> = []

    /// With searches that the call pays for and the usage does not count.
    func adding(searches: Int) -> MeteredUsage {
        var metered = self
        metered.reading = reading.map { reading in
            var reading = reading
            reading.usage.webSearches += searches
            return reading
        }
        return metered
    }
}

/// Reads the usage off an answer, whole or streamed; of what it does not know it makes nothing.
enum AnswerMeter {
    /// The longest raw usage that is kept.
    static let rawLimit = 2000

    /// Of a whole answer.
    static func read(_ root: JSONNode, body: [UInt8], shape: WireShape) -> MeteredUsage {
        guard let usage = root["usage"], !usage.isNull else {
            return MeteredUsage(reading: .failure(UsageFault(field: "usage", "the answer has no usage")), messageID: id(root))
        }
        return MeteredUsage(reading: reading(usage, of: root, shape), raw: raw(usage, in: body), messageID: id(root), models: models(root, usage))
    }

    /// The model of an answer, and those of its usage's iterations.
    static func models(_ answer: JSONNode, _ usage: JSONNode?) -> Set<String> {
        Set(([answer] + (usage?["iterations"]?.array ?? []).prefix(1000)).compactMap { $0["model"]?.string })
    }

    static func id(_ root: JSONNode) -> String? { root["id"]?.string.map { SafeText.line($0, limit: 200) } }

    static func reading(_ usage: JSONNode, of root: JSONNode, _ shape: WireShape) -> Result<UsageReading, UsageFault> {
        Result { () throws(UsageFault) in
            switch shape {
            case .messages: try .anthropic(usage)
            case .chat: try .openAI(usage, in: root)
            }
        }
    }

    static func raw(_ usage: JSONNode, in body: [UInt8]) -> String {
        SafeText.line(String(decoding: body[usage.range].prefix(rawLimit), as: UTF8.self), limit: rawLimit)
    }
}

/// Reads the usage off a stream, event by event.
struct StreamMeter: Sendable {
    private let shape: WireShape
    private var messages = StreamedUsage()
    private var chat: Result<UsageReading, UsageFault>?
    /// Chat Completions: what the first chunk says beside its text, the tier for one; the last one need not repeat it.
    private var firstChunk: JSONNode?
    private var models: Set<String> = []
    private var raw: [String] = []
    private var messageID: String?
    /// True once the stream has said its last word: its end, or an error.
    private(set) var isOver = false
    /// True once the usage is that of the whole answer: what breaks off before has used more than it said.
    private(set) var isWhole = false
    /// The error that ended it.
    private(set) var error: String?

    init(shape: WireShape) { self.shape = shape }

    /// What the stream has said so far.
    var usage: MeteredUsage {
        let reading: Result<UsageReading, UsageFault>
        switch shape {
        case .messages: reading = Result { () throws(UsageFault) in try messages.reading() }
        case .chat: reading = chat ?? .failure(UsageFault(field: "usage", "the stream ended before its usage"))
        }
        return MeteredUsage(
            reading: reading, raw: raw.isEmpty ? nil : raw.joined(separator: " "), messageID: messageID == "" ? nil : messageID, models: models)
    }

    mutating func take(_ event: SSEEvent) {
        guard !isOver, let data = event.data else { return }
        switch shape {
        case .messages: takeMessages(event.name, data)
        case .chat: takeChat(data)
        }
    }

    private mutating func takeMessages(_ name: String, _ data: [UInt8]) {
        // The many events of the text itself are not worth reading.
        guard name == "message" || ["message_start", "message_delta", "message_stop", "error"].contains(name) else { return }
        let node = try? JSONReader.read(data, maximumDepth: Translation.maximumDepth)
        switch node?["type"]?.string ?? name {
        case "message_start":
            // A second beginning says nothing new, and its counts are those of a beginning.
            guard !messages.hasBegun, let message = node?["message"] else { return }
            messageID = AnswerMeter.id(message)
            models.formUnion(AnswerMeter.models(message, message["usage"]))
            if let usage = message["usage"] {
                messages.start(usage)
                keep(usage, data)
            }
        case "message_delta":
            if let usage = node?["usage"] {
                messages.delta(usage)
                models.formUnion(AnswerMeter.models(usage, usage))
                keep(usage, data)
                if node?["delta"]?["stop_reason"]?.string != nil { isWhole = true }
            }
        case "message_stop": (isOver, isWhole) = (true, true)
        case "error":
            isOver = true
            error = SafeText.line(node?["error"]?["message"]?.string ?? "an error without a message", limit: 300)
        default: break
        }
    }

    private mutating func takeChat(_ data: [UInt8]) {
        if data.elementsEqual("[DONE]".utf8) {
            (isOver, isWhole) = (true, true)
            return
        }
        let isFirst = messageID == nil
        guard isFirst || Self.mayHoldUsage(data) else { return }
        guard let node = try? JSONReader.read(data, maximumDepth: Translation.maximumDepth) else { return }
        if isFirst {
            messageID = AnswerMeter.id(node) ?? ""
            firstChunk = node
        }
        models.formUnion(AnswerMeter.models(node, nil))
        if let usage = node["usage"], !usage.isNull {
            let saysTier = node["service_tier"].map { !$0.isNull } ?? false
            chat = AnswerMeter.reading(usage, of: saysTier ? node : firstChunk ?? node, shape)
            // The last chunk, which has no choices, is what carries the sum.
            if node["choices"]?.array?.isEmpty == true { isWhole = true }
            keep(usage, data)
        }
        if let failure = node["error"], !failure.isNull {
            isOver = true
            error = SafeText.line(failure["message"]?.string ?? "an error without a message", limit: 300)
        }
    }

    /// True when `"usage":` is followed by an object, or there is an `"error"`.
    static func mayHoldUsage(_ data: [UInt8]) -> Bool {
        if ByteSearch.place(of: "\"error\"", in: data) != nil { return true }
        var start = 0
        while var at = ByteSearch.place(of: "\"usage\"", in: data, from: start).map({ $0 + 7 }) {
            while at < data.count, data[at] == 0x20 || data[at] == 0x3A || data[at] == 0x0A { at += 1 }
            if at < data.count, data[at] != 0x6E { return true }
            start = at
        }
        return false
    }

    private mutating func keep(_ usage: JSONNode, _ data: [UInt8]) {
        guard raw.reduce(0, { $0 + $1.utf8.count }) < AnswerMeter.rawLimit else { return }
        raw.append(AnswerMeter.raw(usage, in: data))
    }
}
