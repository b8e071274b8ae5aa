public import WireCore

/// Gathers the usage of an Anthropic stream: that of `message_start`, then that of each `message_delta`.
///
/// The counts of a stream are cumulative and may be repeated, so the last value of each field that is not null is kept and nothing is
/// added up. The split of cache writes and the service tier come with `message_start` only.
public struct StreamedUsage: Sendable {
    private var members: [JSONMember] = []
    private var fault: UsageFault?
    private var hasFinalOutput = false

    public init() {}

    /// True once any usage came.
    public var hasBegun: Bool { !members.isEmpty }

    /// Takes `message.usage` of `message_start`; its output count is that of a beginning.
    public mutating func start(_ usage: JSONNode) { merge(usage) }

    /// Takes `usage` of a `message_delta`.
    public mutating func delta(_ usage: JSONNode) {
        merge(usage)
        if let output = usage["output_tokens"], !output.isNull { hasFinalOutput = true }
    }

    /// The final reading. Throws ``UsageFault`` when no `message_delta` brought an output count (the stream broke off: what it generated
    /// is not known), and as ``UsageReading/anthropic(_:)`` does.
    public func reading() throws(UsageFault) -> UsageReading {
        if let fault { throw fault }
        guard hasFinalOutput else {
            throw UsageFault(field: "output_tokens", "the stream ended before its final usage; what it generated is not known")
        }
        return try .anthropic(JSONNode(value: .object(members), range: 0..<0))
    }

    private mutating func merge(_ usage: JSONNode) {
        if usage.isNull { return }
        guard let fresh = usage.object else {
            fault = fault ?? UsageFault(field: "usage", "usage is \(usage.value.kindName), but must be an object")
            return
        }
        members = Self.merged(members, fresh)
    }

    /// Member by member, objects within too.
    private static func merged(_ old: [JSONMember], _ fresh: [JSONMember]) -> [JSONMember] {
        var members = old
        for member in fresh where !member.node.isNull {
            guard let place = members.firstIndex(where: { $0.key == member.key }) else {
                members.append(member)
                continue
            }
            if let inner = members[place].node.object, let freshInner = member.node.object {
                members[place].node.value = .object(merged(inner, freshInner))
            } else {
                members[place] = member
            }
        }
        return members
    }
}
