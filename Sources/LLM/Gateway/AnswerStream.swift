public import Costs
public import Fetch
import WireCore

/// A streamed answer, piece by piece as the provider sends it.
///
/// For one reader. Its end is given only once the call is settled. A reader that stops before the end calls ``abandon()`` or lets go of
/// it: the provider is then heard out in the background, so that the usage becomes known.
public final class AnswerStream: Sendable {
    private let run: StreamRun
    /// A caller that takes nothing any more must not keep its place at the provider for ever.
    private let watch: Task<Void, Never>

    /// At `deadline` the exchange itself ends, and with it every wait for the provider; what is still open some seconds later waits for
    /// its caller. One that has taken nothing for `patience` has left.
    init(run: StreamRun, until deadline: ContinuousClock.Instant, patience: Duration) {
        self.run = run
        watch = Task {
            let end = deadline + .seconds(5)
            while .now < end {
                guard (try? await Task.sleep(until: min(end, .now + patience / 2), clock: .continuous)) != nil else { return }
                if await run.waitsForItsCaller(since: .now - patience) { break }
            }
            await run.drain()
        }
    }

    deinit {
        watch.cancel()
        abandon()
    }

    /// The next piece; nil at the end. Throws where the provider's stream breaks off. Cancelling the caller's task does not end it
    /// (`ExchangeRequest.outlivesCaller`).
    public func next() async throws(FetchFailure) -> [UInt8]? {
        try await run.next()
    }

    /// The caller no longer listens.
    public func abandon() { Task { [run] in await run.drain() } }

    /// What the call cost; nil before its end.
    public var cost: Money? {
        get async { await run.cost }
    }
}

/// The provider's side of a stream: reads, meters, translates if need be, and settles before the last piece is given.
actor StreamRun {
    private let source: ExchangeBody
    /// Settles the call: what was metered, why the stream is broken if it is, and the whole answer if it may be kept.
    typealias Settle = @Sendable (StreamMeter, _ broken: String?, _ whole: [UInt8]?) async -> Money
    private let settle: Settle
    private let left: @Sendable () -> Void
    private let drainFor: Duration
    private let isDrained: Bool
    private var parser = SSEParser()
    private var meter: StreamMeter
    private var rewriting: StreamRewriting
    private(set) var cost: Money?
    private var isEnded = false
    /// When a piece was given last; nil while the next one is awaited.
    private var givenAt: ContinuousClock.Instant? = .now
    /// The provider is heard out without the caller.
    private var isDrainedNow = false
    /// The whole answer as given, for the cache; nil once it is too large.
    private var kept: [UInt8]?
    private let keepAtMost: Int

    /// - Parameter left: told when the caller leaves before the end.
    init(
        source: ExchangeBody, meter: StreamMeter, rewriting: StreamRewriting, drainFor: Duration, isDrained: Bool, keepAtMost: Int,
        left: @escaping @Sendable () -> Void, settle: @escaping Settle
    ) {
        self.source = source
        self.meter = meter
        self.rewriting = rewriting
        self.drainFor = drainFor
        self.isDrained = isDrained
        self.keepAtMost = keepAtMost
        self.left = left
        self.settle = settle
        kept = keepAtMost > 0 ? [] : nil
    }

    /// True where the caller has not come back for the next piece since then.
    func waitsForItsCaller(since then: ContinuousClock.Instant) -> Bool { givenAt.map { $0 < then } ?? false }

    func next() async throws(FetchFailure) -> [UInt8]? {
        guard !isDrainedNow else { throw FetchFailure(outcome: .timeout, message: "the caller took nothing of the answer for too long") }
        guard !isEnded else { return nil }
        givenAt = nil
        defer { givenAt = .now }
        while true {
            let piece: [UInt8]?
            do throws(FetchFailure) {
                piece = try await take()
            } catch {
                isEnded = true
                await settleOnce(broken: error.message)
                throw error
            }
            guard let piece else {
                isEnded = true
                let wasOver = meter.isOver
                let last = rewriting.finish()
                await settleOnce(broken: wasOver ? nil : "the stream ended without its last event")
                return last.isEmpty ? nil : last
            }
            let out = try await give(piece)
            // The rewriting may hold back all of a piece; then the next one is awaited.
            if !out.isEmpty { return out }
        }
    }

    private func take() async throws(FetchFailure) -> [UInt8]? {
        var iterator = source.makeAsyncIterator()
        return try await iterator.next(isolation: self)
    }

    /// Meters a piece and makes of it what the caller gets.
    private func give(_ piece: [UInt8]) async throws(FetchFailure) -> [UInt8] {
        let events: [SSEEvent]
        do {
            events = try parser.receive(piece)
        } catch {
            isEnded = true
            await settleOnce(broken: error.description)
            throw FetchFailure(outcome: .tooLarge, message: error.description)
        }
        let out = rewritten(piece, events)
        if meter.isOver { await settleOnce(broken: nil) }
        return out
    }

    private func rewritten(_ piece: [UInt8], _ events: [SSEEvent]) -> [UInt8] {
        for event in events { meter.take(event) }
        let out = rewriting.rewrite(piece, events)
        if rewriting.hasFailed { kept = nil }
        if (kept?.count ?? 0) + out.count <= keepAtMost { kept?.append(contentsOf: out) } else { kept = nil }
        return out
    }

    private func settleOnce(broken: String?) async {
        guard cost == nil else { return }
        // Until it is known the bound stands for it; nobody comes in between, since there is one reader.
        cost = .zero
        cost = await settle(meter, broken, broken == nil ? kept : nil)
    }

    /// Hears the provider out, within bounds, when the caller has gone; what comes of it is kept as if the caller had stayed.
    func drain() async {
        guard !isEnded, cost == nil else { return }
        (isEnded, isDrainedNow) = (true, true)
        left()
        guard isDrained else { return await settleOnce(broken: "the call was cancelled") }
        let reader = Task { [source] in
            var iterator = source.makeAsyncIterator()
            while let piece = try? await iterator.next(isolation: nil) { self.hear(piece) }
        }
        let timer = Task { [drainFor, source] in
            guard (try? await Task.sleep(for: drainFor)) != nil else { return }
            reader.cancel()
            source.callOff()
        }
        await reader.value
        timer.cancel()
        await settleOnce(broken: meter.isOver ? nil : "the caller left and the provider did not come to an end in time")
    }

    private func hear(_ piece: [UInt8]) {
        guard let events = try? parser.receive(piece) else { return }
        _ = rewritten(piece, events)
    }
}
