import Costs
import FoundationEssentials
public import Host
public import LLM
public import Logging
public import Stores
public import WireCore

/// What API and dashboard read from and act upon.
public struct DeskParts: Sendable {
    public typealias Store = any DeskStore & LedgerStore & AuditStore & HostStore

    public var desk: Desk
    public var store: Store
    /// This host among others; nil: it is on no list.
    public var presence: HostPresence?
    /// Nil: this host runs no newsroom.
    public var newsroom: NewsroomDoor?
    /// Nil: sources can be looked at only.
    public var actions: SourceActions?
    /// Whether this host polls; a request to poll is refused where it does not.
    public var isPolling: Bool
    /// Why the registry's file, as it stands now, is not in force; nil when it is.
    public var registryProblem: @Sendable () -> String?
    /// The same of the price table's file.
    public var pricesProblem: @Sendable () -> String?
    /// Models that fail, as this host's gateway has found.
    public var restingModels: @Sendable () -> [RestingModel]
    public var clock: any DeskClock
    public var logger: Logger
    /// Told of every change, so that other open pages show it; the server sets it.
    var news: LiveNews?

    public init(
        desk: Desk, store: Store, presence: HostPresence? = nil, newsroom: NewsroomDoor? = nil, actions: SourceActions? = nil, isPolling: Bool = true,
        registryProblem: @escaping @Sendable () -> String? = { nil }, pricesProblem: @escaping @Sendable () -> String? = { nil },
        restingModels: @escaping @Sendable () -> [RestingModel] = { [] }, clock: any DeskClock, logger: Logger
    ) {
        self.desk = desk
        self.store = store
        self.presence = presence
        self.newsroom = newsroom
        self.actions = actions
        self.isPolling = isPolling
        self.registryProblem = registryProblem
        self.pricesProblem = pricesProblem
        self.restingModels = restingModels
        self.clock = clock
        self.logger = logger
    }

    // MARK: - Readings that more than one page wants

    var now: Date { clock.now() }

    /// The plan for money that is in force.
    func plan() async -> BudgetPlan { await desk.currentRegistry.gateway.configuration.plan }

    func sourceReports() async throws -> [SourceReport] {
        let registry = await desk.currentRegistry
        let states = try await store.sourceStates()
        let counts = try await store.articleCounts()
        let now = now
        return registry.sources.map { SourceReport(source: $0, state: states[$0.id], articles: counts[$0.id] ?? 0, now: now) }
    }

    /// Throws 404 where there is no such source.
    func sourceReport(_ name: String) async throws -> SourceReport {
        let source: SourceConfiguration
        do {
            source = try await desk.currentRegistry.source(named: name)
        } catch {
            throw Problem.notFound(error.message, hint: error.hint)
        }
        let state = try await store.sourceState(of: source.id)
        return SourceReport(source: source, state: state, articles: try await store.articleCounts()[source.id] ?? 0, now: now)
    }

    /// The report with its last `days`, today included.
    func spending(days: Int = 1) async throws -> SpendingReport {
        let plan = await plan()
        return try await store.spending(plan, now: now, from: Self.day(back: days - 1, from: plan.calendar.day(of: now)))
    }

    /// The day so many days before.
    static func day(back days: Int, from day: LedgerPeriod) -> LedgerPeriod {
        guard let date = UTCTime.parse(day.text) else { return day }
        return LedgerPeriod(String(UTCTime.text(date.addingTimeInterval(-86_400 * Double(days))).prefix(10)))
    }

    /// The days of a report, oldest first, those without a call included.
    static func days(_ count: Int, to day: LedgerPeriod) -> [LedgerPeriod] { (0..<count).reversed().map { Self.day(back: $0, from: day) } }

    /// Who is at work, as this host sees it; where it is on no list itself, as the others say.
    func roster() async throws -> Roster {
        if let presence { return presence.roster }
        return Roster(asTold: try await store.hosts(), at: now)
    }

    /// Throws 503 where there is no newsroom.
    func theNewsroom() throws(Problem) -> NewsroomDoor {
        guard let newsroom else {
            throw Problem(503, "this host runs no newsroom", hint: "Start it with `wiredesk run`, with all roles.")
        }
        return newsroom
    }

    // MARK: - Changes

    /// Makes a change and enters it into the audit, whether it succeeded or not.
    func change<T: Sendable>(
        _ action: String, _ subject: String?, detail: String? = nil, by visitor: Visitor, _ body: () async throws -> T
    ) async throws -> T {
        var entry = AuditEntry(
            at: now, actor: visitor.name, action: action, subject: subject.map { SafeText.line($0, limit: 200) },
            detail: detail.map { SafeText.line($0, limit: 800) })
        do {
            let value = try await body()
            _ = try await store.enterAudit(entry)
            news?.tell("change", of: subject ?? action)
            return value
        } catch {
            entry.failure = SafeText.line((error as? Problem)?.detail ?? (error as? DeskError)?.message ?? "it failed inside the host", limit: 400)
            _ = try? await store.enterAudit(entry)
            throw error
        }
    }

    func theActions() throws(Problem) -> SourceActions {
        guard let actions else { throw Problem(503, "sources cannot be changed through this host") }
        return actions
    }

    /// `name`: who says so, where that is another than the visitor.
    func disable(_ id: SourceID, as name: String? = nil, reason: String?, until: Date?, by visitor: Visitor) async throws {
        let detail = [reason, until.map { "until \(UTCTime.text($0))" }].compactMap { $0 }.joined(separator: ", ")
        try await change("source.disable", id.text, detail: detail.isEmpty ? nil : detail, by: visitor) {
            try await theActions().disable(id, by: name.flatMap { $0.isEmpty ? nil : $0 } ?? visitor.name, reason: reason, until: until)
        }
    }

    func enable(_ id: SourceID, by visitor: Visitor) async throws {
        try await change("source.enable", id.text, by: visitor) { try await theActions().enable(id) }
    }

    func poll(_ id: SourceID, by visitor: Visitor) async throws {
        try await change("source.poll", id.text, by: visitor) {
            guard isPolling else {
                throw Problem(409, "this host does not poll", hint: "Start it with the role poll, or run `wiredesk poll \(id)`.")
            }
            try await theActions().poll(id)
        }
    }

    func diagnose(
        _ id: SourceID, by visitor: Visitor, onProgress: @escaping @Sendable (Diagnosis.Progress) -> Void = { _ in }
    ) async throws -> Diagnosis {
        try await change("source.diagnose", id.text, by: visitor) {
            guard let diagnosis = try await theActions().diagnose(id, onProgress: onProgress) else {
                throw Problem(409, "this source, or four others, are being diagnosed already", hint: "Wait a moment, then try again.")
            }
            return diagnosis
        }
    }

    func clearExpiredAnswers(by visitor: Visitor) async throws -> Int {
        try await change("cache.clear_expired", nil, by: visitor) { try await store.clearExpiredAnswers(now: now) }
    }

    func order(_ order: BriefingOrder, by visitor: Visitor) async throws -> BriefingTicket {
        let detail = [order.slot?.rawValue, order.isForced ? "forced" : nil, order.isSmoke ? "smoke" : nil].compactMap { $0 }.joined(separator: ", ")
        return try await change("briefing.order", order.slot?.rawValue, detail: detail.isEmpty ? nil : detail, by: visitor) {
            guard let take = try theNewsroom().order else {
                throw Problem(503, "this host takes no orders for briefings", hint: "`wiredesk brief` writes one.")
            }
            return try await take(order)
        }
    }
}
