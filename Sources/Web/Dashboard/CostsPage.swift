import Costs
import FoundationEssentials
import Hummingbird
import Stores
import WireCore

/// What the models cost: so far, projected, against the budgets, and by what.
struct CostsPage {
    let parts: DeskParts
    let frame: PageFrame
    private static let days = 30

    var routes: [Route] {
        [
            Route(.get, "/costs", .read) { request in try await show(request) },
            Route(.post, "/costs/clear-expired", .change) { request in
                _ = try await parts.clearExpiredAnswers(by: request.visitor)
                return .redirect(to: "/costs?done=cleared")
            },
        ]
    }

    private func show(_ request: WebRequest) async throws -> Response {
        let plan = await parts.plan()
        let report = try await parts.spending(days: Self.days)
        let alerts = report.alerts(plan, at: parts.now)
        let cache = try await parts.store.cacheStatistics(now: parts.now)
        let budgets = try await parts.budgetLines()
        let processing = try await parts.processing(days: 7)
        let raised = try await parts.store.raisedAlerts(limit: 5)
        return frame.page("Costs", at: "/costs", request) { main in
            main.title("Costs", "\(report.day.month.text), days in \(report.zone). Every amount is exact; point at one to see all of it.")
            if !alerts.isEmpty {
                main.section(alerts.count == 1 ? "Alert" : "Alerts", id: "alerts", class: "card banner") { banner in
                    for alert in alerts { CostWords.write(alert, report, to: &banner) }
                }
            }
            writeTiles(report, alerts, to: &main)
            main.section("Last \(Self.days) days", id: "days") { CostWords.chart(report, days: Self.days, thresholds: plan.alerts, to: &$0) }
            main.element("div", .class("cards")) { cards in
                writeGroups("By model", .model, report, to: &cards)
                writeGroups("By operation", .operation, report, to: &cards)
                writeGroups("By source", .source, report, to: &cards)
                writeGroups("By key", .key, report, to: &cards)
                writeBudgets(budgets, to: &cards)
                writeCache(cache, report, request, to: &cards)
                writeProcessing(processing, to: &cards)
                writeAlerts(raised, to: &cards)
            }
        }
    }

    private func writeTiles(_ report: SpendingReport, _ alerts: [BudgetAlert], to html: inout HTML) {
        let whole = report.whole
        html.element("div", .class("tiles"), .id("tiles"), .flag("data-fresh")) { tiles in
            tiles.tile(
                "Month to date", Figures.dollars(report.month.spent),
                "day \(report.daysElapsed); \(CostWords.limit(report.month, report.limits.monthly))")
            tiles.tile(
                "Projected", Figures.dollars(report.projected), report.limits.monthly.map { "limit \(Figures.dollars($0))" } ?? "for the whole month",
                tone: alerts.isEmpty ? nil : .warn)
            tiles.tile("Today", Figures.dollars(report.today.spent), CostWords.limit(report.today, report.limits.daily))
            tiles.tile(
                "Calls", Figures.grouped(whole.calls),
                "\(Figures.short(whole.usage.promptTokens)) tokens in, \(Figures.short(whole.usage.outputTokens)) out", href: "/ledger")
            tiles.tile(
                "From the cache", Figures.percent(whole.cachedPercent),
                "\(whole.cachedCalls.counted("call")), \(Figures.dollars(whole.saved)) saved")
            tiles.tile(
                "Estimated", Figures.grouped(whole.estimatedCalls), "booked at their upper bound", tone: whole.estimatedCalls > 0 ? .warn : nil)
        }
    }

    private func writeGroups(_ name: String, _ property: SpendingGroup.Property, _ report: SpendingReport, to html: inout HTML) {
        let groups = report.groups(by: property)
        let most = groups.map(\.cost).max() ?? MoneySum()
        html.section(name, id: "by-\(property.rawValue)") { section in
            guard !groups.isEmpty else { return section.empty("No call this month.") }
            section.table(
                "\(name), the dearest first",
                [.init(name.dropFirst(3).capitalized), .init("Calls", isNumber: true), .init("Cost", isNumber: true), .init("Share", .minor)],
                Array(groups.prefix(12))
            ) { group, row in
                row.cell { cell in
                    if property == .operation {
                        cell.link("/ledger?operation=\(PercentEscapes.encoded(group.name))", group.name)
                    } else {
                        cell.outside(group.name, limit: 80)
                    }
                }
                row.number(group.calls)
                row.money(group.cost)
                row.cell { $0.share(most > MoneySum() ? Double(group.cost.picodollars) / Double(most.picodollars) : 0) }
            }
            if groups.count > 12 { section.element("p", .class("dim"), text: "and \(groups.count - 12) more") }
        }
    }

    private func writeBudgets(_ lines: [BudgetLine], to html: inout HTML) {
        html.section("Budgets", id: "budgets") { section in
            if !lines.contains(where: { $0.limit != nil }) {
                section.empty(
                    "No limit is set: nothing but the alerts bounds spending.",
                    "Set gateway.budgets in the registry, or `keys create NAME --daily USD`.")
            }
            section.table(
                "Budgets",
                [
                    .init("Whose", isLong: true), .init("Period"), .init("Spent", isNumber: true), .init("Limit", isNumber: true),
                    .init("Used", .minor),
                ], lines
            ) { line, row in
                row.text(line.scope.text, limit: 80)
                row.text(line.period.isMonth ? "month" : "day")
                row.cell { cell in
                    cell.money(MoneySum(line.standing.spent))
                    if line.standing.reserved > .zero {
                        cell.element("div", .class("remark")) { $0.text("+ \(Figures.dollars(line.standing.reserved)) reserved") }
                    }
                }
                row.cell { cell in if let limit = line.limit { cell.money(MoneySum(limit)) } else { cell.text("none") } }
                row.cell { cell in
                    guard let limit = line.limit, limit > .zero else { return }
                    let used = Double(line.standing.spent.picodollars + line.standing.reserved.picodollars) / Double(limit.picodollars)
                    cell.share(used, tone: used >= 1 ? .bad : used >= 0.8 ? .warn : nil)
                }
            }
        }
    }

    private func writeCache(_ cache: CacheStatistics, _ report: SpendingReport, _ request: WebRequest, to html: inout HTML) {
        html.section("Cache of answers", id: "cache") { section in
            section.element("dl", .class("facts")) { list in
                for (name, value) in [
                    ("Kept", "\(Figures.grouped(cache.total)), \(ByteCount(cache.bytes).short)"), ("Expired", Figures.grouped(cache.expired)),
                    ("Hits this month", "\(Figures.grouped(report.whole.cachedCalls)) of \(Figures.grouped(report.whole.calls))"),
                    ("Saved this month", Figures.dollars(report.whole.saved)),
                ] {
                    list.element("dt", text: name)
                    list.element("dd", text: value)
                }
            }
            section.action("/costs/clear-expired", "Clear expired", request.visitor)
        }
    }

    private func writeProcessing(_ lines: [ProcessingLine], to html: inout HTML) {
        html.section("Who read the articles, 7 days", id: "processing") { section in
            guard lines.contains(where: { $0.model + $0.simple > 0 }) else {
                return section.empty("No article was read in these days.", "The newsroom's job enrich reads them as they come.")
            }
            section.table(
                "Articles by source, read by a model or by the desk's own reader",
                [
                    .init("Source"), .init("Articles", isNumber: true, .minor), .init("Model", isNumber: true), .init("Simple", isNumber: true),
                    .init("By model", .minor),
                ],
                Array(lines.prefix(20))
            ) { line, row in
                row.text(line.source.text)
                row.number(line.articles)
                row.number(line.model)
                row.number(line.simple)
                row.cell { $0.share(line.modelPercent / 100) }
            }
        }
    }

    private func writeAlerts(_ alerts: [RaisedAlert], to html: inout HTML) {
        html.section("Alerts that were raised", id: "raised") { section in
            guard !alerts.isEmpty else { return section.empty("None yet.") }
            section.element("ul", .class("headlines")) { list in
                for alert in alerts {
                    list.element("li") { item in
                        item.outside(alert.message, limit: 300)
                        item.element("span", .class("dim")) { line in
                            line.ago(alert.at, parts.now)
                            line.text(alert.deliveredTo.isEmpty ? ", sent nowhere" : ", sent by \(alert.deliveredTo.joined(separator: ", "))")
                        }
                    }
                }
            }
        }
    }
}
