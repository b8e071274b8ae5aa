/// Whose spending a budget bounds.
public enum BudgetScope: Sendable, Hashable {
    /// All of it.
    case desk
    /// What one gateway key spends.
    case key(String)
    /// What one operation spends ("briefing_generation").
    case operation(String)

    /// As the store keeps it: "desk", "key:NAME", "operation:NAME".
    public var text: String {
        switch self {
        case .desk: "desk"
        case .key(let name): "key:\(name)"
        case .operation(let name): "operation:\(name)"
        }
    }

    /// Reads ``text``; nil for anything else.
    public init?(text: String) {
        if text == "desk" {
            self = .desk
        } else if text.utf8.starts(with: "key:".utf8) {
            // By bytes: a name may begin with a mark that joins the colon to one character.
            self = .key(String(decoding: text.utf8.dropFirst(4), as: UTF8.self))
        } else if text.utf8.starts(with: "operation:".utf8) {
            self = .operation(String(decoding: text.utf8.dropFirst(10), as: UTF8.self))
        } else {
            return nil
        }
    }
}

/// A day ("2026-11-24") or a month ("2026-11") of the desk's time zone.
public struct LedgerPeriod: Sendable, Hashable, Comparable {
    public var text: String
    public init(_ text: String) { self.text = text }
    public var isMonth: Bool { text.utf8.count == 7 }
    /// The month that a day lies in; a month itself.
    public var month: LedgerPeriod { LedgerPeriod(String(text.prefix(7))) }
    public static func < (a: LedgerPeriod, b: LedgerPeriod) -> Bool { a.text < b.text }
}

/// The money that a scope may spend in one day or month. A hard bound: equality is still within it.
public struct Budget: Sendable, Hashable {
    public var scope: BudgetScope
    public var period: LedgerPeriod
    public var limit: Money

    public init(scope: BudgetScope, period: LedgerPeriod, limit: Money) {
        self.scope = scope
        self.period = period
        self.limit = limit
    }
}

/// Where a scope stands in a period: what is spent, and what is held for calls under way.
public struct BudgetStanding: Sendable, Hashable {
    public var spent = Money.zero
    public var reserved = Money.zero

    public init(spent: Money = .zero, reserved: Money = .zero) {
        self.spent = spent
        self.reserved = reserved
    }
}

/// Why a reservation was not granted.
public struct BudgetRefusal: Error, Sendable, Hashable {
    /// The budget in whose way it was.
    public var budget: Budget
    public var standing: BudgetStanding
    /// The upper bound that did not fit.
    public var bound: Money

    public init(budget: Budget, standing: BudgetStanding, bound: Money) {
        self.budget = budget
        self.standing = standing
        self.bound = bound
    }

    /// True when it would fit once what is reserved settles for little: waiting may help. False: only the next period helps.
    public var mayFitLater: Bool {
        guard standing.reserved > .zero, let sum = standing.spent.adding(bound) else { return false }
        return sum <= budget.limit
    }

    /// What is neither spent nor reserved.
    public var left: Money {
        let sum = Int128(budget.limit.picodollars) - Int128(standing.spent.picodollars) - Int128(standing.reserved.picodollars)
        return Money(picodollars: Int64(clamping: max(0, sum)))
    }
}
