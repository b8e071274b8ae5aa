public import WireCore

/// How the network is used for exchanges, whatever the request.
public struct ExchangerConfiguration: Sendable {
    public var policy = AddressPolicy()
    /// Sent unless the request has a User-Agent of its own.
    public var userAgent = "wiredesk/0.1 (news desk; model gateway)"
    /// Exchanges at a time; further ones wait in order, and their waiting counts against their deadline.
    public var exchanges = 512
    /// Connections over all origins, busy and kept together; beyond it the longest idle are closed.
    public var keptConnections = 512
    /// The longest that a connection may have been idle and still be used; less than servers commonly wait before they close (60 s).
    public var keptIdle = Duration.seconds(50)
    /// The longest that a connection is used again, so that a changed DNS record is noticed.
    public var keptAge = Duration.seconds(600)
    /// Bytes of an answer that wait for a slow reader. Beyond it no more is read from the network until half has been taken; one read
    /// (16 KiB) may lie above it.
    public var bufferedBytes = ByteCount.kibibytes(256)
    /// The header block of one answer, interim answers and trailers included.
    public var headerBytes = ByteCount.kibibytes(128)
    /// Certificates to trust beside the system's: a file in PEM form.
    public var certificateFile: String?

    public init() {}
}
