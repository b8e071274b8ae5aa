// Resilience: what to do about failure, decided by pure state machines that know no clock, no network and no store.
// Read in this order: Breaker, Backoff, RetryBudget. Tests: Tests/ResilienceTests.

public import FoundationEssentials
public import WireCore

/// The breaker of one source: refuses polls for a while when asking has stopped making sense.
///
/// Semantics after resilience4j and gobreaker, fitted to polls that are minutes apart: a window of hundreds of calls would never
/// fill, so it trips on consecutive failures, on the rate over the last few polls, or at once for what only a person can mend.
/// A value: it is stored with its source and survives restarts. Nothing is terminal: an open breaker always has a reopen time.
public struct Breaker: Sendable, Equatable, Codable {
    /// The states with resilience4j's numbers, which dashboards know.
    public enum State: Int, Sendable, Codable, CaseIterable {
        case closed = 0
        case open = 1
        case halfOpen = 2
        /// An operator's choice: permits everything, counts nothing.
        case disabled = 3
        /// An operator's choice: refuses everything.
        case forcedOpen = 4
        /// An operator's choice: permits everything, counts, never opens.
        case metricsOnly = 5

        /// The word shown to people and programs.
        public var name: String {
            switch self {
            case .closed: "closed"
            case .open: "open"
            case .halfOpen: "half_open"
            case .disabled: "disabled"
            case .forcedOpen: "forced_open"
            case .metricsOnly: "metrics_only"
            }
        }
    }

    public internal(set) var state = State.closed
    /// Counts transitions; a result that carries an older number is dropped.
    public internal(set) var generation = 0
    /// Failures since the last success, successes reset it.
    public internal(set) var consecutiveFailures = 0
    /// The latest counted polls, oldest first; true is a failure.
    public internal(set) var window: [Bool] = []
    /// The latest counted polls, oldest first; true was slow.
    public internal(set) var slowWindow: [Bool] = []
    /// How often in a row it opened without a success between.
    public internal(set) var timesOpened = 0
    public internal(set) var openedAt: Date?
    /// When an open breaker lets a probe through.
    public internal(set) var reopensAt: Date?
    /// Until when the one probe of a half-open breaker may report.
    public internal(set) var probeLeaseUntil: Date?
    /// Why it opened last, one line.
    public internal(set) var cause: String?

    public init() {}

    /// A breaker as a store kept it.
    public init(
        state: State, generation: Int, consecutiveFailures: Int, window: [Bool], slowWindow: [Bool], timesOpened: Int,
        openedAt: Date?, reopensAt: Date?, probeLeaseUntil: Date?, cause: String?
    ) {
        self.state = state
        self.generation = generation
        self.consecutiveFailures = consecutiveFailures
        self.window = window
        self.slowWindow = slowWindow
        self.timesOpened = timesOpened
        self.openedAt = openedAt
        self.reopensAt = reopensAt
        self.probeLeaseUntil = probeLeaseUntil
        self.cause = cause
    }

    /// Failures over counted polls of the window, 0–1; nil below the minimum number of polls.
    public func failureRate(_ configuration: BreakerConfiguration) -> Double? {
        rate(of: window, configuration)
    }

    private func rate(of window: [Bool], _ configuration: BreakerConfiguration) -> Double? {
        guard window.count >= configuration.minimumPolls else { return nil }
        return Double(window.count { $0 }) / Double(window.count)
    }
}

/// The thresholds of a breaker; equality trips.
public struct BreakerConfiguration: Sendable, Equatable {
    /// Who decides: the breaker, or an operator.
    public enum Mode: String, Sendable, CaseIterable {
        case automatic
        case disabled
        case forcedOpen = "forced_open"
        case metricsOnly = "metrics_only"
    }

    public var mode = Mode.automatic
    /// Failures in a row that open it.
    public var consecutiveFailures = 4
    /// Share of failures in the window that opens it, 0–1.
    public var failureRate = 0.5
    /// Share of slow polls in the window that opens it, 0–1.
    public var slowRate = 1.0
    /// A poll that takes at least this long is slow.
    public var slowPoll = Duration.seconds(20)
    /// Polls that the rates look at.
    public var window = 10
    /// Below this number of polls no rate is computed.
    public var minimumPolls = 6
    /// Open time after the first opening; doubles with each further one.
    public var openFor = Duration.seconds(300)
    /// The open time's ceiling, jitter and Retry-After included.
    public var openAtMost = Duration.seconds(6 * 3600)
    /// Jitter of the open time, as a share to both sides.
    public var jitter = 0.2
    /// How long a probe may take before it counts as lost; a poll whose own ceiling is lower leases for less.
    public var probeLease = Duration.seconds(900)

    public init() {}
}

extension Breaker {
    /// The answer to "may I poll?".
    public enum Permission: Sendable, Equatable {
        /// Yes; report the result with this generation. `isProbe` when the breaker is half-open.
        case allowed(generation: Int, isProbe: Bool)
        /// No, not before the given instant (nil: not before an operator says so).
        case refused(until: Date?)
    }

    /// A change of state, for the log.
    public struct Transition: Sendable, Equatable {
        public var from: State
        public var to: State
        /// One line: what brought it about.
        public var cause: String
    }

    /// Brings the state in line with an operator's choice; nil when it is already so.
    public mutating func apply(_ mode: BreakerConfiguration.Mode) -> Transition? {
        switch (mode, state) {
        case (.automatic, .disabled), (.automatic, .forcedOpen), (.automatic, .metricsOnly):
            return move(to: .closed, cause: "the registry hands it back to the breaker")
        case (.disabled, let state) where state != .disabled:
            return move(to: .disabled, cause: "the registry says breaker.mode disabled")
        case (.forcedOpen, let state) where state != .forcedOpen:
            return move(to: .forcedOpen, cause: "the registry says breaker.mode forced_open")
        case (.metricsOnly, let state) where state != .metricsOnly:
            return move(to: .metricsOnly, cause: "the registry says breaker.mode metrics_only")
        default: return nil
        }
    }

    /// Asks for leave to poll. An open breaker whose time has come turns half-open and leases its one probe to this caller, for as long
    /// as the poll may last, `configuration.probeLease` at most; a half-open one whose probe never reported opens again.
    public mutating func permit(
        at now: Date, lasting: Duration? = nil, _ configuration: BreakerConfiguration
    ) -> (Permission, Transition?) {
        switch state {
        case .closed, .disabled, .metricsOnly:
            return (.allowed(generation: generation, isProbe: false), nil)
        case .forcedOpen:
            return (.refused(until: nil), nil)
        case .open:
            if let reopensAt, now < reopensAt { return (.refused(until: reopensAt), nil) }
            let transition = move(to: .halfOpen, cause: "the open time is over; one probe goes out")
            let lease = min(lasting ?? configuration.probeLease, configuration.probeLease)
            probeLeaseUntil = now.addingTimeInterval(lease.seconds)
            return (.allowed(generation: generation, isProbe: true), transition)
        case .halfOpen:
            if let lease = probeLeaseUntil, now < lease { return (.refused(until: lease), nil) }
            let transition = open(
                at: now, until: now.addingTimeInterval(configuration.openFor.seconds), cause: "the probe never reported back")
            return (.refused(until: reopensAt), transition)
        }
    }

    /// Lets the next ``permit(at:_:)`` through although the breaker is open: an operator wants to know now.
    public mutating func forceProbe() {
        switch state {
        case .open: reopensAt = nil
        case .halfOpen:
            state = .open
            reopensAt = nil
        default: break
        }
    }

    /// Takes back the lease of a probe that will not report: its poll was called off, or its host has died. Nothing was learnt, so the
    /// next probe is due at once. Nil, and nothing changes, unless it is half-open; with a `generation`, unless the lease is of that one.
    public mutating func takeBackLease(generation: Int? = nil, at now: Date) -> Transition? {
        guard state == .halfOpen, generation == nil || generation == self.generation else { return nil }
        let (openedAt, cause) = (openedAt, cause)
        let transition = open(at: now, until: now, cause: "the probe was called off", counts: false)
        (self.openedAt, self.cause) = (openedAt ?? now, cause ?? self.cause)
        return transition
    }

    /// The end of the present refusal: of an open breaker's time, or of the lease of the probe that is out. Nil when it would permit a
    /// poll, or refuses until an operator says otherwise.
    public var refusesUntil: Date? {
        switch state {
        case .open: reopensAt
        case .halfOpen: probeLeaseUntil
        case .closed, .disabled, .forcedOpen, .metricsOnly: nil
        }
    }

    /// Takes a poll's result. A result of an older generation is dropped. `retryAfter` is a floor for the open time.
    /// `nextPoll` is when the source would be polled again by its interval: the time of the next probe after one that said nothing.
    /// `unit` is a random number of 0–1 for the jitter.
    public mutating func record(
        _ effect: BreakerEffect, generation: Int, slow: Bool = false, at now: Date, retryAfter: Date? = nil, nextPoll: Date, cause: String,
        _ configuration: BreakerConfiguration, unit: Double
    ) -> Transition? {
        guard generation == self.generation else { return nil }
        switch state {
        case .disabled, .forcedOpen, .open: return nil
        case .halfOpen:
            return recordProbe(effect, at: now, retryAfter: retryAfter, nextPoll: nextPoll, cause: cause, configuration, unit: unit)
        case .closed, .metricsOnly: break
        }
        guard effect != .excluded else { return nil }
        let failed = effect != .success
        consecutiveFailures = failed ? consecutiveFailures + 1 : 0
        if !failed { timesOpened = 0 }
        append(failed, to: &window, configuration.window)
        append(slow, to: &slowWindow, configuration.window)
        guard state == .closed, let reason = reasonToOpen(effect, cause: cause, configuration) else { return nil }
        return open(at: now, until: reopening(from: now, retryAfter, configuration, unit: unit), cause: reason)
    }

    private mutating func recordProbe(
        _ effect: BreakerEffect, at now: Date, retryAfter: Date?, nextPoll: Date, cause: String, _ configuration: BreakerConfiguration,
        unit: Double
    ) -> Transition? {
        switch effect {
        case .success:
            window = []
            slowWindow = []
            consecutiveFailures = 0
            timesOpened = 0
            return move(to: .closed, cause: "the probe succeeded")
        case .excluded:
            // It says nothing about the source: the next poll is the probe again, and comes no sooner than any other next poll.
            return open(at: now, until: nextPoll, cause: "the probe said nothing about the source: \(cause)", counts: false)
        case .failure, .trips:
            consecutiveFailures += 1
            return open(
                at: now, until: reopening(from: now, retryAfter, configuration, unit: unit), cause: "the probe failed: \(cause)")
        }
    }

    private func reasonToOpen(_ effect: BreakerEffect, cause: String, _ configuration: BreakerConfiguration) -> String? {
        if effect == .trips { return cause }
        if effect == .failure, consecutiveFailures >= configuration.consecutiveFailures {
            return "\(consecutiveFailures) failures in a row, the last: \(cause)"
        }
        if effect == .failure, let rate = failureRate(configuration), rate >= configuration.failureRate {
            return "\(window.count { $0 }) of the last \(window.count) polls failed, the last: \(cause)"
        }
        if slowWindow.last == true, let rate = rate(of: slowWindow, configuration), rate >= configuration.slowRate {
            return "\(slowWindow.count { $0 }) of the last \(slowWindow.count) polls took \(configuration.slowPoll.short) or longer"
        }
        return nil
    }

    /// `openFor` × 2ⁿ with jitter, not before `retryAfter`, never beyond `openAtMost`.
    private func reopening(from now: Date, _ retryAfter: Date?, _ configuration: BreakerConfiguration, unit: Double) -> Date {
        let grown = configuration.openFor.seconds * Double(1 << min(timesOpened, 20))
        let most = configuration.openAtMost.seconds
        let jittered = min(grown, most) * (1 + configuration.jitter * (2 * unit - 1))
        let floor = retryAfter.map { $0.timeIntervalSince(now) } ?? 0
        return now.addingTimeInterval(min(max(jittered, floor), max(most, floor)))
    }

    private mutating func open(at now: Date, until: Date, cause: String, counts: Bool = true) -> Transition {
        let transition = move(to: .open, cause: cause)
        openedAt = now
        reopensAt = until
        self.cause = cause
        if counts { timesOpened += 1 }
        return transition
    }

    private mutating func move(to state: State, cause: String) -> Transition {
        let transition = Transition(from: self.state, to: state, cause: cause)
        self.state = state
        generation += 1
        probeLeaseUntil = nil
        if state != .open { reopensAt = nil }
        if state == .closed {
            openedAt = nil
            consecutiveFailures = 0
            window = []
            slowWindow = []
        }
        return transition
    }

    private func append(_ value: Bool, to window: inout [Bool], _ limit: Int) {
        window.append(value)
        if window.count > limit { window.removeFirst(window.count - limit) }
    }
}
