/// What was seen when a poll failed: enough for a person to recognise it, short enough to keep, nothing secret.
public struct Evidence: Sendable, Equatable, Codable {
    /// The HTTP status, if an answer came.
    public var status: Int?
    /// The Content-Type as sent, one safe line.
    public var contentType: String?
    /// The first bytes of the body as one safe line, 200 bytes at most.
    public var firstBytes: String?

    public init(status: Int? = nil, contentType: String? = nil, firstBytes: String? = nil) {
        self.status = status
        self.contentType = contentType
        self.firstBytes = firstBytes
    }

    /// How much of a body is kept.
    public static let limit = 200
}
