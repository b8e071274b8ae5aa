import Costs
import FoundationEssentials
public import Logging
public import Newsroom
import Resilience
public import Stores
public import WireCore

/// Who does the newsroom's jobs: one handler for each, with the settings of the registry in force.
public struct NewsroomStaff: JobPerforming {
    private let store: any DeskStore & NewsroomStore & AuditStore
    private let models: ModelDesk?
    private let registry: @Sendable () async -> Registry
    private let delivery: Delivery
    private let clock: any DeskClock
    private let logger: Logger

    /// `models` nil: there is none to ask. `registry` gives the one in force.
    public init(
        store: any DeskStore & NewsroomStore & AuditStore, models: ModelDesk?, registry: @escaping @Sendable () async -> Registry, delivery: Delivery,
        clock: any DeskClock, logger: Logger
    ) {
        self.store = store
        self.models = models
        self.registry = registry
        self.delivery = delivery
        self.clock = clock
        self.logger = logger
    }

    public func schedule() async -> JobSchedule { await registry().newsroom.schedule }

    public func perform(_ order: JobOrder) async throws -> JobResult {
        let settings = await registry().newsroom
        let now = clock.now()
        switch order.job {
        case .enrich:
            return try await Enricher(store: store, models: models, settings: settings.enrichment, clock: clock, logger: logger, job: order.run).run()
        case .narratives: return Self.result(try await NarrativeDesk(store: store, run: order.run).cluster(now: now))
        case .consolidate: return Self.result(try await NarrativeDesk(store: store, run: order.run).consolidate(now: now))
        case .watch: return try await watch(settings.alerts, run: order.run, now: now)
        case .morningBriefing: return try await brief(.morning, order, settings)
        case .afternoonBriefing: return try await brief(.afternoon, order, settings)
        case .eveningBriefing: return try await brief(.evening, order, settings)
        case .cleanup: return try await tidy(now: now)
        }
    }

    private static func result(_ summary: NarrativeDesk.Summary) -> JobResult {
        summary.isIdle ? .nothingToDo(summary.line) : .done(summary.line)
    }

    // MARK: - Watching

    private func watch(_ settings: AlertSettings, run: Int64, now: Date) async throws -> JobResult {
        let patterns = try await NarrativeDesk(store: store, run: run).watch(now: now)
        let alerts = try await AlertDesk(store: store, settings: settings).raise(standings(now: now), now: now)
        for alert in alerts {
            logger.warning("alert", metadata: ["alert": "\(alert.id)", "message": "\(SafeText.line(alert.message, limit: 300))"])
            await delivery.begin(Notice(alert))
        }
        let news = patterns.newPatterns.count
        guard news + alerts.count > 0 else { return .nothingToDo("nothing new stands out") }
        return .done("\(news.counted("new pattern")), \(alerts.count.counted("alert"))")
    }

    private func standings(now: Date) async throws -> [SourceStanding] {
        let states = try await store.sourceStates()
        return await registry().sources.map { source in
            let state = states[source.id]
            let isOpen = state?.breaker.state == .open || state?.breaker.state == .halfOpen
            return SourceStanding(
                source: source.id, isEnabled: source.isEnabled(at: now), openSince: isOpen ? state?.failingSince ?? state?.breaker.openedAt : nil,
                lastMessage: state?.lastMessage, lastNewItemAt: state?.lastNewItemAt, expects: source.expects)
        }
    }

    // MARK: - Briefings

    private func brief(_ slot: BriefingSlot, _ order: JobOrder, _ settings: NewsroomSettings) async throws -> JobResult {
        let briefing = BriefingOrder(slot: slot, date: order.slot.key, isForced: order.isForced)
        switch try await brief(briefing, settings.briefings, isLastAttempt: order.isLastAttempt) {
        case .made(let briefing):
            let by = briefing.model.map { "by \($0)" } ?? "without a model"
            return .done("briefing \(briefing.id) written \(by) for $\(briefing.cost.text(decimals: 4))")
        case .exists(let briefing): return .nothingToDo("the slot has briefing \(briefing.id) already")
        case .noNews(let reason): return .nothingToDo(reason)
        }
    }

    /// Carries out an order and sends what was made, unless it is a smoke briefing.
    public func brief(_ order: BriefingOrder, isLastAttempt: Bool = true) async throws -> BriefingAnswer {
        try await brief(order, await registry().newsroom.briefings, isLastAttempt: isLastAttempt)
    }

    private func brief(_ order: BriefingOrder, _ settings: BriefingSettings, isLastAttempt: Bool) async throws -> BriefingAnswer {
        let desk = BriefingDesk(store: store, models: models, settings: settings, clock: clock, logger: logger)
        let answer = try await desk.make(order, isLastAttempt: isLastAttempt)
        if case .made(let briefing) = answer, briefing.isPublished, settings.isDelivered {
            let rendering = BriefingRendering(briefing, sources: try await store.enrichedArticles(ids: briefing.cited))
            await delivery.begin(Notice(briefing, rendering))
        }
        return answer
    }

    /// Sends what a process that ended could not send any more: alerts of the last day, briefings of the last six hours.
    public func resumeDeliveries() async {
        do {
            let now = clock.now()
            for alert in try await delivery.undelivered(since: now.addingTimeInterval(-86_400)) where !alert.id.hasPrefix("briefing:") {
                await delivery.begin(Notice(alert))
            }
            guard await registry().newsroom.briefings.isDelivered else { return }
            for briefing in try await store.briefings(BriefingQuery(limit: 4))
            where briefing.isPublished && now.timeIntervalSince(briefing.madeAt) < 6 * 3600 {
                await delivery.begin(Notice(briefing, BriefingRendering(briefing, sources: try await store.enrichedArticles(ids: briefing.cited))))
            }
        } catch {
            logger.error("what is to be sent cannot be read", metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
        }
    }

    // MARK: - Age

    private func tidy(now: Date) async throws -> JobResult {
        func ago(days: Double) -> Date { now.addingTimeInterval(-days * 86_400) }
        var removed = try await store.pruneNewsroom(
            patternsBefore: ago(days: 90), pricesBefore: ago(days: 90), jobRunsBefore: ago(days: 30), smokeBriefingsBefore: ago(days: 30))
        if let kept = await registry().retention.audit { removed += try await store.pruneAudit(before: now.addingTimeInterval(-kept.seconds)) }
        return removed > 0 ? .done("\(removed.counted("old row")) removed") : .nothingToDo("nothing is old enough")
    }
}
