import Fetch
import Foundation
import Logging
import SQLiteStore
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@testable import Host

/// A network that counts what is asked of it and answers with a feed; the first request can be held back.
private final class CountingNetwork: DocumentFetching {
    private let asked = Mutex(0)
    private let gate = AsyncStream<Void>.makeStream()
    let arrived = AsyncStream<Void>.makeStream()
    private let holdsFirst: Bool

    init(holdsFirst: Bool = false) { self.holdsFirst = holdsFirst }

    var requests: Int { asked.withLock { $0 } }

    func letGo() { gate.continuation.finish() }

    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        let number = asked.withLock { asked in
            asked += 1
            return asked
        }
        if number == 1, holdsFirst {
            arrived.continuation.yield()
            for await _ in gate.stream {}
        }
        let feed =
            "<rss version=\"2.0\"><channel><title>T</title><item><guid>\(number)</guid><title>Item \(number)</title></item></channel></rss>"
        return .document(Document(url: "https://a.example/", status: 200, headers: [], body: Array(feed.utf8), trace: FetchTrace()))
    }
}

/// One store, and as many pollers upon it as hosts would have.
private struct Rig {
    let store: SQLiteStore
    let network: CountingNetwork
    let clock = HandClock("2026-11-24T08:00:00Z")
    let source: SourceConfiguration

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func with(holdsFirst: Bool = false, _ body: (Rig) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-lease-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var source = try SourceConfiguration.unregistered(url: "https://a.example/feed")
        source.id = try #require(SourceID("a"))
        source.interval = .fixed(.seconds(60))
        let rig = Rig(store: try SQLiteStore(path: folder + "/desk.db"), network: CountingNetwork(holdsFirst: holdsFirst), source: source)
        try await body(rig)
        try await rig.store.close()
    }

    /// Of another machine, so that nobody can look whether its process lives.
    func owner(_ name: String) -> JobOwner { JobOwner(machine: name, process: "1:1:boot") }

    func presence(_ name: String) -> HostPresence {
        HostPresence(owner: owner(name), roles: ["poll"], version: "1", store: store, clock: clock, logger: Self.logger)
    }

    /// A host's, with what it knows of others; or a command line's.
    func poller(_ name: String, _ presence: HostPresence? = nil) -> SourcePoller {
        SourcePoller(
            store: store, fetcher: network, clock: clock, environment: [:], logger: Self.logger, presence: presence, owner: owner(name))
    }

    func poll(_ poller: SourcePoller, _ manner: SourcePoller.Manner = .scheduled) async throws -> PollReport {
        try await poller.poll(source, in: Registry(sources: [source]), manner)
    }

    func state() async throws -> SourceState { try #require(try await store.sourceState(of: source.id)) }
}

@Suite("Leases of sources", .timeLimit(.minutes(1))) struct LeaseTests {
    @Test("Of many who want to poll a source at once one does, and the others are told who")
    func one() async throws {
        try await Rig.with(holdsFirst: true) { rig in
            let first = Task { try await rig.poll(rig.poller("desk-0")) }
            for await _ in rig.network.arrived.stream { break }
            let others = try await withThrowingTaskGroup(of: PollReport.self) { group in
                for number in 1...20 { group.addTask { try await rig.poll(rig.poller("desk-\(number)"), .regular) } }
                return try await group.reduce(into: [PollReport]()) { $0.append($1) }
            }
            #expect(others.allSatisfy { $0.wasRefused && $0.isElsewhere && $0.record.message == "not asked: desk-0 1 is polling it" })
            rig.network.letGo()
            #expect(try await first.value.isHealthy)
            #expect(rig.network.requests == 1)
            #expect(try await rig.state().lease == nil)
        }
    }

    @Test("What another has polled since is not polled again before it is due; what a person asks for is")
    func polled() async throws {
        try await Rig.with { rig in
            let (a, b) = (rig.poller("a"), rig.poller("b"))
            let before = try await rig.poll(a, .planned(after: nil)).state
            let refused = try await rig.poll(b, .planned(after: nil))
            #expect(refused.isElsewhere && refused.state.nextPollAt == before.nextPollAt && refused.state.lastPollAt == before.lastPollAt)
            #expect(rig.network.requests == 1)
            // Whoever knows of that poll has a reason of its own to poll before the time: a changed registry.
            rig.clock.advance(5)
            #expect(try await rig.poll(b, .planned(after: before.lastPollAt)).isHealthy)
            #expect(try await rig.poll(a, .planned(after: before.lastPollAt)).isElsewhere)
            #expect(try await rig.poll(a, .regular).isHealthy)
            rig.clock.advance(70)
            #expect(try await rig.poll(a, .planned(after: nil)).isHealthy, "it is due")
            #expect(rig.network.requests == 4)
        }
    }

    @Test("A host that stands still loses its source to another within seconds of its death, and its late poll files nothing")
    func stalled() async throws {
        try await Rig.with(holdsFirst: true) { rig in
            let (stalled, other) = (rig.presence("stalled"), rig.presence("other"))
            try await stalled.enter()
            try await other.enter()
            let late = Task { try await rig.poll(rig.poller("stalled", stalled)) }
            for await _ in rig.network.arrived.stream { break }
            // The one beats, the other does not.
            var refusals = 0
            while other.roster[stalled.id]?.isAlive == true {
                rig.clock.advance(2)
                try await other.enter()
                if try await rig.poll(rig.poller("other", other)).isElsewhere { refusals += 1 }
            }
            #expect(refusals == 7, "fourteen seconds")
            #expect(rig.network.requests == 2, "the other polled as soon as it knew")
            rig.network.letGo()
            let lost = await #expect(throws: LeaseLost.self) { try await late.value }
            #expect(lost == LeaseLost(source: rig.source.id, number: 1, holder: nil))
            let (articles, polls) = (try await rig.store.articles(ArticleQuery(limit: 9)), try await rig.store.polls(of: nil, limit: 9))
            #expect(articles.map(\.item.id) == ["2"] && polls.count == 1)
        }
    }

    @Test("A poll that others took over before its filing, and are still at, is refused too, and says who has it")
    func takenOver() async throws {
        try await Rig.with(holdsFirst: true) { rig in
            let late = Task { try await rig.poll(rig.poller("late")) }
            for await _ in rig.network.arrived.stream { break }
            var state = try await rig.state()
            state.lease = SourceLease(holder: rig.owner("other").text, number: state.revision + 1, until: rig.clock.now().addingTimeInterval(90))
            _ = try await rig.store.claim(state)
            rig.network.letGo()
            let lost = await #expect(throws: LeaseLost.self) { try await late.value }
            #expect(lost?.holder == rig.owner("other").text && lost?.description.contains("other 1:1:boot has it now") == true)
            #expect(try await rig.state().lease != nil, "the other's lease stays")
        }
    }

    @Test("What somebody else changes of the state under a poll is no loss of its lease: it is settled upon that")
    func changed() async throws {
        try await Rig.with(holdsFirst: true) { rig in
            let poll = Task { try await rig.poll(rig.poller("a")) }
            for await _ in rig.network.arrived.stream { break }
            var state = try await rig.state()
            state.movedTo = "https://elsewhere.example/"
            _ = try await rig.store.save(state)
            rig.network.letGo()
            #expect(try await poll.value.isHealthy)
            #expect(try await rig.state().lease == nil)
        }
    }

    @Test("The lease of a command line that was killed on another machine ends by itself, at its very instant")
    func command() async throws {
        try await Rig.with { rig in
            let host = rig.presence("host")
            try await host.enter()
            var state = SourceState(source: rig.source.id)
            let end = rig.clock.now().addingTimeInterval(90)
            state.lease = SourceLease(holder: rig.owner("command").text, number: 1, until: end)
            _ = try await rig.store.claim(state)
            #expect(try await rig.poll(rig.poller("host", host)).state.nextPollAt == rig.clock.now().addingTimeInterval(5), "it looks again soon")
            rig.clock.advance(89.5)
            #expect(try await rig.poll(rig.poller("host", host)).state.nextPollAt == end)
            rig.clock.advance(0.5)
            #expect(try await rig.poll(rig.poller("host", host)).isHealthy)
        }
    }

    @Test("The lease of a process of this machine that has ended binds nobody")
    func gone() async throws {
        try await Rig.with { rig in
            var state = SourceState(source: rig.source.id)
            // As this process's own, but for its number.
            let dead = JobOwner(machine: JobOwner.own.machine, process: "999999999" + ProcessMark.own.drop { $0 != ":" })
            state.lease = SourceLease(holder: dead.text, number: 1, until: rig.clock.now().addingTimeInterval(90))
            _ = try await rig.store.claim(state)
            let poller = SourcePoller(store: rig.store, fetcher: rig.network, clock: rig.clock, environment: [:], logger: Rig.logger)
            #expect(try await rig.poll(poller).isHealthy)
        }
    }

    @Test("A poll that is called off gives its lease back, and the source is free at once")
    func calledOff() async throws {
        try await Rig.with(holdsFirst: true) { rig in
            let poll = Task { try await rig.poll(rig.poller("a")) }
            for await _ in rig.network.arrived.stream { break }
            poll.cancel()
            rig.network.letGo()
            await #expect(throws: CancellationError.self) { try await poll.value }
            let (state, next) = (try await rig.state(), try await rig.poll(rig.poller("b")))
            #expect(state.lease == nil && next.isHealthy)
        }
    }

    @Test("Where the store fails nobody is asked")
    func noStore() async throws {
        try await Rig.with { rig in
            let poller = rig.poller("a")
            try await rig.store.close()
            let error = await #expect(throws: NotBegun.self) { try await rig.poll(poller) }
            #expect(error?.cause is DeskError && rig.network.requests == 0)
        }
    }
}
