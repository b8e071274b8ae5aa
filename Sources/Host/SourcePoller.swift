public import Fetch
import FoundationEssentials
public import Logging
public import Resilience
import SourcePlugins
public import Stores
import Synchronization
public import WireCore

/// Polls one source as the desk does: behind its breaker, with its fallback, and with everything filed.
///
/// The store is the only memory: the state is read before a poll and written after it, each time against its revision, so that a host
/// and a command line at work on the same data never undo each other.
public struct SourcePoller: Sendable {
    public let store: any DeskStore
    public let clock: any DeskClock
    private let runner: PollRunner
    private let environment: [String: String]
    private let logger: Logger
    private let underWay = InFlight()
    /// How many fallbacks may stand behind each other.
    private static let longestChain = 3

    public init(
        store: any DeskStore, fetcher: any DocumentFetching, clock: any DeskClock, environment: [String: String], logger: Logger,
        backoff: Backoff = Backoff()
    ) {
        self.store = store
        self.clock = clock
        self.environment = environment
        self.logger = logger
        runner = PollRunner(fetcher: fetcher, retries: SharedRetryBudget(clock: clock), backoff: backoff)
    }

    /// Whom to ask first.
    public enum Manner: Sendable {
        /// The desk's own polls: as the breaker says, and not before the time that the server itself asked for.
        case scheduled
        /// A person asks: as the breaker says.
        case regular
        /// An operator wants to know now: an open breaker is passed over, its result counted.
        case forced
    }

    /// Polls a source, and its fallback if it fails. Throws only what the store throws, and `CancellationError`.
    public func poll(_ source: SourceConfiguration, in registry: Registry, _ manner: Manner = .regular) async throws -> PollReport {
        var report = try await pollAlone(source, manner)
        guard !report.isHealthy, report.record.outcome != .offline else { return report }
        guard let (server, counts) = try await fallBack(from: source, in: registry, &report.fallbacks) else { return report }
        report.record.servedBy = server
        report.items = counts
        report.record.message += "; served by \(server)"
        report.state.servedBy = server
        try await noteServer(server, of: report)
        return report
    }

    /// Polls without regard to fallbacks.
    private func pollAlone(_ source: SourceConfiguration, _ manner: Manner) async throws -> PollReport {
        let now = clock.now()
        guard underWay.begin(source.id) else {
            return refusal(source, SourceState(source: source.id), now, until: nil, "is being polled already")
        }
        defer { underWay.end(source.id) }
        var state = try await store.sourceState(of: source.id) ?? SourceState(source: source.id)
        if manner == .scheduled, let wish = state.notBefore, wish > now {
            return refusal(source, state, now, until: wish, "the server asked to be left alone until \(UTCTime.text(wish))")
        }
        let permission = try await permission(source, &state, manner, now)
        guard case .allowed(let generation, let isProbe) = permission else {
            return refused(source, state, now)
        }
        do {
            let started = ContinuousClock.now
            let reading = await reading(source, state, isProbe: isProbe, now: now)
            if reading.isCancelled || Task.isCancelled { throw CancellationError() }
            let duration = started.duration(to: .now).milliseconds
            return try await file(reading, of: source, state: state, generation: generation, startedAt: now, durationMs: duration)
        } catch {
            if isProbe { await giveBackLease(of: source.id, generation: generation) }
            throw error
        }
    }

    /// Brings the breaker in line with the registry and asks it. A change is stored before anything is asked, so that a probe is leased
    /// to one poller only.
    private func permission(
        _ source: SourceConfiguration, _ state: inout SourceState, _ manner: Manner, _ now: Date
    ) async throws -> Breaker.Permission {
        for _ in 1...Self.tries {
            var changed = state
            let applied = changed.breaker.apply(source.breaker.mode)
            let wasOpen = changed.breaker.state == .open || changed.breaker.state == .halfOpen
            if manner == .forced, wasOpen { changed.breaker.forceProbe() }
            let longest = source.ceilings.wallTime + Self.timeToFile
            let (permission, transition) = changed.breaker.permit(at: now, lasting: longest, source.breaker)
            guard changed.breaker != state.breaker else { return permission }
            do {
                state = try await store.save(changed)
                log(applied, source.id)
                log(transition, source.id)
                return permission
            } catch is StoreConflict {
                state = try await store.sourceState(of: source.id) ?? SourceState(source: source.id)
            }
        }
        return .refused(until: nil)
    }

    /// How often a write is tried again after somebody else was faster.
    private static let tries = 5
    /// What a probe's lease adds to the poll's own wall time.
    private static let timeToFile = Duration.seconds(60)

    private func reading(_ source: SourceConfiguration, _ state: SourceState, isProbe: Bool, now: Date) async -> PollReading {
        var memory = PollRunner.Memory()
        memory.validators = state.validators
        memory.validatorsURL = state.validatorsURL
        memory.adapterState = state.adapterState
        memory.mayRetry = !isProbe && state.breaker.consecutiveFailures == 0
        return await runner.run(source, environment: environment, memory: memory, now: now)
    }

    /// Settles and files a poll. Where somebody else changed the state meanwhile, the poll is settled again upon what they wrote.
    private func file(
        _ reading: PollReading, of source: SourceConfiguration, state: SourceState, generation: Int, startedAt: Date, durationMs: Int
    ) async throws -> PollReport {
        let drafts = ArticleDraft.drafts(of: reading.items)
        let (unit, jitterUnit) = (Double.random(in: 0...1), Double.random(in: 0...1))
        var state = state
        for attempt in 1... {
            let settled = PollSettlement(
                reading, of: source, state: state, generation: generation, startedAt: startedAt, durationMs: durationMs,
                now: clock.now(), unit: unit, jitterUnit: jitterUnit)
            var filing = PollFiling(
                drafts: drafts, state: settled.state, record: settled.record, newItemsPerDay: source.ceilings.newItemsPerDay,
                bytesStoredPerDay: source.ceilings.bytesStoredPerDay)
            filing.prices = reading.prices.map { PricePoint(coin: $0.coin, price: $0.price, at: $0.at, source: source.id) }
            do {
                let result = try await store.file(filing)
                log(settled.transition, source.id)
                var record = settled.record
                record.items = result.items
                noteCeiling(&record, rejectedBefore: reading.rejected)
                return PollReport(record: record, state: result.state, notes: reading.notes, transition: settled.transition)
            } catch let conflict as StoreConflict {
                guard attempt < Self.tries else { throw conflict }
                state = try await store.sourceState(of: source.id) ?? SourceState(source: source.id)
            }
        }
        throw StoreConflict(source: source.id)
    }

    /// Says so when the store refused items that could be read.
    private func noteCeiling(_ record: inout PollRecord, rejectedBefore: Int) {
        let refused = record.items.rejected - rejectedBefore
        if refused > 0 { record.message += "; \(refused) not stored: beyond the source's daily ceiling" }
    }

    // MARK: - Leases

    /// Gives the leases of all probes back that nobody will report on: for the start of a host.
    ///
    /// Whoever calls this holds the host's lock on the data folder, so that no other host is probing. A `wiredesk poll` beside it may be;
    /// then the generation that this moves on drops that probe's result for the breaker (its items are filed), at the price of one more
    /// request. While a host runs, the lease of a command that was killed ends by itself, a minute after its poll could have lasted.
    public func releaseLeases() async throws {
        for state in try await store.sourceStates().values where state.breaker.state == .halfOpen {
            try await takeBackLease(of: state.source, generation: nil)
        }
    }

    /// Gives a probe's lease back, also when the poll was called off: the next probe need not wait for its end.
    private func giveBackLease(of source: SourceID, generation: Int) async {
        // Not a child task: it must do its work although the poll's task is cancelled. It is waited for.
        let work = Task { try await takeBackLease(of: source, generation: generation) }
        guard case .failure(let error) = await work.result else { return }
        logger.error(
            "the lease of a probe could not be given back; it ends by itself",
            metadata: ["source": "\(source)", "error": "\(SafeText.line(String(describing: error), limit: 300))"])
    }

    private func takeBackLease(of source: SourceID, generation: Int?) async throws {
        for _ in 1...Self.tries {
            guard var state = try await store.sourceState(of: source),
                let transition = state.breaker.takeBackLease(generation: generation, at: clock.now())
            else { return }
            do {
                _ = try await store.save(state)
                return log(transition, source)
            } catch is StoreConflict {
                continue
            }
        }
    }

    /// Forgets what a source's server asked for: the source has another address now.
    func forgetWish(of source: SourceID) async throws {
        for _ in 1...Self.tries {
            guard var state = try await store.sourceState(of: source), state.notBefore != nil else { return }
            state.notBefore = nil
            do {
                _ = try await store.save(state)
                return
            } catch is StoreConflict {
                continue
            }
        }
    }

    // MARK: - Refusals

    private func refused(_ source: SourceConfiguration, _ state: SourceState, _ now: Date) -> PollReport {
        let breaker = state.breaker
        let why =
            switch breaker.state {
            case .forcedOpen: "the registry holds its breaker open (breaker.mode forced_open)"
            case .halfOpen: "a probe of it is under way"
            default:
                "its breaker is open until \(breaker.reopensAt.map(UTCTime.text) ?? "further notice"): \(breaker.cause ?? "no cause kept")"
            }
        var report = refusal(source, state, now, until: breaker.refusesUntil, why)
        report.record.hint = state.lastHint ?? "`wiredesk diagnose \(source.id)` asks now and shows every step."
        return report
    }

    /// `until` nil: the refusal has no end of its own.
    private func refusal(_ source: SourceConfiguration, _ state: SourceState, _ now: Date, until: Date?, _ why: String) -> PollReport {
        var record = PollRecord(source: source.id, startedAt: now, outcome: state.lastOutcome.flatMap { $0.isSuccess ? nil : $0 } ?? .config)
        record.message = "not asked: \(why)"
        record.breaker = state.breaker.state
        record.end = PollEnd.refused.rawValue
        var state = state
        state.nextPollAt = until.map { max($0, state.nextPollAt ?? $0) }
        return PollReport(record: record, state: state, wasRefused: true)
    }

    // MARK: - Fallback

    /// Lets the first fallback that can deliver do so. None is asked before its own time: one that delivered at its last poll serves
    /// without being asked, one that failed is passed over. `reports` gains what those came to that were asked.
    private func fallBack(
        from source: SourceConfiguration, in registry: Registry, _ reports: inout [PollReport]
    ) async throws -> (SourceID, ItemCounts)? {
        var visited: Set<SourceID> = [source.id]
        var next = source.fallback
        for _ in 1...Self.longestChain {
            guard let id = next, visited.insert(id).inserted, let candidate = registry[id] else { return nil }
            next = candidate.fallback
            let now = clock.now()
            guard candidate.isEnabled(at: now) else { continue }
            if let state = try await store.sourceState(of: id), let due = state.nextPollAt, due > now {
                guard state.failingSince == nil, state.lastSuccessAt != nil else { continue }
                return (id, ItemCounts())
            }
            let report = try await pollAlone(candidate, .scheduled)
            if !report.wasRefused { reports.append(report) }
            if report.isHealthy { return (id, report.items) }
        }
        return nil
    }

    /// Keeps who served, for lists; losing this to a faster writer is harmless.
    private func noteServer(_ server: SourceID, of report: PollReport) async throws {
        guard var state = try await store.sourceState(of: report.record.source), state.servedBy != server else { return }
        state.servedBy = server
        _ = try? await store.save(state)
    }

    private func log(_ transition: Breaker.Transition?, _ source: SourceID) {
        guard let transition else { return }
        logger.notice(
            "breaker \(transition.to.name)",
            metadata: [
                "source": "\(source)", "from": "\(transition.from.name)", "to": "\(transition.to.name)",
                "cause": "\(SafeText.line(transition.cause, limit: 300))",
            ])
    }
}

/// The sources that this process is polling: one poll of a source at a time.
private final class InFlight: Sendable {
    private let ids = Mutex<Set<SourceID>>([])

    func begin(_ id: SourceID) -> Bool { ids.withLock { $0.insert(id).inserted } }
    func end(_ id: SourceID) { ids.withLock { _ = $0.remove(id) } }
}
