public import Foundation

/// How much may be spent in a day and in a month; nil: no bound.
public struct SpendingLimits: Sendable, Hashable {
    public var daily: Money?
    public var monthly: Money?

    public init(daily: Money? = nil, monthly: Money? = nil) {
        self.daily = daily
        self.monthly = monthly
    }
}

/// When spending is worth a word, though nothing is refused. Reaching a threshold exactly counts.
public struct AlertThresholds: Sendable, Hashable {
    /// Spent in a day; default $0.50.
    public var daily: [Money]
    /// What the month is projected to cost; default $10.
    public var monthProjected: [Money]

    public init(
        daily: [Money] = [Money(picodollars: Money.perDollar / 2)], monthProjected: [Money] = [Money(picodollars: 10 * Money.perDollar)]
    ) {
        self.daily = daily
        self.monthProjected = monthProjected
    }
}

/// What the desk may spend, whose days it counts, and when it speaks up.
public struct BudgetPlan: Sendable, Hashable {
    /// Whose midnights begin days and months; default GMT.
    public var zone: TimeZone
    /// Hard bounds on all spending together; default none.
    public var desk: SpendingLimits
    /// Hard bounds by operation ("briefing_generation"); default none.
    public var operations: [String: SpendingLimits]
    public var alerts: AlertThresholds

    public init(
        zone: TimeZone = .gmt, desk: SpendingLimits = SpendingLimits(), operations: [String: SpendingLimits] = [:],
        alerts: AlertThresholds = AlertThresholds()
    ) {
        self.zone = zone
        self.desk = desk
        self.operations = operations
        self.alerts = alerts
    }

    public var calendar: LedgerCalendar { LedgerCalendar(zone: zone) }

    /// Every budget that a call at `instant` must fit into: the desk's, its operation's and its key's, by day and by month.
    /// - Parameter keyLimits: the bounds of the call's gateway key; of no effect for a call of the desk itself.
    public func budgets(for purpose: CallPurpose, keyLimits: SpendingLimits? = nil, at instant: Date) -> [Budget] {
        var bounds: [(BudgetScope, SpendingLimits)] = [(.desk, desk)]
        if let limits = operations[purpose.operation] { bounds.append((.operation(purpose.operation), limits)) }
        if let key = purpose.key, let keyLimits { bounds.append((.key(key), keyLimits)) }
        let day = calendar.day(of: instant)
        return bounds.flatMap { scope, limits in
            [
                limits.daily.map { Budget(scope: scope, period: day, limit: $0) },
                limits.monthly.map { Budget(scope: scope, period: day.month, limit: $0) },
            ].compactMap { $0 }
        }
    }
}
