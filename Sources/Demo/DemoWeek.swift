import FoundationEssentials
import Host
import LLM
public import Logging
import Newsroom
import SQLiteStore
public import Stores
import Synchronization
import WireCore

/// A week of the demo's news, filed half hour by half hour as polls would, and read by the real newsroom: real store, real gateway, the demo's
/// model over HTTP. Time is set by hand, so that a week takes seconds.
public final class DemoWeek: Sendable {
    public let store: any WholeStore
    private let clock: SteppedClock
    private let newsroom: DemoNewsroom
    private let start: Date
    private let logger: Logger

    private static let days = 7
    /// What passes between two looks at the clock.
    private static let step = 1800.0

    /// Makes the world and its store in `folder`, which should be empty.
    public init(seed: UInt64, folder: String, logger: Logger) throws {
        start = DemoDay.Options().start
        self.logger = logger
        clock = SteppedClock(start)
        store = try SQLiteStore(path: folder + "/wiredesk.db")
        newsroom = DemoNewsroom(seed: seed, clock: clock, start: start, days: Self.days)
    }

    /// Plays the week; `observer` is told of each day that is over and of each briefing.
    public func play(observer: @escaping @Sendable (String) -> Void) async throws -> DemoReport {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.newsroom.run() }
            guard let port = await newsroom.port(), port > 0 else {
                throw DeskError(.failure, "the demo's newsroom could not listen on 127.0.0.1")
            }
            let registry = try RegistryReader.read(Array(DemoNewsroom.registryText(port: port).utf8), file: "the demo's registry")
            let report = try await play(registry, port: port, observer)
            group.cancelAll()
            return report
        }
    }

    private func play(_ registry: Registry, port: Int, _ observer: @Sendable (String) -> Void) async throws -> DemoReport {
        var people = try desk(registry, port)
        var told: Set<Int64> = []
        for step in 1...Int(Double(Self.days) * 86_400 / Self.step) {
            let now = start.addingTimeInterval(Double(step) * Self.step)
            clock.set(now)
            try await file(from: now.addingTimeInterval(-Self.step), to: now)
            await people.jobs.runDue()
            for briefing in try await store.briefings(BriefingQuery(limit: 2)) where told.insert(briefing.id).inserted {
                observer("\(briefing.date) \(briefing.slot.rawValue): \(briefing.content.headline)")
            }
            // The host is stopped and started again in the middle of the week.
            if step == 150 {
                await people.close()
                people = try desk(registry, port)
            }
            try Task.checkCancellation()
        }
        let judge = try await NewsroomJudge(store: store, model: newsroom.model, registry: registry, start: start, end: clock.now())
        let again = try await playAgain(people)
        await people.close()
        let faults = try await store.check()
        let sound = DemoReport.Check(name: "the store is sound", ok: faults.isEmpty, detail: faults.joined(separator: "; "))
        return DemoReport(
            checks: judge.checks + [again, sound], rows: [], articles: try await store.articleCounts().values.reduce(0, +), end: clock.now())
    }

    private func desk(_ registry: Registry, _ port: Int) throws -> DemoDesk {
        try DemoDesk(store: store, port: port, registry: { registry }, configuration: registry.gateway.configuration, clock: clock, logger: logger)
    }

    /// Files what every source published in a span, as polls of it would.
    private func file(from: Date, to: Date) async throws {
        for (name, stories) in newsroom.stories(from: from, to: to) where !stories.isEmpty {
            guard let source = SourceID(name) else { continue }
            let items = stories.map { story in
                Item(
                    id: String(story.number), title: story.headline, url: "https://\(name).example/\(story.slug)", author: story.author,
                    publishedAt: story.publishedAt, summary: story.paragraphs.first, content: story.paragraphs.map { "<p>\($0)</p>" }.joined(),
                    categories: story.tags)
            }
            var state = try await store.sourceState(of: source) ?? SourceState(source: source)
            state.lastPollAt = to
            state.lastSuccessAt = to
            state.lastNewItemAt = to
            _ = try await store.file(
                PollFiling(
                    drafts: ArticleDraft.drafts(of: items), state: state, record: PollRecord(source: source, startedAt: to, outcome: .ok),
                    newItemsPerDay: 10_000, bytesStoredPerDay: .mebibytes(100)))
        }
    }

    /// The last day's stories come again, and its slots are asked for again: nothing is written twice, and no model is called.
    private func playAgain(_ people: DemoDesk) async throws -> DemoReport.Check {
        let before = (calls: newsroom.model.bill.calls, briefings: try await store.briefings(BriefingQuery(limit: 1000)).count)
        try await file(from: clock.now().addingTimeInterval(-86_400), to: clock.now())
        for job in [Job.enrich, .narratives, .consolidate, .watch, .morningBriefing] { _ = try await people.jobs.runNow(job, isForced: false) }
        await people.jobs.runDue()
        let after = (calls: newsroom.model.bill.calls, briefings: try await store.briefings(BriefingQuery(limit: 1000)).count)
        return DemoReport.Check(
            name: "asked again, nothing is done twice", ok: before == after,
            detail: "\(after.briefings - before.briefings) more briefings, \(after.calls - before.calls) more calls")
    }
}

/// Time that stands still until it is set; nobody sleeps in it.
private final class SteppedClock: DeskClock {
    private let instant: Mutex<Date>
    init(_ start: Date) { instant = Mutex(start) }
    func now() -> Date { instant.withLock { $0 } }
    func set(_ now: Date) { instant.withLock { $0 = now } }
    func sleep(until: Date) async throws { try Task.checkCancellation() }
}
