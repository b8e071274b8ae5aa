import Synchronization
import WireCore

/// Between libcurl's thread, which puts pieces in, and the reader, who takes them out: hands a piece straight to a reader who waits,
/// keeps it otherwise, and says when more than `bound` bytes are kept.
final class ExchangePipe: Sendable {
    /// What a reader gets: a piece, nil at the end, or why there is no proper end.
    typealias Taken = Result<[UInt8]?, FetchFailure>
    typealias Waiter = CheckedContinuation<Taken, Never>

    private struct State {
        var pieces: [[UInt8]] = []
        /// Pieces at the front that are taken already.
        var taken = 0
        var bytes = 0
        var waiter: Waiter?
        var end: Taken?
        var isPaused = false
        var isCalledOff = false

        /// What can be had without waiting.
        mutating func next() -> Taken? {
            guard taken < pieces.count else { return end }
            let piece = pieces[taken]
            pieces[taken] = []
            taken += 1
            bytes -= piece.count
            if taken == pieces.count {
                pieces.removeAll(keepingCapacity: true)
                taken = 0
            } else if taken > 1024 {
                pieces.removeFirst(taken)
                taken = 0
            }
            return .success(piece)
        }
    }

    private let state = Mutex(State())
    /// Bytes beyond which the transfer should pause.
    private let bound: Int

    init(bound: Int) { self.bound = bound }

    // MARK: - The thread's side

    /// Takes a piece in; true when the reader is behind.
    func put(_ piece: [UInt8]) -> Bool {
        let (waiter, isFull) = state.withLock { state -> (Waiter?, Bool) in
            guard state.end == nil else { return (nil, false) }
            if let waiter = state.waiter.take() { return (waiter, false) }
            state.pieces.append(piece)
            state.bytes += piece.count
            return (nil, state.bytes > bound)
        }
        waiter?.resume(returning: .success(piece))
        return isFull
    }

    /// No more will come. Pieces that wait are still read before a failure, unless the exchange was called off.
    func end(_ failure: FetchFailure?) {
        let (waiter, end) = state.withLock { state -> (Waiter?, Taken) in
            let end: Taken = state.end ?? failure.map(Taken.failure) ?? .success(nil)
            state.end = end
            if failure?.isCancelled == true { (state.pieces, state.taken, state.bytes) = ([], 0, 0) }
            return (state.waiter.take(), end)
        }
        waiter?.resume(returning: end)
    }

    /// True when the transfer is to pause: the reader is still behind. From then on ``shouldResume()`` watches for the reader.
    func shouldPause() -> Bool {
        state.withLock { state in
            state.isPaused = state.bytes > bound && state.end == nil
            return state.isPaused
        }
    }

    // MARK: - The reader's side

    /// What can be had without waiting; nil when the reader has to wait.
    func take() -> Taken? { state.withLock { $0.next() } }

    /// Answers the reader as soon as there is something.
    func wait(_ waiter: Waiter) {
        let (answered, taken) = state.withLock { state -> (Waiter?, Taken) in
            if let taken = state.next() { return (waiter, taken) }
            // One body, one reader: the earlier one is told.
            let earlier = state.waiter
            state.waiter = waiter
            return (earlier, .failure(FetchFailure(outcome: .network, message: "two readers at once wait for one body")))
        }
        answered?.resume(returning: taken)
    }

    /// True once after a pause, when the reader has caught up by half.
    func shouldResume() -> Bool {
        state.withLock { state in
            guard state.isPaused, state.bytes <= bound / 2 else { return false }
            state.isPaused = false
            return true
        }
    }

    /// True when nothing more can come.
    var isEnded: Bool { state.withLock { $0.end != nil } }

    // MARK: - Calling off

    /// Notes that nobody wants the answer any more. An exchange that has not begun yet will then not begin.
    func callOff() { state.withLock { $0.isCalledOff = true } }

    var isCalledOff: Bool { state.withLock { $0.isCalledOff } }
}
