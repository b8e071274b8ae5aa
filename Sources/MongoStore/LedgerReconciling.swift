import Costs
import FoundationEssentials
import Stores
import WireCore

extension MongoAccess {
    /// Takes all sums and standings from the entries again and compares; one line for each that differs.
    func ledgerDifferences() throws -> [String] {
        var (totals, standings) = (SumTable(sums: TotalDocument.sums), SumTable(sums: ["spent", "reserved"]))
        var unknown: [String: Int] = [:]
        let fields = ["day", "status", "bound", "cost", "saved"] + TotalDocument.names + UsageNumbers.names
        try each(.ledger, only: fields) { document in
            guard let status = EntryStatus(rawValue: try document.text("status")) else {
                unknown[SafeText.line(try document.text("day"), limit: 20), default: 0] += 1
                return
            }
            try Self.add(document, status, &totals, &standings)
        }
        let complaints = unknown.map { "\($0.value) × an entry of \($0.key) whose status is unknown" }
        return complaints.sorted() + totals.differences(from: try storedTotals()) { "the sums of \(Self.describe($0))" }
            + standings.differences(from: try storedStandings()) { "the standing of \(Self.describe($0))" }
    }

    private static func add(_ entry: BSONDocument, _ status: EntryStatus, _ totals: inout SumTable, _ standings: inout SumTable) throws {
        let day = try entry.text("day")
        let periods = [ExactText(day), ExactText(LedgerPeriod(day).month.text)]
        let names = try TotalDocument.names.map { try entry.optionalText($0).map(ExactText.init) }
        let cost = Int128(try entry.int64("cost"))
        if status == .settled || status == .estimated || status == .cached {
            let counts: [Int128] = [1, status == .cached ? 1 : 0, status == .estimated ? 1 : 0]
            let usage = try UsageNumbers.names.map { Int128(try entry.int64($0)) }
            for period in periods { totals.add(counts + usage + [cost, Int128(try entry.int64("saved"))], to: [period] + names) }
        }
        let spent = status == .settled || status == .estimated ? cost : 0
        let reserved = status == .reserved ? Int128(try entry.int64("bound")) : 0
        let operation = try entry.text("operation")
        let scopes = [.desk, .operation(operation), try entry.optionalText("key").map(BudgetScope.key)].compactMap { (scope: BudgetScope?) in scope }
        for period in periods {
            for scope in scopes { standings.add([spent, reserved], to: [period, ExactText(scope.text)]) }
        }
    }

    private func storedTotals() throws -> [[ExactText?]: [Int128]] {
        let stored = try find(.ledgerTotals).map { document in
            let names = try (["period"] + TotalDocument.names).map { try document.optionalText($0).map(ExactText.init) }
            return (names, try TotalDocument.sums.map { Int128(try document.int64($0)) })
        }
        return Dictionary(stored) { first, _ in first }
    }

    private func storedStandings() throws -> [[ExactText?]: [Int128]] {
        let stored = try find(.standings).map { document in
            let names: [ExactText?] = [ExactText(try document.text("period")), ExactText(try document.text("scope"))]
            return (names, [Int128(try document.int64("spent")), Int128(try document.int64("reserved"))])
        }
        return Dictionary(stored) { first, _ in first }
    }

    private static func describe(_ group: [ExactText?]) -> String {
        group.map { $0.map { SafeText.line($0.text, limit: 80) } ?? "–" }.joined(separator: " / ")
    }
}
