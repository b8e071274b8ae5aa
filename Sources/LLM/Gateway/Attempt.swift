import Costs
import Fetch
import FoundationEssentials
import Resilience
import Stores
import WireCore

/// Why an attempt gave no good answer, and what may follow.
struct AttemptFailure: Sendable {
    /// What to tell when nothing better comes; nil: the provider's own answer.
    var refusal: GatewayRefusal?
    /// Another try of the same model may help.
    var mayRetry: Bool
    /// Another model may help.
    var movesOn: Bool
    /// When the provider wants to be asked again.
    var retryAfter: Duration?
}

/// What an attempt came to.
struct AttemptOutcome: Sendable {
    var failure: AttemptFailure?
    var given: ModelAnswer?
    /// What was booked for an attempt that failed.
    var cost = Money.zero

    init(answer: ModelAnswer) { given = answer }
    init(failure: AttemptFailure, answer: ModelAnswer? = nil, cost: Money = .zero) {
        self.failure = failure
        self.cost = cost
        given = answer
    }

    func answer(to call: ModelCall) -> ModelAnswer {
        if let given { return given }
        var answer = (failure?.refusal ?? GatewayRefusal(.unreachable, "no answer came")).answer(to: call.id, in: call.shape)
        answer.cost = cost
        return answer
    }
}

/// One try at one provider: holds the money, asks, meters, settles.
struct Attempt: Sendable {
    let call: ModelCall
    let facts: CallFacts
    let provider: Provider
    let number: Int
    let deadline: ContinuousClock.Instant
    let configuration: GatewayConfiguration
    let till: Till
    let clock: any DeskClock
    /// Told when a stream has ended, or its caller has left before.
    let landed: @Sendable () -> Void

    /// Told once, when the provider is done with, of how that counts for the breaker.
    typealias Ended = @Sendable (BreakerEffect, String) -> Void

    /// Throws a ``GatewayRefusal`` only when the provider was not asked; `ended` is not called then.
    func run(cache: (key: String, cache: AnswerCache)?, ended: @escaping Ended) async throws(GatewayRefusal) -> AttemptOutcome {
        let now = clock.now()
        let outgoing = try OutgoingRequest(call, facts, provider, created: Int(now.timeIntervalSince1970))
        let left = ContinuousClock.now.duration(to: deadline)
        let hold = try await till.hold(call, facts, attempt: number, until: now.addingTimeInterval(left.seconds))
        var request = ExchangeRequest(url: provider.url, headers: outgoing.headers, body: outgoing.body, deadline: deadline)
        request.answerBytes = configuration.answerBytes
        request.outlivesCaller = call.isDrained
        let answer: ExchangeAnswer
        do throws(FetchFailure) {
            answer = try await provider.exchanger.exchange(request)
        } catch {
            return await unreached(error, hold, ended)
        }
        guard answer.status < 400 else { return await refused(answer, hold, ended) }
        guard (200..<300).contains(answer.status) else { return await unusable(answer, hold, ended) }
        if facts.isStreaming, Self.isEventStream(answer) { return streamed(answer, outgoing.rewriting, hold, cache, ended) }
        return await whole(answer, hold, cache, ended)
    }

    private static func isEventStream(_ answer: ExchangeAnswer) -> Bool {
        answer.headers["content-type"]?.lowercased().hasPrefix("text/event-stream") ?? false
    }

    // MARK: - No answer

    private func unreached(_ failure: FetchFailure, _ hold: Till.Hold, _ ended: Ended) async -> AttemptOutcome {
        let what = provider.secrets.redacted("\(provider.name): \(failure.message)")
        let cost = await end(hold, isBilled: failure.mayHaveBeenReceived, what)
        ended(failure.isCancelled ? .excluded : .failure, what)
        return AttemptOutcome(
            failure: AttemptFailure(
                refusal: GatewayRefusal(.unreachable, "\(what)." + (failure.hint.map { " \($0)" } ?? ""), retryAfter: .seconds(1)),
                mayRetry: !failure.isCancelled, movesOn: !failure.isCancelled), cost: cost)
    }

    /// Books the bound where it may have been billed, and lets go of it where it surely was not. Returns what was booked.
    private func end(_ hold: Till.Hold, isBilled: Bool, _ what: String) async -> Money {
        if isBilled { return await till.estimate(hold, because: what) }
        await till.release(hold, because: what)
        return .zero
    }

    // MARK: - An error

    /// A redirect, or a change of protocol: the caller must not follow it with its request and key.
    private func unusable(_ answer: ExchangeAnswer, _ hold: Till.Hold, _ ended: Ended) async -> AttemptOutcome {
        answer.body.callOff()
        let what = "\(provider.name) answers \(answer.status), which no model does: is its base URL right?"
        await till.release(hold, because: what)
        ended(faultEffect, what)
        return AttemptOutcome(failure: AttemptFailure(refusal: GatewayRefusal(.malformed, what), mayRetry: false, movesOn: true))
    }

    /// A status of 400 or more. The provider bills no request that it refuses in its own words; a page that something between here and
    /// there made up (a 502, a 504) says nothing about what the provider did.
    private func refused(_ answer: ExchangeAnswer, _ hold: Till.Hold, _ ended: Ended) async -> AttemptOutcome {
        let body: [UInt8]
        var broken: FetchFailure?
        do throws(FetchFailure) {
            body = provider.secrets.redacted(try await answer.body.collect(upTo: configuration.answerBytes.bytes))
        } catch {
            (body, broken) = ([], error)
        }
        let root = try? JSONReader.read(body, maximumDepth: Translation.maximumDepth)
        let isProviders = root?["error"]?.object != nil
        let what =
            "\(provider.name) answers \(answer.status)" + (root?["error"]?["message"]?.string.map { ": \(SafeText.line($0, limit: 200))" } ?? "")
        let cost = await end(hold, isBilled: answer.status >= 500 && !isProviders, what)
        let retryAfter = answer.headers["retry-after"].flatMap { Double($0) }.flatMap {
            $0.isFinite && $0 >= 0 ? Duration.seconds(min($0, 86_400)) : nil
        }
        let isSpent = root?["error"]?["details"]?["error_code"]?.string == "enforced_spend_limit_reached"
        let isTransient = [408, 409, 425, 429, 500, 502, 503, 504, 529].contains(answer.status)
        let mayRetry = isTransient && !isSpent && answer.headers["x-should-retry"] != "false" && !(answer.status == 429 && retryAfter == nil)
        ended(effect(of: answer.status), what)
        if let broken {
            let reason = provider.secrets.redacted(broken.message)
            let refusal = GatewayRefusal(.unreachable, "\(what); its body cannot be passed on: \(reason)", retryAfter: .seconds(1))
            return AttemptOutcome(failure: AttemptFailure(refusal: refusal, mayRetry: isTransient, movesOn: true), cost: cost)
        }
        return AttemptOutcome(
            failure: AttemptFailure(refusal: nil, mayRetry: mayRetry, movesOn: answer.status != 400 && answer.status != 413, retryAfter: retryAfter),
            answer: given(answer, .whole(translatedError(body, answer.status)), cost: cost))
    }

    /// Refusals say that the provider is alive. Its faults open the breaker only where the desk itself decides what to do next: a caller
    /// from outside is told what the provider says, every time, and the breaker spares it only providers that cannot be reached.
    private func effect(of status: Int) -> BreakerEffect {
        switch status {
        case 500, 502, 503, 504: faultEffect
        case 408, 429, 529: .excluded
        default: .success
        }
    }

    private var faultEffect: BreakerEffect { call.attemptsPerModel > 1 || !call.fallbacks.isEmpty ? .failure : .excluded }

    private func translatedError(_ body: [UInt8], _ status: Int) -> [UInt8] {
        switch (provider.shape, call.shape) {
        case (.messages, .chat): Translation.chatError(fromMessages: body, status: status)
        case (.chat, .messages): Translation.messagesError(fromChat: body, status: status)
        default: body
        }
    }

    private func given(_ answer: ExchangeAnswer, _ body: ModelAnswer.Body, cost: Money?) -> ModelAnswer {
        var headers = Provider.passedOn(answer.headers)
        if answer.status >= 400 { headers = headers.map { HTTPHeader(name: $0.name, value: provider.secrets.redacted($0.value)) } }
        if provider.shape != call.shape {
            // The body is another one.
            headers.removeAll { ["content-encoding", "content-type", "etag"].contains($0.name.lowercased()) }
            let isStream = if case .stream = body { true } else { false }
            headers.append(.contentType(isStream: isStream))
        }
        return ModelAnswer(callID: call.id, status: answer.status, headers: headers, body: body, cost: cost)
    }

    // MARK: - A whole answer

    private func whole(
        _ answer: ExchangeAnswer, _ hold: Till.Hold, _ cache: (key: String, cache: AnswerCache)?, _ ended: Ended
    ) async -> AttemptOutcome {
        let body: [UInt8]
        do throws(FetchFailure) {
            body = try await answer.body.collect(upTo: configuration.answerBytes.bytes)
        } catch {
            return await unreached(error, hold, ended)
        }
        guard body.count > Self.longWork else { return await read(answer, body, hold, cache, ended) }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await read(answer, body, hold, cache, ended) }
    }

    /// An answer of more bytes is not read on the thread that it came on: the other answers come there too.
    private static let longWork = 64 << 10

    private func read(
        _ answer: ExchangeAnswer, _ body: [UInt8], _ hold: Till.Hold, _ cache: (key: String, cache: AnswerCache)?, _ ended: Ended
    ) async -> AttemptOutcome {
        guard let root = try? JSONReader.read(body, maximumDepth: Translation.maximumDepth), Self.isAnswer(root, provider.shape) else {
            return await malformed(answer, body, hold, ended)
        }
        let metered = AnswerMeter.read(root, body: body, shape: provider.shape).adding(searches: facts.uncountedSearches)
        do throws(TranslationFailure) {
            let out = try translated(root, body)
            let cost = await till.settle(hold, metered, keep: answer.status == 200 ? keeper(of: out, cache) : nil)
            ended(.success, "")
            return AttemptOutcome(answer: given(answer, .whole(out), cost: cost))
        } catch {
            let cost = await till.settle(hold, metered)
            ended(.success, "")
            let refusal = GatewayRefusal(.malformed, "\(provider.name)'s answer cannot be put into the caller's shape: \(error.description)")
            return AttemptOutcome(failure: AttemptFailure(refusal: refusal, mayRetry: false, movesOn: true), cost: cost)
        }
    }

    /// Whether an object is what its status says, and no error or something else altogether.
    private static func isAnswer(_ root: JSONNode, _ shape: WireShape) -> Bool {
        guard root["error"]?.object == nil else { return false }
        return switch shape {
        case .messages: root["content"]?.array != nil
        case .chat: root["choices"]?.array?.isEmpty == false
        }
    }

    /// What keeps an answer once its call is settled; nil: it is not to be kept.
    private func keeper(of body: [UInt8], _ cache: (key: String, cache: AnswerCache)?) -> ((Settlement) -> Void)? {
        guard let cache else { return nil }
        return { settlement in cache.cache.keep(body, key: cache.key, facts: facts, settlement) }
    }

    private func translated(_ root: JSONNode, _ body: [UInt8]) throws(TranslationFailure) -> [UInt8] {
        switch (provider.shape, call.shape) {
        case (.messages, .chat): try Translation.chatAnswer(fromMessages: root, created: Int(clock.now().timeIntervalSince1970)).rendered
        case (.chat, .messages): try Translation.messagesAnswer(fromChat: root).rendered
        default: body
        }
    }

    /// HTML at 200, or half a document: it may have been billed.
    private func malformed(_ answer: ExchangeAnswer, _ body: [UInt8], _ hold: Till.Hold, _ ended: Ended) async -> AttemptOutcome {
        let body = provider.secrets.redacted(body)
        let type = provider.secrets.redacted(SafeText.line(answer.headers["content-type"] ?? "no type", limit: 60))
        let start = SafeText.line(bytes: body, limit: 120)
        let what = "\(provider.name) answers \(answer.status) with what is no answer of a model (\(type)): \(start)"
        let cost = await till.estimate(hold, because: what, raw: SafeText.line(bytes: body, limit: AnswerMeter.rawLimit))
        ended(faultEffect, what)
        // It may have been billed: a caller who tries again by habit, as the SDKs do, would pay for each try.
        return AttemptOutcome(
            failure: AttemptFailure(refusal: GatewayRefusal(.malformed, what), mayRetry: true, movesOn: true), cost: cost)
    }

    // MARK: - A stream

    private func streamed(
        _ answer: ExchangeAnswer, _ rewriting: StreamRewriting, _ hold: Till.Hold, _ cache: (key: String, cache: AnswerCache)?,
        _ ended: @escaping Ended
    ) -> AttemptOutcome {
        let run = StreamRun(
            source: answer.body, meter: StreamMeter(shape: provider.shape), rewriting: rewriting, drainFor: configuration.drainFor,
            isDrained: call.isDrained, keepAtMost: cache == nil ? 0 : configuration.largestKeptAnswer.bytes, left: landed
        ) { meter, broken, whole in
            let fault = (broken ?? meter.error).map(provider.secrets.redacted)
            let cost: Money
            if let fault, !meter.isWhole {
                let usage = meter.usage
                cost = await till.estimate(hold, because: fault, raw: usage.raw, messageID: usage.messageID)
            } else {
                let usage = meter.usage.adding(searches: facts.uncountedSearches)
                cost = await till.settle(hold, usage, note: fault, keep: fault == nil ? whole.flatMap { keeper(of: $0, cache) } : nil)
            }
            ended(fault == nil ? .success : faultEffect, fault ?? "")
            landed()
            return cost
        }
        let stream = AnswerStream(run: run, until: deadline, patience: configuration.readerPatience)
        return AttemptOutcome(answer: given(answer, .stream(stream), cost: nil))
    }
}
