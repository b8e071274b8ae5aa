import FoundationEssentials
import Resilience
import Testing
import WireCore

private let start = Date(timeIntervalSince1970: 1_795_000_000)

/// A breaker with its configuration and a clock that is moved by hand.
private struct Rig {
    var breaker = Breaker()
    var configuration = BreakerConfiguration()
    var now = start

    /// One poll with this result; false when it was refused.
    @discardableResult
    mutating func poll(_ effect: BreakerEffect, slow: Bool = false, retryAfter: Date? = nil, unit: Double = 0.5) -> Bool {
        guard case .allowed(let generation, _) = breaker.permit(at: now, configuration).0 else { return false }
        record(effect, generation: generation, slow: slow, retryAfter: retryAfter, unit: unit)
        return true
    }

    /// A poll's result; by its interval the source would be polled again in a minute.
    @discardableResult
    mutating func record(
        _ effect: BreakerEffect, generation: Int, slow: Bool = false, retryAfter: Date? = nil, unit: Double = 0.5
    ) -> Breaker.Transition? {
        breaker.record(
            effect, generation: generation, slow: slow, at: now, retryAfter: retryAfter, nextPoll: now.addingTimeInterval(60), cause: "x",
            configuration, unit: unit)
    }

    /// Trips it, waits out its open time and takes the lease of the probe; its generation.
    mutating func probing(lasting: Duration? = nil) throws -> Int {
        poll(.trips)
        return try probeAgain(lasting: lasting)
    }

    /// Waits out the open time and takes the lease of the next probe; its generation.
    mutating func probeAgain(lasting: Duration? = nil) throws -> Int {
        now = try #require(breaker.reopensAt)
        guard case .allowed(let generation, true) = breaker.permit(at: now, lasting: lasting, configuration).0 else {
            throw DeskError(.failure, "the probe was refused")
        }
        return generation
    }
}

@Suite("The breaker") struct BreakerTests {
    @Test("Failures in a row open it; equality trips; a success between them starts the count anew")
    func consecutive() {
        var rig = Rig()
        for _ in 0..<3 { rig.poll(.failure) }
        rig.poll(.success)
        for _ in 0..<3 { rig.poll(.failure) }
        #expect(rig.breaker.state == .open, "half of the last seven failed, too")
        var fresh = Rig()
        for _ in 0..<3 { fresh.poll(.failure) }
        #expect(fresh.breaker.state == .closed)
        fresh.poll(.failure)
        #expect(fresh.breaker.state == .open)
    }

    @Test("What only a person can mend trips at once; what says nothing about the source does not count")
    func effects() {
        var rig = Rig()
        for _ in 0..<50 { rig.poll(.excluded) }
        #expect(rig.breaker.state == .closed && rig.breaker.window.isEmpty)
        rig.poll(.trips)
        #expect(rig.breaker.state == .open)
    }

    @Test("An open breaker refuses until its time, lets one probe through, and closes when that succeeds")
    func probe() throws {
        var rig = Rig()
        rig.poll(.trips)
        let reopens = try #require(rig.breaker.reopensAt)
        #expect(reopens == start.addingTimeInterval(300))
        rig.now = reopens.addingTimeInterval(-1)
        let early = rig.poll(.success)
        #expect(!early)
        rig.now = reopens
        let (first, _) = rig.breaker.permit(at: rig.now, rig.configuration)
        guard case .allowed(let generation, let isProbe) = first else { throw DeskError(.failure, "the probe was refused") }
        #expect(isProbe)
        guard case .refused = rig.breaker.permit(at: rig.now, rig.configuration).0 else { throw DeskError(.failure, "two probes at a time") }
        rig.record(.success, generation: generation)
        #expect(rig.breaker.state == .closed && rig.breaker.timesOpened == 0)
    }

    @Test("The open time doubles with each further failure, up to its ceiling, with jitter to both sides")
    func growth() throws {
        var rig = Rig()
        rig.poll(.trips)
        for expected in [600.0, 1200, 2400, 4800, 9600, 19_200, 21_600, 21_600] {
            rig.now = try #require(rig.breaker.reopensAt)
            rig.poll(.failure)
            #expect(rig.breaker.reopensAt == rig.now.addingTimeInterval(expected))
        }
        var low = Rig()
        low.poll(.trips, unit: 0)
        var high = Rig()
        high.poll(.trips, unit: 1)
        #expect(low.breaker.reopensAt == start.addingTimeInterval(240))
        #expect(high.breaker.reopensAt == start.addingTimeInterval(360))
    }

    @Test("Retry-After is a floor of the open time")
    func retryAfter() {
        var rig = Rig()
        rig.poll(.trips, retryAfter: start.addingTimeInterval(9000))
        #expect(rig.breaker.reopensAt == start.addingTimeInterval(9000))
    }

    @Test("A probe that never reports does not hold it half-open for ever")
    func lostProbe() throws {
        var rig = Rig()
        rig.poll(.trips)
        rig.now = try #require(rig.breaker.reopensAt)
        _ = rig.breaker.permit(at: rig.now, rig.configuration)
        rig.now = rig.now.addingTimeInterval(rig.configuration.probeLease.seconds)
        _ = rig.breaker.permit(at: rig.now, rig.configuration)
        #expect(rig.breaker.state == .open)
        rig.now = try #require(rig.breaker.reopensAt)
        rig.poll(.success)
        #expect(rig.breaker.state == .closed)
    }

    @Test("A probe that says nothing about the source leaves it open, and the next probe is due when the next poll is")
    func excludedProbe() throws {
        var rig = Rig()
        for _ in 0..<20 {
            let generation = rig.breaker.state == .closed ? try rig.probing() : try rig.probeAgain()
            rig.record(.excluded, generation: generation)
            #expect(rig.breaker.state == .open && rig.breaker.timesOpened == 1)
            #expect(rig.breaker.reopensAt == rig.now.addingTimeInterval(60))
        }
    }

    @Test("A lease that is taken back lets the next probe go at once, and drops the old probe's result")
    func leaseTakenBack() throws {
        var rig = Rig()
        let generation = try rig.probing()
        #expect(rig.breaker.refusesUntil == rig.now.addingTimeInterval(900))
        let before = rig.breaker
        let ofAnother = rig.breaker.takeBackLease(generation: generation - 1, at: rig.now)
        #expect(ofAnother == nil)
        let taken = rig.breaker.takeBackLease(generation: generation, at: rig.now)
        #expect(taken?.to == .open)
        let again = rig.breaker.takeBackLease(at: rig.now)
        #expect(again == nil, "there is none any more")
        #expect(rig.breaker.cause == before.cause && rig.breaker.timesOpened == before.timesOpened)
        let late = rig.record(.success, generation: generation)
        #expect(late == nil && rig.breaker.state == .open)
        let isPermitted = rig.poll(.success)
        #expect(isPermitted && rig.breaker.state == .closed)
    }

    @Test("A lease lasts no longer than its poll may")
    func shortLease() throws {
        var rig = Rig()
        _ = try rig.probing(lasting: .seconds(90))
        #expect(rig.breaker.refusesUntil == rig.now.addingTimeInterval(90))
        var long = Rig()
        _ = try long.probing(lasting: .seconds(5000))
        #expect(long.breaker.refusesUntil == long.now.addingTimeInterval(900))
    }

    @Test("A ceiling counts by whether anything was kept; no network never counts")
    func ceilings() {
        #expect(Outcome.ceiling.breakerEffect(keptItems: true) == .success)
        #expect(Outcome.ceiling.breakerEffect(keptItems: false) == .failure)
        for outcome in Outcome.allCases where outcome != .ceiling {
            #expect(outcome.breakerEffect(keptItems: true) == outcome.breakerEffect(keptItems: false))
            #expect((outcome.breakerEffect(keptItems: false) == .excluded) == (outcome == .offline))
        }
    }

    @Test("A late result of an older generation is dropped")
    func generations() {
        var rig = Rig()
        guard case .allowed(let old, _) = rig.breaker.permit(at: rig.now, rig.configuration).0 else { return }
        rig.poll(.trips)
        let before = rig.breaker
        let late = rig.record(.success, generation: old)
        #expect(late == nil)
        #expect(rig.breaker == before)
    }

    @Test("An operator can force it open, switch it off, or let it only count")
    func modes() {
        var rig = Rig()
        _ = rig.breaker.apply(.forcedOpen)
        let forced = rig.poll(.success)
        #expect(!forced)
        _ = rig.breaker.apply(.disabled)
        for _ in 0..<9 { rig.poll(.trips) }
        #expect(rig.breaker.state == .disabled)
        _ = rig.breaker.apply(.metricsOnly)
        for _ in 0..<9 { rig.poll(.failure) }
        #expect(rig.breaker.consecutiveFailures == 9)
        _ = rig.breaker.apply(.automatic)
        #expect(rig.breaker.state == .closed)
        let again = rig.breaker.apply(.automatic)
        #expect(again == nil)
    }

    @Test("Slow polls alone can open it")
    func slow() {
        var rig = Rig()
        for _ in 0..<6 { rig.poll(.success, slow: true) }
        #expect(rig.breaker.state == .open)
    }

    @Test("The states have the numbers that dashboards know")
    func numbers() { #expect(Breaker.State.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5]) }
}

@Suite("Retrying") struct RetryTests {
    @Test("The budget allows a share of first tries and a small floor, and no more")
    func budget() {
        var budget = RetryBudget(share: 0.2, floorPerSecond: 1, capacity: 100, at: start)
        var granted = 0
        while budget.withdraw(at: start) { granted += 1 }
        #expect(granted == 10)
        for _ in 0..<50 { budget.deposit() }
        granted = 0
        while budget.withdraw(at: start) { granted += 1 }
        #expect((9...10).contains(granted))
        let later = budget.withdraw(at: start.addingTimeInterval(1.01))
        #expect(later)
    }

    @Test("Waits grow, have full jitter and a ceiling")
    func backoff() {
        let backoff = Backoff(base: .seconds(1), most: .seconds(8))
        #expect((2...7).map { backoff.delay(before: $0, unit: 1).seconds } == [1, 2, 4, 8, 8, 8])
        #expect(backoff.delay(before: 5, unit: 0) == .zero)
    }
}
