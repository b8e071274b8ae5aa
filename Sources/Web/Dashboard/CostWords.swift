import Costs
import FoundationEssentials
import Stores
import WireCore

/// How spending is told on several pages.
enum CostWords {
    /// "of $0.50; $0.02 reserved".
    static func limit(_ standing: BudgetStanding, _ limit: Money?) -> String {
        let bound = limit.map { "of \(Figures.dollars($0))" } ?? "no limit"
        return standing.reserved > .zero ? "\(bound); \(Figures.dollars(standing.reserved)) reserved" : bound
    }

    static func month(_ report: SpendingReport) -> String {
        "\(Figures.dollars(report.month.spent)) so far" + (report.limits.monthly.map { ", limit \(Figures.dollars($0))" } ?? "")
    }

    /// The banner: that a threshold is reached, and what drives it.
    static func write(_ alert: BudgetAlert, _ report: SpendingReport, to html: inout HTML) {
        html.element("article", .class("need")) { need in
            need.element("h3") { head in
                head.pill(.warn, "cost alert")
                head.text(" ")
                head.outside(alert.message)
            }
            let drivers = report.groups(by: .operation).prefix(3).filter { $0.cost > MoneySum() }
            guard !drivers.isEmpty else { return }
            need.element("p") { line in
                line.text("Most of the month went to ")
                for (index, driver) in drivers.enumerated() {
                    if index > 0 { line.text(index + 1 == drivers.count ? " and " : ", ") }
                    line.element("strong") { $0.outside(driver.name, limit: 80) }
                    line.text(" (\(Figures.dollars(driver.cost)))")
                }
                line.text(". ")
                line.link("/costs", "See what it is made of")
                line.text(", or set a budget in the registry.")
            }
        }
    }

    /// Days as bars, with the figures as a table behind them.
    static func chart(_ report: SpendingReport, days count: Int, thresholds: AlertThresholds?, to html: inout HTML) {
        let byDay = Dictionary(report.days.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let days = DeskParts.days(count, to: report.day).map { day in (day, byDay[day.text] ?? SpendingGroup(name: day.text)) }
        let total = days.reduce(MoneySum()) { $0 + $1.1.cost }
        guard days.contains(where: { $0.1.calls > 0 }) else {
            return html.empty(
                "No call to a model in these \(count) days.", "Calls go through the gateway: `wiredesk keys create NAME` makes a key for a program.")
        }
        let marks =
            (thresholds?.daily ?? []).map { HTML.Mark(name: "alert \(Figures.dollars($0))", value: MoneySum($0).approximateDollars) }
            + (report.limits.daily.map { [HTML.Mark(name: "limit \(Figures.dollars($0))", value: MoneySum($0).approximateDollars)] } ?? [])
        let dearest = days.max { $0.1.cost < $1.1.cost }
        let summary =
            "What each of the last \(count) days cost: \(Figures.dollars(total)) in all"
            + (dearest.map { ", most on \($0.0.text) with \(Figures.dollars($0.1.cost))" } ?? "") + "."
        html.bars(
            summary,
            days.map { day, group in
                HTML.Bar(
                    name: day.text, value: group.cost.approximateDollars, told: "\(Figures.dollars(group.cost)) in \(group.calls.counted("call"))",
                    isPresent: day == report.day)
            }, marks: marks, unit: axis)
        html.element("details") { details in
            details.element("summary", text: "The same as a table")
            details.table(
                "Cost of each day",
                [.init("Day"), .init("Calls", isNumber: true), .init("Cached", isNumber: true, .minor), .init("Cost", isNumber: true)],
                days.reversed()
            ) { day, row in
                row.text(day.0.text)
                row.number(day.1.calls)
                row.number(day.1.cachedCalls)
                row.money(day.1.cost)
            }
        }
    }

    /// "$0.25", "$12": with as many decimals as the axis' step has, and never one.
    private static func axis(_ value: Double, step: Double) -> String {
        if value == 0 { return "$0" }
        if step >= 1 { return "$\(Figures.grouped(Int(value.rounded())))" }
        let decimals = step < 0.000_099 ? 5 : step < 0.000_99 ? 4 : step < 0.009_9 ? 3 : 2
        return "$" + MoneySum(picodollars: Int128(value * Double(Money.perDollar))).text(decimals: decimals)
    }
}

extension SpendingReport {
    /// The thresholds that are reached now.
    func alerts(_ plan: BudgetPlan, at instant: Date) -> [BudgetAlert] {
        plan.alertsDue(before: nil, after: plan.view(at: instant, spentToday: today.spent, spentThisMonth: month.spent)).uniqueByPeriod
    }
}

extension [BudgetAlert] {
    /// Of several thresholds of one period that are reached only the highest is told.
    fileprivate var uniqueByPeriod: [BudgetAlert] {
        var seen: Set<Substring> = []
        return reversed().filter { alert in seen.insert(alert.id.split(separator: ":").dropFirst().first ?? "").inserted }.reversed()
    }
}
