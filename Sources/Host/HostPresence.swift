public import FoundationEssentials
public import Logging
public import ServiceLifecycle
public import Stores
import Synchronization
public import WireCore

/// This host among the others: it beats, reads who else does, and says which part of the work is this host's.
///
/// A host that could not beat for ``patience`` (the store is away, or the machine stood still) is not ``isCurrent(at:)`` and begins nothing: by
/// then the others are about to take it for dead. It goes on by itself with the next beat that the store takes.
public final class HostPresence: Service, Sendable {
    /// Between two beats.
    public static let pace = Duration.seconds(2)
    /// How long a beat counts, from the moment it was sent: less than the others' ``Roster/silence``.
    public static let patience = Duration.seconds(10)

    /// As ``Stores/HostEntry/id``.
    public let id: String
    private let store: any HostStore
    private let clock: any DeskClock
    private let logger: Logger
    private let state: Mutex<State>
    /// Yields when the shares have changed, or the host may go on after it could not.
    let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation
    private let errands = Errands()

    private struct State: Sendable {
        var entry: HostEntry
        var roster = Roster()
        var pollers = Division()
        /// Until when the last beat counts; and by the machine's own count, for a clock that is put back.
        var goodUntil = Date.distantPast
        var goodUntilAtLast = ContinuousClock.now
        var isLapsed = false
        var describe: (@Sendable () async -> HostWork)?
        var whenDead: (@Sendable (HostEntry) async -> Void)?

        func isCurrent(at now: Date) -> Bool { now < goodUntil && .now < goodUntilAtLast }
    }

    /// The work as it is divided, and how often it was before.
    struct Division: Sendable, Equatable {
        var number = 0
        var hosts: [String] = []
        var shares = HostShares([String]())
    }

    /// `roles` as in ``Stores/HostEntry/roles``; `owner` names this process.
    public init(
        owner: JobOwner = .own, roles: [String], version: String, store: any HostStore, clock: any DeskClock, logger: Logger
    ) {
        id = owner.text
        self.store = store
        self.clock = clock
        self.logger = logger
        let now = clock.now()
        state = Mutex(State(entry: HostEntry(id: owner.text, roles: roles, version: version, startedAt: now, beatAt: now)))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What the beats say of this host's work.
    public func describe(_ work: @escaping @Sendable () async -> HostWork) { state.withLock { $0.describe = work } }

    /// What is done, beside the beats, when another host is found dead.
    public func whenDead(_ action: @escaping @Sendable (HostEntry) async -> Void) { state.withLock { $0.whenDead = action } }

    /// Where the dashboard is served.
    public func setAddress(_ address: String) { state.withLock { $0.entry.address = address } }

    /// Enters this host; to be called before anything is begun. Throws what the store throws.
    public func enter() async throws { try await beat() }

    /// Beats until the task is cancelled or a graceful shutdown begins, then leaves: to be the last service that ends.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await self.clock.sleep(for: Self.pace)) != nil {
                do {
                    try await self.beat()
                } catch {
                    self.lapse(error)
                }
            }
        }
        await errands.finish(within: .seconds(1))
        // Apart from this task, which may be cancelled.
        let left = await Task { [store, id] in try await store.leave(id) }.result
        if case .failure(let error) = left {
            logger.warning("this host could not leave the list; the others will see that it is gone", metadata: ["error": "\(Self.line(error))"])
        }
    }

    // MARK: - What others ask

    /// True while this host may begin something.
    public func isCurrent(at now: Date) -> Bool { state.withLock { $0.isCurrent(at: now) } }

    /// Everybody, as this host sees them.
    public var roster: Roster { state.withLock { $0.roster } }

    /// How polls are divided among the hosts that poll.
    var division: Division { state.withLock { $0.pollers } }

    /// True when no other host that lives has the role.
    public func isAlone(in role: String) -> Bool { roster.living(role).allSatisfy { $0 == id } }

    /// True when this host, of those that live and have the role, is the one to do what bears this name.
    public func isChosen(for name: String, role: String) -> Bool { HostShares(roster.living(role)).holder(of: name) == id }

    // MARK: - Beating

    private func beat() async throws {
        let describe = state.withLock { $0.describe }
        let work = await describe?() ?? HostWork()
        let (sent, sentAtLast) = (clock.now(), ContinuousClock.now)
        let entry = state.withLock { state in
            state.entry.beat += 1
            state.entry.beatAt = sent
            state.entry.work = work
            return state.entry
        }
        let entries = try await store.beat(entry)
        let seen = clock.now()
        // Another process's end can be seen on the same machine alone.
        let gone = Set(entries.map(\.id).filter { JobOwner.hasEnded($0) })
        let (before, after, wasLapsed) = state.withLock { state in
            let before = state.roster
            state.roster.note(entries, at: seen, isGone: gone.contains)
            let hosts = state.roster.sharing("poll")
            let isNew = hosts != state.pollers.hosts
            if isNew { state.pollers = Division(number: state.pollers.number + 1, hosts: hosts, shares: HostShares(hosts)) }
            let wasLapsed = !state.isCurrent(at: seen) && entry.beat > 1
            state.goodUntil = sent.addingTimeInterval(Self.patience.seconds)
            state.goodUntilAtLast = sentAtLast + Self.patience
            state.isLapsed = false
            if isNew || wasLapsed { change.yield() }
            return (before, state.roster, wasLapsed)
        }
        if wasLapsed { logger.notice("this host could not beat for a while, and goes on now", metadata: ["host": "\(id)"]) }
        log(from: before, to: after)
        mourn(from: before, to: after)
    }

    private func mourn(from before: Roster, to after: Roster) {
        guard let action = state.withLock({ $0.whenDead }) else { return }
        for member in after.members where !member.isAlive && before[member.entry.id]?.isAlive == true {
            errands.begin { await action(member.entry) }
        }
    }

    private func lapse(_ error: any Error) {
        let now = clock.now()
        let isNews = state.withLock { state in
            guard !state.isCurrent(at: now), !state.isLapsed else { return false }
            state.isLapsed = true
            return true
        }
        guard isNews else { return }
        logger.error(
            "the store cannot be reached: this host begins nothing until it can; it tries every \(Self.pace.short)",
            metadata: ["error": "\(Self.line(error))"])
    }

    private func log(from before: Roster, to after: Roster) {
        for member in after.members where member.entry.id != id {
            let facts: Logger.Metadata = [
                "host": "\(SafeText.line(member.entry.id, limit: 120))", "roles": "\(member.entry.roles.joined(separator: ","))",
            ]
            let known = before[member.entry.id]
            if member.isAlive, member.hasMoved, known?.isAlive != true || known?.hasMoved != true {
                logger.notice("a host is at work beside this one", metadata: facts)
                if abs(member.clockAhead) > 5 {
                    logger.warning(
                        "that host's clock differs from this one's by \(Duration.seconds(abs(member.clockAhead)).short); its polls will be early or late",
                        metadata: facts)
                }
            }
            if !member.isAlive, known?.isAlive == true { logger.warning("a host is dead; its work is taken over", metadata: facts) }
        }
        for member in before.members where after[member.entry.id] == nil && member.isAlive && member.entry.id != id {
            logger.notice("a host has left", metadata: ["host": "\(SafeText.line(member.entry.id, limit: 120))"])
        }
    }

    private static func line(_ error: any Error) -> String { SafeText.line(String(describing: error), limit: 300) }
}
