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
        // Each period with each scope: by their lists SQLite finds the rows through the key; by a list of pairs it would walk the table.
        let (periods, scopes) = (Set(places.map(\.period)), Set(places.map(\.scope)))
        let stored = try db.rows(
            StandingSQL.select(periods: periods.count, scopes: scopes.count), (Array(periods) + Array(scopes)).map { .text($0.text) }
        ) { row in
            let place = Place(period: ExactText(row.text(0)), scope: ExactText(row.text(1)))
            return (place, BudgetStanding(spent: row.money(2), reserved: row.money(3)))
        }
        // One that has been changed since it was read stays as it is.
        for (place, standing) in stored where standings[place] == nil { standings[place] = Row(value: standing, isInFile: true) }
        for place in places where standings[place] == nil { standings[place] = Row(value: BudgetStanding(), isInFile: false) }
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

    private func write(_ rows: ArraySlice<[SQLValue]>, _ db: Database) throws {
        try db.run(StandingSQL.write(rows: rows.count), rows.flatMap { $0 })
    }

    /// Writes what has changed; the last thing in the transaction.
    func write(_ db: Database) throws {
        let changed = standings.filter(\.value.isChanged).map { place, row in
            [.text(place.period.text), .text(place.scope.text), SQLValue(row.value.spent), SQLValue(row.value.reserved)]
        }
        // Few lengths, so that few statements are kept ready.
        for start in stride(from: 0, to: changed.count, by: StandingSQL.mostRows) {
            try write(changed[start..<min(start + StandingSQL.mostRows, changed.count)], db)
        }
        for (group, row) in totals where row.isChanged {
            let (names, sums) = (TotalColumns.values(of: group), row.value.map(SQLValue.integer))
            try db.run(row.isInFile ? TotalColumns.update : TotalColumns.insert, row.isInFile ? sums + names : names + sums)
        }
        if let row = answerBytes, row.isChanged { try db.run("UPDATE answer_size SET bytes = ?", .integer(row.value)) }
    }
}

/// The statements for `budget_standings` by their numbers of places, made once: they are wanted in every transaction.
private enum StandingSQL {
    static let mostRows = 6
    private static let selects = (0...2).map { periods in (0...3).map { scopes in makeSelect(periods, scopes) } }
    private static let writes = (0...mostRows).map(makeWrite)

    static func select(periods: Int, scopes: Int) -> String {
        periods < selects.count && scopes < selects[periods].count ? selects[periods][scopes] : makeSelect(periods, scopes)
    }

    static func write(rows: Int) -> String { rows < writes.count ? writes[rows] : makeWrite(rows) }

    private static func makeSelect(_ periods: Int, _ scopes: Int) -> String {
        """
        SELECT period, scope, spent, reserved FROM budget_standings
        WHERE period IN (\(list("?", periods))) AND scope IN (\(list("?", scopes)))
        """
    }

    private static func makeWrite(_ rows: Int) -> String {
        """
        INSERT INTO budget_standings (period, scope, spent, reserved) VALUES \(list("(?, ?, ?, ?)", rows))
        ON CONFLICT DO UPDATE SET spent = excluded.spent, reserved = excluded.reserved
        """
    }

    private static func list(_ element: String, _ count: Int) -> String { repeatElement(element, count: count).joined(separator: ", ") }
}
