public import Fetch
import FoundationEssentials
public import Logging
public import ServiceLifecycle
import Resilience
public import Stores
public import WireCore

/// The desk at work: polls every source of its registry when it is due, for ever.
///
/// A fixed number of workers each take the next source from the ``ScheduleBook``, poll it and come back; a timer wakes them when
/// somebody becomes due. The registry can be replaced while it runs: only what changed is touched. Where other hosts work upon the same store,
/// it looks after its share of the sources, as ``HostPresence`` says, and begins nothing while that is not current.
public actor Desk: Service {
    private var registry: Registry
    private var book: ScheduleBook
    private let poller: SourcePoller
    private let policy: AddressPolicy
    private let clock: any DeskClock
    private let logger: Logger
    private let observer: (@Sendable (PollReport) -> Void)?
    /// Nil: this desk is alone, and everything is its own.
    private let presence: HostPresence?
    private var division = HostPresence.Division()
    private var ended = MinuteCount()
    private var leasesLost = 0
    private var follower: (@Sendable (Registry) async throws -> Void)?

    private var idle: [CheckedContinuation<SourceID?, Never>] = []
    private var isStopping = false
    /// The timer's sleep, and until when; cutting it short makes the timer look again.
    private var sleeper: Task<Void, Never>?
    private var sleepsUntil = Date.distantFuture
    private nonisolated let stopSignal = AsyncStream<Void>.makeStream()

    /// `policy` tells which hosts are the operator's own and need no politeness; `observer` is told of every poll. `presence`, which has entered
    /// by the time that the desk runs, tells what this desk's share is.
    public init(
        registry: Registry, poller: SourcePoller, policy: AddressPolicy, clock: any DeskClock, logger: Logger, presence: HostPresence? = nil,
        observer: (@Sendable (PollReport) -> Void)? = nil
    ) {
        self.registry = registry
        self.poller = poller
        self.policy = policy
        self.clock = clock
        self.logger = logger
        self.observer = observer
        self.presence = presence
        book = ScheduleBook(network: registry.network)
    }

    /// Polls until the task is cancelled or a graceful shutdown begins; polls under way are then called off and file nothing but the
    /// return of their leases.
    public func run() async throws {
        division = presence?.division ?? division
        try await schedule(registry.sources)
        let workers = registry.network.concurrency
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask { await self.keepTime() }
                group.addTask { await self.housekeep() }
                group.addTask { await self.followShares() }
                for _ in 0..<workers { group.addTask { await self.work() } }
                for await _ in self.stopSignal.stream { break }
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            self.stopSignal.continuation.finish()
            Task { await self.stop() }  // Its only work is to let the waiting workers go; it ends by itself.
        }
    }

    private func stop() {
        isStopping = true
        sleeper?.cancel()
        for continuation in idle { continuation.resume(returning: nil) }
        idle.removeAll()
    }

    // MARK: - Workers

    private func work() async {
        while let id = await next() {
            guard let source = registry[id], source.isEnabled(at: clock.now()) else {
                leave(id)
                continue
            }
            do {
                let entry = book.entries[id]
                let manner: SourcePoller.Manner =
                    entry?.run?.isRequested == true ? .regular : presence == nil ? .scheduled : .planned(after: entry?.polledAt)
                let report = try await poller.poll(source, in: registry, manner)
                finished(report, of: source)
            } catch is CancellationError {
                return
            } catch let lost as LeaseLost {
                leasesLost += 1
                logger.warning("\(lost)", metadata: ["source": "\(id)"])
                // Whoever has it, or had it, says when it is due.
                finish(id, dueAt: clock.now().addingTimeInterval(5), isSuspect: true)
            } catch let error as NotBegun {
                if presence?.isCurrent(at: clock.now()) ?? true {
                    logger.error("a poll could not be begun", metadata: ["source": "\(id)", "error": "\(Self.line(error.cause))"])
                }
                finish(id, dueAt: clock.now().addingTimeInterval(5), isSuspect: true)
            } catch {
                logger.error(
                    "a poll could not be filed; it is tried again in a minute", metadata: ["source": "\(id)", "error": "\(Self.line(error))"])
                finish(id, dueAt: clock.now().addingTimeInterval(60), isSuspect: true)
            }
        }
    }

    private static func line(_ error: any Error) -> String { SafeText.line(String(describing: error), limit: 500) }

    /// The next source to poll; waits until there is one. Nil when the desk stops.
    private func next() async -> SourceID? {
        guard !isStopping else { return nil }
        let now = clock.now()
        if let id = take(at: now) { return id }
        rearm(at: now)
        return await withCheckedContinuation { idle.append($0) }
    }

    /// A source that is due; none while this host may not begin anything, or has not divided the work anew yet.
    private func take(at now: Date) -> SourceID? {
        if let presence, !presence.isCurrent(at: now) || presence.division.number != division.number { return nil }
        return book.take(at: now)
    }

    /// Hands due sources to idle workers, and has the timer wake them for the next.
    ///
    /// Both go by one reading of the clock, as everywhere here: what falls due between two would be neither handed out nor waited for.
    private func dispatch() {
        let now = clock.now()
        handOut(at: now)
        rearm(at: now)
    }

    private func handOut(at now: Date) {
        while !idle.isEmpty, !isStopping, let id = take(at: now) {
            idle.removeLast().resume(returning: id)
        }
    }

    private func finished(_ report: PollReport, of source: SourceConfiguration) {
        for fallback in report.fallbacks {
            if let due = fallback.state.nextPollAt { book.postpone(fallback.record.source, to: due, polledAt: fallback.state.lastPollAt) }
            log(fallback)
            observer?(fallback)
        }
        // Where only an operator can change anything it is looked at once an interval, so that the change is not missed.
        let due = report.state.nextPollAt ?? clock.now().addingTimeInterval(source.interval.least.seconds)
        if report.isElsewhere {
            finish(source.id, dueAt: due, isSuspect: report.state.failingSince != nil, polledAt: report.state.lastPollAt)
            return log(report)
        }
        ended.add(at: clock.now())
        finish(source.id, dueAt: due, isSuspect: !report.isHealthy || report.record.durationMs > 5000, polledAt: report.state.lastPollAt)
        log(report)
        observer?(report)
    }

    private func finish(_ id: SourceID, dueAt: Date, isSuspect: Bool, polledAt: Date? = nil) {
        book.finish(id, dueAt: dueAt, isSuspect: isSuspect, polledAt: polledAt)
        // Of another's share: polled because somebody asked here.
        if !isOwn(id), book.entries[id]?.isRequested == false { book.remove(id) }
        dispatch()
    }

    /// A source that is no longer to be polled when its turn comes.
    private func leave(_ id: SourceID) {
        guard let source = registry[id], let until = source.disabled?.until else { return book.remove(id) }
        finish(id, dueAt: until, isSuspect: true)
    }

    // MARK: - Time

    /// Wakes workers whenever a source becomes due.
    private func keepTime() async {
        while !Task.isCancelled, !isStopping {
            let now = clock.now()
            handOut(at: now)
            // Even with nothing planned it looks round once a minute of the desk's time.
            let wake = min(book.nextWake(after: now) ?? .distantFuture, now.addingTimeInterval(60))
            sleepsUntil = wake
            // Not a child task, so that it alone can be cut short; it never outlives this turn.
            let sleep = Task { [clock] in _ = try? await clock.sleep(until: wake) }
            sleeper = sleep
            await withTaskCancellationHandler {
                await sleep.value
            } onCancel: {
                sleep.cancel()
            }
        }
    }

    /// Cuts the timer's sleep short when somebody is due before it would end.
    private func rearm(at now: Date) {
        guard let wake = book.nextWake(after: now), wake < sleepsUntil else { return }
        sleepsUntil = wake
        sleeper?.cancel()
    }

    /// Once an hour of the desk's time, lets go of what has aged; of many hosts one does.
    private func housekeep() async {
        while !Task.isCancelled, !isStopping {
            let now = clock.now()
            if presence?.isChosen(for: "housekeeping", role: "poll") ?? true { await prune(now: now) }
            guard (try? await clock.sleep(for: .seconds(3600))) != nil else { return }
        }
    }

    private func prune(now: Date) async {
        do {
            let removed = try await poller.store.prune(
                pollsBefore: now.addingTimeInterval(-registry.retention.polls.seconds),
                articlesBefore: registry.retention.articles.map { now.addingTimeInterval(-$0.seconds) })
            if removed > 0 { logger.info("old rows removed", metadata: ["rows": "\(removed)"]) }
        } catch {
            logger.error("old rows could not be removed", metadata: ["error": "\(Self.line(error))"])
        }
    }

    // MARK: - Shares

    /// What this desk is doing, as other hosts are told.
    public var work: HostWork {
        var work = HostWork()
        work.sources = book.entries.count
        work.pollsPerMinute = ended.count(at: clock.now())
        work.pollsUnderWay = poller.pollsUnderWay
        work.leasesLost = leasesLost
        return work
    }

    /// True for sources that this desk looks after.
    private func isOwn(_ id: SourceID) -> Bool { presence.map { division.shares.holder(of: id) == $0.id } ?? true }

    /// Takes over and hands over sources as hosts come and go.
    private func followShares() async {
        guard let presence else { return }
        for await _ in presence.changes {
            if presence.division.number != division.number { await divide(presence.division) } else { dispatch() }
        }
    }

    /// What is another's now leaves the book at once (a poll under way ends as usual, under its lease); what is ours now enters as the store has it.
    private func divide(_ division: HostPresence.Division) async {
        self.division = division
        var gained: [SourceConfiguration] = []
        for source in registry.sources {
            let entry = book.entries[source.id]
            if isOwn(source.id) {
                if entry == nil { gained.append(source) }
            } else if entry?.isRequested == false, entry?.run?.isRequested != true {
                book.remove(source.id)
            }
        }
        logger.notice(
            "the sources are divided anew",
            metadata: ["hosts": "\(division.hosts.count)", "own": "\(book.entries.count + gained.count)", "gained": "\(gained.count)"])
        dispatch()
        while !isStopping, division.number == self.division.number {
            do {
                return try await schedule(gained, untilDividedAnew: true)
            } catch {
                logger.error("the state of sources that came to this host cannot be read", metadata: ["error": "\(Self.line(error))"])
                guard (try? await clock.sleep(for: HostPresence.pace)) != nil else { return }
            }
        }
    }

    // MARK: - Registry

    /// `follower` is handed each later registry before it is in force: it takes over its part, or throws why it cannot.
    public func follow(_ follower: @escaping @Sendable (Registry) async throws -> Void) { self.follower = follower }

    /// The registry in force.
    public var currentRegistry: Registry { registry }

    /// Puts a new registry in force: sources that are as they were keep their schedule, new and changed ones are due at once, removed
    /// ones are forgotten by the schedule (not by the store). Values of `network` take effect at the next start. What the follower throws
    /// refuses it, and everything stays as it was.
    public func replace(_ registry: Registry) async throws {
        try await follower?(registry)
        let old = Dictionary(uniqueKeysWithValues: self.registry.sources.map { ($0.id, $0) })
        let changed = registry.sources.filter { source in
            guard var before = old[source.id] else { return true }
            before.line = source.line
            return before != source
        }
        let removed = Set(old.keys).subtracting(registry.sources.map(\.id))
        let isOtherNetwork = registry.network != self.registry.network
        self.registry = registry
        for id in removed { book.remove(id) }
        // What one server asked for does not bind another.
        for source in changed where old[source.id].map({ $0.url != source.url }) == true { try await poller.forgetWish(of: source.id) }
        try await schedule(changed, isChange: true)
        logger.notice(
            "the registry was taken over",
            metadata: ["sources": "\(registry.sources.count)", "changed": "\(changed.count)", "removed": "\(removed.count)"])
        if isOtherNetwork { logger.notice("what the registry's `network` says takes effect at the next start") }
    }

    /// Sources whose states are read at a time.
    private static let statesAtATime = 5000

    /// Enters those sources into the book that are this desk's to look after: when the store says, or soon when it has never been polled or was
    /// changed; never before an open breaker's time, nor before the time that the server asked for.
    /// `untilDividedAnew`: leaves off when the work is to be divided anew, which finds out who is missing.
    private func schedule(_ sources: [SourceConfiguration], isChange: Bool = false, untilDividedAnew: Bool = false) async throws {
        let own = sources.filter { isOwn($0.id) }
        for start in stride(from: 0, to: own.count, by: Self.statesAtATime) {
            if untilDividedAnew, let presence, presence.division.number != division.number { return }
            let some = own[start..<min(start + Self.statesAtATime, own.count)]
            let states = try await poller.store.sourceStates(of: some.map(\.id))
            // Meanwhile hosts may have come, and the registry may be another.
            for id in some.map(\.id) where isOwn(id) {
                if let source = registry[id] { enter(source, states[id], isChange: isChange) }
            }
            dispatch()
        }
    }

    private func enter(_ source: SourceConfiguration, _ state: SourceState?, isChange: Bool) {
        let now = clock.now()
        // Jitter, so that a start does not ask everybody in the same instant.
        let soon = now.addingTimeInterval(.random(in: 0...1.5))
        // An interval that was shortened holds at once.
        let latest = now.addingTimeInterval(source.interval.most.seconds)
        var due = max(isChange ? soon : min(state?.nextPollAt ?? soon, latest), soon)
        // Of a probe that is out the lease decides, when the source's turn comes: whoever has it may be dead.
        let opensAt = state?.breaker.state == .halfOpen ? nil : state?.breaker.refusesUntil
        for bound in [opensAt, state?.notBefore] { due = max(due, bound ?? due) }
        if let until = source.disabled?.until, !source.isEnabled(at: now) { due = until }
        guard source.isEnabled(at: now) || source.disabled?.until != nil else { return book.remove(source.id) }
        book.set(
            source.id, host: source.host, isPolite: !policy.isOwn(source.host), dueAt: due,
            isSuspect: state == nil || state?.failingSince != nil, pause: min(ScheduleBook.leastPause, source.interval.least),
            polledAt: state?.lastPollAt)
    }

    /// Polls a source as soon as a place is free, an operator's request: neither its interval nor its server's wish stands in the way,
    /// nor that it is another host's to look after; only its breaker does. False when there is no such source.
    public func pollSoon(_ id: SourceID) -> Bool {
        if book.entries[id] == nil, !isOwn(id), let source = registry[id] { enter(source, nil, isChange: true) }
        guard book.request(id, at: clock.now()) else { return false }
        dispatch()
        return true
    }

    private func log(_ report: PollReport) {
        let record = report.record
        var facts: Logger.Metadata = [
            "source": "\(record.source)", "outcome": "\(record.outcome.rawValue)", "ms": "\(record.durationMs)",
            "new": "\(report.items.new)", "message": "\(SafeText.line(record.message, limit: 300))",
        ]
        if let server = record.servedBy, server != record.source { facts["servedBy"] = "\(server)" }
        if let next = report.state.nextPollAt { facts["next"] = "\(UTCTime.text(next))" }
        let level: Logger.Level = report.isHealthy ? (report.items.new > 0 ? .info : .debug) : report.wasRefused ? .debug : .warning
        logger.log(level: level, "polled", metadata: facts)
    }
}
