internal import CCurl
import Synchronization
import WireCore

/// The network through libcurl's multi interface: one thread owns every transfer, callers await.
///
/// HTTP/1.1 on a fresh connection per request (a smuggled answer can never reach another source), no proxy, no cookies, no redirect
/// that is not checked, no decompression that is not counted.
public final class CurlFetcher: DocumentFetching {
    private let loop: CurlLoop

    /// Starts the thread; ``shutdown()`` ends it.
    public init(configuration: FetcherConfiguration = FetcherConfiguration()) {
        loop = CurlLoop(configuration: configuration)
        loop.start()
    }

    deinit { loop.submit(.shutdown) }

    /// "libcurl/7.88.1 OpenSSL/3.0 …".
    public static var libraryVersion: String { String(cString: curl_version()) }

    public func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        _ = consume permit
        let id = loop.nextID()
        let calledOff = CallOff()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit(.start(id, request, calledOff, continuation))
            }
        } onCancel: {
            calledOff.isSet.store(true, ordering: .relaxed)
            loop.submit(.cancel(id))
        }
    }

    /// Calls off every transfer and ends the thread. Later fetches answer as cancelled.
    public func shutdown() async {
        await withCheckedContinuation { continuation in loop.submit(.shutdownAnd { continuation.resume() }) }
    }
}

/// Set when a fetch is cancelled, for the case that it had not begun: a task that is cancelled already cancels before it starts.
final class CallOff: Sendable {
    let isSet = Atomic(false)
}
