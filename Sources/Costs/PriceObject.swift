import FoundationEssentials
import WireCore

/// Collects the problems of one price table.
final class PriceProblemList {
    private(set) var problems: [PriceProblem] = []
    private let text: [UInt8]

    init(text: [UInt8]) { self.text = text }

    func add(at node: JSONNode, _ message: String) { add(atByte: node.range.lowerBound, message) }

    func add(atByte offset: Int, _ message: String) {
        problems.append(PriceProblem(position: TextPosition(of: offset, in: text), message: message))
    }

    /// The line that `node` begins on, from 1.
    func line(of node: JSONNode) -> Int { TextPosition(of: node.range.lowerBound, in: text).line }
}

/// One object of the price table: hands out its members by name and type, and notes what is wrong, missing or unknown.
struct PriceObject {
    let node: JSONNode
    /// What it is, for messages: `model "claude-opus-5"`.
    let what: String
    let problems: PriceProblemList

    /// Nil, with a problem, when `node` is no object. `allowed` nil: any key.
    init?(_ node: JSONNode, what: String, allowed: [String]?, problems: PriceProblemList) {
        guard let members = node.object else {
            problems.add(at: node, "\(node.value.kindName) where \(what) was due, which is an object")
            return nil
        }
        self.node = node
        self.what = what
        self.problems = problems
        var seen: Set<String> = []
        for member in members {
            if !seen.insert(member.key).inserted {
                problems.add(atByte: member.keyRange.lowerBound, "\"\(shown(member.key))\" is given twice in \(what)")
            } else if let allowed, !allowed.contains(member.key) {
                let nearest = NearestName.of(member.key, among: allowed).map { "; did you mean \"\($0)\"?" } ?? "."
                problems.add(
                    atByte: member.keyRange.lowerBound,
                    "unknown key \"\(shown(member.key))\" in \(what)\(nearest) Allowed: \(allowed.joined(separator: ", "))")
            }
        }
    }

    subscript(_ key: String) -> JSONNode? { node[key] }

    var members: [JSONMember] { node.object ?? [] }

    func wrong(_ node: JSONNode, _ key: String, due: String) {
        problems.add(at: node, "\(key) of \(what) is \(found(node)), but must be \(due)")
    }

    /// The member, or nil with a problem.
    func required(_ key: String) -> JSONNode? {
        if let node = node[key] { return node }
        problems.add(at: node, "\(what) has no \"\(key)\"")
        return nil
    }

    func text(_ node: JSONNode, _ key: String) -> String? {
        guard let text = node.string, !text.isEmpty, text.utf8.count <= 200, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            wrong(node, key, due: "a text of 1 to 200 ASCII characters without blanks")
            return nil
        }
        return text
    }

    func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = node[key] else { return nil }
        guard let value = node.int, range.contains(value) else {
            wrong(node, key, due: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// A UTC day, "2026-10-07", as its midnight.
    func day(_ node: JSONNode, _ key: String) -> Date? {
        guard let text = node.string, text.utf8.count == 10, let date = UTCTime.parse(text) else {
            wrong(node, key, due: "a day such as \"2026-10-07\" (UTC)")
            return nil
        }
        return date
    }

    /// Dollars as a decimal string; a JSON number is refused by name.
    func price(_ node: JSONNode, _ key: String) -> ExactDecimal? {
        if let digits = node.number {
            problems.add(
                at: node,
                "\(key) of \(what) is the number \(shown(digits)), but a price is a decimal text: write \"\(key)\": \"\(shown(digits))\", "
                    + "so that no program reads it as binary floating point")
            return nil
        }
        guard let value = node.string.flatMap({ ExactDecimal(parsing: $0) }), value.digits >= 0, Self.isWithinBounds(value) else {
            wrong(node, key, due: "dollars as a decimal text such as \"0.0375\", from 0 to 1000000, with at most 12 decimals, without exponent")
            return nil
        }
        return value
    }

    func factor(_ node: JSONNode, _ key: String) -> PriceFactor? {
        if let digits = node.number {
            problems.add(
                at: node, "\(key) of \(what) is the number \(shown(digits)), but a factor is \(PriceFactor.rule); write it in quotes")
            return nil
        }
        guard let value = node.string.flatMap({ PriceFactor(parsing: $0) }) else {
            wrong(node, key, due: PriceFactor.rule)
            return nil
        }
        return value
    }

    private static func isWithinBounds(_ value: ExactDecimal) -> Bool {
        value.scaled(to: 12).map { $0 <= Int128(1_000_000) * 1_000_000_000_000 } ?? false
    }

    /// What was found, quoted and short.
    private func found(_ node: JSONNode) -> String {
        switch node.value {
        case .string(let text): "\"\(shown(text))\""
        case .number(let digits): shown(digits)
        case .bool(let flag): String(flag)
        default: node.value.kindName
        }
    }
}

func shown(_ text: String) -> String { SafeText.line(text, limit: 60) }
