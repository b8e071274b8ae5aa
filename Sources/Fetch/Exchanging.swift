/// Whatever can hold an exchange with an API: the network, or a script in tests.
///
/// An exchange differs from a document (``DocumentFetching``) in all that matters for calls that cost money: a request with a body,
/// an answer that is read while it comes, kept connections, and no second try that the caller did not order.
public protocol Exchanging: Sendable {
    /// Sends a request once; returns when the answer's status and header fields have come, whatever the status. Redirects are answers
    /// like any other.
    ///
    /// Throws when no answer came, no later than the request's deadline (plus a scheduling delay); ``FetchFailure/mayHaveBeenReceived``
    /// says whether the other side may have acted nevertheless. Cancelling the task ends the exchange at the provider too: the connection
    /// is closed. After the return, ``ExchangeAnswer/body`` holds the exchange; dropping it unread ends it likewise.
    func exchange(_ request: ExchangeRequest) async throws(FetchFailure) -> ExchangeAnswer
}
