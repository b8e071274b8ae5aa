import Fetch
public import Foundation
public import Host
public import Logging
import Resilience
public import ServiceLifecycle
import SQLiteStore
public import Stores
public import WireCore

/// A real host at work on the demo newsroom: real transfers, a real store, only time runs faster.
public final class DemoDay: Sendable {
    /// How the day is played.
    public struct Options: Sendable {
        public var seed: UInt64 = 1
        /// Midnight UTC of the day.
        public var start = Date(timeIntervalSince1970: 1_793_836_800)
        /// How many times as fast as real time runs the day.
        public var factor = 2160.0
        /// Hours of the day that are played; nil: until cancelled.
        public var hours: Double? = 24

        public init() {}
    }

    public let clock: AcceleratedClock
    public let store: any WholeStore
    public let newsroom: DemoNewsroom
    private let options: Options
    private let folder: String
    private let logger: Logger

    /// Makes the world and its store in `folder`, which should be empty.
    public init(options: Options, folder: String, logger: Logger) throws {
        self.options = options
        self.folder = folder
        self.logger = logger
        clock = AcceleratedClock(start: options.start, factor: options.factor)
        store = try SQLiteStore(path: folder + "/wiredesk.db")
        newsroom = DemoNewsroom(seed: options.seed, clock: clock, start: options.start)
    }

    /// Plays the day. `ready` is told the newsroom's port and the registry before the first poll, `observer` of each poll; what `show` makes of
    /// the host runs beside it, and ends with the day.
    public func play(
        ready: @escaping @Sendable (Int, Registry) async -> Void, observer: @escaping @Sendable (PollReport) -> Void,
        show: (@Sendable (DemoHost) throws -> any Service)? = nil
    ) async throws -> DemoReport {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.newsroom.run() }
            guard let port = await newsroom.port(), port > 0 else {
                throw DeskError(.failure, "the demo's newsroom could not listen on 127.0.0.1")
            }
            let text = Array(DemoNewsroom.registryText(port: port).utf8)
            let registry = try RegistryReader.read(text, file: "the demo's registry")
            await ready(port, registry)
            var configuration = FetcherConfiguration()
            configuration.policy = try AddressPolicy(parsing: "127.0.0.1")
            let fetcher = CurlFetcher(configuration: configuration)
            let poller = SourcePoller(store: store, fetcher: fetcher, clock: clock, environment: [:], logger: logger)
            let desk = Desk(registry: registry, poller: poller, policy: configuration.policy, clock: clock, logger: logger, observer: observer)
            let people = try DemoDesk(
                store: store, port: port, registry: { await desk.currentRegistry }, configuration: registry.gateway.configuration, clock: clock,
                logger: logger)
            let path = folder + "/Plugins.json"
            try Data(text).write(to: URL(filePath: path))
            let host = DemoHost(
                desk: desk, staff: people.staff, jobs: people.jobs, gateway: people.gateway, store: store, fetcher: fetcher, clock: clock,
                registryPath: path)
            try await run(desk, people.jobs, beside: try show?(host))
            await people.close()
            await fetcher.shutdown()
            group.cancelAll()
            // Apart from this task, which Ctrl-C has cancelled by then: the report is read from the store all the same.
            return try await Task { try await self.report(registry) }.value
        }
    }

    /// Lets the desk work until the day is over or the task is cancelled.
    private func run(_ desk: Desk, _ jobs: JobRunner, beside service: (any Service)?) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let service {
                group.addTask {
                    try await service.run()
                    // A server that could not listen does not end the day.
                    try? await Task.sleep(for: .seconds(86_400 * 365))
                }
            }
            group.addTask { try? await desk.run() }
            group.addTask { try? await jobs.run() }
            if let hours = options.hours {
                let end = options.start.addingTimeInterval(hours * 3600)
                group.addTask { [clock] in try? await clock.sleep(until: end) }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func report(_ registry: Registry) async throws -> DemoReport {
        let now = clock.now()
        let states = try await store.sourceStates()
        let counts = try await store.articleCounts()
        var polls: [SourceID: [PollRecord]] = [:]
        for source in registry.sources { polls[source.id] = try await store.polls(of: source.id, limit: 500) }
        var articles: [Article] = []
        var query = ArticleQuery(limit: 1000)
        while true {
            let page = try await store.articles(query)
            articles += page
            guard page.count == query.limit, let last = page.last else { break }
            query.before = last.id
        }
        let judge = DemoJudge(
            newsroom: newsroom, registry: registry, states: states, polls: polls, articles: articles, start: options.start, end: now)
        let readings = try await NewsroomJudge(store: store, model: newsroom.model, registry: registry, start: options.start, end: now)
        var checks = judge.checks + readings.checks
        let faults = try await store.check()
        checks.append(DemoReport.Check(name: "the store is sound", ok: faults.isEmpty, detail: faults.joined(separator: "; ")))
        let rows = registry.sources.map { source in
            DemoReport.Row(
                id: source.id, status: SourceStatus(of: source, states[source.id], now: now), polls: polls[source.id]?.count ?? 0,
                requests: newsroom.requests[source.id.text] ?? 0, articles: counts[source.id] ?? 0, state: states[source.id], note: source.note ?? "")
        }
        return DemoReport(checks: checks, rows: rows, articles: articles.count, end: now)
    }
}

/// What a played day came to.
public struct DemoReport: Sendable {
    /// Something that should have happened.
    public struct Check: Sendable {
        public var name: String
        public var ok: Bool
        public var detail: String
    }

    /// One source's day.
    public struct Row: Sendable {
        public var id: SourceID
        public var status: SourceStatus
        public var polls: Int
        /// What the newsroom counted.
        public var requests: Int
        public var articles: Int
        public var state: SourceState?
        public var note: String
    }

    public var checks: [Check]
    public var rows: [Row]
    public var articles: Int
    public var end: Date

    /// True when everything that should have happened did.
    public var isGood: Bool { checks.allSatisfy(\.ok) }
}
