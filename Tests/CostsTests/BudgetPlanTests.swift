import Costs
import Foundation
import Testing

@Suite("Budget plan")
struct BudgetPlanTests {
    @Test("A call must fit the desk's, its operation's and its key's budgets, each by day and month")
    func budgets() throws {
        let plan = BudgetPlan(
            zone: try #require(TimeZone(identifier: "America/New_York")),
            desk: SpendingLimits(daily: try Fixtures.money("1"), monthly: try Fixtures.money("20")),
            operations: ["briefing_generation": SpendingLimits(daily: try Fixtures.money("0.2"))])
        let at = try Fixtures.instant("2026-12-01T01:00:00Z")
        func list(_ purpose: CallPurpose, _ limits: SpendingLimits? = nil) -> [String] {
            plan.budgets(for: purpose, keyLimits: limits, at: at).map { "\($0.scope.text) \($0.period.text) \($0.limit.dollars)" }
        }
        #expect(list(CallPurpose(operation: "gateway")) == ["desk 2026-11-30 1", "desk 2026-11 20"])
        #expect(list(CallPurpose(operation: "briefing_generation")).last == "operation:briefing_generation 2026-11-30 0.2")
        let limits = SpendingLimits(monthly: try Fixtures.money("3"))
        #expect(list(CallPurpose(operation: "gateway", key: "k"), limits).last == "key:k 2026-11 3")
        #expect(BudgetPlan().budgets(for: CallPurpose(operation: "gateway"), at: at).isEmpty)
    }

    @Test("An alert is due when its threshold is reached, equality included, and not again")
    func once() throws {
        let plan = BudgetPlan()
        func view(_ at: String, _ today: String, _ month: String) throws -> SpendingView {
            try plan.view(at: Fixtures.instant(at), spentToday: Fixtures.money(today), spentThisMonth: Fixtures.money(month))
        }
        func ids(_ before: SpendingView?, _ after: SpendingView) -> [String] { plan.alertsDue(before: before, after: after).map(\.id) }
        let low = try view("2026-11-24T10:00:00Z", "0.499999999999", "1")
        let reached = try view("2026-11-24T11:00:00Z", "0.5", "1")
        #expect(ids(nil, low).isEmpty)
        #expect(ids(low, reached) == ["cost:day:2026-11-24:0.5"])
        #expect(ids(reached, try view("2026-11-24T12:00:00Z", "0.9", "1.4")).isEmpty)
        #expect(ids(nil, reached) == ["cost:day:2026-11-24:0.5"])
        let nextDay = try view("2026-11-25T12:00:00Z", "0.6", "1.6")
        #expect(ids(reached, nextDay) == ["cost:day:2026-11-25:0.5"])
        let dear = try view("2026-11-25T13:00:00Z", "0.7", "9.5")
        #expect(ids(nextDay, dear) == ["cost:month-projected:2026-11:10"])
        #expect(ids(dear, try view("2026-12-01T01:00:00Z", "0.4", "0.4")) == ["cost:month-projected:2026-12:10"])
    }

    @Test("Each alert is one plain sentence; a jump over several thresholds says each once, the lowest first")
    func messages() throws {
        var plan = BudgetPlan()
        plan.alerts = AlertThresholds(daily: [try Fixtures.money("2"), try Fixtures.money("0.5"), try Fixtures.money("2")])
        let view = try plan.view(
            at: Fixtures.instant("2026-11-24T12:00:00Z"), spentToday: Fixtures.money("2.345"), spentThisMonth: Fixtures.money("9"))
        let due = plan.alertsDue(before: nil, after: view)
        #expect(due.map(\.id) == ["cost:day:2026-11-24:0.5", "cost:day:2026-11-24:2", "cost:month-projected:2026-11:10"])
        #expect(due[0].message == "Model calls have cost $2.34 on 2026-11-24; the alert is set at $0.50 a day.")
        #expect(
            due[2].message
                == "At this pace model calls will cost $11.49 in 2026-11 ($9.00 so far); the alert is set at $10.00 a month.")
    }
}
