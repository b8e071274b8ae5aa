import Costs
import FoundationEssentials
import Stores
import WireCore

/// A ledger under test and short ways to say what is done to it.
struct LedgerRig: Sendable {
    let store: any LedgerStore
    /// Another door to the same ledger.
    let other: any LedgerStore

    /// 2026-11-24T08:00:00Z, some seconds later, on a whole millisecond.
    func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: ((1_795_507_200 + seconds) * 1000).rounded() / 1000) }

    /// A reservation that says only what it must.
    func entry(
        _ id: String, bound: Int64 = 100, day: LedgerPeriod = .today, operation: String = "extract", key: String? = nil, source: SourceID? = nil
    ) -> LedgerEntry {
        LedgerEntry(
            id: id, at: at(0), day: day, purpose: CallPurpose(operation: operation, source: source, key: key), provider: "anthropic",
            model: "claude-haiku-4-5", status: .reserved, bound: Money(picodollars: bound), priceFrom: "row@2026-01-01", owner: "host-1",
            expiresAt: at(900))
    }

    /// An entry that was answered from the cache.
    func cached(_ id: String, saved: Int64) -> LedgerEntry {
        var entry = entry(id, bound: 0)
        (entry.status, entry.saved, entry.settledAt) = (.cached, Money(picodollars: saved), at(0))
        return entry
    }

    func settlement(_ id: String, cost: Int64, status: EntryStatus = .settled, usage: Usage = Usage()) -> Settlement {
        Settlement(id: id, at: at(1), status: status, cost: Money(picodollars: cost), usage: usage, priceFrom: "row@2026-01-01")
    }

    /// Reserves against budgets, and wants it granted.
    func reserve(_ entry: LedgerEntry, _ budgets: Budget..., line: Int = #line) async throws {
        try expectEqual(try await store.reserve(entry, against: budgets), .granted, "reserving \(entry.id)", line: line)
    }

    /// Reserves and settles at once.
    func spend(_ entry: LedgerEntry, cost: Int64, status: EntryStatus = .settled, usage: Usage = Usage()) async throws {
        try await reserve(entry)
        _ = try await store.settle(settlement(entry.id, cost: cost, status: status, usage: usage))
    }

    func expectStanding(
        _ scope: BudgetScope, _ period: LedgerPeriod = .today, spent: Int64 = 0, reserved: Int64 = 0, line: Int = #line
    ) async throws {
        let wanted = BudgetStanding(spent: Money(picodollars: spent), reserved: Money(picodollars: reserved))
        try expectEqual(try await other.standing(of: scope, in: period), wanted, "\(scope) in \(period.text)", line: line)
    }

    /// The ids of all entries, in their order.
    func ids(_ change: (inout LedgerQuery) -> Void = { _ in }) async throws -> [String] {
        var query = LedgerQuery(limit: 1000)
        change(&query)
        return try await store.entries(query).map(\.id)
    }

    /// Wants a ``DeskError`` of this code.
    func expectError(_ code: DeskError.Code = .store, line: Int = #line, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as DeskError where error.code == code {
            return
        }
        throw ConformanceFailure(description: "line \(line): no DeskError with code \(code) was thrown")
    }
}

extension LedgerPeriod {
    static let today = LedgerPeriod("2026-11-24")
    static let tomorrow = LedgerPeriod("2026-11-25")
    static let nextMonth = LedgerPeriod("2026-12-01")
}

extension Budget {
    static func desk(_ limit: Int64, _ period: LedgerPeriod = .today) -> Budget {
        Budget(scope: .desk, period: period, limit: Money(picodollars: limit))
    }
    static func key(_ name: String, _ limit: Int64, _ period: LedgerPeriod = .today) -> Budget {
        Budget(scope: .key(name), period: period, limit: Money(picodollars: limit))
    }
    static func operation(_ name: String, _ limit: Int64, _ period: LedgerPeriod = .today) -> Budget {
        Budget(scope: .operation(name), period: period, limit: Money(picodollars: limit))
    }
}

/// The same numbers in every run: SplitMix64 (Steele, Lea, Flood 2014).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
