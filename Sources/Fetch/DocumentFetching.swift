// Fetch: the only door to the network. It does two things: it gets whole documents (read DocumentFetching, FetchRequest, Permit,
// FetchReply, CurlFetcher), and it holds exchanges with APIs whose answers are read while they come (Exchanging, ExchangeRequest,
// ExchangeAnswer, ExchangeBody, CurlExchanger). AddressPolicy, CurlThread, EasyOptions and TransferEnd serve both. It knows nothing of
// sources, items, models or retries. Tests: Tests/FetchTests.

/// Whatever can get a document: the network, or a recording of it.
public protocol DocumentFetching: Sendable {
    /// Gets one document, following redirects within the request's ceilings. One call is one attempt and consumes its permit.
    ///
    /// Never throws and never hangs: every ending, cancellation included, is a ``FetchReply`` no later than the deadline
    /// (plus a scheduling delay).
    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply
}
