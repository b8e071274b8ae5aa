/// An answer whose status and header fields have come and whose body is on its way.
public struct ExchangeAnswer: Sendable {
    public var status: Int
    /// The final answer's header fields, in order; 256 at most.
    public var headers: [HTTPHeader]
    /// To be read once, while it comes.
    public var body: ExchangeBody
    /// The address that was connected to; nil in a script.
    public var address: String?
    public var timing: ExchangeTiming

    public init(
        status: Int, headers: [HTTPHeader] = [], body: ExchangeBody = ExchangeBody(pieces: []), address: String? = nil,
        timing: ExchangeTiming = ExchangeTiming()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.address = address
        self.timing = timing
    }
}

/// When things happened, counted from the call.
public struct ExchangeTiming: Sendable, Equatable {
    /// The connection stood and the request began to go out.
    public var sent = Duration.zero
    /// The first byte of the answer came.
    public var firstByte = Duration.zero
    /// True when a connection of an earlier exchange was used again.
    public var isKeptConnection = false

    public init() {}
}
