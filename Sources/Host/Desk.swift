public import Fetch
import FoundationEssentials
public import Logging
public import ServiceLifecycle
import Resilience
import Stores
public import WireCore

/// The desk at work: polls every source of its registry when it is due, for ever.
///
/// A fixed number of workers each take the next source from the ``ScheduleBook``, poll it and come back; a timer wakes them when
/// somebody becomes due. The registry can be replaced while it runs: only what changed is touched.
public actor Desk: Service {
    private var registry: Registry
    private var book: ScheduleBook
    private let poller: SourcePoller
    private let policy: AddressPolicy
    private let clock: any DeskClock
    private let logger: Logger
    private let observer: (@Sendable (PollReport) -> Void)?
    private var follower: (@Sendable (Registry) async throws -> Void)?

    private var idle: [CheckedContinuation<SourceID?, Never>] = []
    private var isStopping = false
    /// The timer's sleep, and until when; cutting it short makes the timer look again.
    private var sleeper: Task<Void, Never>?
    private var sleepsUntil = Date.distantFuture
    private nonisolated let stopSignal = AsyncStream<Void>.makeStream()

    /// `policy` tells which hosts are the operator's own and need no politeness; `observer` is told of every poll.
    public init(
        registry: Registry, poller: SourcePoller, policy: AddressPolicy, clock: any DeskClock, logger: Logger,
        observer: (@Sendable (PollReport) -> Void)? = nil
    ) {
        self.registry = registry
        self.poller = poller
        self.policy = policy
        self.clock = clock
        self.logger = logger
        self.observer = observer
        book = ScheduleBook(network: registry.network)
    }

    /// Polls until the task is cancelled or a graceful shutdown begins; polls under way are then called off and file nothing but the
    /// return of a probe's lease. Leases that a host left which died are released first: see ``SourcePoller/releaseLeases()``.
    public func run() async throws {
        try await poller.releaseLeases()
        try await schedule(registry.sources)
        let workers = registry.network.concurrency
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask { await self.keepTime() }
                group.addTask { await self.housekeep() }
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
                let isRequested = book.entries[id]?.run?.isRequested == true
                let report = try await poller.poll(source, in: registry, isRequested ? .regular : .scheduled)
                finished(report, of: source)
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "a poll could not be filed; it is tried again in a minute",
                    metadata: ["source": "\(id)", "error": "\(SafeText.line(String(describing: error), limit: 500))"])
                finish(id, dueAt: clock.now().addingTimeInterval(60), isSuspect: true)
            }
        }
    }

    /// The next source to poll; waits until there is one. Nil when the desk stops.
    private func next() async -> SourceID? {
        guard !isStopping else { return nil }
        if let id = book.take(at: clock.now()) { return id }
        rearm()
        return await withCheckedContinuation { idle.append($0) }
    }

    /// Hands due sources to idle workers.
    private func dispatch() {
        while !idle.isEmpty, !isStopping, let id = book.take(at: clock.now()) {
            idle.removeLast().resume(returning: id)
        }
    }

    private func finished(_ report: PollReport, of source: SourceConfiguration) {
        for fallback in report.fallbacks {
            if let due = fallback.state.nextPollAt { book.postpone(fallback.record.source, to: due) }
            log(fallback)
        }
        // Where only an operator can change anything it is looked at once an interval, so that the change is not missed.
        let due = report.state.nextPollAt ?? clock.now().addingTimeInterval(source.interval.least.seconds)
        finish(source.id, dueAt: due, isSuspect: !report.isHealthy || report.record.durationMs > 5000)
        log(report)
        observer?(report)
    }

    private func finish(_ id: SourceID, dueAt: Date, isSuspect: Bool) {
        book.finish(id, dueAt: dueAt, isSuspect: isSuspect)
        dispatch()
        rearm()
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
            dispatch()
            let now = clock.now()
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
    private func rearm() {
        guard let wake = book.nextWake(after: clock.now()), wake < sleepsUntil else { return }
        sleepsUntil = wake
        sleeper?.cancel()
    }

    /// Once an hour of the desk's time, lets go of what has aged.
    private func housekeep() async {
        while !Task.isCancelled, !isStopping {
            let now = clock.now()
            do {
                let removed = try await poller.store.prune(
                    pollsBefore: now.addingTimeInterval(-registry.retention.polls.seconds),
                    articlesBefore: registry.retention.articles.map { now.addingTimeInterval(-$0.seconds) })
                if removed > 0 { logger.info("old rows removed", metadata: ["rows": "\(removed)"]) }
            } catch {
                logger.error("old rows could not be removed", metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
            }
            guard (try? await clock.sleep(for: .seconds(3600))) != nil else { return }
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

    /// Enters sources into the book: when the store says, or soon when it has never been polled or was changed; never before an open
    /// breaker's time, nor before the time that the server asked for.
    private func schedule(_ sources: [SourceConfiguration], isChange: Bool = false) async throws {
        let states = try await poller.store.sourceStates()
        let now = clock.now()
        for source in sources {
            let state = states[source.id]
            // Jitter, so that a start does not ask everybody in the same instant.
            let soon = now.addingTimeInterval(.random(in: 0...1.5))
            // An interval that was shortened holds at once.
            let latest = now.addingTimeInterval(source.interval.most.seconds)
            var due = max(isChange ? soon : min(state?.nextPollAt ?? soon, latest), soon)
            for bound in [state?.breaker.refusesUntil, state?.notBefore] { due = max(due, bound ?? due) }
            if let until = source.disabled?.until, !source.isEnabled(at: now) { due = until }
            guard source.isEnabled(at: now) || source.disabled?.until != nil else {
                book.remove(source.id)
                continue
            }
            book.set(
                source.id, host: source.host, isPolite: !policy.isOwn(source.host), dueAt: due,
                isSuspect: state == nil || state?.failingSince != nil, pause: min(ScheduleBook.leastPause, source.interval.least))
        }
        dispatch()
        rearm()
    }

    /// Polls a source as soon as a place is free, an operator's request: neither its interval nor its server's wish stands in the way,
    /// only its breaker does. False when there is no such source.
    public func pollSoon(_ id: SourceID) -> Bool {
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
