public import FoundationEssentials

/// One object of a configuration file: hands out its members by name and type, and notes what is wrong, missing or unknown.
///
/// A member that is not there is nil; one that is wrong is nil too, with a problem.
public struct ConfigObject {
    public let node: JSONNode
    /// What it is, for messages: `source "decrypt"`.
    public let what: String
    public let problems: FileProblemList

    /// Nil, with a problem, when `node` is no object. `allowed` nil: any key.
    public init?(_ node: JSONNode, what: String, allowed: [String]?, problems: FileProblemList) {
        guard let members = node.object else {
            problems.add(at: node, "\(node.value.kindName) where \(what) was due, which is an object")
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

    public subscript(_ key: String) -> JSONNode? { node[key] }

    public var members: [JSONMember] { node.object ?? [] }

    /// The member, or nil with a problem.
    public func required(_ key: String) -> JSONNode? {
        if let node = node[key] { return node }
        problems.add(at: node, "\(what) has no \"\(key)\"")
        return nil
    }

    /// Notes that the member is not what was due.
    public func wrong(_ node: JSONNode, _ key: String, due: String) {
        problems.add(at: node, "\(key) of \(what) is \(found(node)), but must be \(due)")
    }

    public func string(_ key: String, due: String = "a text") -> String? {
        guard let node = node[key] else { return nil }
        guard let text = node.string, !text.isEmpty else {
            wrong(node, key, due: due)
            return nil
        }
        return text
    }

    public func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let node = node[key] else { return nil }
        return duration(node, key, in: range)
    }

    public func duration(_ node: JSONNode, _ key: String, in range: ClosedRange<Duration>) -> Duration? {
        let due = "a duration such as \"15m\" (ms, s, m, h, d, w) from \(range.lowerBound.text) to \(range.upperBound.text)"
        guard let value = node.string.flatMap({ Duration(parsing: $0) }), range.contains(value) else {
            wrong(node, key, due: due)
            return nil
        }
        return value
    }

    public func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = node[key] else { return nil }
        guard let value = node.int, range.contains(value) else {
            wrong(node, key, due: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// Reads what null switches off; a key that is not there, or is wrong, leaves the value as it was.
    public func read<Value>(_ key: String, into value: inout Value?, _ read: (String) -> Value?) {
        if node[key]?.isNull ?? false {
            value = nil
        } else if let given = read(key) {
            value = given
        }
    }

    /// A number that may have a fraction.
    public func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let node = node[key] else { return nil }
        guard let value = node.double, range.contains(value) else {
            wrong(node, key, due: "a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    public func byteCount(_ key: String, in range: ClosedRange<ByteCount>) -> ByteCount? {
        guard let node = node[key] else { return nil }
        guard let value = node.string.flatMap({ ByteCount(parsing: $0) }), range.contains(value) else {
            wrong(node, key, due: "a size such as \"8MiB\" (B, KiB, MiB, GiB) from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    public func instant(_ key: String) -> Date? {
        guard let node = node[key] else { return nil }
        guard let date = node.string.flatMap({ UTCTime.parse($0) }) else {
            wrong(node, key, due: "an instant such as \"2026-12-01T08:00:00Z\"")
            return nil
        }
        return date
    }

    /// `due` says what each text must be, and `check` whether it is; a fault is noted at the element that has it.
    public func strings(_ key: String, due: String = "a text", check: (String) -> Bool = { !$0.isEmpty }) -> [String]? {
        guard let node = node[key] else { return nil }
        guard let values = node.array else {
            wrong(node, key, due: "a list, each element \(due)")
            return nil
        }
        for value in values where value.string.map(check) != true {
            problems.add(at: value, "\(key) of \(what) holds \(found(value)), but each element must be \(due)")
        }
        return values.compactMap(\.string)
    }

    public func choice<T: RawRepresentable<String> & CaseIterable>(_ key: String, _ type: T.Type) -> T? {
        guard let node = node[key] else { return nil }
        if let value = node.string.flatMap({ T(rawValue: $0) }) { return value }
        let names = T.allCases.map(\.rawValue)
        let nearest = node.string.flatMap { NearestName.of($0, among: names) }.map { "; did you mean \"\($0)\"?" } ?? ""
        wrong(node, key, due: "one of \(names.joined(separator: ", "))\(nearest)")
        return nil
    }

    public func bool(_ key: String) -> Bool? {
        guard let node = node[key] else { return nil }
        guard let flag = node.bool else {
            wrong(node, key, due: "true or false")
            return nil
        }
        return flag
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

/// What was found in a file, short and on one line.
private func shown(_ text: String) -> String { SafeText.line(text, limit: 60) }
