import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

/// The ledger as lists and reports read it.
extension Database {
    func openReservations() throws -> [LedgerEntry] {
        try rows("SELECT \(LedgerColumns.all) FROM ledger WHERE status = 'reserved' ORDER BY number", [], LedgerColumns.entry)
    }

    func ledgerEntries(_ query: LedgerQuery) throws -> [LedgerEntry] {
        guard let selection = try LedgerSelection(query, self) else { return [] }
        return try rows(selection.sql, selection.values, LedgerColumns.entry)
    }

    func totals(of period: LedgerPeriod) throws -> [LedgerTotal] {
        try rows("SELECT \(TotalColumns.all) FROM ledger_totals WHERE period = ?", [.text(period.text)], TotalColumns.total)
    }

    func dailyTotals(from first: LedgerPeriod, to last: LedgerPeriod) throws -> [LedgerTotal] {
        // A month's name is shorter than a day's.
        let sql = "SELECT \(TotalColumns.all) FROM ledger_totals WHERE period BETWEEN ? AND ? AND length(period) = 10"
        return try rows(sql, [.text(first.text), .text(last.text)], TotalColumns.total)
    }

    func dailySpending(from first: LedgerPeriod, to last: LedgerPeriod) throws -> [SpendingGroup] {
        let sums = TotalColumns.sums.map { "sum(\($0))" }.joined(separator: ", ")
        let sql = "SELECT period, \(sums) FROM ledger_totals WHERE period BETWEEN ? AND ? AND length(period) = 10 GROUP BY period ORDER BY period"
        return try rows(sql, [.text(first.text), .text(last.text)]) { row in
            var group = SpendingGroup(name: row.text(0))
            (group.calls, group.cachedCalls, group.estimatedCalls) = (row.int(1), row.int(2), row.int(3))
            group.usage = UsageColumns.usage(row, from: 4)
            (group.cost, group.saved) = (MoneySum(row.money(10)), MoneySum(row.money(11)))
            return group
        }
    }

    func standing(of scope: BudgetScope, in period: LedgerPeriod) throws -> BudgetStanding {
        let sql = "SELECT spent, reserved FROM budget_standings WHERE period = ? AND scope = ?"
        return try first(sql, .text(period.text), .text(scope.text)) { BudgetStanding(spent: $0.money(0), reserved: $0.money(1)) }
            ?? BudgetStanding()
    }
}

/// A ``LedgerQuery`` as SQL that walks an index in the order of the numbers and stops at the limit.
private struct LedgerSelection {
    private var conditions: [String] = []
    private(set) var values: [SQLValue] = []
    private let isNewestFirst: Bool

    var sql: String {
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return "SELECT \(LedgerColumns.all) FROM ledger \(condition) ORDER BY number \(isNewestFirst ? "DESC" : "") LIMIT ?"
    }

    /// Nil when no entry can meet it.
    init?(_ query: LedgerQuery, _ db: Database) throws {
        isNewestFirst = query.isNewestFirst
        if query.from != nil || query.to != nil {
            guard let numbers = try db.numbers(from: query.from, to: query.to) else { return nil }
            add("number BETWEEN ? AND ?", .integer(numbers.lowerBound), .integer(numbers.upperBound))
            // The plus keeps the days' index out: its order is another.
            add("+day BETWEEN ? AND ?", .text(query.from?.text ?? ""), .text(query.to?.text ?? "9999-99-99"))
        }
        if let after = query.after {
            let number = try db.number(ofEntry: after)
            add("number \(query.isNewestFirst ? "<" : ">") ?", .integer(number))
        }
        if let key = query.key { add("key = ?", .text(key)) }
        if let operation = query.operation { add("operation = ?", .text(operation)) }
        if let source = query.source { add("source = ?", .text(source.text)) }
        values.append(SQLValue(max(0, query.limit)))
    }

    private mutating func add(_ condition: String, _ more: SQLValue...) {
        conditions.append(condition)
        values += more
    }
}

extension Database {
    /// The first and the last number of the days' entries; nil when there are none. Takes three steps of an index for each day, so
    /// that a late page of a long ledger costs no more than the first.
    fileprivate func numbers(from first: LedgerPeriod?, to last: LedgerPeriod?) throws -> ClosedRange<Int64>? {
        let sql = """
            WITH RECURSIVE days (day) AS (
                SELECT min(day) FROM ledger WHERE day >= ?1
                UNION ALL
                SELECT (SELECT min(day) FROM ledger WHERE day > days.day) FROM days WHERE day <= ?2)
            SELECT min((SELECT min(number) FROM ledger WHERE day = days.day)), max((SELECT max(number) FROM ledger WHERE day = days.day))
            FROM days WHERE day <= ?2
            """
        let ends = try self.first(sql, .text(first?.text ?? ""), .text(last?.text ?? "9999-99-99")) { ($0.optionalInt64(0), $0.optionalInt64(1)) }
        guard let (low, high) = ends, let low, let high else { return nil }
        return low...high
    }

    fileprivate func number(ofEntry id: String) throws -> Int64 {
        guard let number = try first("SELECT number FROM ledger WHERE id = ?", .text(id), make: { $0.int64(0) }) else {
            throw DeskError(
                .usage, "there is no ledger entry \"\(SafeText.line(id, limit: 80))\" to go on behind",
                hint: "Begin with the first page again.")
        }
        return number
    }
}
