public import WireCore

/// How an attempt ended.
public enum FetchReply: Sendable {
    /// A complete answer came, of whatever status.
    case document(Document)
    /// No complete answer came.
    case failure(FetchFailure)

    /// What is known of the transfer either way.
    public var trace: FetchTrace {
        switch self {
        case .document(let document): document.trace
        case .failure(let failure): failure.trace
        }
    }
}

/// A complete answer: its declared length was met, its compression ended properly, no ceiling was reached.
public struct Document: Sendable {
    /// The URL that answered, after redirects.
    public var url: String
    public var status: Int
    /// The final answer's header fields, in order; 256 at most.
    public var headers: [HTTPHeader]
    /// Decompressed. Of answers that are no success (status ≥ 400) 64 KiB at most are kept.
    public var body: [UInt8]
    public var trace: FetchTrace
    /// Keeps the place that a large body holds in memory until the last copy of the document is gone.
    var place: BulkPlace?

    public init(url: String, status: Int, headers: [HTTPHeader], body: [UInt8], trace: FetchTrace) {
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body
        self.trace = trace
    }

    /// The Content-Type as sent.
    public var contentType: String? { headers["content-type"] }
}

/// Why no document came.
public struct FetchFailure: Error, Sendable {
    /// One of `dns`, `tls`, `network`, `timeout`, `too_large`, `redirect`, `denied`, `offline`, `config` (a URL that is none).
    public var outcome: Outcome
    /// What happened, one line: names host and address, quotes what was seen.
    public var message: String
    /// What a person can do, if anything.
    public var hint: String?
    /// What had been seen of the answer.
    public var evidence: Evidence
    public var trace: FetchTrace
    /// True when the task was cancelled: nothing is said about the source.
    public var isCancelled: Bool
    /// False only where it is certain that no complete request went out: the URL was none, the name unknown, the address denied, the
    /// connection or its TLS handshake failed, or the transfer was called off before that. True whenever the other side may have
    /// acted upon the request, and where nobody knows (the default): what a model was asked may have to be paid.
    public var mayHaveBeenReceived: Bool

    public init(
        outcome: Outcome, message: String, hint: String? = nil, evidence: Evidence = Evidence(), trace: FetchTrace = FetchTrace(),
        isCancelled: Bool = false, mayHaveBeenReceived: Bool = true
    ) {
        self.outcome = outcome
        self.message = message
        self.hint = hint
        self.evidence = evidence
        self.trace = trace
        self.isCancelled = isCancelled
        self.mayHaveBeenReceived = mayHaveBeenReceived
    }
}

/// The course of a transfer, for diagnosis and for the record.
public struct FetchTrace: Sendable, Equatable {
    /// One request of the chain.
    public struct Hop: Sendable, Equatable, Codable {
        public var url: String
        /// Nil when no status line came.
        public var status: Int?
        /// The address that was connected to, or that did not answer.
        public var address: String?
        /// "TLSv1.3 …" where the connection is secure.
        public var tls: String?
        /// Milliseconds from the hop's start to: name resolved, connected, handshake done, request sent, first byte, end. Nil: not reached.
        public var resolvedMs: Double?
        public var connectedMs: Double?
        public var securedMs: Double?
        public var requestedMs: Double?
        public var firstByteMs: Double?
        public var endedMs: Double

        public init(url: String, endedMs: Double = 0) {
            self.url = url
            self.endedMs = endedMs
        }
    }

    public var hops: [Hop] = []
    /// Over all hops, headers included.
    public var bytesOnWire = 0
    /// Of the last hop's body.
    public var bytesDecoded = 0
    /// Where the first hop says that it has moved for good (301 or 308 all along the chain); nil otherwise.
    public var movedTo: String?

    public init() {}

    /// Redirects followed.
    public var redirects: Int { max(0, hops.count - 1) }
}
