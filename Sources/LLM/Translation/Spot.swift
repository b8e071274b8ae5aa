import WireCore

/// A value together with its path, so that whatever is wrong with it can be said by name.
struct Spot {
    let node: JSONNode
    let path: String

    /// The document itself.
    init(_ node: JSONNode) {
        self.init(node, path: "")
    }

    init(_ node: JSONNode, path: String) {
        self.node = node
        self.path = path
    }

    /// The member of that name; nil when it is missing or null, which both APIs take to mean the same.
    subscript(_ key: String) -> Spot? {
        guard let member = node[key], !member.isNull else { return nil }
        return Spot(member, path: inside(key))
    }

    /// The member of that name, or a failure that says it is missing.
    func required(_ key: String) throws(TranslationFailure) -> Spot {
        guard let member = self[key] else { throw TranslationFailure(.wrongShape, "required, but missing", at: inside(key)) }
        return member
    }

    func string() throws(TranslationFailure) -> String {
        guard let text = node.string else { throw wrong("a string") }
        return text
    }

    func bool() throws(TranslationFailure) -> Bool {
        guard let flag = node.bool else { throw wrong("true or false") }
        return flag
    }

    func int() throws(TranslationFailure) -> Int {
        guard let value = node.int else { throw wrong("a whole number") }
        return value
    }

    func list() throws(TranslationFailure) -> [Spot] {
        guard let nodes = node.array else { throw wrong("a list") }
        return nodes.enumerated().map { Spot($1, path: "\(path)[\($0)]") }
    }

    func members() throws(TranslationFailure) -> [JSONMember] {
        guard let members = node.object else { throw wrong("an object") }
        return members
    }

    /// The path of a member of this value.
    func inside(_ key: String) -> String {
        let name = SafeText.line(key, limit: 40)
        return path.isEmpty ? name : "\(path).\(name)"
    }

    func wrong(_ expected: String) -> TranslationFailure {
        TranslationFailure(.wrongShape, "found \(node.value.kindName) where \(expected) was due", at: path)
    }

    func unsupported(_ message: String) -> TranslationFailure {
        TranslationFailure(.unsupported, message, at: path)
    }
}
