import WireCore

/// The body of an answer as it comes: each element is one piece as it was received, never joined with the next, never held back.
///
/// Iteration throws the ``FetchFailure`` of a broken end: the connection cut, the announced length not met, the deadline, silence, too
/// many bytes, the task cancelled. Nil means that the body is complete as HTTP sees it; a body that ends with its connection (neither
/// length nor chunks, RFC 9112, 6.3) always looks complete. For one reader; copies and iterators share what is left. When the last of
/// them goes before the end, the exchange ends at the provider too.
public struct ExchangeBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = FetchFailure

    private let source: any PieceSource

    init(source: any PieceSource) { self.source = source }

    /// A body that is known beforehand: for tests and recordings. `failure`: its broken end.
    public init(pieces: [[UInt8]], failure: FetchFailure? = nil) {
        let pipe = ExchangePipe(bound: .max)
        for piece in pieces { _ = pipe.put(piece) }
        pipe.end(failure)
        source = pipe
    }

    /// A body out of a function that gives one piece after the other and nil at the end: for tests and recordings.
    public init(_ next: @escaping @Sendable () async throws(FetchFailure) -> [UInt8]?) { source = PulledPieces(pull: next) }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

    /// Ends the exchange at the provider; whoever reads is told that it was called off.
    public func callOff() { source.callOff() }

    /// The whole body. Throws `too_large` as soon as it is longer than `ceiling` bytes.
    public func collect(upTo ceiling: Int) async throws(FetchFailure) -> [UInt8] {
        var whole: [UInt8] = []
        var iterator = makeAsyncIterator()
        while let piece = try await iterator.next(isolation: nil) {
            guard whole.count + piece.count <= ceiling else {
                throw FetchFailure(outcome: .tooLarge, message: "the answer is longer than \(ceiling) bytes")
            }
            if whole.isEmpty { whole = piece } else { whole += piece }
        }
        return whole
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let source: any PieceSource

        fileprivate init(source: any PieceSource) { self.source = source }

        public mutating func next() async throws(FetchFailure) -> [UInt8]? { try await source.next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(FetchFailure) -> [UInt8]? {
            try await source.next(isolation: actor)
        }
    }
}

/// Where a body's pieces come from.
protocol PieceSource: AnyObject, Sendable {
    /// The next piece; nil at the end.
    func next(isolation: isolated (any Actor)?) async throws(FetchFailure) -> [UInt8]?
    /// Nobody wants more of them.
    func callOff()
}

/// A script's pieces.
private final class PulledPieces: PieceSource {
    let pull: @Sendable () async throws(FetchFailure) -> [UInt8]?

    init(pull: @escaping @Sendable () async throws(FetchFailure) -> [UInt8]?) { self.pull = pull }

    func next(isolation: isolated (any Actor)?) async throws(FetchFailure) -> [UInt8]? { try await pull() }

    /// A script runs in the task of its reader, and ends with it.
    func callOff() {}
}

extension ExchangePipe: PieceSource {
    func next(isolation: isolated (any Actor)?) async throws(FetchFailure) -> [UInt8]? { try take()?.get() }
}

/// The reader's end of an exchange on the network; when it goes before the end, so does the exchange.
final class ExchangeReader: PieceSource {
    private let pipe: ExchangePipe
    private let loop: ExchangeLoop
    private let outlivesCaller: Bool

    init(pipe: ExchangePipe, loop: ExchangeLoop, outlivesCaller: Bool) {
        self.pipe = pipe
        self.loop = loop
        self.outlivesCaller = outlivesCaller
    }

    func callOff() { loop.callOff(pipe) }

    deinit { if !pipe.isEnded { loop.submit(.callOff(pipe)) } }

    func next(isolation: isolated (any Actor)?) async throws(FetchFailure) -> [UInt8]? {
        if !outlivesCaller, Task.isCancelled { callOff() }
        if let taken = pipe.take() { return try received(taken) }
        guard !outlivesCaller else {
            return try received(await withCheckedContinuation(isolation: isolation) { pipe.wait($0) })
        }
        let waited = await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: isolation) { pipe.wait($0) }
        } onCancel: {
            loop.callOff(pipe)
        }
        return try received(waited)
    }

    /// Lets the transfer go on if it was paused for us.
    private func received(_ taken: ExchangePipe.Taken) throws(FetchFailure) -> [UInt8]? {
        if pipe.shouldResume() { loop.submit(.resume(pipe)) }
        return try taken.get()
    }
}
