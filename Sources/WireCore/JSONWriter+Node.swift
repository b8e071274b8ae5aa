extension JSONWriter {
    /// A value as it was read: members in their order, numbers digit for digit; only blanks and the choice of escapes may differ.
    public mutating func node(_ node: JSONNode) {
        switch node.value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .number(let digits): number(asWritten: digits)
        case .string(let text): string(text)
        case .array(let nodes): array { writer in for element in nodes { writer.node(element) } }
        case .object(let members):
            object { writer in
                for member in members {
                    writer.key(escaping: member.key)
                    writer.node(member.node)
                }
            }
        }
    }
}

extension JSONNode {
    /// The value as compact JSON in UTF-8.
    public var rendered: [UInt8] {
        var writer = JSONWriter()
        writer.node(self)
        return writer.bytes
    }
}
