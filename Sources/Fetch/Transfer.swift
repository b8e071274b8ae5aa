internal import CCurl
import Inflate
import WireCore

/// One document on its way: hop after hop on one easy handle. Touched by the loop's thread alone.
final class Transfer {
    /// Why we stopped a transfer ourselves; libcurl only knows that a callback refused.
    enum Stop {
        /// The answer is a redirect; its body is of no interest.
        case redirect
        /// Enough of an error page was kept.
        case evidence
        case wireCeiling, decodedCeiling, headerCeiling, deadline
        case encoding(String)
        case corrupt
        case conflictingLength(String)
    }

    /// What to do after a hop.
    enum Step {
        case answer(FetchReply)
        case next
    }

    let id: UInt64
    let request: FetchRequest
    private let loop: CurlLoop
    private var continuation: CheckedContinuation<FetchReply, Never>?
    var handle: OpaquePointer?

    private(set) var trace = FetchTrace()
    private var url: String
    private var origin = ""
    private var visited: Set<String> = []
    private var wireBytes = 0
    private var isPermanent = true
    private var headerLines: HeaderLines?
    private var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))

    // Of the present hop.
    private var answer = AnswerHead()
    private var body: [UInt8] = []
    private var layers: [Inflater] = []
    private var place: BulkPlace?
    private var stop: Stop?
    private var deniedAddress: String?
    private var triedAddress: String?
    private var told: (phase: FetchProgress.Phase, address: String?)?
    private var hopStart = ContinuousClock.now

    /// How much of an error page is kept.
    static let evidenceBytes = 64 << 10

    init(id: UInt64, request: FetchRequest, continuation: CheckedContinuation<FetchReply, Never>, loop: CurlLoop) {
        self.id = id
        self.request = request
        self.continuation = continuation
        self.loop = loop
        url = request.url
    }

    /// Answers the caller, once.
    func answer(_ reply: FetchReply) {
        continuation?.resume(returning: reply)
        continuation = nil
    }

    // MARK: - A hop's beginning

    /// Checks the given URL; a failure when it cannot be asked.
    func prepareFirstHop() -> FetchFailure? {
        switch TargetURL.check(url) {
        case .failure(let problem):
            return FetchFailure(outcome: .config, message: "\(redactedURL(url)) cannot be asked: \(problem.text)", hint: "Correct the source's url.")
        case .success(let target):
            if let header = request.headers.first(where: { !$0.isSendable }) {
                return FetchFailure(
                    outcome: .config,
                    message: "the header field “\(SafeText.line(header.name, limit: 60))” cannot be sent: it holds characters that no field may hold",
                    hint: "Correct the source's headers.")
            }
            origin = target.origin
            visited.insert(target.text)
            return nil
        }
    }

    /// Sets every option of the present hop; nothing of an earlier one is left.
    func configure(_ easy: UnsafeMutableRawPointer) {
        curl_easy_reset(easy)
        headerLines = nil
        answer = AnswerHead()
        body = []
        layers = []
        stop = nil
        deniedAddress = nil
        triedAddress = nil
        told = nil
        hopStart = .now
        let me = Unmanaged.passUnretained(self).toOpaque()
        EasyOptions.set(on: easy, userAgent: loop.configuration.userAgent, certificateFile: loop.configuration.certificateFile)
        _ = wd_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        _ = wd_set_long(easy, CURLOPT_FORBID_REUSE, 1)
        _ = wd_set_string(easy, CURLOPT_URL, url)
        let left = max(1, ContinuousClock.now.duration(to: request.deadline).milliseconds)
        _ = wd_set_long(easy, CURLOPT_TIMEOUT_MS, left)
        _ = wd_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, min(left, loop.configuration.connectTimeout.milliseconds))
        errorText.withUnsafeMutableBufferPointer { _ = wd_set_pointer(easy, CURLOPT_ERRORBUFFER, $0.baseAddress) }
        _ = wd_set_data(easy, CURLOPT_WRITEFUNCTION, writeCallback)
        _ = wd_set_pointer(easy, CURLOPT_WRITEDATA, me)
        _ = wd_set_data(easy, CURLOPT_HEADERFUNCTION, headerCallback)
        _ = wd_set_pointer(easy, CURLOPT_HEADERDATA, me)
        _ = wd_set_socket(easy, CURLOPT_OPENSOCKETFUNCTION, socketCallback)
        _ = wd_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
        setHeaders(easy)
    }

    private func setHeaders(_ easy: UnsafeMutableRawPointer) {
        var lines = ["Accept: \(request.accept)", "Accept-Encoding: gzip", "Connection: close"]
        let isFirst = trace.hops.isEmpty
        if isFirst || TargetURL.origin(of: url) == origin { lines += request.headers.map { "\($0.name): \($0.value)" } }
        // The validators belong to the document, which may lie behind a redirect; they are no secret.
        if let etag = request.validators.etag { lines.append("If-None-Match: \(etag)") }
        if let date = request.validators.lastModified { lines.append("If-Modified-Since: \(date)") }
        let list = HeaderLines(lines)
        list.set(on: easy)
        headerLines = list
    }

    // MARK: - Callbacks

    /// Takes one header line; 0 refuses it, which ends the transfer.
    fileprivate func takeHeader(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        wireBytes += bytes.count
        if isOverdue() || isOverWire() { return 0 }
        answer.bytes += bytes.count
        guard answer.bytes <= loop.configuration.headerBytes.bytes else { return refuse(.headerCeiling) }
        guard answer.take(line: bytes) else { return bytes.count }
        // The block is complete.
        if let conflict = answer.conflictingLength { return refuse(.conflictingLength(conflict)) }
        if answer.redirectTarget != nil { return refuse(.redirect) }
        let isError = answer.status >= 400
        if !isError, let length = answer.contentLength, length > request.bytesOnWire.bytes { return refuse(.wireCeiling) }
        return openLayers() ? bytes.count : 0
    }

    /// Prepares to undo the compression that the answer names; only gzip was asked for.
    private func openLayers() -> Bool {
        let encodings = answer.encodings
        for encoding in encodings {
            guard ["gzip", "x-gzip", "deflate"].contains(encoding), encodings.count <= 2,
                let layer = Inflater(ceiling: request.bytesDecoded.bytes)
            else {
                stop = .encoding(encodings.joined(separator: ", "))
                return false
            }
            layers.append(layer)
        }
        return true
    }

    /// Takes a piece of the body; less than its size ends the transfer.
    fileprivate func takeBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        if isOverdue() { return 0 }
        let free = loop.configuration.freeBytes.bytes
        let growth = layers.isEmpty ? bytes.count : bytes.count * 8
        if place == nil, body.count + growth > free {
            guard let granted = loop.place(for: self) else { return Int(CURL_WRITEFUNC_PAUSE) }
            place = granted
        }
        wireBytes += bytes.count
        if isOverWire() { return 0 }
        do {
            try inflate(bytes, through: layers[...])
        } catch Inflater.Failure.tooLarge {
            return refuse(.decodedCeiling)
        } catch is Full {
            return 0
        } catch {
            return refuse(.corrupt)
        }
        return bytes.count
    }

    /// Thrown when no more of a body is wanted; ``stop`` says why.
    private struct Full: Error {}

    private func inflate(_ bytes: UnsafeBufferPointer<UInt8>, through layers: ArraySlice<Inflater>) throws {
        guard let layer = layers.first else { return try append(bytes) }
        try layer.feed(bytes) { try inflate($0, through: layers.dropFirst()) }
    }

    private func append(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        if answer.status >= 400 {
            body.append(contentsOf: bytes.prefix(Self.evidenceBytes - body.count))
            guard body.count < Self.evidenceBytes else {
                stop = .evidence
                throw Full()
            }
            return
        }
        guard body.count + bytes.count <= request.bytesDecoded.bytes else {
            stop = .decodedCeiling
            throw Full()
        }
        guard !isOverdue() else { throw Full() }
        if place == nil, body.count + bytes.count > loop.configuration.freeBytes.bytes { place = loop.overdraw() }
        if body.isEmpty, let length = answer.contentLength { body.reserveCapacity(min(length, loop.configuration.freeBytes.bytes)) }
        body.append(contentsOf: bytes)
    }

    /// Ends the transfer for a reason of ours.
    private func refuse(_ reason: Stop) -> Int {
        stop = reason
        return 0
    }

    private func isOverdue() -> Bool {
        guard ContinuousClock.now >= request.deadline else { return false }
        stop = .deadline
        return true
    }

    private func isOverWire() -> Bool {
        guard wireBytes > request.bytesOnWire.bytes else { return false }
        stop = .wireCeiling
        return true
    }

    /// Opens a socket if the policy permits the address that libcurl is about to connect to.
    fileprivate func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let (socket, denied) = loop.configuration.policy.open(address)
        if let denied { deniedAddress = denied }
        triedAddress = withUnsafePointer(to: &address.pointee.addr) { SocketAddress.read($0, length: address.pointee.addrlen)?.text }
        tell(.connecting)
        return socket
    }

    // MARK: - For whoever watches

    /// Looks how far the present hop has come, and tells it if it is further than before.
    func noteProgress() {
        guard request.onProgress != nil, let handle, stop == nil else { return }
        tell(phase(seenHop(UnsafeMutableRawPointer(handle))))
    }

    private func phase(_ hop: FetchTrace.Hop) -> FetchProgress.Phase {
        if answer.isComplete { return .receiving }
        if hop.requestedMs != nil { return .waiting }
        guard hop.connectedMs != nil else { return triedAddress == nil ? .resolving : .connecting }
        return url.hasPrefix("https:") && hop.securedMs == nil ? .securing : .requesting
    }

    private func tell(_ phase: FetchProgress.Phase) {
        guard let watch = request.onProgress, let handle else { return }
        if let told, told == (phase, triedAddress) { return }
        told = (phase, triedAddress)
        watch(FetchProgress(phase, seenHop(UnsafeMutableRawPointer(handle))))
    }

    private func seenHop(_ easy: UnsafeMutableRawPointer) -> FetchTrace.Hop {
        var hop = FetchTrace.Hop(easy, url: url, status: answer.status)
        hop.address = hop.address ?? triedAddress
        return hop
    }

    // MARK: - A hop's end

    /// Judges a finished hop: the next one, or the answer.
    func hopEnded(_ code: CURLcode) -> Step {
        guard let handle else { return .answer(.failure(FetchFailure(outcome: .network, message: "the transfer lost its handle"))) }
        let easy = UnsafeMutableRawPointer(handle)
        noteHop(easy)
        trace.bytesOnWire = wireBytes
        trace.bytesDecoded = body.count
        if case .redirect = stop { return follow(easy) }
        if let failure = failure(code, easy) { return .answer(.failure(failure)) }
        if trace.redirects > 0, isPermanent { trace.movedTo = url }
        var document = Document(url: url, status: answer.status, headers: answer.fields, body: body, trace: trace)
        document.place = place
        body = []
        place = nil
        return .answer(.document(document))
    }

    private func noteHop(_ easy: UnsafeMutableRawPointer) {
        var hop = seenHop(easy)
        if hop.endedMs == 0 { hop.endedMs = Double(hopStart.duration(to: .now).milliseconds) }
        trace.hops.append(hop)
    }

    /// Turns to where the answer leads, if it may lead there.
    private func follow(_ easy: UnsafeMutableRawPointer) -> Step {
        func refused(_ what: String, hint: String? = nil) -> Step {
            .answer(.failure(FetchFailure(outcome: .redirect, message: what, hint: hint, evidence: evidence, trace: trace)))
        }
        let location = answer.redirectTarget ?? ""
        guard trace.hops.count <= request.redirects else {
            return refused(
                "more than \(request.redirects) redirects, the last to \(shown(location))",
                hint: "Set the source's url to where its document really lies.")
        }
        let target: TargetURL
        switch TargetURL.resolve(location, against: url) {
        case .failure(let problem): return refused("redirected to \(shown(location)), which is not followed: \(problem.text)")
        case .success(let resolved): target = resolved
        }
        guard visited.insert(target.text).inserted else { return refused("redirected in a loop, back to \(shown(target.text))") }
        tell(.redirected(to: redactedURL(target.text)))
        isPermanent = isPermanent && (answer.status == 301 || answer.status == 308)
        url = target.text
        return .next
    }

    private func shown(_ url: String) -> String { SafeText.line(redactedURL(url), limit: 200) }

    private var evidence: Evidence {
        Evidence(
            status: answer.status > 0 ? answer.status : nil, contentType: answer.fields["content-type"].map { SafeText.line($0, limit: 100) },
            firstBytes: body.isEmpty ? nil : SafeText.line(bytes: body, limit: Evidence.limit))
    }

    /// Why no complete document came; nil when one did.
    private func failure(_ code: CURLcode, _ easy: UnsafeMutableRawPointer) -> FetchFailure? {
        let curlText = String(decoding: errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let seen = TransferEnd(
            code: code, curlText: SafeText.line(curlText, limit: 200), url: url,
            urlOwner: trace.redirects > 0 ? "the redirect's target" : "the source's url", hop: trace.hops.last, answer: answer,
            bodyBytes: body.count, wireBytes: wireBytes, deniedAddress: deniedAddress)
        guard
            var (outcome, message, hint) = seen.failure(
                stop, isInflated: layers.allSatisfy { $0.isComplete || $0.isUntouched && body.isEmpty }, request: request,
                configuration: loop.configuration)
        else { return nil }
        // An address that a server sends is not the registry's to correct.
        if outcome == .config, trace.redirects > 0 {
            (outcome, message, hint) = (.redirect, "redirected, and \(message)", "The fault is at the site; its redirect leads nowhere.")
        }
        return FetchFailure(outcome: outcome, message: message, hint: hint, evidence: evidence, trace: trace)
    }
}

// MARK: - C callbacks

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private func bytes(_ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: data.map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) }, count: data == nil ? 0 : size * count)
}

private let writeCallback: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    transfer($3)?.takeBody(bytes($0, $1, $2)) ?? 0
}

private let headerCallback: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    transfer($3)?.takeHeader(bytes($0, $1, $2)) ?? 0
}

private let socketCallback: @convention(c) (UnsafeMutableRawPointer?, curlsocktype, UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t = {
    guard let transfer = transfer($0), let address = $2 else { return CURL_SOCKET_BAD }
    return transfer.openSocket(address)
}
