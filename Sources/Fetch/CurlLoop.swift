internal import CCurl
import Synchronization
import WireCore

/// The thread that owns the transfers: takes commands, drives libcurl, and answers.
///
/// Everything but the thread's inbox and the counter is touched by that thread alone, which is what makes `@unchecked Sendable` true.
final class CurlLoop: @unchecked Sendable {
    enum Command {
        case start(UInt64, FetchRequest, CallOff, CheckedContinuation<FetchReply, Never>)
        case cancel(UInt64)
        /// A large body is gone from memory.
        case releasePlace
        case shutdown
        case shutdownAnd(@Sendable () -> Void)
    }

    private let thread: CurlThread<Command>
    private let lastID = Atomic<UInt64>(0)
    let configuration: FetcherConfiguration

    private var active: [UInt64: Transfer] = [:]
    private var byHandle: [OpaquePointer: Transfer] = [:]
    /// Transfers beyond the number allowed at a time, in order.
    private var waiting: [Transfer] = []
    private var idleHandles: [OpaquePointer] = []
    private var placesLeft: Int
    private var waitingForPlace: [UInt64] = []
    private var atEnd: [@Sendable () -> Void] = []
    private var isEnding = false

    init(configuration: FetcherConfiguration) {
        self.configuration = configuration
        placesLeft = configuration.bulkPlaces
        // No connection is used twice: nothing is kept.
        thread = CurlThread(connections: 1)
    }

    func nextID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Hands a command to the thread. After the end, a start is answered as cancelled at once.
    func submit(_ command: Command) {
        guard !thread.submit(command) else { return }
        if case .start(_, _, _, let continuation) = command { continuation.resume(returning: .failure(Self.cancelled)) }
        if case .shutdownAnd(let done) = command { done() }
    }

    private static var cancelled: FetchFailure { FetchFailure(outcome: .network, message: "the transfer was called off", isCancelled: true) }

    func start() {
        if !thread.start({ self.run() }) { close() }
    }

    // MARK: - The thread

    private func run() {
        guard let multi = thread.multi else { return close() }
        var running: Int32 = 0
        while !isEnding {
            takeCommands()
            expireWaiting()
            curl_multi_perform(multi, &running)
            for transfer in active.values { transfer.noteProgress() }
            finishDone(multi)
            startWaiting()
            if !isEnding { curl_multi_poll(multi, nil, 0, waiting.isEmpty ? 1000 : 50, nil) }
        }
        close()
    }

    private func takeCommands() {
        for command in thread.take() {
            switch command {
            case .start(_, _, let calledOff, let continuation) where calledOff.isSet.load(ordering: .relaxed):
                continuation.resume(returning: .failure(Self.cancelled))
            case .start(let id, let request, _, let continuation):
                waiting.append(Transfer(id: id, request: request, continuation: continuation, loop: self))
            case .cancel(let id): cancel(id)
            case .releasePlace: releasePlace()
            case .shutdown: isEnding = true
            case .shutdownAnd(let done):
                isEnding = true
                atEnd.append(done)
            }
        }
        startWaiting()
    }

    private func startWaiting() {
        var started = 0
        while active.count < configuration.transfers, started < waiting.count {
            begin(waiting[started])
            started += 1
        }
        if started > 0 { waiting.removeFirst(started) }
    }

    private func begin(_ transfer: Transfer) {
        guard let handle = idleHandles.popLast() ?? curl_easy_init().map(OpaquePointer.init) else {
            return transfer.answer(.failure(FetchFailure(outcome: .network, message: "libcurl has no memory for another transfer")))
        }
        transfer.handle = handle
        active[transfer.id] = transfer
        byHandle[handle] = transfer
        if let failure = transfer.prepareFirstHop() { return end(transfer, .failure(failure)) }
        add(transfer)
    }

    /// Gives the transfer's next request to libcurl.
    private func add(_ transfer: Transfer) {
        guard let multi = thread.multi, let handle = transfer.handle else { return }
        transfer.configure(UnsafeMutableRawPointer(handle))
        let code = curl_multi_add_handle(multi, UnsafeMutableRawPointer(handle))
        if code != CURLM_OK {
            let reason = String(cString: curl_multi_strerror(code))
            end(transfer, .failure(FetchFailure(outcome: .network, message: "libcurl refused the transfer: \(reason)")))
        }
    }

    private func finishDone(_ multi: UnsafeMutableRawPointer) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = wd_message_result(message)
            guard let transfer = byHandle[OpaquePointer(easy)] else { continue }
            curl_multi_remove_handle(multi, easy)
            switch transfer.hopEnded(code) {
            case .answer(let reply): end(transfer, reply)
            case .next: add(transfer)
            }
        }
    }

    private func end(_ transfer: Transfer, _ reply: FetchReply) {
        active[transfer.id] = nil
        waitingForPlace.removeAll { $0 == transfer.id }
        if let handle = transfer.handle {
            byHandle[handle] = nil
            curl_easy_reset(UnsafeMutableRawPointer(handle))
            if idleHandles.count < 64 { idleHandles.append(handle) } else { curl_easy_cleanup(UnsafeMutableRawPointer(handle)) }
            transfer.handle = nil
        }
        transfer.answer(reply)
    }

    private func cancel(_ id: UInt64) {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            return waiting.remove(at: index).answer(.failure(Self.cancelled))
        }
        guard let transfer = active[id], let multi = thread.multi, let handle = transfer.handle else { return }
        curl_multi_remove_handle(multi, UnsafeMutableRawPointer(handle))
        var failure = Self.cancelled
        failure.trace = transfer.trace
        end(transfer, .failure(failure))
    }

    /// Transfers whose deadline passed before their turn came.
    private func expireWaiting() {
        guard !waiting.isEmpty else { return }
        let now = ContinuousClock.now
        for transfer in waiting where transfer.request.deadline <= now {
            transfer.answer(
                .failure(FetchFailure(outcome: .timeout, message: "no place was free among \(configuration.transfers) transfers in time")))
        }
        waiting.removeAll { $0.request.deadline <= now }
    }

    // MARK: - Places for large bodies

    /// A place for a transfer that grows beyond the free bytes; nil: pause, and be woken when one is free.
    func place(for transfer: Transfer) -> BulkPlace? {
        guard placesLeft > 0 else {
            waitingForPlace.append(transfer.id)
            return nil
        }
        placesLeft -= 1
        return BulkPlace(loop: self)
    }

    /// A place for a transfer that cannot pause where it is.
    func overdraw() -> BulkPlace {
        placesLeft -= 1
        return BulkPlace(loop: self)
    }

    private func releasePlace() {
        placesLeft += 1
        guard placesLeft > 0, !waitingForPlace.isEmpty else { return }
        let id = waitingForPlace.removeFirst()
        guard let handle = active[id]?.handle else { return }
        curl_easy_pause(UnsafeMutableRawPointer(handle), CURLPAUSE_CONT)
    }

    // MARK: - The end

    private func close() {
        let left = thread.close()
        for case .start(_, _, _, let continuation) in left { continuation.resume(returning: .failure(Self.cancelled)) }
        for case .shutdownAnd(let done) in left { atEnd.append(done) }
        for transfer in waiting { transfer.answer(.failure(Self.cancelled)) }
        waiting = []
        for transfer in Array(active.values) { cancel(transfer.id) }
        for handle in idleHandles { curl_easy_cleanup(UnsafeMutableRawPointer(handle)) }
        idleHandles = []
        if let multi = thread.multi { curl_multi_cleanup(multi) }
        for done in atEnd { done() }
        atEnd = []
    }
}

/// A large body's place in memory; free again when the last holder lets go.
final class BulkPlace: Sendable {
    private let loop: CurlLoop

    init(loop: CurlLoop) { self.loop = loop }

    deinit { loop.submit(.releasePlace) }
}
