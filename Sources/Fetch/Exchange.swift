internal import CCurl
import WireCore

/// One exchange on its way. Touched by the loop's thread alone.
final class Exchange {
    /// Why we stopped an exchange ourselves; libcurl only knows that a callback refused.
    enum Stop {
        case answerCeiling, headerCeiling, deadline, silence, calledOff
        case conflictingLength(String)
        /// libcurl was about to send the request a second time.
        case secondSending
    }

    let order: ExchangeLoop.Order
    let handle: ExchangeHandle
    private let loop: ExchangeLoop
    /// Why it was stopped, by us.
    var stop: Stop?

    private var headerLines: HeaderLines?
    /// The body where libcurl reads it.
    private var body: UnsafeMutableRawBufferPointer?
    private var answer = AnswerHead()
    private var received = 0
    private var timing = ExchangeTiming()
    private var address: String?
    private var deniedAddress: String?
    private var hasOpenedSocket = false
    /// From here on the other side may have received the request.
    private var isSent = false
    /// True once the caller has the answer's head.
    private var isAnswered = false
    private var isPaused = false
    private var lastPiece: ContinuousClock.Instant?

    private var request: ExchangeRequest { order.request }

    init(order: ExchangeLoop.Order, handle: ExchangeHandle, loop: ExchangeLoop) {
        self.order = order
        self.handle = handle
        self.loop = loop
    }

    deinit { body?.deallocate() }

    // MARK: - The beginning

    /// Sets what belongs to this request; a failure when it cannot be asked.
    func prepare() -> FetchFailure? {
        let easy = handle.easy
        let target: TargetURL
        switch TargetURL.check(request.url) {
        case .failure(let problem): return unaskable("\(redactedURL(request.url)) cannot be asked: \(problem.text)")
        case .success(let checked): target = checked
        }
        if let header = request.headers.first(where: { !$0.isSendable }) {
            return unaskable("the header field “\(SafeText.line(header.name, limit: 60))” cannot be sent: it holds characters that no field may hold")
        }
        let me = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA] { _ = wd_set_pointer(easy, option, me) }
        _ = wd_set_string(easy, CURLOPT_URL, target.text)
        _ = wd_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.milliseconds))
        setBody(easy)
        let lines = HeaderLines(request.headers.compactMap(\.line) + Self.ownLines(besides: request.headers))
        lines.set(on: easy)
        headerLines = lines
        return nil
    }

    private func unaskable(_ message: String) -> FetchFailure {
        FetchFailure(
            outcome: .config, message: message, hint: "Correct the provider's base URL or its header fields.", mayHaveBeenReceived: false)
    }

    private func setBody(_ easy: UnsafeMutableRawPointer) {
        guard request.method == .post else {
            _ = wd_set_long(easy, CURLOPT_HTTPGET, 1)
            return
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, request.body.count), alignment: 1)
        copy.copyBytes(from: request.body)
        body = copy
        _ = wd_set_long(easy, CURLOPT_POST, 1)
        _ = wd_set_pointer(easy, CURLOPT_POSTFIELDS, copy.baseAddress)
        _ = wd_set_long(easy, CURLOPT_POSTFIELDSIZE, request.body.count)
    }

    /// Fields of our own: no compression, so that bytes pass as they are, and nothing of what libcurl would add by itself.
    private static func ownLines(besides headers: [HTTPHeader]) -> [String] {
        headers["content-type"] == nil ? ["Accept-Encoding: identity", "Expect:", "Content-Type:"] : ["Accept-Encoding: identity", "Expect:"]
    }

    // MARK: - Callbacks

    static func setCallbacks(on easy: UnsafeMutableRawPointer) {
        _ = wd_set_data(easy, CURLOPT_WRITEFUNCTION, writeCallback)
        _ = wd_set_data(easy, CURLOPT_HEADERFUNCTION, headerCallback)
        _ = wd_set_socket(easy, CURLOPT_OPENSOCKETFUNCTION, socketCallback)
        _ = wd_set_before_request(easy, beforeRequestCallback)
    }

    /// The connection stands and the request is about to go out; false stops it. libcurl comes a second time when a kept connection broke
    /// before the answer: it would send the request again, whether or not the server had read it.
    fileprivate func mayBeSent(to address: String?) -> Bool {
        guard !isSent else {
            stop = .secondSending
            return false
        }
        isSent = true
        self.address = address
        timing.sent = order.start.duration(to: .now)
        timing.isKeptConnection = !hasOpenedSocket
        return true
    }

    /// Opens a socket if the policy permits the address that libcurl is about to connect to; none for a second sending.
    fileprivate func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        guard !isSent else {
            stop = .secondSending
            return CURL_SOCKET_BAD
        }
        hasOpenedSocket = true
        let (socket, denied) = loop.configuration.policy.open(address)
        if let denied { deniedAddress = denied }
        return socket
    }

    /// Takes one header line; 0 refuses it, which ends the exchange.
    fileprivate func takeHeader(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        if timing.firstByte == .zero { timing.firstByte = order.start.duration(to: .now) }
        answer.bytes += bytes.count
        guard answer.bytes <= loop.configuration.headerBytes.bytes else { return refuse(.headerCeiling) }
        guard answer.take(line: bytes) else { return bytes.count }
        if let conflict = answer.conflictingLength { return refuse(.conflictingLength(conflict)) }
        noteLife()
        isAnswered = true
        loop.noteAnswered(self)
        if let length = answer.contentLength, length > request.answerBytes.bytes { return refuse(.answerCeiling) }
        return bytes.count
    }

    /// Tells the caller, who finds in the pipe what of the body has come along.
    func giveHead() {
        let head = ExchangeLoop.Head(status: answer.status, headers: answer.fields, address: address, timing: timing)
        order.continuation.resume(returning: .success(head))
    }

    /// Hands a piece of the body on; less than its size ends the exchange.
    fileprivate func takeBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        received += bytes.count
        guard received <= request.answerBytes.bytes else { return refuse(.answerCeiling) }
        noteLife()
        // The piece is taken even if the reader is behind: a refused one would come back joined with its successors.
        if order.pipe.put([UInt8](bytes)) { loop.noteBehind(self) }
        return bytes.count
    }

    private func refuse(_ reason: Stop) -> Int {
        stop = reason
        return 0
    }

    // MARK: - Time and pauses

    private func noteLife() {
        let now = ContinuousClock.now
        if lastPiece == nil { loop.check(by: now + request.idleTimeout) }
        lastPiece = now
    }

    /// When this exchange has waited too long.
    var due: ContinuousClock.Instant {
        guard let lastPiece, !isPaused else { return request.deadline }
        return min(request.deadline, lastPiece + request.idleTimeout)
    }

    func pauseIfBehind() {
        guard !isPaused, order.pipe.shouldPause() else { return }
        isPaused = true
        curl_easy_pause(handle.easy, CURLPAUSE_RECV)
    }

    func resume() {
        guard isPaused else { return }
        isPaused = false
        lastPiece = .now
        loop.check(by: due)
        curl_easy_pause(handle.easy, CURLPAUSE_CONT)
    }

    // MARK: - The end

    /// Tells whoever waits, the caller or the reader, how it ended.
    func end(_ code: CURLcode) {
        let failure = failure(code)
        if isAnswered { return order.pipe.end(failure) }
        order.fail(failure ?? FetchFailure(outcome: .network, message: "\(redactedURL(request.url)) ended without an answer"))
    }

    private func failure(_ code: CURLcode) -> FetchFailure? {
        if code == CURLE_OK, stop == nil, answer.isComplete { return nil }
        let hop = FetchTrace.Hop(handle.easy, url: request.url, status: answer.status)
        let seen = TransferEnd(
            code: code, curlText: handle.words, url: request.url, urlOwner: "the provider's base URL", hop: hop, answer: answer,
            bodyBytes: received, wireBytes: received, deniedAddress: deniedAddress)
        guard let (outcome, message, hint) = seen.failure(stop, request: request, headerBytes: loop.configuration.headerBytes) else { return nil }
        var trace = FetchTrace()
        trace.hops = [hop]
        trace.bytesOnWire = answer.bytes + received
        trace.bytesDecoded = received
        let type = answer.fields["content-type"].map { SafeText.line($0, limit: 100) }
        return FetchFailure(
            outcome: outcome, message: message, hint: hint, evidence: Evidence(status: hop.status, contentType: type), trace: trace,
            isCancelled: stop.isCalledOff, mayHaveBeenReceived: isSent)
    }
}

extension Exchange.Stop? {
    fileprivate var isCalledOff: Bool { if case .calledOff = self { true } else { false } }
}

// MARK: - C callbacks

private func exchange(_ context: UnsafeMutableRawPointer?) -> Exchange? {
    context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

private func bytes(_ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: data.map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) }, count: data == nil ? 0 : size * count)
}

private let writeCallback: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    exchange($3)?.takeBody(bytes($0, $1, $2)) ?? 0
}

private let headerCallback: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    exchange($3)?.takeHeader(bytes($0, $1, $2)) ?? 0
}

private let socketCallback: @convention(c) (UnsafeMutableRawPointer?, curlsocktype, UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t = {
    guard let exchange = exchange($0), let address = $2 else { return CURL_SOCKET_BAD }
    return exchange.openSocket(address)
}

private typealias BeforeRequest =
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32, Int32) -> Int32

private let beforeRequestCallback: BeforeRequest = { context, address, _, _, _ in
    let isAllowed = exchange(context)?.mayBeSent(to: address.map { String(cString: $0) }) ?? false
    return isAllowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}
