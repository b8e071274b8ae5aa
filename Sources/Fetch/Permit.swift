/// Leave for one attempt. It cannot be copied and is consumed by the fetch, so a request without one does not compile.
public struct Permit: ~Copyable, Sendable {
    fileprivate init() {}
}

/// The attempts of one poll: the only place where permits come from.
public struct AttemptAllowance: ~Copyable, Sendable {
    /// Attempts made so far.
    public private(set) var used = 0
    /// The ceiling.
    public let ceiling: Int

    public init(ceiling: Int) { self.ceiling = ceiling }

    /// Takes leave for one more attempt; nil when the ceiling is reached.
    public mutating func take() -> Permit? {
        guard used < ceiling else { return nil }
        used += 1
        return Permit()
    }
}
