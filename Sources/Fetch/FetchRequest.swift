public import WireCore

/// One document to get.
public struct FetchRequest: Sendable {
    /// An absolute http or https URL.
    public var url: String
    /// Sent as given, to the first host only: a redirect to another origin (scheme, host, port) drops them.
    public var headers: [HTTPHeader] = []
    /// The Accept header.
    public var accept = "*/*"
    /// Sent as If-None-Match and If-Modified-Since (RFC 9110, 13.1), on redirects too: the document they belong to may lie behind one.
    public var validators = Validators()
    /// The instant at which the transfer ends whatever it is doing.
    public var deadline: ContinuousClock.Instant
    /// Bytes as sent by the server, headers included, over all redirects.
    public var bytesOnWire: ByteCount
    /// Bytes of the body after decompression.
    public var bytesDecoded: ByteCount
    /// Redirects followed.
    public var redirects: Int
    /// Told what is under way, on the thread that serves all transfers: it returns at once. Nil: nobody watches.
    public var onProgress: (@Sendable (FetchProgress) -> Void)?

    /// A request within `ceilings`.
    public init(url: String, deadline: ContinuousClock.Instant, ceilings: Ceilings) {
        self.url = url
        self.deadline = deadline
        bytesOnWire = ceilings.bytesOnWire
        bytesDecoded = ceilings.bytesDecoded
        redirects = ceilings.redirects
    }
}

/// A header field, its name in any case.
public struct HTTPHeader: Sendable, Equatable, Codable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension [HTTPHeader] {
    /// The first field of that name, case-blind; nil when there is none.
    public subscript(_ name: String) -> String? {
        first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
    }
}
