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
        _ = breaker.record(effect, generation: generation, slow: slow, at: now, retryAfter: retryAfter, cause: "x", configuration, unit: unit)
        return true
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
        _ = rig.breaker.record(.success, generation: generation, at: rig.now, cause: "", rig.configuration, unit: 0.5)
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

    @Test("A late result of an older generation is dropped")
    func generations() {
        var rig = Rig()
        guard case .allowed(let old, _) = rig.breaker.permit(at: rig.now, rig.configuration).0 else { return }
        rig.poll(.trips)
        let before = rig.breaker
        let late = rig.breaker.record(.success, generation: old, at: rig.now, cause: "", rig.configuration, unit: 0.5)
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
