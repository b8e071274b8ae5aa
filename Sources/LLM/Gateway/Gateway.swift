// LLM: the gateway, the only door to a model: reserves before a call, settles after it. Read in this order: Gateway (the way of a call),
// ModelCall and ModelAnswer, CallFacts (what a call can cost at most), Till (reservations and settlements), Attempt (one try at a
// provider), AnswerMeter and AnswerStream (what was used), AnswerCache with AnswerIndex and AnswerBuffer, Provider; then Translation and
// Extractive. It knows no HTTP server and no source. Tests: Tests/LLMTests, and Tests/GatewayTests with the providers' own clients.

public import Costs
import Fetch
public import FoundationEssentials
public import Logging
import Resilience
public import Stores
import Synchronization
public import WireCore

/// The one door to the models.
///
/// A call is answered from the cache, or makes attempts at the models of its chain. Each attempt holds its upper bound against every
/// budget that applies, durably, before the provider is asked, and is settled before the last byte of its answer is given. An attempt that
/// surely was not billed is released, one that may have been and whose usage is unknown is booked at its bound.
public final class Gateway: Sendable {
    private let rules: RulesInForce
    private let providers: [String: Provider]
    private let clock: any DeskClock
    private let till: Till
    private let cache: AnswerCache
    private let flights = SingleFlight()
    private let breakers = ModelBreakers()
    private let turnstiles: [String: Turnstile]
    private let logger: Logger
    private let alerts: AlertWatch
    /// Attempts that hold money.
    private let underWay = Mutex(0)

    /// `onAlert` is told of each alert once, after it was noted in the store; it delivers.
    public init(
        prices: PriceTable, providers: [Provider], store: any LedgerStore, configuration: GatewayConfiguration, clock: any DeskClock, logger: Logger,
        onAlert: (@Sendable (BudgetAlert) async -> Void)? = nil
    ) {
        rules = RulesInForce(GatewayRules(prices: prices, configuration: configuration))
        let secrets = SecretValues(providers.flatMap(\.keys))
        self.providers = Dictionary(providers.map { ($0.name, $0.hiding(secrets)) }, uniquingKeysWith: { first, _ in first })
        self.clock = clock
        self.logger = logger
        till = Till(store: store, rules: rules, owner: ProcessMark.own, clock: clock, logger: logger)
        cache = AnswerCache(store: store, rules: rules, clock: clock, logger: logger)
        turnstiles = Dictionary(uniqueKeysWithValues: self.providers.keys.map { ($0, Turnstile(places: configuration.callsPerProvider)) })
        alerts = AlertWatch(store: store, rules: rules, clock: clock, logger: logger, onAlert: onAlert)
    }

    /// The table in force.
    public var priceTable: PriceTable { rules.current.prices }

    /// The priced models that their providers still serve.
    public var servedModels: [PricedModel] {
        let now = clock.now()
        return priceTable.models.filter { model in model.retired.map { $0 > now } ?? true }
    }

    /// The settings in force.
    public var configuration: GatewayConfiguration { rules.configuration }

    /// Puts another table in force: the next call is priced by it, one that is under way by the row that it was bounded by.
    public func adopt(_ prices: PriceTable) { rules.adopt(prices) }

    /// Puts other settings in force. A call that waits for money asks again by the new budgets; one at a provider keeps its deadline and its
    /// ceilings; of answers too many for a smaller cache the oldest go with the next that is kept.
    public func adopt(_ configuration: GatewayConfiguration) {
        rules.adopt(configuration)
        for turnstile in turnstiles.values { turnstile.resize(to: configuration.callsPerProvider) }
    }

    /// Why a model can never be asked as things stand: it has no price, or its provider no key. Nil: it can be.
    public func obstacle(to model: String) -> String? {
        Self.obstacle(to: model, prices: priceTable, providers: providers, at: clock.now())
    }

    /// The same for a gateway that is not there yet; `providers` by name.
    public static func obstacle(to model: String, prices: PriceTable, providers: [String: Provider], at now: Date) -> String? {
        guard let priced = try? prices.lookup(model: model), (try? priced.row(at: now)) != nil else { return "\(model) has no price" }
        guard let provider = providers[priced.provider] else { return "there is no provider “\(priced.provider)”" }
        return provider.problem
    }

    /// Models that fail, as this process has found.
    public var restingModels: [RestingModel] { breakers.resting }

    /// Settles what calls of dead processes have left open, at their upper bounds; to be called at start and now and then. Returns how many.
    @discardableResult
    public func settleAbandoned() async throws -> Int { try await till.settleAbandoned() }

    /// Answers a call. Never throws: what cannot be answered is told in the call's shape. Once it is at a provider it goes on when the caller's
    /// task is cancelled, so that its usage becomes known, unless the call says otherwise.
    public func answer(_ call: ModelCall) async -> ModelAnswer {
        do throws(GatewayRefusal) {
            let body = try Self.read(call)
            guard let name = body["model"]?.string, !name.isEmpty else { throw GatewayRefusal(.badRequest, "the request names no model") }
            let facts = try CallFacts(call, body: body, model: name, table: priceTable, at: clock.now())
            guard call.usesCache, let key = cache.key(of: call, facts) else { return try await run(call, facts, cacheKey: nil) }
            return try await answered(call, facts, key)
        } catch {
            return error.answer(to: call.id, in: call.shape)
        }
    }

    /// Returns when the answers that were to be kept are in the store; left alone they are there some hundredths of a second after the call.
    public func storeAnswers() async { await cache.buffer.flush() }

    /// Waits for the calls that are still being heard out, for a while; what has not ended then is settled by the next start. Brings the
    /// answers to keep into the store.
    public func finish(within time: Duration = .seconds(5)) async {
        let end = ContinuousClock.now + time
        while underWay.withLock({ $0 }) > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
        await storeAnswers()
    }

    /// Passes a request for a count of tokens on; it costs nothing and is not entered.
    public func countTokens(_ call: ModelCall) async -> ModelAnswer {
        do throws(GatewayRefusal) {
            guard let provider = providers["anthropic"] else { throw GatewayRefusal(.unconfigured, "there is no provider that counts tokens") }
            if let problem = provider.problem { throw GatewayRefusal(.unconfigured, problem) }
            let body = try Self.read(call)
            let facts = try CallFacts(call, body: body, model: body["model"]?.string ?? "", table: priceTable, at: clock.now())
            guard facts.model.provider == provider.name else {
                throw GatewayRefusal(
                    .badRequest, "tokens are counted for models of \(provider.name); \(facts.model.id) is of \(facts.model.provider)")
            }
            let outgoing = try OutgoingRequest(call, facts, provider, created: 0)
            let request = ExchangeRequest(
                url: provider.url + "/count_tokens", headers: outgoing.headers, body: outgoing.body, deadline: .now + .seconds(60))
            let (answer, bytes): (ExchangeAnswer, [UInt8])
            do throws(FetchFailure) {
                answer = try await provider.exchanger.exchange(request)
                bytes = provider.secrets.redacted(try await answer.body.collect(upTo: 1 << 20))
            } catch {
                throw GatewayRefusal(.unreachable, provider.secrets.redacted("\(provider.name): \(error.message)"), retryAfter: .seconds(1))
            }
            let isCount = (try? JSONReader.read(bytes, maximumDepth: 16))?["input_tokens"] != nil
            guard answer.status >= 400 || (answer.status == 200 && isCount) else {
                throw GatewayRefusal(.malformed, "\(provider.name) answers \(answer.status) with what is no count of tokens")
            }
            return ModelAnswer(
                callID: call.id, status: answer.status, headers: Provider.passedOn(answer.headers), body: .whole(bytes), cost: .zero)
        } catch {
            return error.answer(to: call.id, in: call.shape)
        }
    }

    private static func read(_ call: ModelCall) throws(GatewayRefusal) -> JSONNode {
        let body: JSONNode
        do {
            body = try Translation.read(call.body)
        } catch {
            throw GatewayRefusal(.badRequest, "the request's body is \(error.message)")
        }
        try checkNames(body)
        return body
    }

    /// Members that decide what a call can cost.
    private static let counted: Set<String> = [
        "model", "max_tokens", "max_completion_tokens", "n", "stream", "messages", "system", "tools", "fallbacks", "service_tier", "speed",
        "inference_geo", "context_management", "mcp_servers", "web_search_options",
    ]

    /// Of a member that is there twice, or in capitals, the provider may read another than was counted.
    private static func checkNames(_ body: JSONNode) throws(GatewayRefusal) {
        var seen: Set<String> = []
        for member in body.object ?? [] {
            guard seen.insert(member.key).inserted else {
                throw GatewayRefusal(.badRequest, "the request has “\(SafeText.line(member.key, limit: 60))” twice; which one counts?")
            }
            let lowered = member.key.lowercased()
            guard lowered == member.key || !counted.contains(lowered) else {
                throw GatewayRefusal(.badRequest, "the request has “\(SafeText.line(member.key, limit: 60))”; “\(lowered)” is meant")
            }
        }
    }

    /// From the cache, or together with an equal call that is under way, or by a call of its own.
    private func answered(_ call: ModelCall, _ facts: CallFacts, _ key: String) async throws(GatewayRefusal) -> ModelAnswer {
        if let kept = await cached(call, facts, key) { return kept }
        guard let flight = flights.begin(key) else {
            if var failure = await flights.landing(of: key) {
                (failure.callID, failure.cost) = (call.id, .zero)
                return failure
            }
            if let kept = await cached(call, facts, key) { return kept }
            // The other call came to nothing that could be kept: each goes its own way.
            return try await run(call, facts, cacheKey: key)
        }
        do throws(GatewayRefusal) {
            let answer = try await run(call, facts, cacheKey: key, landed: { [flights] in flights.end(flight) })
            // A stream lands later. What a caller called off is nobody else's failure.
            if case .whole = answer.body { flights.end(flight, failure: answer.status >= 400 && !Task.isCancelled ? answer : nil) }
            return answer
        } catch {
            flights.end(flight)
            throw error
        }
    }

    private func cached(_ call: ModelCall, _ facts: CallFacts, _ key: String) async -> ModelAnswer? {
        guard let kept = await cache.answer(key), await till.enterCached(call, facts, kept) else { return nil }
        var answer = ModelAnswer(
            callID: call.id, status: 200, headers: [.contentType(isStream: facts.isStreaming)], body: .whole(kept.body), cost: .zero)
        answer.isCached = true
        return answer
    }

    // MARK: - The chain

    /// Tries the models of the chain in turn. `landed` is called when a streamed answer is whole, or will never be, or its caller has left.
    private func run(
        _ call: ModelCall, _ first: CallFacts, cacheKey: String?, landed: @escaping @Sendable () -> Void = {}
    ) async throws(GatewayRefusal) -> ModelAnswer {
        let configuration = rules.configuration
        let deadline = ContinuousClock.now + min(configuration.deadline, call.deadline ?? configuration.deadline)
        var counter = 0
        var last: AttemptOutcome?
        chain: for name in [first.model.id] + call.fallbacks {
            let facts: CallFacts
            if name == first.model.id {
                facts = first
            } else {
                facts = try CallFacts(call, body: first.body, model: name, table: priceTable, at: clock.now())
            }
            for turn in 1...max(1, call.attemptsPerModel) {
                guard counter < configuration.attempts, ContinuousClock.now < deadline else { break chain }
                counter += 1
                let outcome = try await attempt(call, facts, number: counter, deadline: deadline, cacheKey: cacheKey, landed: landed)
                guard let failure = outcome.failure else { return outcome.answer(to: call) }
                last = outcome
                guard failure.mayRetry, turn < call.attemptsPerModel, counter < configuration.attempts,
                    let delay = delay(before: turn + 1, failure, deadline)
                else { break }
                guard (try? await clock.sleep(for: delay)) != nil else { break chain }
            }
            guard last?.failure?.movesOn ?? true else { break }
        }
        guard let last else { throw GatewayRefusal(.busy, "the call's deadline passed before it could be made", retryAfter: .seconds(1)) }
        return last.answer(to: call)
    }

    /// Exponential with full jitter, not before the provider wants it; nil when that is too long.
    private func delay(before attempt: Int, _ failure: AttemptFailure, _ deadline: ContinuousClock.Instant) -> Duration? {
        let grown = Duration.seconds(Double.random(in: 0...1) * 0.5 * Double(1 << min(attempt, 6)))
        let delay = max(grown, failure.retryAfter ?? .zero)
        return delay <= configuration.longestRetryAfter && ContinuousClock.now + delay < deadline ? delay : nil
    }

    // MARK: - One attempt

    private func attempt(
        _ call: ModelCall, _ facts: CallFacts, number: Int, deadline: ContinuousClock.Instant, cacheKey: String?,
        landed: @escaping @Sendable () -> Void
    ) async throws(GatewayRefusal) -> AttemptOutcome {
        guard let provider = providers[facts.model.provider] else {
            throw GatewayRefusal(.unconfigured, "there is no provider “\(facts.model.provider)”")
        }
        if let problem = provider.problem { throw GatewayRefusal(.unconfigured, problem) }
        let name = "\(provider.name)/\(facts.model.id)"
        let permit: ModelBreakers.Permit
        switch breakers.permit(name, at: clock.now()) {
        case .success(let granted): permit = granted
        case .failure(let resting):
            return AttemptOutcome(failure: AttemptFailure(refusal: resting, mayRetry: false, movesOn: true))
        }
        // The desk's own calls are one holder's.
        let holder = call.purpose.key ?? ""
        guard let turnstile = turnstiles[provider.name], await turnstile.enter(for: holder, until: deadline) else {
            breakers.record(permit, .excluded, cause: "never asked", at: clock.now())
            throw GatewayRefusal(
                .busy, "as many calls as may be are at \(provider.name) already: \(configuration.callsPerProvider), or three quarters by one key",
                retryAfter: .seconds(1))
        }
        let attempt = Attempt(
            call: call, facts: facts, provider: provider, number: number, deadline: deadline, configuration: rules.configuration, till: till,
            clock: clock, landed: landed)
        let cache = cacheKey.map { key in (key: key, cache: self.cache) }
        underWay.withLock { $0 += 1 }
        let outcome: AttemptOutcome
        do throws(GatewayRefusal) {
            outcome = try await attempt.run(cache: cache) { [self] effect, cause in
                turnstile.leave(holder)
                underWay.withLock { $0 -= 1 }
                if let transition = breakers.record(permit, effect, cause: cause, at: clock.now()) {
                    logger.notice(
                        "breaker \(transition.to.name)", metadata: ["model": "\(name)", "cause": "\(SafeText.line(transition.cause, limit: 300))"])
                }
                alerts.look()
            }
        } catch {
            turnstile.leave(holder)
            underWay.withLock { $0 -= 1 }
            breakers.record(permit, .excluded, cause: "never asked", at: clock.now())
            throw error
        }
        return outcome
    }
}
