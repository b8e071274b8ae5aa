import Costs
import Foundation
import Host
import LLM
import Stores
import WireCore

/// What was spent today and this month, and by what.
struct CostReport {
    let zone: String
    let day: LedgerPeriod
    let today: BudgetStanding
    let month: BudgetStanding
    let projected: MoneySum
    let limits: SpendingLimits
    let totals: [LedgerTotal]
    let days: [LedgerTotal]

    init(store: any LedgerStore, plan: BudgetPlan, now: Date) async throws {
        let calendar = plan.calendar
        zone = plan.zone.identifier
        day = calendar.day(of: now)
        today = try await store.standing(of: .desk, in: day)
        month = try await store.standing(of: .desk, in: day.month)
        projected = calendar.projection(spent: month.spent, at: now)
        limits = plan.desk
        totals = try await store.totals(of: day.month)
        days = try await store.dailyTotals(from: LedgerPeriod(day.month.text + "-01"), to: day)
    }

    private var calls: Int { totals.reduce(0) { $0 + $1.calls } }
    private var cached: Int { totals.reduce(0) { $0 + $1.cachedCalls } }
    private var estimated: Int { totals.reduce(0) { $0 + $1.estimatedCalls } }
    private var saved: MoneySum { totals.reduce(MoneySum()) { $0 + $1.saved } }

    /// Sums by one property, the dearest first; days in their order.
    private func groups(_ breakdown: CostsCommand.Breakdown) -> [(name: String, cost: MoneySum, calls: Int)] {
        var sums: [String: (MoneySum, Int)] = [:]
        for total in breakdown == .day ? days : totals {
            let name =
                switch breakdown {
                case .model: total.model
                case .operation: total.operation
                case .source: total.source?.text ?? "(none)"
                case .key: total.key ?? "(the desk)"
                case .day: total.period.text
                }
            let old = sums[name] ?? (MoneySum(), 0)
            sums[name] = (old.0 + total.cost, old.1 + total.calls)
        }
        let rows = sums.map { (name: $0.key, cost: $0.value.0, calls: $0.value.1) }
        return breakdown == .day ? rows.sorted { $0.name < $1.name } : rows.sorted { ($1.cost, $0.name) < ($0.cost, $1.name) }
    }

    // MARK: - Text

    func text(by breakdowns: [CostsCommand.Breakdown]) -> String {
        let palette = Palette()
        func of(_ limit: Money?) -> String { limit.map { " of $\($0.dollars)" } ?? "" }
        var text = "Today (\(day.text))     $\(today.spent.text(decimals: 4))\(of(limits.daily))\(reserved(today))\n"
        text += "Month to date          $\(month.spent.text(decimals: 4))\(of(limits.monthly))\(reserved(month))\n"
        text += "Projected for \(day.month.text)  $\(projected.text(decimals: 4))\n"
        text +=
            "\(calls) call\(calls == 1 ? "" : "s"), \(cached) from the cache (saved $\(saved.text(decimals: 4))), \(estimated) estimated; days of \(zone)\n"
        for breakdown in breakdowns {
            let rows = groups(breakdown)
            guard !rows.isEmpty else { continue }
            text += "\n" + table(breakdown, rows).rendered(palette, width: Output.isTerminal() ? Output.width : nil)
        }
        return text
    }

    private func reserved(_ standing: BudgetStanding) -> String {
        standing.reserved > .zero ? ", $\(standing.reserved.text(decimals: 4)) reserved" : ""
    }

    private func table(_ breakdown: CostsCommand.Breakdown, _ rows: [(name: String, cost: MoneySum, calls: Int)]) -> Table {
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
        var json = JSONWriter(capacity: 4096)
        json.object { root in
            root.member("timeZone", zone)
            root.member("day", day.text)
            root.member("todayUSD", today.spent.dollars)
            root.member("monthToDateUSD", month.spent.dollars)
            root.member("projectedMonthUSD", projected.dollars)
            root.member("reservedUSD", month.reserved.dollars)
            root.member("dailyLimitUSD", orNull: limits.daily?.dollars)
            root.member("monthlyLimitUSD", orNull: limits.monthly?.dollars)
            root.member("calls", calls)
            root.member("cachedCalls", cached)
            root.member("estimatedCalls", estimated)
            root.member("savedUSD", saved.dollars)
            for (name, breakdown) in Self.names {
                root.key(name)
                root.array { list in
                    for row in groups(breakdown) {
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

    private static let names: [(StaticString, CostsCommand.Breakdown)] = [
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
