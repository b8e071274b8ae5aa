import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

extension Database {
    /// Takes all sums and standings from the entries again and compares; one line for each that differs. Reads one snapshot.
    func ledgerDifferences() throws -> [String] {
        let groups = try LedgerGroup.all(self)
        var (totals, standings) = (SumTable(sums: TotalColumns.sums), SumTable(sums: ["spent", "reserved"]))
        for group in groups where group.status != nil {
            group.add(to: &totals)
            group.add(toStandings: &standings)
        }
        let unknown = groups.filter { $0.status == nil }.map { "\($0.count) × an entry of \($0.place) whose status is unknown" }
        return unknown.sorted() + totals.differences(from: try storedTotals()) { "the sums of \(Self.describe($0))" }
            + standings.differences(from: try storedStandings()) { "the standing of \(Self.describe($0))" }
    }

    private func storedTotals() throws -> [[ExactText?]: [Int128]] {
        let stored = try rows("SELECT \(TotalColumns.all) FROM ledger_totals", []) { row in
            (
                (0..<6).map { row.isInteger($0) ? nil : ExactText(row.text($0)) },
                TotalColumns.sums.indices.map { Int128(row.int64(Int32($0 + 6))) }
            )
        }
        return Dictionary(stored) { first, _ in first }
    }

    private func storedStandings() throws -> [[ExactText?]: [Int128]] {
        let stored = try rows("SELECT period, scope, spent, reserved FROM budget_standings", []) { row in
            ([ExactText(row.text(0)), ExactText(row.text(1))] as [ExactText?], [Int128(row.int64(2)), Int128(row.int64(3))])
        }
        return Dictionary(stored) { first, _ in first }
    }

    private static func describe(_ group: [ExactText?]) -> String {
        group.map { $0.map { SafeText.line($0.text, limit: 80) } ?? "–" }.joined(separator: " / ")
    }
}

/// Entries of one day that are alike in all that sums are kept by, and in how they stand.
private struct LedgerGroup {
    /// Day, operation, provider, model, source, key.
    var names: [ExactText?]
    /// Nil: none that we know.
    var status: EntryStatus?
    var count: Int128
    /// In the order of `columns`.
    var sums: [Int128]

    private static let columns = UsageNumbers.names + ["cost", "saved", "bound"]

    /// Halves of 32 bits are summed, so that not even a damaged ledger makes SQLite's sum overflow.
    static func all(_ db: Database) throws -> [LedgerGroup] {
        let sums = columns.map { "sum(\($0) >> 32), sum(\($0) & 4294967295)" }.joined(separator: ", ")
        let names = "day, operation, provider, model, source, key, status"
        return try db.rows("SELECT \(names), count(*), \(sums) FROM ledger GROUP BY \(names)", []) { row in
            LedgerGroup(
                names: (0..<6).map { row.optionalText($0).map(ExactText.init) }, status: EntryStatus(rawValue: row.text(6)),
                count: Int128(row.int64(7)),
                sums: columns.indices.map { Int128(row.int64(Int32(8 + 2 * $0))) << 32 + Int128(row.int64(Int32(9 + 2 * $0))) })
        }
    }

    var place: String { names.first?.map { SafeText.line($0.text, limit: 20) } ?? "no day" }

    private var cost: Int128 { sums[6] }
    private var bound: Int128 { sums[8] }
    /// The day and its month.
    private var periods: [ExactText] {
        names.first?.map { [$0, ExactText(LedgerPeriod($0.text).month.text)] } ?? []
    }

    func add(to totals: inout SumTable) {
        guard status == .settled || status == .estimated || status == .cached else { return }
        let counts = [count, status == .cached ? count : 0, status == .estimated ? count : 0]
        for period in periods { totals.add(counts + sums.dropLast(), to: [period] + names.dropFirst()) }
    }

    func add(toStandings standings: inout SumTable) {
        let spent = status == .settled || status == .estimated ? cost : 0
        let reserved = status == .reserved ? bound : 0
        let scopes = [.desk, names[1].map { .operation($0.text) }, names[5].map { .key($0.text) }].compactMap { (scope: BudgetScope?) in scope }
        for period in periods {
            for scope in scopes { standings.add([spent, reserved], to: [period, ExactText(scope.text)]) }
        }
    }
}
