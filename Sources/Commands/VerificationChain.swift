import Costs
import Fetch
import Foundation
import Host
import LLM
import Newsroom
import Stores
import WireCore

/// The links of the chain, each tried once, in order.
struct VerificationChain {
    struct Link: Sendable {
        enum State: String, Sendable { case whole = "ok", worthALook = "warning", broken, notReached = "not_reached" }
        var name: String
        var state: State
        var detail: String
        var hint: String?
        var took = Duration.zero
    }

    let workspace: Workspace
    let asksSources: Bool

    /// What a link saw.
    private struct Finding {
        var state = Link.State.whole
        var detail: String
        var hint: String?
    }

    /// Tries all links. `progress` is told what is being tried.
    func run(progress: (String) -> Void) async throws -> [Link] {
        var links: [Link] = []
        func link(_ name: String, _ body: () async throws -> Finding) async {
            progress(name)
            let start = ContinuousClock.now
            var made: Link
            do {
                let finding = try await body()
                made = Link(name: name, state: finding.state, detail: finding.detail, hint: finding.hint)
            } catch let error as DeskError {
                made = Link(name: name, state: .broken, detail: error.message, hint: error.hint ?? error.message)
            } catch {
                made = Link(name: name, state: .broken, detail: SafeText.line(String(describing: error), limit: 500))
            }
            made.took = start.duration(to: .now)
            links.append(made)
        }
        let registry = try workspace.registry()
        let session = try NewsroomSession(workspace)
        if asksSources { await link("sources answer") { try await sources(registry, session.store) } }
        await link("articles are stored") { try await articles(registry, session.store) }
        await link("articles are read") { try await enrichment(session.store) }
        await link("jobs run") { try await jobs(session.store, registry) }
        var smoke: Briefing?
        let before = Date()
        await link("a briefing is written") { try await briefing(registry, session, &smoke) }
        await link("its calls are in the ledger") { try await ledger(smoke, session.store) }
        await link("its cost is within the budget") { try await budget(smoke, registry, session.store, now: before) }
        var booked: Booked?
        let month = registry.gateway.configuration.plan.calendar.day(of: Date()).month
        await link("the ledger agrees with itself") { try await agreement(session.store, month, &booked) }
        await link("the dashboard's figures are the ledger's") { try await figures(booked, month, session.store) }
        try await session.close()
        return links
    }

    // MARK: - Sources and articles

    /// Every enabled source, asked at the same time, as `diagnose` asks.
    private func sources(_ registry: Registry, _ store: any WholeStore) async throws -> Finding {
        let now = Date()
        let enabled = registry.sources.filter { $0.isEnabled(at: now) }
        guard !enabled.isEmpty else {
            return Finding(state: .broken, detail: "no source is enabled", hint: "`wiredesk sources enable ID` enables one.")
        }
        let fetcher = try workspace.fetcher(registry)
        let diagnostician = Diagnostician(fetcher: fetcher, store: store, clock: SystemClock(), environment: workspace.environment)
        let results = try await withThrowingTaskGroup(of: (SourceConfiguration, Bool, String).self) { group in
            for source in enabled {
                group.addTask {
                    let diagnosis = try await diagnostician.diagnose(source)
                    return (source, diagnosis.report.isHealthy, diagnosis.report.record.message)
                }
            }
            var all: [(SourceConfiguration, Bool, String)] = []
            for try await result in group { all.append(result) }
            return all
        }
        await fetcher.shutdown()
        let good = Set(results.filter(\.1).map(\.0.id))
        // A source whose fallback answers is served.
        let bad = results.filter { !$0.1 }.sorted { $0.0.id.text < $1.0.id.text }
        let unserved = bad.filter { $0.0.fallback.map { !good.contains($0) } ?? true }
        let summary = "\(good.count) of \(enabled.count) answer"
        guard let first = (unserved.first ?? bad.first) else { return Finding(detail: summary) }
        let names = bad.map(\.0.id.text).joined(separator: ", ")
        let detail = "\(summary); not \(names) (\(first.0.id): \(SafeText.line(first.2, limit: 160)))"
        return Finding(state: good.isEmpty ? .broken : .worthALook, detail: detail, hint: "`wiredesk diagnose \(first.0.id)` says why.")
    }

    /// The desk as a whole must have had news within the shortest time that a source is expected to be quiet; sources that were quiet for longer
    /// than is normal for them are named.
    private func articles(_ registry: Registry, _ store: any WholeStore) async throws -> Finding {
        let now = Date()
        let states = try await store.sourceStates()
        let enabled = registry.sources.filter { $0.isEnabled(at: now) }
        guard let newest = try await store.articles(ArticleQuery(limit: 1)).first else {
            return Finding(state: .broken, detail: "no article is stored", hint: "Start `wiredesk run`, or `wiredesk poll --all`.")
        }
        let age = now.timeIntervalSince(newest.firstSeenAt)
        let bound = enabled.compactMap { $0.expects?.seconds }.min() ?? 12 * 3600
        let quiet = enabled.filter { source in
            guard let expects = source.expects, let last = states[source.id]?.lastNewItemAt else { return false }
            return now.timeIntervalSince(last) > expects.seconds
        }
        let detail = "the newest came \(Duration.seconds(max(0, age)).short) ago from \(newest.source)"
        guard age <= bound else {
            return Finding(
                state: .broken, detail: "\(detail); within \(Duration.seconds(bound).short) was expected",
                hint: "Is `wiredesk run` running? `wiredesk sources list` shows the last polls.")
        }
        guard quiet.isEmpty else {
            return Finding(state: .worthALook, detail: "\(detail); quieter than normal: \(quiet.map(\.id.text).joined(separator: ", "))")
        }
        return Finding(detail: detail)
    }

    private func enrichment(_ store: any WholeStore) async throws -> Finding {
        let backlog = try await store.enrichmentBacklog()
        let waiting = backlog.new + backlog.forModel
        let oldest = backlog.oldest.map { Date().timeIntervalSince($0) } ?? 0
        guard backlog.new == 0 || oldest < 3 * 3600 else {
            return Finding(
                state: .broken, detail: "\(waiting.counted("article")) wait to be read, the oldest for \(Duration.seconds(oldest).short)",
                hint: "`wiredesk jobs enrich` shows why, `wiredesk jobs enrich --now` reads them.")
        }
        return Finding(detail: waiting == 0 ? "none waits" : "\(waiting.counted("article")) wait, \(backlog.forModel) of them for a model")
    }

    private func jobs(_ store: any WholeStore, _ registry: Registry) async throws -> Finding {
        let runs = try await store.lastJobRuns()
        guard !runs.isEmpty else {
            return Finding(state: .worthALook, detail: "no job has ever run", hint: "Start `wiredesk run`.")
        }
        let bad = runs.filter { $0.outcome == .givenUp || $0.outcome == .failed }
        guard let first = bad.first else { return Finding(detail: "\(runs.count.counted("job")) ran, none of them failed last") }
        return Finding(
            state: .broken, detail: "\(bad.map(\.job).joined(separator: ", ")) failed last: \(SafeText.line(first.message, limit: 200))",
            hint: "`wiredesk jobs \(first.job)` shows its history.")
    }

    // MARK: - Briefing and money

    private func briefing(_ registry: Registry, _ session: NewsroomSession, _ made: inout Briefing?) async throws -> Finding {
        let now = Date()
        let zone = registry.newsroom.zone
        let order = BriefingOrder(slot: .current(at: now, zone: zone), date: LedgerCalendar(zone: zone).day(of: now).text, isSmoke: true)
        switch try await session.staff.brief(order) {
        case .made(let briefing), .exists(let briefing):
            made = briefing
            let by = briefing.model.map { "by \($0), cited articles: \(briefing.cited.count)" } ?? "without a model"
            let note = briefing.method == .simple ? briefing.note : nil
            return Finding(
                state: note == nil || !registry.newsroom.briefings.usesModel ? .whole : .worthALook,
                detail:
                    "smoke briefing \(briefing.id) \(by), $\(briefing.cost.text(decimals: 4))\(note.map { "; \(SafeText.line($0, limit: 200))" } ?? "")",
                hint: note)
        case .noNews(let reason):
            return Finding(
                state: .broken, detail: "nothing to write about: \(reason)", hint: "`wiredesk jobs enrich --now` reads what waits, then try again.")
        }
    }

    private func ledger(_ briefing: Briefing?, _ store: any WholeStore) async throws -> Finding {
        guard let briefing else { return Finding(state: .notReached, detail: "there is no briefing") }
        guard !briefing.calls.isEmpty else { return Finding(detail: "no model was called") }
        var sum = MoneySum()
        var found: Set<String> = []
        var query = LedgerQuery(limit: 500)
        query.isNewestFirst = true
        // The briefing's entries are among the last; other callers' may stand between them.
        for entry in try await store.entries(query) {
            guard let call = briefing.calls.first(where: { entry.id == $0 || entry.id.hasPrefix($0 + "/") }) else { continue }
            found.insert(call)
            sum += entry.cost
        }
        let missing = briefing.calls.filter { !found.contains($0) }
        guard missing.isEmpty else {
            return Finding(
                state: .broken, detail: "\(missing.count) of \(briefing.calls.count) calls are not in the ledger: \(missing.joined(separator: ", "))")
        }
        guard sum >= MoneySum(briefing.cost) else {
            return Finding(state: .broken, detail: "the ledger has $\(sum.dollars) for it, the briefing says $\(briefing.cost.dollars)")
        }
        return Finding(detail: "\(briefing.calls.count.counted("call")), $\(sum.dollars)")
    }

    private func budget(_ briefing: Briefing?, _ registry: Registry, _ store: any WholeStore, now: Date) async throws -> Finding {
        guard let briefing else { return Finding(state: .notReached, detail: "there is no briefing") }
        let plan = registry.gateway.configuration.plan
        let day = plan.calendar.day(of: now)
        let today = try await store.standing(of: .desk, in: day)
        let month = try await store.standing(of: .desk, in: day.month)
        for (standing, limit, what) in [(today, plan.desk.daily, "the day's"), (month, plan.desk.monthly, "the month's")] {
            if let limit, standing.spent > limit {
                return Finding(state: .broken, detail: "$\(standing.spent.dollars) spent of \(what) budget of $\(limit.dollars)")
            }
        }
        let limits = [plan.desk.daily.map { "$\($0.dollars) a day" }, plan.desk.monthly.map { "$\($0.dollars) a month" }].compactMap { $0 }
        return Finding(
            detail: "$\(briefing.cost.text(decimals: 4)); today $\(today.spent.text(decimals: 4)), this month $\(month.spent.text(decimals: 4))"
                + (limits.isEmpty ? ", no hard budget is set" : " of \(limits.joined(separator: ", "))"))
    }

    /// What a month's entries come to, and what the sums said just before they were read.
    private struct Booked {
        var entries: MoneySum
        var shownBefore: MoneySum
    }

    /// Recomputes everything.
    private func agreement(_ store: any WholeStore, _ month: LedgerPeriod, _ booked: inout Booked?) async throws -> Finding {
        let before = try await shown(month, store)
        var check = LedgerCheck(table: try workspace.prices())
        var sum = MoneySum()
        try await store.eachPage(of: LedgerQuery(limit: 1000)) { entries in
            for entry in entries {
                check.take(entry)
                if entry.day.month == month, entry.status != .reserved { sum += entry.cost }
            }
        }
        booked = Booked(entries: sum, shownBefore: before)
        check.differences += try await store.reconcileLedger()
        guard let first = check.differences.first else { return Finding(detail: "every entry and every sum recomputed") }
        return Finding(
            state: .broken, detail: "\(check.differences.count) differences: \(SafeText.line(first, limit: 200))",
            hint: "`wiredesk costs verify` lists them.")
    }

    /// What the dashboard and `costs` show is read from the sums; the entries of the month must add up to the same. Calls that a host books
    /// meanwhile may be among the entries or not.
    private func figures(_ booked: Booked?, _ month: LedgerPeriod, _ store: any WholeStore) async throws -> Finding {
        guard let booked else { return Finding(state: .notReached, detail: "the entries could not be read") }
        let after = try await shown(month, store)
        guard booked.shownBefore <= booked.entries, booked.entries <= after else {
            return Finding(state: .broken, detail: "shown is $\(after.dollars), the entries come to $\(booked.entries.dollars)")
        }
        return Finding(detail: "$\(after.dollars) in \(month.text)")
    }

    private func shown(_ month: LedgerPeriod, _ store: any WholeStore) async throws -> MoneySum {
        try await store.totals(of: month).reduce(MoneySum()) { $0 + $1.cost }
    }
}
