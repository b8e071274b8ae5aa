import WireCore

extension JSONNode {
    init(_ value: JSONValue) {
        self.init(value: value, range: 0..<0)
    }

    static var nothing: JSONNode { JSONNode(.null) }
    static func text(_ text: some StringProtocol) -> JSONNode { JSONNode(.string(String(text))) }
    static func whole(_ value: Int) -> JSONNode { JSONNode(.number(String(value))) }
    static func flag(_ value: Bool) -> JSONNode { JSONNode(.bool(value)) }
    static func list(_ nodes: [JSONNode]) -> JSONNode { JSONNode(.array(nodes)) }

    /// An object; members without a value are left out.
    static func members(_ members: KeyValuePairs<String, JSONNode?>) -> JSONNode {
        var object = JSONNode(.object([]))
        for (key, node) in members { object.add(key, node) }
        return object
    }

    /// Appends a member to an object; does nothing without a value.
    mutating func add(_ key: String, _ node: JSONNode?) {
        guard let node, case .object(var members) = value else { return }
        value = .null
        members.append(JSONMember(key: key, keyRange: 0..<0, node: node))
        value = .object(members)
    }

    /// The object with one more member.
    func with(_ key: String, _ node: JSONNode) -> JSONNode {
        var object = self
        object.add(key, node)
        return object
    }

    /// Appends those members of another object whose names are not in `known`, unchanged; nulls say nothing and are left out.
    mutating func passOn(from spot: Spot, except known: Set<String>) {
        for member in spot.node.object ?? [] where !known.contains(member.key) && !member.node.isNull {
            add(member.key, member.node)
        }
    }
}
