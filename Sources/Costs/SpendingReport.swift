public import Foundation
import WireCore

/// What was spent today and this month, what the month is projected to cost, and by what: the figures of every report and chart.
public struct SpendingReport: Sendable {
    public let zone: String
    public let day: LedgerPeriod
    public let today: BudgetStanding
    public let month: BudgetStanding
    /// What the month will have cost if it goes on like this.
    public let projected: MoneySum
    /// How many days of the month have begun, today included: 1 to 31.
    public let daysElapsed: Int
    public let limits: SpendingLimits
    /// The month's sums, one for each combination of what can be grouped by.
    public let totals: [LedgerTotal]
    /// The days that were asked for, oldest first; those without a call are left out.
    public let days: [SpendingGroup]

    /// - Parameters:
    ///   - today: the desk's standing in the day of `instant`; `month`: in its month.
    ///   - totals: the sums of that month; `days`: the days to report, named as periods.
    public init(plan: BudgetPlan, at instant: Date, today: BudgetStanding, month: BudgetStanding, totals: [LedgerTotal], days: [SpendingGroup]) {
        let calendar = plan.calendar
        zone = plan.zone.identifier
        day = calendar.day(of: instant)
        daysElapsed = Int(day.text.suffix(2)) ?? 1
        projected = calendar.projection(spent: month.spent, at: instant)
        limits = plan.desk
        self.today = today
        self.month = month
        self.totals = totals
        self.days = days
    }

    /// All of the month.
    public var whole: SpendingGroup { SpendingGroup(name: day.month.text, adding: totals) }

    /// The month's sums by one property, the dearest first; days in their order.
    public func groups(by property: SpendingGroup.Property) -> [SpendingGroup] {
        property == .day ? days : SpendingGroup.groups(of: totals, by: property)
    }
}

/// Sums over the calls that have one property in common.
public struct SpendingGroup: Sendable, Hashable {
    /// What calls can be grouped by.
    public enum Property: String, Sendable, CaseIterable { case model, operation, source, key, day }

    /// The property's value; "(none)" for calls of no source, "(the desk)" for those of no key.
    public var name: String
    public var cost = MoneySum()
    public var saved = MoneySum()
    public var calls = 0
    public var cachedCalls = 0
    public var estimatedCalls = 0
    public var usage = Usage()

    public init(name: String, adding totals: [LedgerTotal] = []) {
        self.name = name
        for total in totals { include(total) }
    }

    /// Cached calls in percent of all, rounded to two decimals; 0 where there was no call.
    public var cachedPercent: Double {
        calls == 0 ? 0 : (Double(cachedCalls) / Double(calls) * 10_000).rounded() / 100
    }

    /// Adds one more combination's sums.
    public mutating func include(_ total: LedgerTotal) {
        cost += total.cost
        saved += total.saved
        calls += total.calls
        cachedCalls += total.cachedCalls
        estimatedCalls += total.estimatedCalls
        usage.add(total.usage)
    }

    /// One group for each value of the property, the dearest first, equal ones by name; days in their order.
    public static func groups(of totals: [LedgerTotal], by property: Property) -> [SpendingGroup] {
        var places: [String: Int] = [:]
        var groups: [SpendingGroup] = []
        for total in totals {
            let name = name(of: total, property)
            let place = places[name] ?? groups.count
            if place == groups.count {
                places[name] = place
                groups.append(SpendingGroup(name: name))
            }
            groups[place].include(total)
        }
        return property == .day ? groups.sorted { $0.name < $1.name } : groups.sorted { ($1.cost, $0.name) < ($0.cost, $1.name) }
    }

    private static func name(of total: LedgerTotal, _ property: Property) -> String {
        switch property {
        case .model: total.model
        case .operation: total.operation
        case .source: total.source?.text ?? "(none)"
        case .key: total.key ?? "(the desk)"
        case .day: total.period.text
        }
    }
}

extension MoneySum {
    public static func += (a: inout MoneySum, b: MoneySum) { a = a + b }
}

extension Usage {
    /// Adds class by class; a sum that would leave 64 bits stays at their end.
    public mutating func add(_ other: Usage) {
        func plus(_ a: Int, _ b: Int) -> Int {
            let (sum, overflow) = a.addingReportingOverflow(b)
            return overflow ? .max : sum
        }
        inputTokens = plus(inputTokens, other.inputTokens)
        outputTokens = plus(outputTokens, other.outputTokens)
        cacheReadTokens = plus(cacheReadTokens, other.cacheReadTokens)
        cacheWrite5mTokens = plus(cacheWrite5mTokens, other.cacheWrite5mTokens)
        cacheWrite1hTokens = plus(cacheWrite1hTokens, other.cacheWrite1hTokens)
        webSearches = plus(webSearches, other.webSearches)
    }
}
