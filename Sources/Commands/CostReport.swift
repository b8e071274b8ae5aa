import Costs
import Foundation
import Host
import LLM
import Stores
import WireCore

/// A ``SpendingReport`` as text and as JSON.
struct CostReport {
    private let report: SpendingReport

    var day: LedgerPeriod { report.day }

    init(store: any LedgerStore, plan: BudgetPlan, now: Date) async throws {
        report = try await store.spending(plan, now: now)
    }

    // MARK: - Text

    func text(by breakdowns: [CostsCommand.Breakdown]) -> String {
        let palette = Palette()
        let whole = report.whole
        let (day, today, month, limits) = (report.day, report.today, report.month, report.limits)
        func of(_ limit: Money?) -> String { limit.map { " of $\($0.dollars)" } ?? "" }
        var text = "Today (\(day.text))     $\(today.spent.text(decimals: 4))\(of(limits.daily))\(reserved(today))\n"
        text += "Month to date          $\(month.spent.text(decimals: 4))\(of(limits.monthly))\(reserved(month))\n"
        text += "Projected for \(day.month.text)  $\(report.projected.text(decimals: 4))\n"
        text +=
            "\(whole.calls.counted("call")), \(whole.cachedCalls) from the cache (saved $\(whole.saved.text(decimals: 4))), "
            + "\(whole.estimatedCalls) estimated; days of \(report.zone)\n"
        for breakdown in breakdowns {
            let rows = report.groups(by: breakdown.property)
            guard !rows.isEmpty else { continue }
            text += "\n" + table(breakdown, rows).rendered(palette, width: Output.isTerminal() ? Output.width : nil)
        }
        return text
    }

    private func reserved(_ standing: BudgetStanding) -> String {
        standing.reserved > .zero ? ", $\(standing.reserved.text(decimals: 4)) reserved" : ""
    }

    private func table(_ breakdown: CostsCommand.Breakdown, _ rows: [SpendingGroup]) -> Table {
        var table = Table([breakdown.rawValue.uppercased(), "CALLS", "COST", ""], rightAligned: [1, 2])
        let most = rows.map(\.cost).max() ?? MoneySum()
        let palette = Palette()
        for row in rows {
            let share = most.picodollars > 0 ? Int(row.cost.picodollars * 240 / most.picodollars) : 0
            table.add([
                Table.Cell(row.name, paint: palette.bold), Table.Cell(number: row.calls), Table.Cell("$" + row.cost.text(decimals: 4)),
                Table.Cell(Output.isTerminal() ? Self.bar(share) : "", paint: palette.dim),
            ])
        }
        return table
    }

    /// A bar of at most 30 columns, in eighths: `share` is of 240.
    private static func bar(_ share: Int) -> String {
        let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: share / 8) + eighths[share % 8]
    }

    // MARK: - JSON

    /// One object without its end: `,"entries":[`, the entries and `]}` are to follow.
    var jsonHead: String {
        let whole = report.whole
        let (day, today, month, limits) = (report.day, report.today, report.month, report.limits)
        var json = JSONWriter(capacity: 4096)
        json.object { root in
            root.member("timeZone", report.zone)
            root.member("day", day.text)
            root.member("todayUSD", today.spent.dollars)
            root.member("monthToDateUSD", month.spent.dollars)
            root.member("projectedMonthUSD", report.projected.dollars)
            root.member("reservedUSD", month.reserved.dollars)
            root.member("dailyLimitUSD", orNull: limits.daily?.dollars)
            root.member("monthlyLimitUSD", orNull: limits.monthly?.dollars)
            root.member("calls", whole.calls)
            root.member("cachedCalls", whole.cachedCalls)
            root.member("estimatedCalls", whole.estimatedCalls)
            root.member("savedUSD", whole.saved.dollars)
            for (name, breakdown) in Self.names {
                root.key(name)
                root.array { list in
                    for row in report.groups(by: breakdown) {
                        list.object {
                            $0.member("name", row.name)
                            $0.member("calls", row.calls)
                            $0.member("costUSD", row.cost.dollars)
                        }
                    }
                }
            }
        }
        return json.text.dropLast() + ",\"entries\":["
    }

    private static let names: [(StaticString, SpendingGroup.Property)] = [
        ("byModel", .model), ("byOperation", .operation), ("bySource", .source), ("byKey", .key), ("byDay", .day),
    ]
}

extension Workspace {
    /// The registry's plan for money; the default one where there is no registry.
    func plan() throws -> BudgetPlan {
        guard FileManager.default.fileExists(atPath: registryFile.path) else { return BudgetPlan() }
        return try registry().gateway.configuration.plan
    }

    func calendar() throws -> LedgerCalendar { try plan().calendar }
}
