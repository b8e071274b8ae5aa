import FoundationEssentials
import WireCore

/// Collects the problems of one registry text, each once.
final class ProblemList {
    private(set) var problems: [RegistryProblem] = []
    private let text: [UInt8]
    /// The offset of each line's first byte, so that thousands of sources find their lines quickly.
    private let lineStarts: [Int]

    init(text: [UInt8]) {
        self.text = text
        lineStarts = [0] + text.indices.filter { text[$0] == 0x0A }.map { $0 + 1 }
    }

    func add(at offset: Int, _ message: String) {
        let problem = RegistryProblem(position: TextPosition(of: offset, in: text), message: message)
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// The line that `node` begins on, from 1.
    func line(of node: JSONNode) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= node.range.lowerBound { low = middle } else { high = middle }
        }
        return low + 1
    }
}

/// One object of the registry: hands out its members by name and type, and notes what is wrong, missing or unknown.
struct RegistryObject {
    let node: JSONNode
    /// What it is, for messages: `source "decrypt"`.
    let what: String
    let problems: ProblemList

    /// Nil, with a problem, when `node` is no object.
    init?(_ node: JSONNode, what: String, allowed: [String], problems: ProblemList) {
        guard let members = node.object else {
            problems.add(at: node.range.lowerBound, "\(node.value.kindName) where \(what) was due, which is an object")
            return nil
        }
        self.node = node
        self.what = what
        self.problems = problems
        var seen: Set<String> = []
        for member in members {
            if !seen.insert(member.key).inserted {
                problems.add(at: member.keyRange.lowerBound, "\"\(shown(member.key))\" is given twice in \(what)")
            } else if !allowed.contains(member.key) {
                let nearest = NearestName.of(member.key, among: allowed).map { "; did you mean \"\($0)\"?" } ?? "."
                problems.add(
                    at: member.keyRange.lowerBound,
                    "unknown key \"\(shown(member.key))\" in \(what)\(nearest) Allowed: \(allowed.joined(separator: ", "))")
            }
        }
    }

    subscript(_ key: String) -> JSONNode? { node[key] }

    func wrong(_ node: JSONNode, _ key: String, due: String) {
        problems.add(at: node.range.lowerBound, "\(key) of \(what) is \(found(node)), but must be \(due)")
    }

    func string(_ key: String, due: String = "a text") -> String? {
        guard let node = node[key] else { return nil }
        guard let text = node.string, !text.isEmpty else {
            wrong(node, key, due: due)
            return nil
        }
        return text
    }

    func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let node = node[key] else { return nil }
        return duration(node, key, in: range)
    }

    func duration(_ node: JSONNode, _ key: String, in range: ClosedRange<Duration>) -> Duration? {
        let due = "a duration such as \"15m\" (ms, s, m, h, d, w) from \(range.lowerBound.text) to \(range.upperBound.text)"
        guard let value = node.string.flatMap({ Duration(parsing: $0) }), range.contains(value) else {
            wrong(node, key, due: due)
            return nil
        }
        return value
    }

    func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = node[key] else { return nil }
        guard let value = node.int, range.contains(value) else {
            wrong(node, key, due: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    func share(_ key: String) -> Double? {
        guard let node = node[key] else { return nil }
        guard let value = node.double, (0.01...1).contains(value) else {
            wrong(node, key, due: "a number from 0.01 to 1")
            return nil
        }
        return value
    }

    func byteCount(_ key: String, in range: ClosedRange<ByteCount>) -> ByteCount? {
        guard let node = node[key] else { return nil }
        guard let value = node.string.flatMap({ ByteCount(parsing: $0) }), range.contains(value) else {
            wrong(node, key, due: "a size such as \"8MiB\" (B, KiB, MiB, GiB) from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    func instant(_ key: String) -> Date? {
        guard let node = node[key] else { return nil }
        guard let date = node.string.flatMap({ UTCTime.parse($0) }) else {
            wrong(node, key, due: "an instant such as \"2026-12-01T08:00:00Z\"")
            return nil
        }
        return date
    }

    func strings(_ key: String) -> [String]? {
        guard let node = node[key] else { return nil }
        guard let values = node.array, values.allSatisfy({ $0.string?.isEmpty == false }) else {
            wrong(node, key, due: "a list of texts")
            return nil
        }
        return values.compactMap(\.string)
    }

    func choice<T: RawRepresentable<String> & CaseIterable>(_ key: String, _ type: T.Type) -> T? {
        guard let node = node[key] else { return nil }
        if let value = node.string.flatMap({ T(rawValue: $0) }) { return value }
        let names = T.allCases.map(\.rawValue)
        let nearest = node.string.flatMap { NearestName.of($0, among: names) }.map { "; did you mean \"\($0)\"?" } ?? ""
        wrong(node, key, due: "one of \(names.joined(separator: ", "))\(nearest)")
        return nil
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

private func shown(_ text: String) -> String { SafeText.line(text, limit: 60) }
