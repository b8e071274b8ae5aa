public import Costs
public import FoundationEssentials

extension LedgerStore {
    /// The report at `now`; its days are those from `firstDay` on, or the month's. A handful of short reads, however long the ledger is.
    public func spending(_ plan: BudgetPlan, now: Date, from firstDay: LedgerPeriod? = nil) async throws -> SpendingReport {
        let day = plan.calendar.day(of: now)
        return SpendingReport(
            plan: plan, at: now, today: try await standing(of: .desk, in: day), month: try await standing(of: .desk, in: day.month),
            totals: try await totals(of: day.month),
            days: try await dailySpending(from: firstDay ?? LedgerPeriod(day.month.text + "-01"), to: day))
    }
}
