import WireCore

/// Exchanges through libcurl's multi interface: one thread owns every transfer and every kept connection, callers await.
///
/// HTTP/1.1, no proxy, no cookies, no redirect, no decompression. A request goes out once: libcurl would send it again by itself when a
/// kept connection breaks before the answer, even if the server had read all of it; that is stopped here, and the caller decides.
public final class CurlExchanger: Exchanging {
    private let loop: ExchangeLoop
    private let bufferedBytes: Int

    /// Starts the thread; ``shutdown()`` ends it, and so does dropping the exchanger, which calls off what is still being read.
    public init(configuration: ExchangerConfiguration = ExchangerConfiguration()) {
        bufferedBytes = configuration.bufferedBytes.bytes
        loop = ExchangeLoop(configuration: configuration)
        loop.start()
    }

    deinit { loop.submit(.shutdown(nil)) }

    public func exchange(_ request: ExchangeRequest) async throws(FetchFailure) -> ExchangeAnswer {
        let pipe = ExchangePipe(bound: bufferedBytes)
        let start = ContinuousClock.now
        let result: Result<ExchangeLoop.Head, FetchFailure>
        if request.outlivesCaller {
            result = await begin(request, start, pipe)
        } else {
            result = await withTaskCancellationHandler {
                await begin(request, start, pipe)
            } onCancel: {
                loop.callOff(pipe)
            }
        }
        let head = try result.get()
        let body = ExchangeBody(source: ExchangeReader(pipe: pipe, loop: loop, outlivesCaller: request.outlivesCaller))
        return ExchangeAnswer(status: head.status, headers: head.headers, body: body, address: head.address, timing: head.timing)
    }

    private func begin(
        _ request: ExchangeRequest, _ start: ContinuousClock.Instant, _ pipe: ExchangePipe
    ) async -> Result<ExchangeLoop.Head, FetchFailure> {
        await withCheckedContinuation { continuation in
            loop.submit(.start(ExchangeLoop.Order(request: request, start: start, pipe: pipe, continuation: continuation)))
        }
    }

    /// Calls off every exchange, closes every connection and ends the thread. Later exchanges fail as called off.
    public func shutdown() async {
        await withCheckedContinuation { continuation in loop.submit(.shutdown { continuation.resume() }) }
    }
}
