import Foundation
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

    /// More problems than this are not looked for: nobody reads them, and a slip may have caused them all.
    static let most = 50
    /// True when there were more.
    private(set) var isCutShort = false

    func add(at offset: Int, _ message: String) {
        guard !isCutShort else { return }
        let problem = RegistryProblem(position: position(of: offset), message: message)
        guard !problems.contains(problem) else { return }
        guard problems.count < Self.most else {
            isCutShort = true
            return
        }
        problems.append(problem)
    }

    /// The line that `node` begins on, from 1.
    func line(of node: JSONNode) -> Int { lineIndex(of: node.range.lowerBound) + 1 }

    /// Line and column of a byte.
    private func position(of offset: Int) -> TextPosition {
        let line = lineIndex(of: offset)
        let before = text[lineStarts[line]..<min(max(offset, lineStarts[line]), text.count)]
        return TextPosition(line: line + 1, column: before.count { $0 & 0xC0 != 0x80 } + 1)
    }

    private func lineIndex(of offset: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}

/// One object of the registry: hands out its members by name and type, and notes what is wrong, missing or unknown.
struct RegistryObject {
    let node: JSONNode
    /// What it is, for messages: `source "decrypt"`.
    let what: String
    let problems: ProblemList

    /// Nil, with a problem, when `node` is no object. `allowed` nil: any key.
    init?(_ node: JSONNode, what: String, allowed: [String]?, problems: ProblemList) {
        guard let members = node.object else {
            problems.add(at: node.range.lowerBound, "\(node.value.kindName) where \(what) was due, which is an object")
            return nil
        }
        self.node = node
        self.what = what
        self.problems = problems
        var seen: Set<String> = []
        for member in members where !problems.isCutShort {
            if !seen.insert(member.key).inserted {
                problems.add(at: member.keyRange.lowerBound, "\"\(shown(member.key))\" is given twice in \(what)")
            } else if let allowed, !allowed.contains(member.key) {
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

    /// Reads what null switches off; a key that is not there, or is wrong, leaves the value as it was.
    func read<Value>(_ key: String, into value: inout Value?, _ read: (String) -> Value?) {
        if node[key]?.isNull ?? false {
            value = nil
        } else if let given = read(key) {
            value = given
        }
    }

    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let node = node[key] else { return nil }
        guard let value = node.double, range.contains(value) else {
            wrong(node, key, due: "a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    func timeZone(_ key: String) -> TimeZone? {
        guard let node = node[key] else { return nil }
        guard let name = node.string, let zone = TimeZone(identifier: name) else {
            wrong(node, key, due: "an IANA time zone such as \"America/New_York\" (is tzdata installed?)")
            return nil
        }
        return zone
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

    /// `due` says what each text must be, and `check` whether it is; a fault is noted at the element that has it.
    func strings(_ key: String, due: String = "a text", check: (String) -> Bool = { !$0.isEmpty }) -> [String]? {
        guard let node = node[key] else { return nil }
        guard let values = node.array else {
            wrong(node, key, due: "a list, each element \(due)")
            return nil
        }
        for value in values where value.string.map(check) != true {
            problems.add(at: value.range.lowerBound, "\(key) of \(what) holds \(found(value)), but each element must be \(due)")
        }
        return values.compactMap(\.string)
    }

    /// What goes out in a header field.
    func fieldValue(_ key: String) -> String? {
        guard let text = string(key), let node = node[key] else { return nil }
        guard Self.isFieldValue(text) else {
            wrong(node, key, due: "one line of text")
            return nil
        }
        return text
    }

    /// True for what a header field can carry (RFC 9110, 5.5).
    static func isFieldValue(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } }

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
