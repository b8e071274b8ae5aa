import Costs
import GRDB
import Stores

/// The standings and sums that the jobs of one transaction change: each is read once, changed here, and written once, at its end.
///
/// Lives within the transaction, which holds the write lock from its beginning, so that nobody else changes a row meanwhile. When the
/// transaction is taken back the book is dropped with it.
final class LedgerBook {
    /// A standing's place: a period and a scope.
    struct Place: Hashable {
        var period: ExactText
        var scope: ExactText
    }

    private struct Row<Value> {
        var value: Value
        var isInFile: Bool
        var isChanged = false
    }

    private var standings: [Place: Row<BudgetStanding>] = [:]
    /// By period, operation, provider, model, source and key.
    private var totals: [[ExactText?]: Row<[Int64]>] = [:]
    private var answerBytes: Row<Int64>?

    /// Where the places stand, in their order. All of them are read at once: they are the few that one entry counts in.
    func standings(at places: [Place], _ db: Database) throws -> [BudgetStanding] {
        if places.contains(where: { standings[$0] == nil }) { try read(places, db) }
        return places.map { standings[$0]?.value ?? BudgetStanding() }
    }

    private func read(_ places: [Place], _ db: Database) throws {
        let sql = "SELECT spent, reserved FROM budget_standings WHERE period = ? AND scope = ?"
        for place in places where standings[place] == nil {
            let stored = try db.first(sql, .text(place.period.text), .text(place.scope.text)) {
                BudgetStanding(spent: $0.money(0), reserved: $0.money(1))
            }
            standings[place] = Row(value: stored ?? BudgetStanding(), isInFile: stored != nil)
        }
    }

    /// At a place that was read before.
    func set(_ standing: BudgetStanding, at place: Place) {
        guard let index = standings.index(forKey: place) else { return }
        standings.values[index].value = standing
        standings.values[index].isChanged = true
    }

    /// Changes the sums of a group; what throws changes nothing.
    func change(totalsOf group: [ExactText?], _ db: Database, _ body: (inout [Int64]) throws -> Void) throws {
        var row = try totals[group] ?? stored(group, db)
        try body(&row.value)
        row.isChanged = true
        totals[group] = row
    }

    private func stored(_ group: [ExactText?], _ db: Database) throws -> Row<[Int64]> {
        let found = try db.rows(TotalColumns.selectSums, TotalColumns.values(of: group)) { row in
            TotalColumns.sums.indices.map { row.int64(Int32($0)) }
        }
        return Row(value: found.first ?? TotalColumns.sums.map { _ in 0 }, isInFile: !found.isEmpty)
    }

    /// The bytes of all kept answers.
    func answerBytes(_ db: Database) throws -> Int64 {
        if let known = answerBytes?.value { return known }
        let bytes = try db.first("SELECT bytes FROM answer_size") { $0.int64(0) } ?? 0
        answerBytes = Row(value: bytes, isInFile: true)
        return bytes
    }

    func addAnswerBytes(_ bytes: Int64, _ db: Database) throws {
        answerBytes = Row(value: try answerBytes(db) + bytes, isInFile: true, isChanged: true)
    }

    /// Writes what has changed; the last thing in the transaction.
    func write(_ db: Database) throws {
        for (place, row) in standings where row.isChanged {
            let numbers = [SQLValue(row.value.spent), SQLValue(row.value.reserved)]
            let names = [SQLValue.text(place.period.text), .text(place.scope.text)]
            try db.run(
                row.isInFile
                    ? "UPDATE budget_standings SET spent = ?, reserved = ? WHERE period = ? AND scope = ?"
                    : "INSERT INTO budget_standings (spent, reserved, period, scope) VALUES (?, ?, ?, ?)", numbers + names)
        }
        for (group, row) in totals where row.isChanged {
            let (names, sums) = (TotalColumns.values(of: group), row.value.map(SQLValue.integer))
            try db.run(row.isInFile ? TotalColumns.update : TotalColumns.insert, row.isInFile ? sums + names : names + sums)
        }
        if let row = answerBytes, row.isChanged { try db.run("UPDATE answer_size SET bytes = ?", .integer(row.value)) }
    }
}
