public import FoundationEssentials

/// Bounds the retries of the whole host to a share of its first tries: when failures are broad, retrying stops by itself.
///
/// After Finagle's RetryBudget (20 %, with a small floor per second so that a quiet host may still retry).
public struct RetryBudget: Sendable {
    /// Retries earned by one first try.
    public let share: Double
    /// Retries allowed per second whatever the traffic.
    public let floorPerSecond: Double
    /// The most that can be saved up.
    public let capacity: Double
    private var balance: Double
    private var refilledAt: Date

    /// A budget that starts with ten seconds' worth of its floor.
    public init(share: Double = 0.2, floorPerSecond: Double = 1, capacity: Double = 100, at now: Date) {
        self.share = share
        self.floorPerSecond = floorPerSecond
        self.capacity = capacity
        balance = min(capacity, floorPerSecond * 10)
        refilledAt = now
    }

    /// Notes a first try.
    public mutating func deposit() {
        balance = min(capacity, balance + share)
    }

    /// Takes leave for one retry; false when the budget is spent.
    public mutating func withdraw(at now: Date) -> Bool {
        balance = min(capacity, balance + max(0, now.timeIntervalSince(refilledAt)) * floorPerSecond)
        refilledAt = max(refilledAt, now)
        guard balance >= 1 else { return false }
        balance -= 1
        return true
    }
}
