import Feeds
import Fetch
import WireCore

/// What every JSON API's answer is asked first: is it JSON at all, and does it complain?
enum APIAnswer {
    /// The document as JSON. Throws `wrong_kind`, `parse`, or `ceiling` for what is nested too deeply.
    static func json(_ document: Document, _ context: PollContext) throws(ReadFailure) -> JSONNode {
        switch DocumentKind.sniff(document.body) {
        case .json, .jsonFeed: break
        case .empty: throw ReadFailure(.parse, "an empty body where JSON was due")
        case let kind:
            throw ReadFailure(
                .wrongKind, "\(kind.plainName(of: document.body)) where JSON was due, status \(document.status)",
                hint: "The address answers people, not programs: check the source's url, or disable the source and use its feed.")
        }
        do {
            return try JSONReader.read(document.body, maximumDepth: context.ceilings.depth)
        } catch {
            let place = TextPosition(of: error.offset, in: document.body)
            throw ReadFailure(error.isTooDeep ? .ceiling : .parse, "no valid JSON at \(place): \(error.message)")
        }
    }

    /// What a refusal's words are about; nil when they do not say.
    static func outcome(ofWords words: String) -> Outcome? {
        let plain = words.lowercased()
        if limitWords.contains(where: plain.contains) { return .rateLimited }
        return authWords.contains(where: plain.contains) ? .auth : nil
    }

    private static let limitWords = ["rate limit", "rate-limit", "ratelimit", "too many", "call limit", "quota", "throttl", "call frequency"]
    private static let authWords = [
        "api key", "api_key", "api-key", "apikey", "auth", "subscription", "permission", "not allowed", "forbidden", "credential",
    ]

    /// The part of an envelope that complains, in the shapes that most APIs and the gateways before them answer in; nil when there is none.
    static func complaint(in root: JSONNode) -> JSONNode? {
        for key in ["error", "errors"] {
            if let node = root[key], node.bool != false, words(of: node) != nil || node.object?.isEmpty == false { return node }
        }
        for key in ["Response", "response", "status"] where ["error", "fail", "failed", "failure"].contains(root[key]?.string?.lowercased()) {
            return root
        }
        return nil
    }

    /// What a complaint says: a text, or the first that its members or elements hold.
    static func words(of node: JSONNode) -> String? {
        switch node.value {
        case .null: return nil
        case .bool(let flag): return String(flag)
        case .number(let digits): return digits
        case .string(let text): return text.isEmpty ? nil : text
        case .array(let nodes): return nodes.lazy.compactMap { words(of: $0) }.first
        case .object:
            let keys = ["message", "Message", "detail", "description", "title", "error", "type", "code"]
            return keys.lazy.compactMap { node[$0].flatMap { words(of: $0) } }.first
        }
    }
}
