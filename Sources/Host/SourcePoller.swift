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

    /// Whether to ask the breaker first.
    public enum Manner: Sendable {
        /// As the breaker says.
        case regular
        /// An operator wants to know now: an open breaker is passed over, its result counted.
        case forced
    }

    /// Polls a source, and its fallback if it fails. Throws only what the store throws, and `CancellationError`.
    public func poll(_ source: SourceConfiguration, in registry: Registry, _ manner: Manner = .regular) async throws -> PollReport {
        var report = try await pollAlone(source, manner)
        guard !report.isHealthy, report.record.outcome != .offline else { return report }
        guard let (server, counts) = try await fallBack(from: source, in: registry) else { return report }
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
            return refusal(source, SourceState(source: source.id), now, "is being polled already")
        }
        defer { underWay.end(source.id) }
        var state = try await store.sourceState(of: source.id) ?? SourceState(source: source.id)
        let permission = try await permission(source, &state, manner, now)
        guard case .allowed(let generation, let isProbe) = permission else {
            return refused(source, state, now)
        }
        let started = ContinuousClock.now
        let reading = await reading(source, state, isProbe: isProbe, now: now)
        if reading.isCancelled || Task.isCancelled { throw CancellationError() }
        let duration = started.duration(to: .now).milliseconds
        return try await file(reading, of: source, state: state, generation: generation, startedAt: now, durationMs: duration)
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
            let (permission, transition) = changed.breaker.permit(at: now, source.breaker)
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
            let filing = PollFiling(
                drafts: drafts, state: settled.state, record: settled.record, newItemsPerDay: source.ceilings.newItemsPerDay,
                bytesStoredPerDay: source.ceilings.bytesStoredPerDay)
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
        if refused > 0 { record.message += "; \(refused) not stored (nothing to know them by, or beyond the source's daily ceiling)" }
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
        var report = refusal(source, state, now, why)
        report.record.hint = state.lastHint ?? "`wiredesk diagnose \(source.id)` asks now and shows every step."
        return report
    }

    private func refusal(_ source: SourceConfiguration, _ state: SourceState, _ now: Date, _ why: String) -> PollReport {
        var record = PollRecord(source: source.id, startedAt: now, outcome: state.lastOutcome.flatMap { $0.isSuccess ? nil : $0 } ?? .config)
        record.message = "not asked: \(why)"
        record.breaker = state.breaker.state
        record.end = PollEnd.refused.rawValue
        return PollReport(record: record, state: state, wasRefused: true)
    }

    // MARK: - Fallback

    /// Lets the first fallback that can deliver do so. One that delivered lately and is not due again serves without being asked.
    private func fallBack(from source: SourceConfiguration, in registry: Registry) async throws -> (SourceID, ItemCounts)? {
        var visited: Set<SourceID> = [source.id]
        var next = source.fallback
        for _ in 1...Self.longestChain {
            guard let id = next, visited.insert(id).inserted, let candidate = registry[id] else { return nil }
            next = candidate.fallback
            let now = clock.now()
            guard candidate.isEnabled(at: now) else { continue }
            if let state = try await store.sourceState(of: id), state.failingSince == nil, let due = state.nextPollAt, due > now {
                return (id, ItemCounts())
            }
            let report = try await pollAlone(candidate, .regular)
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
