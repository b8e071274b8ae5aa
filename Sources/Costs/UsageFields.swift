import WireCore

/// The fields of one usage object: counts that can be believed, or a ``UsageFault``.
struct UsageFields {
    private let node: JSONNode

    init(_ node: JSONNode, name: String) throws(UsageFault) {
        guard node.object != nil else { throw UsageFault(field: name, "\(name) is \(node.value.kindName), but must be an object") }
        self.node = node
    }

    /// The member; nil when it is absent or null.
    private subscript(_ key: String) -> JSONNode? { node[key].flatMap { $0.isNull ? nil : $0 } }

    func has(_ key: String) -> Bool { self[key] != nil }

    func object(_ key: String) throws(UsageFault) -> UsageFields? {
        guard let node = self[key] else { return nil }
        return try UsageFields(node, name: key)
    }

    /// The objects of a list; none when it is absent or null.
    func objects(_ key: String) throws(UsageFault) -> [UsageFields] {
        guard let node = self[key] else { return [] }
        guard let list = node.array, list.count <= 1000 else {
            throw UsageFault(field: key, "\(key) is \(node.value.kindName), but must be a list of at most 1000")
        }
        var objects: [UsageFields] = []
        for node in list { objects.append(try UsageFields(node, name: key)) }
        return objects
    }

    /// Nil too where it says nothing.
    func text(_ key: String) throws(UsageFault) -> String? {
        guard let node = self[key], node.string != "" else { return nil }
        guard let text = node.string else { throw UsageFault(field: key, "\(key) is \(node.value.kindName), but must be a text") }
        return text
    }

    /// A member that counts something and is none of these; nil when there is none.
    func count(besides known: Set<String>) -> String? {
        node.object?.first { !known.contains($0.key) && ($0.node.double ?? 0) != 0 }?.key
    }

    func tokens(_ key: String) throws(UsageFault) -> Int? { try count(key, atMost: UsageReading.maximumTokens) }

    func tokens(required key: String) throws(UsageFault) -> Int {
        guard let count = try tokens(key) else { throw UsageFault(field: key, "the usage has no \(key)") }
        return count
    }

    /// A whole number from 0 to `limit`.
    func count(_ key: String, atMost limit: Int) throws(UsageFault) -> Int? {
        guard let node = self[key] else { return nil }
        guard let count = node.int, (0...limit).contains(count) else {
            let seen = node.number.map { SafeText.line($0, limit: 40) } ?? node.value.kindName
            throw UsageFault(field: key, "\(key) is \(seen), but must be a whole number from 0 to \(limit)")
        }
        return count
    }
}
