import Costs
import WireCore

/// Recomputes entries from their usages and price rows.
struct LedgerCheck {
    let table: PriceTable
    var entries = 0
    var open = 0
    var differences: [String] = []
    private(set) var total = MoneySum()

    init(table: PriceTable) { self.table = table }

    mutating func take(_ entry: LedgerEntry) {
        entries += 1
        total += entry.cost
        switch entry.status {
        case .reserved: open += 1
        case .released, .cached: if entry.cost != .zero { note(entry, "is \(entry.status.rawValue) and costs $\(entry.cost.dollars)") }
        case .estimated:
            if entry.cost != entry.bound { note(entry, "is estimated at $\(entry.cost.dollars), but its bound is $\(entry.bound.dollars)") }
        case .settled:
            guard let row = table.row(named: entry.priceFrom) else {
                return note(entry, "was priced by \(entry.priceFrom), which is not in the table")
            }
            guard row.provider == entry.provider, row.model == entry.model, row.from <= entry.at else {
                let due = "\(entry.provider)/\(entry.model) on \(UTCTime.text(entry.at))"
                return note(entry, "was priced by \(entry.priceFrom), which is no price of \(due)")
            }
            if entry.cost > entry.bound { note(entry, "costs $\(entry.cost.dollars), more than its bound of $\(entry.bound.dollars)") }
            do {
                let cost = try Pricing.cost(of: entry.usage, under: entry.terms, by: row)
                if cost != entry.cost { note(entry, "costs $\(entry.cost.dollars), but its usage comes to $\(cost.dollars) by \(row.name)") }
            } catch {
                note(entry, "cannot be priced again: \(error.message)")
            }
        }
    }

    private mutating func note(_ entry: LedgerEntry, _ what: String) {
        guard differences.count < 1000 else { return }
        differences.append("\(SafeText.line(entry.id, limit: 80)) \(what)")
    }

    var text: String {
        let palette = Palette()
        var text = differences.map { "\(palette.bad("✗")) \($0)\n" }.joined()
        let what = "\(entries) entries, $\(total.dollars) in all" + (open > 0 ? ", \(open) reserved by calls under way" : "")
        text +=
            differences.isEmpty
            ? "\(palette.good("✓")) \(what): every cost, every sum and every reservation agree\n" : "\(what): \(differences.count) differences\n"
        return text
    }

    var json: String {
        var json = JSONWriter()
        json.object { root in
            root.member("ok", differences.isEmpty)
            root.member("entries", entries)
            root.member("reserved", open)
            root.member("totalUSD", total.dollars)
            root.key("differences")
            root.array { list in differences.forEach { list.string($0) } }
        }
        return json.text
    }
}
