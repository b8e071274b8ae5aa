public import WireCore

/// One request to an API.
public struct ExchangeRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    /// An absolute http or https URL.
    public var url: String
    public var method: Method
    /// Sent as given. Fields that frame the message are the exchange's own and left out: Host, Connection, Keep-Alive, Content-Length,
    /// Transfer-Encoding, TE, Trailer, Upgrade, Expect, Accept-Encoding. A name or value that would break the message is refused (`config`).
    public var headers: [HTTPHeader]
    /// Sent with a POST, with its length.
    public var body: [UInt8]
    /// The instant at which the whole exchange ends, however much of the body is still to come.
    public var deadline: ContinuousClock.Instant
    /// The longest silence between the header fields and a piece of the body, or between two pieces; time during which the reader is
    /// behind does not count. Until the header fields only the deadline counts: a model may think for long before it answers.
    public var idleTimeout = Duration.seconds(120)
    /// The longest that a connection, TLS handshake included, may take to come about.
    public var connectTimeout = Duration.seconds(10)
    /// Bytes of the answer's body: one more ends it as `too_large`.
    public var answerBytes = ByteCount.mebibytes(32)
    /// True: it goes on when the task that waits for it, or reads the answer, is cancelled. What it costs becomes known only at its end.
    public var outlivesCaller = false

    public init(
        url: String, method: Method = .post, headers: [HTTPHeader] = [], body: [UInt8] = [], deadline: ContinuousClock.Instant
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.deadline = deadline
    }
}
