import Costs
import FoundationEssentials
import Host
import Hummingbird
import LLM
import Stores
import WireCore

/// Is everything well, what does it cost, what needs somebody.
struct OverviewPage {
    let parts: DeskParts
    let frame: PageFrame

    var routes: [Route] { [Route(.get, "/", .read) { request in try await show(request) }] }

    private struct Facts {
        var sources: [SourceReport]
        var fresh: Int
        var spending: SpendingReport
        var alerts: [BudgetAlert]
        var polls: [PollRecord]
        var articles: [Article]
        var briefing: Briefing?
        var badJobs: [JobRun]
        var refusedFiles: [RefusedFile]
        var restingModels: [RestingModel]
        var now: Date

        var needy: [SourceReport] { sources.filter { $0.status.needsSomebody } }
        /// How many things need somebody.
        var needs: Int { needy.count + alerts.count + badJobs.count + refusedFiles.count + restingModels.count + (standstill == nil ? 0 : 1) }
        /// When the last poll was, if none has happened for an hour though one is overdue for as long: nobody polls.
        var standstill: Date? {
            let polled = sources.filter { $0.status != .disabled }.compactMap { report in report.state?.lastPollAt.map { (report, $0) } }
            guard let last = polled.map(\.1).max(), now.timeIntervalSince(last) > 3600,
                polled.contains(where: { $0.0.state?.nextPollAt.map { now.timeIntervalSince($0) > 3600 } ?? true })
            else { return nil }
            return last
        }
    }

    private func facts() async throws -> Facts {
        let now = parts.now
        let spending = try await parts.spending(days: 14)
        let plan = await parts.plan()
        let jobs = try await parts.newsroom?.store.lastJobRuns() ?? []
        return Facts(
            sources: try await parts.sourceReports(),
            fresh: try await parts.store.articleCounts(since: now.addingTimeInterval(-86_400)).values.reduce(0, +), spending: spending,
            alerts: spending.alerts(plan, at: now), polls: try await parts.store.polls(of: nil, limit: 10),
            articles: try await parts.store.articles(ArticleQuery(limit: 10)), briefing: try await parts.latestBriefing(),
            badJobs: jobs.filter { $0.outcome == .givenUp || $0.outcome == .failed || $0.outcome == .abandoned },
            refusedFiles: refusedFiles, restingModels: parts.restingModels(), now: now)
    }

    /// A file that the host goes by and could not take over, and why.
    private struct RefusedFile {
        var name: String
        var problem: String
    }

    private var refusedFiles: [RefusedFile] {
        [("registry", parts.registryProblem()), ("price table", parts.pricesProblem())].compactMap { name, problem in
            problem.map { RefusedFile(name: name, problem: $0) }
        }
    }

    private func show(_ request: WebRequest) async throws -> Response {
        let facts = try await facts()
        return frame.page("Overview", at: "/", request) { main in
            main.title("Overview", Self.verdict(facts))
            writeTiles(facts, to: &main)
            main.element("div", .class("columns")) { columns in
                columns.element("div", .class("column")) { column in
                    writeNeeds(facts, to: &column)
                    writeSpending(facts, to: &column)
                    writePolls(facts, to: &column)
                }
                columns.element("div", .class("column narrow")) { column in
                    writeBriefing(facts, to: &column)
                    writeArticles(facts, to: &column)
                }
            }
        }
    }

    private static func verdict(_ facts: Facts) -> String {
        let count = facts.needs
        guard count > 0 else { return facts.sources.isEmpty ? "There is no source yet." : "Everything is well. Nothing needs you." }
        return count == 1 ? "One thing needs you." : "\(count) things need you."
    }

    private func writeTiles(_ facts: Facts, to html: inout HTML) {
        let well = facts.sources.count { $0.status == .well || $0.status == .quiet }
        let enabled = facts.sources.count { $0.status != .disabled }
        let spending = facts.spending
        html.element("div", .class("tiles"), .id("tiles"), .flag("data-fresh")) { tiles in
            tiles.tile(
                "Sources well", "\(well) of \(enabled)", facts.needy.isEmpty ? "none fails" : "\(facts.needy.count) failing or resting",
                tone: facts.needy.isEmpty ? (enabled == 0 ? nil : .good) : .bad, href: "/sources")
            tiles.tile(
                "New articles", Figures.grouped(facts.fresh), "in 24 h; \(Figures.short(facts.sources.reduce(0) { $0 + $1.articles })) in all",
                href: "/articles")
            tiles.tile("Spent today", Figures.dollars(spending.today.spent), CostWords.limit(spending.today, spending.limits.daily), href: "/costs")
            tiles.tile(
                "Month, projected", Figures.dollars(spending.projected), CostWords.month(spending), tone: facts.alerts.isEmpty ? nil : .warn,
                href: "/costs")
        }
    }

    private func writeNeeds(_ facts: Facts, to html: inout HTML) {
        html.section("Needs you", id: "needs") { section in
            for file in facts.refusedFiles {
                section.element("article", .class("need")) { need in
                    need.element("h3") {
                        $0.pill(.bad, "\(file.name) refused"); $0.text(" The \(file.name)'s file is wrong; the one before stays in force.")
                    }
                    need.element("pre") {
                        $0.text(file.problem.split(separator: "\n").prefix(8).map { SafeText.line(String($0), limit: 300) }.joined(separator: "\n"))
                    }
                }
            }
            if let last = facts.standstill {
                section.element("article", .class("need")) { need in
                    need.element("h3") {
                        $0.pill(.bad, "standstill"); $0.text(" Nothing has been polled for \(Figures.rough(facts.now.timeIntervalSince(last))).")
                    }
                    need.element("p", .class("hint")) { $0.text("Does a host with the role poll run? `wiredesk run` starts one with all roles.") }
                }
            }
            for model in facts.restingModels { Self.write(model, now: facts.now, to: &section) }
            for alert in facts.alerts { CostWords.write(alert, facts.spending, to: &section) }
            for source in facts.needy { Self.write(source, to: &section) }
            for run in facts.badJobs {
                section.element("article", .class("need")) { need in
                    need.element("h3") { head in
                        head.pill(run.outcome.tone, run.outcome.rawValue.replacing("_", with: " "))
                        head.text(" ")
                        head.link("/jobs", "job \(run.job)")
                    }
                    need.element("p") { $0.outside(run.message) }
                }
            }
            guard facts.sources.isEmpty else {
                if facts.needs == 0 {
                    section.empty("Nothing. Every source answers, every job does its work, and spending is below its thresholds.")
                }
                return
            }
            section.empty("The registry has no source yet.", "`wiredesk sources add URL` finds the feed behind an address and enters it.")
        }
    }

    private static func write(_ model: RestingModel, now: Date, to html: inout HTML) {
        html.element("article", .class("need")) { need in
            need.element("h3") { head in
                head.pill(.bad, "resting")
                head.text(" model \(model.name)")
                head.element("span", .class("dim")) { $0.text(" for \(Figures.rough(now.timeIntervalSince(model.since)))") }
            }
            need.element("p") { $0.outside(model.cause) }
            need.element("p", .class("hint")) { hint in
                hint.text("Calls are refused, or go to the next model of their chain. Next trial: ")
                hint.until(model.until, now)
            }
        }
    }

    private static func write(_ report: SourceReport, to html: inout HTML) {
        html.element("article", .class("need")) { need in
            need.element("h3") { head in
                head.pill(report.status.tone, report.status.rawValue)
                head.text(" ")
                head.link("/sources/\(report.source.id)", report.source.id.text)
                if let since = report.state?.failingSince {
                    head.element("span", .class("dim")) { $0.text(" for \(Figures.rough(report.now.timeIntervalSince(since)))") }
                }
            }
            need.element("p") { line in
                if let outcome = report.state?.lastOutcome { line.element("code", text: outcome.rawValue) }
                line.text(" ")
                line.outside(report.state?.lastMessage ?? report.remark)
            }
            if let hint = report.state?.lastHint { need.element("p", .class("hint")) { $0.outside(hint) } }
        }
    }

    private func writeSpending(_ facts: Facts, to html: inout HTML) {
        html.section("Spending, 14 days", id: "spending") { section in
            CostWords.chart(facts.spending, days: 14, thresholds: nil, to: &section)
            section.element("p", .class("more")) { $0.link("/costs", "Costs in full →") }
        }
    }

    private func writePolls(_ facts: Facts, to html: inout HTML) {
        html.section("Latest polls", id: "polls") { section in
            guard !facts.polls.isEmpty else {
                return section.empty("Nothing has been polled yet.", "A running host polls each source within seconds of its start.")
            }
            PollTable.write(facts.polls, now: facts.now, withSource: true, to: &section)
        }
    }

    private func writeBriefing(_ facts: Facts, to html: inout HTML) {
        html.section("Latest briefing", id: "briefing") { section in
            guard let briefing = facts.briefing else {
                return section.empty("There is no briefing yet.", "They are written each morning and evening, or ordered on the page Briefing.")
            }
            section.element("p", .class("dim")) { line in
                line.text("\(briefing.slot.rawValue), ")
                line.ago(briefing.madeAt, facts.now)
            }
            section.element("p", .class("headline")) { $0.link("/briefing/\(briefing.id)", briefing.content.headline) }
            if let first = briefing.content.paragraphs.first?.prefix(2) {
                section.element("p") { $0.outside(first.map(\.text).joined(separator: " "), limit: 500) }
            }
        }
    }

    private func writeArticles(_ facts: Facts, to html: inout HTML) {
        html.section("Latest articles", id: "articles") { section in
            guard !facts.articles.isEmpty else { return section.empty("No article is stored yet.") }
            section.element("ul", .class("headlines")) { list in
                for article in facts.articles {
                    list.element("li") { item in
                        item.link("/articles/\(article.id)", article.shownTitle)
                        item.element("span", .class("dim")) { line in
                            line.text("\(article.source), ")
                            line.ago(article.firstSeenAt, facts.now)
                        }
                    }
                }
            }
        }
    }
}

extension DeskParts {
    /// The latest briefing that is no trial; nil where there is none, or no newsroom.
    func latestBriefing() async throws -> Briefing? { try await newsroom?.store.briefings(BriefingQuery(limit: 1)).first }
}

extension Article {
    /// Its title, or what else it is known by.
    var shownTitle: String { item.title.flatMap { $0.isEmpty ? nil : $0 } ?? item.url ?? "(no title)" }
}

/// Polls as a table.
enum PollTable {
    static func write(_ polls: [PollRecord], now: Date, withSource: Bool, to html: inout HTML) {
        let source = withSource ? [HTML.Column("Source")] : []
        let columns =
            [HTML.Column("When")] + source + [
                HTML.Column("Outcome"), HTML.Column("Items", isNumber: true, .minor), HTML.Column("New", isNumber: true),
                HTML.Column("Time", isNumber: true, .minor), HTML.Column("What happened", isLong: true, .minor),
            ]
        html.table("Polls, newest first", columns, polls) { poll, row in
            row.cell { $0.ago(poll.startedAt, now) }
            if withSource { row.cell { $0.link("/sources/\(poll.source)", poll.source.text) } }
            row.cell { $0.pill(poll.isWell ? .good : poll.outcome == .offline ? .quiet : .bad, poll.outcome.rawValue) }
            row.number(poll.items.seen)
            row.number(poll.items.new)
            row.cell { $0.text("\(Duration.milliseconds(poll.durationMs).short)") }
            row.cell { cell in
                cell.outside(poll.message, limit: 200)
                if let server = poll.servedBy, server != poll.source { cell.element("span", .class("dim")) { $0.text(" served by \(server)") } }
            }
        }
    }
}
