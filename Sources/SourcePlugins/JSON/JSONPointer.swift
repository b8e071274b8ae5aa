public import WireCore

/// A place in a JSON document (RFC 6901): "" is the whole, "/data/0/title" a member of the first element of a list.
public struct JSONPointer: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// The pointer as written.
    public let text: String
    private let steps: [String]

    /// Longer pointers, and deeper ones, are a slip.
    private static let most = 32

    /// Nil when `text` is no pointer: it must be empty or begin with a slash, and every `~` must be `~0` or `~1`.
    public init?(_ text: String) {
        guard text.isEmpty || text.utf8.first == 0x2F, text.utf8.count <= 1024 else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard parts.count <= Self.most else { return nil }
        var steps: [String] = []
        for part in parts {
            guard Self.isEscapedRightly(part) else { return nil }
            steps.append(String(part).replacing("~1", with: "/").replacing("~0", with: "~"))
        }
        self.text = text
        self.steps = steps
    }

    /// The pointer to a member of what this one points to.
    public func appending(_ key: String) -> JSONPointer {
        JSONPointer(text: text + "/" + key.replacing("~", with: "~0").replacing("/", with: "~1"), steps: steps + [key])
    }

    /// The whole document.
    public static let root = JSONPointer(text: "", steps: [])

    private init(text: String, steps: [String]) {
        self.text = text
        self.steps = steps
    }

    public var description: String { text.isEmpty ? "the whole" : text }

    /// What it points to; nil when there is no such member or element.
    public func find(in node: JSONNode) -> JSONNode? {
        var node = node
        for step in steps {
            if let elements = node.array {
                guard let index = Self.index(step), elements.indices.contains(index) else { return nil }
                node = elements[index]
            } else {
                guard let member = node[step] else { return nil }
                node = member
            }
        }
        return node
    }

    /// Digits without a leading zero (RFC 6901, 4).
    private static func index(_ step: String) -> Int? {
        guard step == "0" || step.utf8.first != 0x30, step.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(step)
    }

    private static func isEscapedRightly(_ part: Substring) -> Bool {
        var rest = part.utf8[...]
        while let tilde = rest.firstIndex(of: 0x7E) {
            let next = rest.index(after: tilde)
            guard next < rest.endIndex, rest[next] == 0x30 || rest[next] == 0x31 else { return false }
            rest = rest[next...]
        }
        return true
    }
}
