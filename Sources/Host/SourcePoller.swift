public import Fetch
public import FoundationEssentials
public import Logging
public import Resilience
import SourcePlugins
public import Stores
import Synchronization
public import WireCore

/// Polls one source as the desk does: behind its breaker, with its fallback, and with everything filed.
///
/// The store is the only memory: the state is read before a poll and written after it, each time against its revision, so that hosts
/// and command lines at work on the same data never undo each other. Before anything is asked, the poll's lease is written into the state; only
/// who has it still may file.
public struct SourcePoller: Sendable {
    public let store: any DeskStore
    public let clock: any DeskClock
    private let runner: PollRunner
    private let environment: [String: String]
    private let logger: Logger
    private let underWay = InFlight()
    /// What this host knows of others; nil for a command line, which knows of none.
    private let presence: HostPresence?
    /// Who this process is in leases.
    private let owner: JobOwner
    /// How many fallbacks may stand behind each other.
    private static let longestChain = 3

    public init(
        store: any DeskStore, fetcher: any DocumentFetching, clock: any DeskClock, environment: [String: String], logger: Logger,
        backoff: Backoff = Backoff(), presence: HostPresence? = nil, owner: JobOwner = .own
    ) {
        self.store = store
        self.clock = clock
        self.environment = environment
        self.logger = logger
        self.presence = presence
        self.owner = owner
        runner = PollRunner(fetcher: fetcher, retries: SharedRetryBudget(clock: clock), backoff: backoff)
    }

    /// Whom to ask first.
    public enum Manner: Sendable, Equatable {
        /// The desk's own polls: as the breaker says, and not before the time that the server itself asked for.
        case scheduled
        /// The same among hosts that share the work: not if somebody has polled the source since the poll after which this one was planned.
        case planned(after: Date?)
        /// A person asks: as the breaker says.
        case regular
        /// An operator wants to know now: an open breaker is passed over, its result counted.
        case forced
    }

    /// The polls under way in this process.
    public var pollsUnderWay: Int { underWay.count }

    /// Polls a source, and its fallback if it fails. Throws what the store throws, as ``NotBegun`` where nobody was asked yet; ``LeaseLost``
    /// when another host has taken the source over meanwhile; and `CancellationError`.
    public func poll(_ source: SourceConfiguration, in registry: Registry, _ manner: Manner = .regular) async throws -> PollReport {
        var report = try await pollAlone(source, manner)
        guard !report.isHealthy, report.record.outcome != .offline else { return report }
        guard let server = try await fallBack(from: source, in: registry, &report.fallbacks) else { return report }
        // What it brought is its own, and counted there.
        report.record.servedBy = server
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
        let claim: Claim
        switch try await self.claim(source, manner, now) {
        case .granted(let granted): claim = granted
        case .refused(let report): return report
        }
        do {
            let started = ContinuousClock.now
            let reading = await reading(source, claim, now: now)
            if reading.isCancelled || Task.isCancelled { throw CancellationError() }
            let duration = started.duration(to: .now).milliseconds
            return try await file(reading, of: source, claim, startedAt: now, durationMs: duration)
        } catch {
            if !(error is LeaseLost) { await giveBack(claim) }
            throw error
        }
    }

    // MARK: - Claims

    /// A source that is ours to poll.
    private struct Claim {
        var state: SourceState
        /// Of the breaker, to report the result with.
        var generation: Int
        var isProbe: Bool
        var lease: Int
    }

    private enum Claiming {
        case granted(Claim)
        case refused(PollReport)
    }

    /// Brings the breaker in line with the registry, asks it, and takes the source's lease, all in one write, before anything is asked of the
    /// source: two processes may both want a source, and one has it.
    private func claim(_ source: SourceConfiguration, _ manner: Manner, _ now: Date) async throws -> Claiming {
        do {
            for _ in 1...Self.tries {
                let state = try await store.sourceState(of: source.id) ?? SourceState(source: source.id)
                if let refusal = refusal(source, state, manner, now) { return .refused(refusal) }
                do {
                    return try await claim(source, upon: state, manner, now)
                } catch is StoreConflict {
                    continue
                }
            }
            let state = try await store.sourceState(of: source.id) ?? SourceState(source: source.id)
            return .refused(elsewhere(source, state, now, until: now.addingTimeInterval(Self.lookAgain), "others change its state all the time"))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw NotBegun(source: source.id, cause: error)
        }
    }

    /// Throws ``StoreConflict`` when somebody was quicker.
    private func claim(_ source: SourceConfiguration, upon state: SourceState, _ manner: Manner, _ now: Date) async throws -> Claiming {
        var changed = state
        var transitions: [Breaker.Transition?] = []
        // Nobody is at work on it: the probe of one who was will not report.
        if changed.breaker.state == .halfOpen { transitions.append(changed.breaker.takeBackLease(at: now)) }
        transitions.append(changed.breaker.apply(source.breaker.mode))
        let wasOpen = changed.breaker.state == .open || changed.breaker.state == .halfOpen
        if manner == .forced, wasOpen { changed.breaker.forceProbe() }
        let longest = source.ceilings.wallTime + Self.timeToFile
        let (permission, transition) = changed.breaker.permit(at: now, lasting: longest, source.breaker)
        transitions.append(transition)
        guard case .allowed(let generation, let isProbe) = permission else {
            changed.lease = nil
            if changed != state { changed = try await store.save(changed) }
            for transition in transitions { log(transition, source.id) }
            return .refused(refused(source, changed, now))
        }
        let lease = SourceLease(holder: owner.text, number: state.revision + 1, until: now.addingTimeInterval(longest.seconds))
        changed.lease = lease
        changed = try await store.claim(changed)
        underWay.take(source.id)
        for transition in transitions { log(transition, source.id) }
        return .granted(Claim(state: changed, generation: generation, isProbe: isProbe, lease: lease.number))
    }

    /// Why the source is not to be polled now, whatever its breaker says; nil: it may be.
    private func refusal(_ source: SourceConfiguration, _ state: SourceState, _ manner: Manner, _ now: Date) -> PollReport? {
        if let lease = state.lease, isHeld(lease, of: source.id, at: now) {
            let who = SafeText.line(lease.holder.split(separator: ":").first.map(String.init) ?? lease.holder, limit: 100)
            let until = min(lease.until, now.addingTimeInterval(Self.lookAgain))
            return elsewhere(source, state, now, until: max(until, now), "\(who) is polling it")
        }
        if case .planned(let known) = manner, let last = state.lastPollAt, let next = state.nextPollAt, next > now {
            // Stores keep milliseconds.
            let isKnown = known.map { abs($0.timeIntervalSince(last)) < 0.002 } ?? false
            if !isKnown { return elsewhere(source, state, now, until: next, "another process polled it at \(UTCTime.text(last))") }
        }
        let isOwn =
            switch manner {
            case .scheduled, .planned: true
            case .regular, .forced: false
            }
        guard isOwn, let wish = state.notBefore, wish > now else { return nil }
        return refusal(source, state, now, until: wish, "the server asked to be left alone until \(UTCTime.text(wish))")
    }

    /// A holder that is known to be dead, or whose process of this machine is gone, holds nothing any more.
    private func isHeld(_ lease: SourceLease, of source: SourceID, at now: Date) -> Bool {
        guard !underWay.hasLeft(lease, of: source), (presence?.roster ?? Roster()).isHeld(lease, at: now) else { return false }
        return !JobOwner.hasEnded(lease.holder)
    }

    /// When a source that another is polling is looked at again, in seconds: the other may be killed.
    private static let lookAgain = 5.0
    /// How often a write is tried again after somebody else was faster.
    private static let tries = 5
    /// What a lease adds to the poll's own wall time.
    private static let timeToFile = Duration.seconds(60)

    private func reading(_ source: SourceConfiguration, _ claim: Claim, now: Date) async -> PollReading {
        let state = claim.state
        var memory = PollRunner.Memory()
        memory.validators = state.validators
        memory.validatorsURL = state.validatorsURL
        memory.adapterState = state.adapterState
        memory.mayRetry = !claim.isProbe && state.breaker.consecutiveFailures == 0
        return await runner.run(source, environment: environment, memory: memory, now: now)
    }

    /// Settles and files a poll, and gives its lease back with it. Where somebody else changed the state meanwhile, the poll is settled again
    /// upon what they wrote, as long as the lease is ours. Throws ``LeaseLost`` when it is not, and has written nothing then.
    private func file(
        _ reading: PollReading, of source: SourceConfiguration, _ claim: Claim, startedAt: Date, durationMs: Int
    ) async throws -> PollReport {
        let drafts = ArticleDraft.drafts(of: reading.items)
        let (unit, jitterUnit) = (Double.random(in: 0...1), Double.random(in: 0...1))
        var state = claim.state
        for attempt in 1... {
            var settled = PollSettlement(
                reading, of: source, state: state, generation: claim.generation, startedAt: startedAt, durationMs: durationMs,
                now: clock.now(), unit: unit, jitterUnit: jitterUnit)
            settled.state.lease = nil
            var filing = PollFiling(
                drafts: drafts, state: settled.state, record: settled.record, newItemsPerDay: source.ceilings.newItemsPerDay,
                bytesStoredPerDay: source.ceilings.bytesStoredPerDay)
            filing.lease = claim.lease
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
                guard state.lease?.number == claim.lease else {
                    throw LeaseLost(source: source.id, number: claim.lease, holder: state.lease?.holder)
                }
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

    /// Gives a lease back whose poll was called off or could not be filed, a probe's with it: the next poll need not wait for its end.
    private func giveBack(_ claim: Claim) async {
        // Not a child task: it must do its work although the poll's task is cancelled. It is waited for.
        let work = Task { try await takeBack(claim) }
        guard case .failure(let error) = await work.result else { return }
        underWay.leave(claim.lease, of: claim.state.source)
        logger.error(
            "the lease of a poll could not be given back; it ends by itself, or with this host's next poll of the source",
            metadata: ["source": "\(claim.state.source)", "error": "\(SafeText.line(String(describing: error), limit: 300))"])
    }

    private func takeBack(_ claim: Claim) async throws {
        for _ in 1...Self.tries {
            guard var state = try await store.sourceState(of: claim.state.source), state.lease?.number == claim.lease else { return }
            state.lease = nil
            let transition = claim.isProbe ? state.breaker.takeBackLease(generation: claim.generation, at: clock.now()) : nil
            do {
                _ = try await store.save(state)
                return log(transition, state.source)
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

    /// Another process has it, or had it a moment ago.
    private func elsewhere(_ source: SourceConfiguration, _ state: SourceState, _ now: Date, until: Date, _ why: String) -> PollReport {
        var report = refusal(source, state, now, until: until, why)
        report.isElsewhere = true
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
    ) async throws -> SourceID? {
        var visited: Set<SourceID> = [source.id]
        var next = source.fallback
        for _ in 1...Self.longestChain {
            guard let id = next, visited.insert(id).inserted, let candidate = registry[id] else { return nil }
            next = candidate.fallback
            let now = clock.now()
            guard candidate.isEnabled(at: now) else { continue }
            if let state = try await store.sourceState(of: id), let due = state.nextPollAt, due > now {
                guard state.failingSince == nil, state.lastSuccessAt != nil else { continue }
                return id
            }
            let report = try await pollAlone(candidate, .scheduled)
            if !report.wasRefused { reports.append(report) }
            if report.isHealthy { return id }
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

/// The sources that this host is polling: one poll of a source at a time.
private final class InFlight: Sendable {
    private let state = Mutex<(polls: Set<SourceID>, left: [SourceID: Int])>(([], [:]))

    var count: Int { state.withLock { $0.polls.count } }

    func begin(_ id: SourceID) -> Bool { state.withLock { $0.polls.insert(id).inserted } }
    func end(_ id: SourceID) { state.withLock { _ = $0.polls.remove(id) } }

    /// Notes a lease whose poll has ended, and which is still in the store.
    func leave(_ lease: Int, of id: SourceID) { state.withLock { $0.left[id] = lease } }
    /// Forgets it: the source has another lease.
    func take(_ id: SourceID) { state.withLock { _ = $0.left.removeValue(forKey: id) } }
    func hasLeft(_ lease: SourceLease, of id: SourceID) -> Bool { state.withLock { $0.left[id] == lease.number } }
}

/// A poll could not be begun, because the store failed: nobody was asked.
public struct NotBegun: Error, CustomStringConvertible {
    public var source: SourceID
    public var cause: any Error

    public var description: String { "the poll of \(source) could not be begun: \(cause)" }
}
