import Costs
import GRDB
import Stores
import WireCore

// Sums are taken here and not in SQL: SQLite turns an integer sum that overflows into a floating-point number without a word.

/// The standings that one entry counts in: desk, operation and key, each in its day and its month.
struct Standings {
    private let places: [LedgerBook.Place]
    /// In the order of the places.
    private var standings: [BudgetStanding]

    init(of entry: LedgerEntry, in book: LedgerBook, _ db: Database) throws {
        var scopes = [BudgetScope.desk.text, BudgetScope.operation(entry.purpose.operation).text]
        if let key = entry.purpose.key { scopes.append(BudgetScope.key(key).text) }
        places = [entry.day, entry.day.month].flatMap { period in
            scopes.map { LedgerBook.Place(period: ExactText(period.text), scope: ExactText($0)) }
        }
        standings = try book.standings(at: places, db)
    }

    /// Where the budget stands. Throws for one that the entry does not count against: it could never bound anything.
    func standing(for budget: Budget) throws -> BudgetStanding {
        let place = LedgerBook.Place(period: ExactText(budget.period.text), scope: ExactText(budget.scope.text))
        guard let index = places.firstIndex(of: place) else {
            throw DeskError(
                .store,
                "the budget of \(SafeText.line(budget.scope.text, limit: 80)) in \(SafeText.line(budget.period.text, limit: 20)) "
                    + "is none that this call counts against")
        }
        return standings[index]
    }

    /// Adds the bound to what is reserved everywhere. Throws where spent and reserved together would leave 64 bits.
    mutating func reserve(_ bound: Money) throws {
        try change { standing in
            standing.reserved = try standing.reserved.plus(bound)
        }
    }

    /// Takes the bound out of what is reserved and adds the cost to what is spent. No cost within its bound can make it throw.
    mutating func settle(bound: Money, cost: Money) throws {
        try change { standing in
            standing.reserved = try standing.reserved.minus(bound)
            standing.spent = try standing.spent.plus(cost)
        }
    }

    private mutating func change(_ body: (inout BudgetStanding) throws -> Void) throws {
        for index in standings.indices {
            try body(&standings[index])
            guard Int64(exactly: standings[index].total(with: .zero)) != nil else { throw outOfRange() }
        }
    }

    func write(to book: LedgerBook) {
        for (place, standing) in zip(places, standings) { book.set(standing, at: place) }
    }
}

extension BudgetStanding {
    /// Spent + reserved + a bound, in picodollars.
    func total(with bound: Money) -> Int128 {
        Int128(spent.picodollars) + Int128(reserved.picodollars) + Int128(bound.picodollars)
    }
}

extension LedgerBook {
    /// Adds an entry that has ended to the sums of its day and month.
    func addToTotals(_ entry: LedgerEntry, _ db: Database) throws {
        let purpose = entry.purpose
        let group = [purpose.operation, entry.provider, entry.model, purpose.source?.text, purpose.key].map { $0.map(ExactText.init) }
        let addends = TotalColumns.addends(of: entry)
        for period in [entry.day, entry.day.month] {
            try change(totalsOf: [ExactText(period.text)] + group, db) { sums in
                for (column, addend) in addends.enumerated() {
                    let (sum, overflow) = sums[column].addingReportingOverflow(addend)
                    guard !overflow else { throw outOfRange() }
                    sums[column] = sum
                }
            }
        }
    }
}

/// The columns of `ledger_totals` in the order in which they are written and read.
enum TotalColumns {
    static let group = ["period", "operation", "provider", "model", "source", "key"]
    static let sums = ["calls", "cached_calls", "estimated_calls"] + UsageNumbers.names + ["cost", "saved"]
    static let all = (group + sums).joined(separator: ", ")
    private static let isGroup = group.map { "\($0) = ?" }.joined(separator: " AND ")
    static let selectSums = "SELECT \(sums.joined(separator: ", ")) FROM ledger_totals WHERE \(isGroup)"
    static let update = "UPDATE ledger_totals SET \(sums.map { "\($0) = ?" }.joined(separator: ", ")) WHERE \(isGroup)"
    static let insert = "INSERT INTO ledger_totals (\(all)) VALUES (\((group + sums).map { _ in "?" }.joined(separator: ", ")))"

    /// What an entry adds to each sum.
    static func addends(of entry: LedgerEntry) -> [Int64] {
        [1, entry.status == .cached ? 1 : 0, entry.status == .estimated ? 1 : 0]
            + UsageNumbers.of(entry.usage).map { Int64($0) } + [entry.cost.picodollars, entry.saved.picodollars]
    }

    /// A group in the order of the columns; where there is no name, 0.
    static func values(of group: [ExactText?]) -> [SQLValue] { group.map { $0.map { .text($0.text) } ?? .integer(0) } }

    static func total(_ row: SQLRow) throws -> LedgerTotal {
        var total = LedgerTotal(
            period: LedgerPeriod(row.text(0)), operation: row.text(1), provider: row.text(2), model: row.text(3),
            source: row.isInteger(4) ? nil : try row.source(4), key: row.isInteger(5) ? nil : row.text(5))
        (total.calls, total.cachedCalls, total.estimatedCalls) = (row.int(6), row.int(7), row.int(8))
        total.usage = UsageColumns.usage(row, from: 9)
        (total.cost, total.saved) = (MoneySum(row.money(15)), MoneySum(row.money(16)))
        return total
    }
}

extension Money {
    fileprivate func plus(_ other: Money) throws -> Money {
        guard let sum = adding(other) else { throw outOfRange() }
        return sum
    }

    fileprivate func minus(_ other: Money) throws -> Money {
        guard let difference = subtracting(other) else { throw outOfRange() }
        return difference
    }
}

private func outOfRange() -> DeskError {
    DeskError(
        .store, "a sum of the ledger would leave the range of 64 bits (9.2 million dollars, or 9.2 × 10¹⁸ tokens); nothing was booked",
        hint: "Look for an amount that cannot be right: `wiredesk costs --json`.")
}
