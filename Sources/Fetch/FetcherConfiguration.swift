public import WireCore

/// How the network is used, whatever the document.
public struct FetcherConfiguration: Sendable {
    /// Who we are, honestly; a browser's name would be a disguise.
    public static let userAgent = "wiredesk/0.1 (news desk; feed reader)"

    public var policy = AddressPolicy()
    public var userAgent = FetcherConfiguration.userAgent
    /// Transfers at a time; further ones wait in order, and their waiting counts against their deadline.
    public var transfers = 256
    /// The longest a connection, handshake included, may take to come about.
    public var connectTimeout = Duration.seconds(10)
    /// Bytes of a body that any transfer may hold.
    public var freeBytes = ByteCount.kibibytes(512)
    /// Transfers that may hold more at a time; others pause at ``freeBytes`` until one has ended.
    public var bulkPlaces = 16
    /// The header block of one answer, trailers included.
    public var headerBytes = ByteCount.kibibytes(128)
    /// Certificates to trust beside the system's: a file in PEM form.
    public var certificateFile: String?

    public init() {}
}
