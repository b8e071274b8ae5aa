import Costs

/// Sums by group, as they should be.
package struct SumTable {
    /// The sums' names, which a difference quotes.
    package let sums: [String]
    private var rows: [[ExactText?]: [Int128]] = [:]

    package init(sums: [String]) { self.sums = sums }

    package mutating func add(_ addends: [Int128], to group: [ExactText?]) {
        var row = rows[group] ?? zeros
        for (index, addend) in addends.enumerated() { row[index] += addend }
        rows[group] = row
    }

    private var zeros: [Int128] { sums.map { _ in 0 } }

    /// A row of zeros and none at all are the same.
    package func differences(from stored: [[ExactText?]: [Int128]], _ describe: ([ExactText?]) -> String) -> [String] {
        let groups = Set(rows.keys).union(stored.keys)
        return groups.compactMap { group in
            let (wanted, seen) = (rows[group] ?? zeros, stored[group] ?? zeros)
            let faults = sums.indices.filter { seen[$0] != wanted[$0] }.map {
                "\(sums[$0]) is \(text(seen, $0)), the entries say \(text(wanted, $0))"
            }
            return faults.isEmpty ? nil : "\(describe(group)): \(faults.joined(separator: "; "))"
        }.sorted()
    }

    private func text(_ row: [Int128], _ index: Int) -> String {
        let isMoney = ["cost", "saved", "spent", "reserved"].contains(sums[index])
        return isMoney ? MoneySum(picodollars: row[index]).dollars + " $" : "\(row[index])"
    }
}
