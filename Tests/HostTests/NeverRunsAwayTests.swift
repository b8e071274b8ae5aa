import Fetch
import Foundation
@testable import Host
import Logging
import Resilience
import SQLiteStore
import SourcePlugins
import Stores
import Synchronization
import Testing
import WireCore

private let start = Date(timeIntervalSince1970: 1_795_000_000)

/// A clock that is put where a test wants it; whoever sleeps by it sleeps until called off.
private final class HandClock: DeskClock {
    private let instant = Mutex(start)

    func now() -> Date { instant.withLock { $0 } }
    func set(_ date: Date) { instant.withLock { $0 = date } }
    func advance(by seconds: Double) { instant.withLock { $0 += seconds } }
    func sleep(until: Date) async throws { try await Task.sleep(for: .seconds(3600)) }
}

/// A clock that goes on a little with every reading, and whose sleeps end at once and a hair early, as rounding makes real ones. The timer's
/// look round, a minute later, comes after everything else that goes on; longer sleeps last until they are called off.
private final class LeapingClock: DeskClock {
    private let instant = Mutex(start)

    func now() -> Date {
        instant.withLock { instant in
            instant += 0.001
            return instant
        }
    }

    func sleep(until: Date) async throws {
        let span = until.timeIntervalSince(now())
        try await Task.sleep(for: span < 30 ? .zero : span < 61 ? .seconds(3) : .seconds(3600))
        instant.withLock { $0 = max($0, until.addingTimeInterval(-0.0015)) }
    }
}

/// A network that answers as a test says; `count` is how often the address was asked before.
private final class StubNetwork: DocumentFetching {
    typealias Answer = @Sendable (_ url: String, _ count: Int) async -> FetchReply
    private let answer: Answer
    private let asked = Mutex<[String: Int]>([:])

    init(_ answer: @escaping Answer) { self.answer = answer }

    func requests(to source: SourceConfiguration) -> Int { asked.withLock { $0[source.url] ?? 0 } }

    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        let count = asked.withLock { asked in
            asked[request.url, default: 0] += 1
            return asked[request.url, default: 1] - 1
        }
        return await answer(request.url, count)
    }
}

extension FetchReply {
    fileprivate static func answer(_ body: String, _ status: Int = 200, _ headers: [(String, String)] = []) -> FetchReply {
        .document(
            Document(
                url: "https://a.example/", status: status, headers: headers.map { HTTPHeader(name: $0.0, value: $0.1) }, body: Array(body.utf8),
                trace: FetchTrace()))
    }

    fileprivate static var offline: FetchReply { .failure(FetchFailure(outcome: .offline, message: "no network")) }
    /// An answer that does not come before the poll is called off.
    fileprivate static func never() async -> FetchReply {
        try? await Task.sleep(for: .seconds(3600))
        return .failure(FetchFailure(outcome: .network, message: "called off", isCancelled: true))
    }
}

/// A store and a poller over a network that is none.
private struct Rig {
    let folder = NSTemporaryDirectory() + "wiredesk-loop-" + UUID().uuidString
    let store: SQLiteStore
    let network: StubNetwork
    let clock: any DeskClock

    static func with(clock: any DeskClock, _ answer: @escaping StubNetwork.Answer, _ body: (Rig) async throws -> Void) async throws {
        let rig = try Rig(clock: clock, answer)
        defer { try? FileManager.default.removeItem(atPath: rig.folder) }
        try await body(rig)
        try await rig.store.close()
    }

    private init(clock: any DeskClock, _ answer: @escaping StubNetwork.Answer) throws {
        store = try SQLiteStore(path: folder + "/wiredesk.db")
        network = StubNetwork(answer)
        self.clock = clock
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// Another poller on the same store is what another process would be.
    var poller: SourcePoller {
        SourcePoller(store: store, fetcher: network, clock: clock, environment: [:], logger: Self.silent, backoff: Backoff(base: .milliseconds(1)))
    }

    func source(_ name: String, every interval: Duration = .seconds(60)) throws -> SourceConfiguration {
        var source = try SourceConfiguration.unregistered(url: "https://\(name).example/feed")
        source.id = try #require(SourceID(name))
        source.interval = .fixed(interval)
        source.breaker.openFor = .seconds(2)
        source.breaker.jitter = 0
        return source
    }

    /// Runs a desk until `isEnough`, which is told of every poll.
    func run(_ sources: [SourceConfiguration], until isEnough: (PollReport) async throws -> Bool) async throws {
        let polls = AsyncStream<PollReport>.makeStream()
        let desk = Desk(registry: Registry(sources: sources), poller: poller, policy: AddressPolicy(), clock: clock, logger: Self.silent) {
            polls.continuation.yield($0)
        }
        let running = Task { try await desk.run() }
        for await report in polls.stream where try await isEnough(report) { break }
        running.cancel()
        _ = try? await running.value
    }

    func state(of source: SourceConfiguration) async throws -> SourceState { try #require(try await store.sourceState(of: source.id)) }
}

private let feed = "<rss version=\"2.0\"><channel><title>T</title><item><guid>1</guid><title>One</title></item></channel></rss>"
private let longFeed =
    "<rss version=\"2.0\"><channel><title>T</title>\((0..<1200).map { "<item><guid>\($0)</guid><title>Item \($0)</title></item>" }.joined())</channel></rss>"
private let tooDeep = String(repeating: "[", count: 5000)
private let page = "<!DOCTYPE html><html><head><title>News</title></head><body>Hello</body></html>"

@Suite("The desk never runs away", .timeLimit(.minutes(1))) struct NeverRunsAwayTests {
    /// A breaker of each kind that a poll can come back to, with the generation that the poll was permitted under.
    private static func breakers(_ configuration: BreakerConfiguration) -> [Breaker] {
        var halfOpen = Breaker()
        _ = halfOpen.record(.trips, generation: 0, at: start, nextPoll: start, cause: "x", configuration, unit: 0.5)
        let open = halfOpen
        _ = halfOpen.permit(at: start.addingTimeInterval(10), configuration)
        let others = [BreakerConfiguration.Mode.disabled, .metricsOnly].map { mode in
            var breaker = Breaker()
            _ = breaker.apply(mode)
            return breaker
        }
        return [Breaker(), open, halfOpen] + others
    }

    @Test("Whatever a poll comes to, the next one is no sooner than the interval, or a minute without network", arguments: Outcome.allCases)
    func neverSooner(_ outcome: Outcome) throws {
        let intervals: [IntervalPolicy] = [.fixed(.seconds(5)), .fixed(.seconds(3600)), .adaptive(least: .seconds(300), most: .seconds(7200))]
        var source = try SourceConfiguration.unregistered(url: "https://a.example/")
        source.breaker.openFor = .seconds(2)
        let now = start.addingTimeInterval(20)
        for interval in intervals {
            source.interval = interval
            let least = outcome == .offline ? min(interval.least, .seconds(60)) : interval.least
            for breaker in Self.breakers(source.breaker) {
                for (items, unit) in [([], 0.0), ([Item(id: "1")], 1.0)] {
                    var reading = PollReading()
                    (reading.outcome, reading.message, reading.items) = (outcome, "x", items)
                    var state = SourceState(source: source.id)
                    state.breaker = breaker
                    let settled = PollSettlement(
                        reading, of: source, state: state, generation: breaker.generation, startedAt: start, durationMs: 1, now: now, unit: unit,
                        jitterUnit: unit)
                    let next = try #require(settled.state.nextPollAt)
                    #expect(next.timeIntervalSince(now) >= least.seconds * (1 - Pace.jitter) - 0.001, "\(breaker.state.name), \(interval.text)")
                }
            }
        }
    }

    @Test("A probe that ends at a ceiling without an item opens the breaker for longer; with items it closes it")
    func ceilings() async throws {
        let clock = HandClock()
        try await Rig.with(clock: clock, { $1 == 0 ? .answer(page) : .answer($0.contains("deep") ? tooDeep : longFeed) }) { rig in
            let (deep, long) = (try rig.source("deep"), try rig.source("long"))
            for polls in 1...8 {
                let report = try await rig.poller.poll(deep, in: Registry(sources: [deep]), .scheduled)
                #expect(report.record.outcome == (polls == 1 ? .wrongKind : .ceiling))
                #expect(report.state.breaker.state == .open && report.state.breaker.timesOpened == polls)
                #expect(report.state.lastSuccessAt == nil && report.state.failingSince == start && !report.isHealthy)
                let next = try #require(report.state.nextPollAt)
                #expect(next >= clock.now().addingTimeInterval(57))
                clock.set(next)
            }
            #expect(rig.network.requests(to: deep) == 8)
            let tripped = try await rig.poller.poll(long, in: Registry(sources: [long]), .scheduled)
            clock.set(try #require(tripped.state.nextPollAt))
            let probe = try await rig.poller.poll(long, in: Registry(sources: [long]), .scheduled)
            #expect(probe.record.outcome == .ceiling && probe.isHealthy && probe.record.items.new == 1000)
            #expect(probe.state.breaker.state == .closed && probe.state.failingSince == nil && probe.state.lastSuccessAt != nil)
        }
    }

    @Test("Without network a source that was sick before is looked at once a minute, and no more often")
    func offlineProbes() async throws {
        try await Rig.with(clock: AcceleratedClock(start: start, factor: 900), { $1 == 0 ? .answer(page) : .offline }) { rig in
            let source = try rig.source("a", every: .seconds(600))
            var times: [Date] = []
            try await rig.run([source]) { report in
                times.append(report.record.startedAt)
                return times.count == 6
            }
            #expect(times[1].timeIntervalSince(times[0]) >= 570, "it failed: the interval")
            for (earlier, later) in zip(times.dropFirst(), times.dropFirst(2)) { #expect(later.timeIntervalSince(earlier) >= 57) }
            #expect(rig.network.requests(to: source) <= 7)
        }
    }

    @Test("A source that falls due between two looks at the clock is polled then, not when somebody happens to look again")
    func dueBetweenTwoLooks() async throws {
        try await Rig.with(clock: LeapingClock(), { _, _ in .answer(feed) }) { rig in
            let source = try rig.source("a", every: .seconds(20))
            var times: [Date] = []
            try await rig.run([source]) { report in
                times.append(report.record.startedAt)
                return times.count == 12
            }
            for (earlier, later) in zip(times, times.dropFirst()) {
                let pause = later.timeIntervalSince(earlier)
                #expect(pause >= 19 && pause < 22)
            }
        }
    }

    // MARK: - Leases

    @Test("A probe that is called off gives its lease back before the poll has ended")
    func calledOff() async throws {
        let clock = HandClock()
        let probing = AsyncStream<Void>.makeStream()
        try await Rig.with(
            clock: clock,
            { _, count in
                guard count == 1 else { return .answer(count == 0 ? page : feed) }
                probing.continuation.yield()
                return await .never()
            }
        ) { rig in
            let source = try rig.source("a")
            let registry = Registry(sources: [source])
            clock.set(try #require(try await rig.poller.poll(source, in: registry).state.nextPollAt))
            let probe = Task { [rig] in try await rig.poller.poll(source, in: registry) }
            for await _ in probing.stream { break }
            #expect(try await rig.state(of: source).breaker.state == .halfOpen)
            let refused = try await rig.poller.poll(source, in: registry, .scheduled)
            #expect(refused.wasRefused && refused.isElsewhere)
            #expect(refused.state.nextPollAt == clock.now().addingTimeInterval(5), "it is looked at again soon: who polls it may be killed")
            #expect(try await rig.state(of: source).lease?.until == clock.now().addingTimeInterval(90), "wall time and a minute")
            probe.cancel()
            await #expect(throws: CancellationError.self) { try await probe.value }
            let state = try await rig.state(of: source)
            #expect(state.breaker.state == .open && state.breaker.reopensAt == clock.now())
            #expect(try await rig.poller.poll(source, in: registry, .scheduled).state.breaker.state == .closed)
        }
    }

    @Test("A desk that is stopped gives the leases of its probes back")
    func stopped() async throws {
        let probing = AsyncStream<Void>.makeStream()
        let answer: StubNetwork.Answer = { url, count in
            guard url.contains("sick"), count > 0 else { return .answer(url.contains("sick") ? page : feed) }
            probing.continuation.yield()
            return await .never()
        }
        try await Rig.with(clock: AcceleratedClock(start: start, factor: 600), answer) { rig in
            let sick = try rig.source("sick")
            try await rig.run([sick, try rig.source("well")]) { _ in try await rig.store.sourceState(of: sick.id)?.breaker.state == .halfOpen }
            #expect(try await rig.state(of: sick).breaker.state == .open)
        }
    }

    @Test("A host that starts releases the lease that a dead one left, and probes at once")
    func deadHost() async throws {
        try await Rig.with(clock: AcceleratedClock(start: start, factor: 20), { _, _ in .answer(feed) }) { rig in
            let source = try rig.source("a")
            var state = SourceState(source: source.id)
            _ = state.breaker.record(.trips, generation: 0, at: start, nextPoll: start, cause: "x", source.breaker, unit: 0.5)
            _ = state.breaker.permit(at: start.addingTimeInterval(5), source.breaker)
            state.nextPollAt = start
            _ = try await rig.store.save(state)
            try await rig.run([source]) { report in
                #expect(report.record.outcome == .ok && report.state.breaker.state == .closed)
                #expect(report.record.startedAt.timeIntervalSince(start) < 600, "the lease was of 900 s")
                return true
            }
        }
    }

    @Test("A source is not well while there is no network, and its breaker stays closed")
    func offlineIsShown() async throws {
        try await Rig.with(clock: AcceleratedClock(start: start, factor: 900), { _, _ in .offline }) { rig in
            let source = try rig.source("a")
            let report = try await rig.poller.poll(source, in: Registry(sources: [source]), .regular)
            #expect(report.record.outcome == .offline && report.state.failingSince == nil)
            #expect(SourceStatus(of: source, report.state, now: start) == .failing)
            #expect(report.state.breaker.state == .closed)
        }
    }

    @Test("What a fallback brought is counted for the fallback alone")
    func fallbackCounts() async throws {
        let answer: StubNetwork.Answer = { url, _ in url.contains("sick") ? .answer("", 500, []) : .answer(feed) }
        try await Rig.with(clock: AcceleratedClock(start: start, factor: 900), answer) { rig in
            let well = try rig.source("well")
            var sick = try rig.source("sick")
            sick.fallback = well.id
            let report = try await rig.poller.poll(sick, in: Registry(sources: [sick, well]), .regular)
            #expect(report.record.servedBy == well.id && report.items.new == 0)
            #expect(report.fallbacks.map(\.record.source) == [well.id] && report.fallbacks[0].items.new > 0)
        }
    }

    // MARK: - Operators and servers

    @Test("A source whose breaker is held open is not asked, looked at once an interval, and shown so")
    func heldOpen() async throws {
        try await Rig.with(clock: AcceleratedClock(start: start, factor: 36_000), { _, _ in .answer(feed) }) { rig in
            var source = try rig.source("a", every: .seconds(3600))
            source.breaker.mode = .forcedOpen
            #expect(SourceStatus(of: source, nil, now: start) == .held)
            var times: [Date] = []
            try await rig.run([source]) { report in
                #expect(report.wasRefused && report.state.nextPollAt == nil)
                times.append(report.record.startedAt)
                return times.count == 4
            }
            for (earlier, later) in zip(times, times.dropFirst()) { #expect(later.timeIntervalSince(earlier) >= 3600) }
            #expect(rig.network.requests(to: source) == 0)
            #expect(try await rig.state(of: source).breaker.state == .forcedOpen)
            #expect(SourceStatus(of: source, try await rig.state(of: source), now: start) == .held)
        }
    }

    @Test("What a server asked for holds over a restart, while an interval that was shortened takes effect at once")
    func retryAfterOverRestarts() async throws {
        let answer: StubNetwork.Answer = { url, _ in url.contains("busy") ? .answer("", 429, [("Retry-After", "3600")]) : .answer(feed) }
        try await Rig.with(clock: AcceleratedClock(start: start, factor: 50), answer) { rig in
            let busy = try rig.source("busy", every: .seconds(2))
            var other = try rig.source("other", every: .seconds(6 * 3600))
            var seen: Set<SourceID> = []
            try await rig.run([busy, other]) { report in
                seen.insert(report.record.source)
                return seen.count == 2
            }
            #expect(try await rig.state(of: busy).notBefore.map { $0 > start.addingTimeInterval(3600) } == true)
            other.interval = .fixed(.seconds(2))
            for _ in 1...2 {
                var polls = 0
                try await rig.run([busy, other]) { report in
                    polls += report.record.source == other.id ? 1 : 0
                    return polls == 4
                }
            }
            #expect(rig.network.requests(to: busy) == 1)
            #expect(rig.network.requests(to: other) >= 9)
        }
    }

    @Test("A fallback that failed is not asked before its own time, and does not serve; one that delivered serves without being asked")
    func fallbacks() async throws {
        let clock = HandClock()
        let answer: StubNetwork.Answer = { url, _ in
            if url.contains("primary") { return .answer("", 404) }
            return url.contains("busy") ? .answer("", 429, [("Retry-After", "3600")]) : .answer(feed)
        }
        try await Rig.with(clock: clock, answer) { rig in
            let (busy, well) = (try rig.source("busy", every: .seconds(3600)), try rig.source("well", every: .seconds(3600)))
            for fallback in [busy, well] {
                var primary = try rig.source("primary-of-\(fallback.id)", every: .seconds(1))
                primary.breaker.mode = .metricsOnly
                primary.fallback = fallback.id
                let registry = Registry(sources: [primary, busy, well])
                for poll in 1...5 {
                    clock.advance(by: 2)
                    let report = try await rig.poller.poll(primary, in: registry, .scheduled)
                    #expect(report.record.servedBy == (fallback.id == well.id ? well.id : nil))
                    #expect(report.fallbacks.count == (poll == 1 ? 1 : 0))
                }
                #expect(rig.network.requests(to: fallback) == 1)
                #expect(rig.network.requests(to: primary) == 5)
            }
        }
    }

    @Test("A poll that a person asks for goes past what the server asked for; the desk's own do not")
    func personsPoll() async throws {
        let clock = HandClock()
        try await Rig.with(clock: clock, { $1 == 0 ? .answer("", 429, [("Retry-After", "600")]) : .answer(feed) }) { rig in
            let source = try rig.source("a")
            let registry = Registry(sources: [source])
            _ = try await rig.poller.poll(source, in: registry, .scheduled)
            clock.advance(by: 60)
            let refused = try await rig.poller.poll(source, in: registry, .scheduled)
            #expect(refused.wasRefused && refused.record.outcome == .rateLimited)
            #expect(refused.state.nextPollAt == start.addingTimeInterval(600))
            let asked = try await rig.poller.poll(source, in: registry, .regular)
            #expect(asked.record.outcome == .ok && asked.state.notBefore == nil)
        }
    }
}
