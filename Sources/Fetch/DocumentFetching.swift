// Fetch: the only door to the network. Read in this order: DocumentFetching, FetchRequest, Permit, FetchReply, AddressPolicy,
// CurlFetcher. It knows nothing of sources, items or retries. Tests: Tests/FetchTests.

/// Whatever can get a document: the network, or a recording of it.
public protocol DocumentFetching: Sendable {
    /// Gets one document, following redirects within the request's ceilings. One call is one attempt and consumes its permit.
    ///
    /// Never throws and never hangs: every ending, cancellation included, is a ``FetchReply`` no later than the deadline
    /// (plus a scheduling delay).
    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply
}
