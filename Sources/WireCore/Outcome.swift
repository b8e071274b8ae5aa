/// What a poll came to. The raw values are a contract: other programs read them.
public enum Outcome: String, Codable, CaseIterable, Sendable {
    /// Items were read.
    case ok
    /// 304: nothing has changed since the last time. A success.
    case notModified = "not_modified"
    /// A valid document without items.
    case empty
    /// 429, or the API's own word for it.
    case rateLimited = "rate_limited"
    /// A challenge page or a bot wall: waiting alone does not help.
    case blocked
    /// HTML where JSON or a feed was due, or any other kind of document that is not the promised one.
    case wrongKind = "wrong_kind"
    /// 401, 403, 407, or an API that refuses the key.
    case auth
    /// 410: removed for good.
    case gone
    /// Another status that is no success.
    case http
    /// The host name did not resolve.
    case dns
    /// No secure connection: certificate, host name or handshake.
    case tls
    /// The connection failed or broke, or the document came incomplete.
    case network
    /// A time ceiling was reached.
    case timeout
    /// A byte ceiling was reached, on the wire or decompressed.
    case tooLarge = "too_large"
    /// Right kind of document, not readable.
    case parse
    /// Readable, but not of the promised shape.
    case schema
    /// Too many redirects, a loop of them, or one to where none may lead.
    case redirect
    /// The address policy refused an address.
    case denied
    /// Another ceiling ended the poll; what was read before it is kept.
    case ceiling
    /// The registry's entry cannot work as it stands.
    case config
    /// A plugin's process died or broke the protocol.
    case crash
    /// This machine has no network: no source's fault.
    case offline

    /// True when the source answered as it should.
    public var isSuccess: Bool {
        switch self {
        case .ok, .notModified, .empty: true
        default: false
        }
    }

    /// True when the poll served its purpose: a success, or a ceiling that ended it after some items were kept.
    public func isWell(keptItems: Bool) -> Bool { isSuccess || self == .ceiling && keptItems }
}

/// How an outcome counts for a source's breaker.
public enum BreakerEffect: Sendable, Equatable {
    /// Counts as a success.
    case success
    /// Counts as a failure.
    case failure
    /// Opens the breaker at once: asking again soon cannot help.
    case trips
    /// Says nothing about the source.
    case excluded
}

extension Outcome {
    /// How this outcome counts. What can only be mended by a person or by the other side trips at once; what says nothing about the
    /// source (`offline`) does not count. A `ceiling` is a success when items were kept, and a failure when the poll brought nothing.
    public func breakerEffect(keptItems: Bool) -> BreakerEffect {
        switch self {
        case .ok, .notModified, .empty: .success
        case .wrongKind, .blocked, .auth, .gone: .trips
        case .offline: .excluded
        case .ceiling: keptItems ? .success : .failure
        default: .failure
        }
    }

    /// True when another try within the same poll may help.
    public var isWorthARetry: Bool {
        switch self {
        case .network, .dns: true
        default: false
        }
    }
}
