public import Foundation

/// What the desk has spent at one moment, as alerts see it.
public struct SpendingView: Sendable, Hashable {
    public var day: LedgerPeriod
    public var spentToday: Money
    public var spentThisMonth: Money
    /// What the month will have cost if it goes on like this.
    public var monthProjected: MoneySum

    public init(day: LedgerPeriod, spentToday: Money, spentThisMonth: Money, monthProjected: MoneySum) {
        self.day = day
        self.spentToday = spentToday
        self.spentThisMonth = spentThisMonth
        self.monthProjected = monthProjected
    }
}

/// One plain sentence that is due once.
public struct BudgetAlert: Sendable, Hashable {
    /// Unique for period and threshold, "cost:day:2026-11-24:0.5" or "cost:month-projected:2026-11:10": whoever keeps the ids that were
    /// said says none twice.
    public var id: String
    public var message: String

    public init(id: String, message: String) {
        self.id = id
        self.message = message
    }
}

extension BudgetPlan {
    /// The view at `instant`, from what the desk's day and month have cost so far.
    public func view(at instant: Date, spentToday: Money, spentThisMonth: Money) -> SpendingView {
        SpendingView(
            day: calendar.day(of: instant), spentToday: spentToday, spentThisMonth: spentThisMonth,
            monthProjected: calendar.projection(spent: spentThisMonth, at: instant))
    }

    /// The alerts whose thresholds were not reached before and are now, lowest threshold first. A new day or month begins below all of
    /// them; `before` nil: everything that is reached is due. A projection may fall and rise again, and its alert be due again under the
    /// same id.
    public func alertsDue(before: SpendingView?, after: SpendingView) -> [BudgetAlert] {
        let today = before.flatMap { $0.day == after.day ? MoneySum($0.spentToday) : nil }
        let projected = before.flatMap { $0.day.month == after.day.month ? $0.monthProjected : nil }
        let month = after.day.month.text
        let daily = Self.reached(alerts.daily, before: today, after: MoneySum(after.spentToday)).map { limit in
            BudgetAlert(
                id: "cost:day:\(after.day.text):\(limit.dollars)",
                message: "Model calls have cost $\(Self.shown(MoneySum(after.spentToday))) on \(after.day.text); "
                    + "the alert is set at $\(Self.shown(MoneySum(limit))) a day.")
        }
        let monthly = Self.reached(alerts.monthProjected, before: projected, after: after.monthProjected).map { limit in
            BudgetAlert(
                id: "cost:month-projected:\(month):\(limit.dollars)",
                message: "At this pace model calls will cost $\(Self.shown(after.monthProjected)) in \(month) "
                    + "($\(Self.shown(MoneySum(after.spentThisMonth))) so far); the alert is set at $\(Self.shown(MoneySum(limit))) a month.")
        }
        return daily + monthly
    }

    private static func reached(_ thresholds: [Money], before: MoneySum?, after: MoneySum) -> [Money] {
        Set(thresholds).sorted().filter { limit in MoneySum(limit) <= after && (before.map { $0 < MoneySum(limit) } ?? true) }
    }

    /// Two decimals; what rounds to nothing is shown exactly.
    private static func shown(_ sum: MoneySum) -> String {
        let text = sum.text(decimals: 2)
        return text == "0.00" && sum.picodollars != 0 ? sum.dollars : text
    }
}
