import Costs
import Fetch
import FoundationEssentials
import Logging
import Stores
import WireCore

/// Answers kept for equal requests of the same key. A cache that fails is no reason to fail a call.
struct AnswerCache: Sendable {
    let store: any LedgerStore
    let index: AnswerIndex
    let buffer: AnswerBuffer
    let rules: RulesInForce
    let clock: any DeskClock
    let logger: Logger

    init(store: any LedgerStore, rules: RulesInForce, clock: any DeskClock, logger: Logger) {
        self.store = store
        let index = AnswerIndex(store: store)
        self.index = index
        buffer = AnswerBuffer(store: store, onKept: index.note, logger: logger)
        self.rules = rules
        self.clock = clock
        self.logger = logger
    }

    /// What an equal request has in common: who asks, in which shape, which model, and the request with its members in one order. Nil:
    /// nothing is kept.
    func key(of call: ModelCall, _ facts: CallFacts) -> String? {
        let rules = rules.current
        guard rules.configuration.keepAnswersFor > .zero, rules.configuration.cacheSize.bytes > 0 else { return nil }
        var json = JSONWriter(capacity: call.body.count + 128)
        json.array { list in
            list.string(call.purpose.key ?? "")
            list.string(call.shape.rawValue)
            list.string(facts.model.id)
            // What else may change the answer: beta features and versions.
            for header in call.headers.sorted(by: { $0.name < $1.name }) where header.name.lowercased().hasPrefix("anthropic-") {
                list.string("\(header.name.lowercased()): \(header.value)")
            }
            Self.append(facts.body, to: &list, isTop: true)
        }
        return SHA256.hex(json.bytes)
    }

    /// Members sorted by name; of a name given twice the last counts, as providers read it.
    private static func append(_ node: JSONNode, to json: inout JSONWriter, isTop: Bool = false) {
        switch node.value {
        case .object(let members):
            var last: [String: JSONNode] = [:]
            for member in members { last[member.key] = member.node }
            if isTop { last["model"] = nil }
            json.object { json in
                for (name, value) in last.sorted(by: { $0.key < $1.key }) {
                    json.key(escaping: name)
                    append(value, to: &json)
                }
            }
        case .array(let nodes): json.array { json in nodes.forEach { append($0, to: &json) } }
        default: json.node(node)
        }
    }

    func answer(_ key: String) async -> CachedAnswer? {
        let now = clock.now()
        if let answer = buffer.answer(key, now: now) { return answer }
        guard let place = await index.place(of: key) else { return nil }
        do {
            let answer = try await store.cachedAnswer(place, now: now)
            if answer == nil { index.forget(place) }
            return answer
        } catch {
            note(error, "the cache cannot be read")
            return nil
        }
    }

    /// Keeps the answer of a call that was settled, unless it is too large.
    func keep(_ body: [UInt8], key: String, facts: CallFacts, _ settlement: Settlement) {
        let configuration = rules.configuration
        guard body.count <= configuration.largestKeptAnswer.bytes else { return }
        let now = clock.now()
        let answer = CachedAnswer(
            key: key, model: facts.model.id, provider: facts.model.provider, body: body, usage: settlement.usage, cost: settlement.cost,
            priceFrom: facts.row.name, createdAt: now, expiresAt: now.addingTimeInterval(configuration.keepAnswersFor.seconds))
        buffer.put(answer, capacity: configuration.cacheSize)
    }

    private func note(_ error: any Error, _ what: String) {
        logger.warning("\(what)", metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
    }
}
