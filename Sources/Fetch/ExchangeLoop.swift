internal import CCurl
import WireCore

/// The thread that owns the exchanges and their connections: takes commands, drives libcurl, keeps the time.
///
/// Everything but the thread's inbox is touched by that thread alone, which is what makes `@unchecked Sendable` true.
final class ExchangeLoop: @unchecked Sendable {
    /// An exchange that somebody waits for.
    struct Order: Sendable {
        var request: ExchangeRequest
        /// When the call was made.
        var start: ContinuousClock.Instant
        var pipe: ExchangePipe
        var continuation: CheckedContinuation<Result<Head, FetchFailure>, Never>

        func fail(_ failure: FetchFailure) { continuation.resume(returning: .failure(failure)) }
    }

    /// What the caller waits for; the body follows through the pipe.
    struct Head: Sendable {
        var status: Int
        var headers: [HTTPHeader]
        var address: String?
        var timing: ExchangeTiming
    }

    enum Command: Sendable {
        case start(Order)
        case callOff(ExchangePipe)
        /// The reader has caught up.
        case resume(ExchangePipe)
        case shutdown((@Sendable () -> Void)?)
    }

    let configuration: ExchangerConfiguration
    private let thread: CurlThread<Command>
    private var active: [ObjectIdentifier: Exchange] = [:]
    private var byHandle: [UnsafeMutableRawPointer: Exchange] = [:]
    /// Orders beyond the number allowed at a time, in order.
    private var waiting: [Order] = []
    private var idleHandles: [ExchangeHandle] = []
    /// Exchanges whose readers fell behind during the present turn.
    private var behind: [Exchange] = []
    /// Exchanges whose heads came during the present turn.
    private var answered: [Exchange] = []
    /// No deadline and no silence is due before this instant.
    private var nextCheck = ContinuousClock.now
    private var atEnd: [@Sendable () -> Void] = []
    private var isEnding = false

    init(configuration: ExchangerConfiguration) {
        self.configuration = configuration
        thread = CurlThread(connections: configuration.keptConnections)
    }

    func start() {
        if !thread.start({ self.run() }) { close() }
    }

    /// Hands a command to the thread. After the end, a start fails as called off at once.
    func submit(_ command: Command) {
        guard !thread.submit(command) else { return }
        switch command {
        case .start(let order): order.fail(Self.calledOff)
        case .shutdown(let done): done?()
        case .callOff, .resume: break
        }
    }

    /// Ends the exchange behind a pipe, whether or not it has begun.
    func callOff(_ pipe: ExchangePipe) {
        pipe.callOff()
        submit(.callOff(pipe))
    }

    private static var calledOff: FetchFailure {
        FetchFailure(outcome: .network, message: "the exchange was called off", isCancelled: true, mayHaveBeenReceived: false)
    }

    // MARK: - The thread

    private func run() {
        guard let multi = thread.multi else { return close() }
        var running: Int32 = 0
        while true {
            takeCommands()
            if isEnding { break }
            curl_multi_perform(multi, &running)
            finishDone(multi)
            giveHeads()
            pauseBehind()
            expire()
            startWaiting()
            curl_multi_poll(multi, nil, 0, pollTimeout, nil)
        }
        close()
    }

    private func takeCommands() {
        for command in thread.take() {
            switch command {
            case .start(let order): waiting.append(order)
            case .callOff(let pipe): callOffNow(pipe)
            case .resume(let pipe): active[ObjectIdentifier(pipe)]?.resume()
            case .shutdown(let done):
                isEnding = true
                if let done { atEnd.append(done) }
            }
        }
        startWaiting()
    }

    private func startWaiting() {
        guard !waiting.isEmpty else { return }
        var begun = 0
        while active.count < configuration.exchanges, begun < waiting.count {
            begin(waiting[begun])
            begun += 1
        }
        waiting.removeFirst(begun)
        for order in waiting { check(by: order.request.deadline) }
    }

    private func begin(_ order: Order) {
        if order.pipe.isCalledOff { return order.fail(Self.calledOff) }
        guard let multi = thread.multi, let handle = idleHandles.popLast() ?? ExchangeHandle(configuration: configuration) else {
            return order.fail(
                FetchFailure(outcome: .network, message: "libcurl has no memory for another exchange", mayHaveBeenReceived: false))
        }
        let exchange = Exchange(order: order, handle: handle, loop: self)
        if let failure = exchange.prepare() {
            idleHandles.append(handle)
            return order.fail(failure)
        }
        active[ObjectIdentifier(order.pipe)] = exchange
        byHandle[handle.easy] = exchange
        check(by: exchange.due)
        let code = curl_multi_add_handle(multi, handle.easy)
        if code != CURLM_OK { end(exchange, CURLE_FAILED_INIT) }
    }

    private func finishDone(_ multi: UnsafeMutableRawPointer) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle, let exchange = byHandle[easy] else { continue }
            end(exchange, wd_message_result(message))
        }
    }

    /// Takes the exchange from libcurl, which closes its connection unless the answer is complete, and tells whoever waits.
    private func end(_ exchange: Exchange, _ code: CURLcode) {
        let handle = exchange.handle
        if let multi = thread.multi { curl_multi_remove_handle(multi, handle.easy) }
        active[ObjectIdentifier(exchange.order.pipe)] = nil
        byHandle[handle.easy] = nil
        exchange.end(code)
        handle.forget()
        if idleHandles.count < 64 { idleHandles.append(handle) }
    }

    private func callOffNow(_ pipe: ExchangePipe) {
        if let exchange = active[ObjectIdentifier(pipe)] {
            exchange.stop = .calledOff
            end(exchange, CURLE_ABORTED_BY_CALLBACK)
        } else if let index = waiting.firstIndex(where: { $0.pipe === pipe }) {
            waiting.remove(at: index).fail(Self.calledOff)
        }
    }

    /// Notes that the head of an answer has come. Its caller is told at the end of the turn: a short answer is then there as a whole, and
    /// wakes the caller once instead of three times.
    func noteAnswered(_ exchange: Exchange) { answered.append(exchange) }

    private func giveHeads() {
        for exchange in answered { exchange.giveHead() }
        answered.removeAll(keepingCapacity: true)
    }

    // MARK: - Slow readers

    /// Notes that a reader is behind; called out of libcurl, which must not be told to pause before it has returned.
    func noteBehind(_ exchange: Exchange) { behind.append(exchange) }

    private func pauseBehind() {
        for exchange in behind where active[ObjectIdentifier(exchange.order.pipe)] === exchange { exchange.pauseIfBehind() }
        behind.removeAll(keepingCapacity: true)
    }

    // MARK: - Time

    /// Sees to it that the time is looked at by then.
    func check(by instant: ContinuousClock.Instant) { nextCheck = min(nextCheck, instant) }

    /// Milliseconds, rounded up: a turn too early would be a turn for nothing.
    private var pollTimeout: Int32 { Int32(clamping: min(60_000, max(0, ContinuousClock.now.duration(to: nextCheck).milliseconds + 1))) }

    private func expire() {
        let now = ContinuousClock.now
        guard now >= nextCheck else { return }
        nextCheck = now + .seconds(60)
        for exchange in Array(active.values) {
            guard exchange.due <= now else {
                check(by: exchange.due)
                continue
            }
            exchange.stop = exchange.order.request.deadline <= now ? .deadline : .silence
            end(exchange, CURLE_OPERATION_TIMEDOUT)
        }
        for order in waiting where order.request.deadline <= now {
            let message = "no place was free among \(configuration.exchanges) exchanges in time"
            order.fail(FetchFailure(outcome: .timeout, message: message, mayHaveBeenReceived: false))
        }
        waiting.removeAll { $0.request.deadline <= now }
        for order in waiting { check(by: order.request.deadline) }
    }

    // MARK: - The end

    private func close() {
        for command in thread.close() {
            switch command {
            case .start(let order): order.fail(Self.calledOff)
            case .shutdown(let done): if let done { atEnd.append(done) }
            case .callOff, .resume: break
            }
        }
        for order in waiting { order.fail(Self.calledOff) }
        waiting = []
        for exchange in Array(active.values) { callOffNow(exchange.order.pipe) }
        idleHandles = []
        if let multi = thread.multi { curl_multi_cleanup(multi) }
        for done in atEnd { done() }
        atEnd = []
    }
}
