import Costs
import GRDB
import Stores
import WireCore

// Sums are taken here and not in SQL: SQLite turns an integer sum that overflows into a floating-point number without a word.

/// The standings that one entry counts in: desk, operation and key, each in its day and its month.
struct Standings {
    private struct Place {
        var period: LedgerPeriod
        var scope: String
        var standing = BudgetStanding()
    }

    private var places: [Place]

    init(of entry: LedgerEntry, _ db: Database) throws {
        let periods = [entry.day, entry.day.month]
        var scopes = [BudgetScope.desk.text, BudgetScope.operation(entry.purpose.operation).text]
        if let key = entry.purpose.key { scopes.append(BudgetScope.key(key).text) }
        places = periods.flatMap { period in scopes.map { Place(period: period, scope: $0) } }
        let sql = "SELECT period, scope, spent, reserved FROM budget_standings WHERE period IN (?, ?) AND scope IN (?, ?, ?)"
        let values = [periods[0].text, periods[1].text, scopes[0], scopes[1], scopes[scopes.count - 1]].map(SQLValue.text)
        let rows = try db.rows(sql, values) { row in
            (row.text(0), row.text(1), BudgetStanding(spent: row.money(2), reserved: row.money(3)))
        }
        for (period, scope, standing) in rows {
            guard let month = periods.firstIndex(where: { $0.text == period }), let index = scopes.firstIndex(of: scope) else { continue }
            places[month * scopes.count + index].standing = standing
        }
    }

    /// Where the budget stands. Throws for one that the entry does not count against: it could never bound anything.
    func standing(for budget: Budget) throws -> BudgetStanding {
        // By bytes, as the file tells names apart.
        let scope = budget.scope.text.utf8
        guard let place = places.first(where: { $0.period == budget.period && $0.scope.utf8.elementsEqual(scope) }) else {
            throw DeskError(
                .store,
                "the budget of \(SafeText.line(budget.scope.text, limit: 80)) in \(SafeText.line(budget.period.text, limit: 20)) "
                    + "is none that this call counts against")
        }
        return place.standing
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
        for index in places.indices {
            try body(&places[index].standing)
            let standing = places[index].standing
            guard Int64(exactly: standing.total(with: .zero)) != nil else { throw outOfRange() }
        }
    }

    func write(_ db: Database) throws {
        let rows = places.map { _ in "(?, ?, ?, ?)" }.joined(separator: ", ")
        let values = places.flatMap { place in
            [.text(place.period.text), .text(place.scope), SQLValue(place.standing.spent), SQLValue(place.standing.reserved)]
        }
        try db.run(
            """
            INSERT INTO budget_standings (period, scope, spent, reserved) VALUES \(rows)
            ON CONFLICT DO UPDATE SET spent = excluded.spent, reserved = excluded.reserved
            """, values)
    }
}

extension BudgetStanding {
    /// Spent + reserved + a bound, in picodollars.
    func total(with bound: Money) -> Int128 {
        Int128(spent.picodollars) + Int128(reserved.picodollars) + Int128(bound.picodollars)
    }
}

extension Database {
    /// Adds an entry that has ended to the sums of its day and month.
    func addToTotals(_ entry: LedgerEntry) throws {
        for period in [entry.day, entry.day.month] { try add(entry, toTotalsOf: period) }
    }

    private func add(_ entry: LedgerEntry, toTotalsOf period: LedgerPeriod) throws {
        let purpose = entry.purpose
        let group: [SQLValue] = [
            .text(period.text), .text(purpose.operation), .text(entry.provider), .text(entry.model),
            TotalColumns.name(purpose.source?.text), TotalColumns.name(purpose.key),
        ]
        var sums = [Int64](repeating: 0, count: TotalColumns.sums.count)
        let isNew = try rows(TotalColumns.selectSums, group) { row in
            for column in sums.indices { sums[column] = row.int64(Int32(column)) }
        }.isEmpty
        for (column, addend) in TotalColumns.addends(of: entry).enumerated() {
            let (sum, overflow) = sums[column].addingReportingOverflow(addend)
            guard !overflow else { throw outOfRange() }
            sums[column] = sum
        }
        let values = sums.map(SQLValue.integer)
        try run(isNew ? TotalColumns.insert : TotalColumns.update, isNew ? group + values : values + group)
    }
}

/// The columns of `ledger_totals` in the order in which they are written and read.
enum TotalColumns {
    static let group = ["period", "operation", "provider", "model", "source", "key"]
    static let sums = ["calls", "cached_calls", "estimated_calls"] + UsageColumns.names + ["cost", "saved"]
    static let all = (group + sums).joined(separator: ", ")
    private static let isGroup = group.map { "\($0) = ?" }.joined(separator: " AND ")
    static let selectSums = "SELECT \(sums.joined(separator: ", ")) FROM ledger_totals WHERE \(isGroup)"
    static let update = "UPDATE ledger_totals SET \(sums.map { "\($0) = ?" }.joined(separator: ", ")) WHERE \(isGroup)"
    static let insert = "INSERT INTO ledger_totals (\(all)) VALUES (\((group + sums).map { _ in "?" }.joined(separator: ", ")))"

    /// What an entry adds to each sum.
    static func addends(of entry: LedgerEntry) -> [Int64] {
        [1, entry.status == .cached ? 1 : 0, entry.status == .estimated ? 1 : 0]
            + UsageColumns.numbers(of: entry.usage).map { Int64($0) } + [entry.cost.picodollars, entry.saved.picodollars]
    }

    /// A name in the key, or 0 for none.
    static func name(_ text: String?) -> SQLValue { text.map(SQLValue.text) ?? .integer(0) }

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
