import Costs
import FoundationEssentials
import Stores
import WireCore

// Sums are taken here and not by the server, which turns an integer sum that overflows into a floating-point number without a word.

/// The standings that one entry counts in: desk, operation and key, each in its day and its month.
struct Standings {
    private struct Place {
        var period: LedgerPeriod
        var scope: String
        var standing = BudgetStanding()

        /// No period holds a line break.
        var id: String { period.text + "\n" + scope }
    }

    private var places: [Place]

    init(of entry: LedgerEntry, _ db: MongoAccess) throws {
        var scopes = [BudgetScope.desk.text, BudgetScope.operation(entry.purpose.operation).text]
        if let key = entry.purpose.key { scopes.append(BudgetScope.key(key).text) }
        places = [entry.day, entry.day.month].flatMap { period in scopes.map { Place(period: period, scope: $0) } }
        for document in try db.find(.standings, ["_id": ["$in": BSON(places.map(\.id))]]) {
            // By bytes, as the database tells names apart.
            let id = try document.text("_id").utf8
            guard let index = places.firstIndex(where: { $0.id.utf8.elementsEqual(id) }) else { continue }
            places[index].standing = try document.standing
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

    func write(_ db: MongoAccess) throws {
        try db.update(
            .standings,
            places.map { place in
                .put([
                    "_id": .text(place.id), "period": .text(place.period.text), "scope": .text(place.scope),
                    "spent": .int(place.standing.spent.picodollars), "reserved": .int(place.standing.reserved.picodollars),
                ])
            })
    }
}

extension BSONDocument {
    var standing: BudgetStanding { get throws { BudgetStanding(spent: try money("spent"), reserved: try money("reserved")) } }
}

extension BudgetStanding {
    /// Spent + reserved + a bound, in picodollars.
    func total(with bound: Money) -> Int128 {
        Int128(spent.picodollars) + Int128(reserved.picodollars) + Int128(bound.picodollars)
    }
}

extension MongoAccess {
    /// Adds an entry that has ended to the sums of its day and month.
    func addToTotals(_ entry: LedgerEntry) throws {
        for period in [entry.day, entry.day.month] {
            let group = TotalDocument.group(of: entry, period)
            let stored = try first(.ledgerTotals, ["_id": group["_id"] ?? .null])
            var document = group
            for (name, addend) in TotalDocument.addends(of: entry) {
                let (sum, overflow) = (try stored?.int64(name) ?? 0).addingReportingOverflow(addend)
                guard !overflow else { throw outOfRange() }
                document[name] = .int(sum)
            }
            try update(.ledgerTotals, [.put(document)])
        }
    }
}

/// `ledger_totals`: one document for each period and combination of what entries can be grouped by.
enum TotalDocument {
    static let names = ["operation", "provider", "model", "source", "key"]
    static let sums = ["calls", "cached_calls", "estimated_calls"] + UsageNumbers.names + ["cost", "saved"]

    static func group(of entry: LedgerEntry, _ period: LedgerPeriod) -> BSONDocument {
        let purpose = entry.purpose
        let texts = [purpose.operation, entry.provider, entry.model, purpose.source?.text, purpose.key]
        let fields = zip(names, texts).map { ($0, BSON($1)) }
        return BSONDocument(
            [("_id", .text(id(period: period.text, names: texts))), ("period", .text(period.text)), ("is_day", .flag(!period.isMonth))] + fields)
    }

    /// Each name behind its length: whatever it holds, no two groups share an id.
    static func id(period: String, names: [String?]) -> String {
        period + names.map { text in text.map { "|\($0.utf8.count):\($0)" } ?? "|" }.joined()
    }

    /// What an entry adds to each sum.
    static func addends(of entry: LedgerEntry) -> [(String, Int64)] {
        let counts: [Int64] = [1, entry.status == .cached ? 1 : 0, entry.status == .estimated ? 1 : 0]
        let usage = UsageNumbers.of(entry.usage).map { Int64($0) }
        return Array(zip(sums, counts + usage + [entry.cost.picodollars, entry.saved.picodollars]))
    }

    static func total(_ document: BSONDocument) throws -> LedgerTotal {
        var total = LedgerTotal(
            period: LedgerPeriod(try document.text("period")), operation: try document.text("operation"), provider: try document.text("provider"),
            model: try document.text("model"), source: try document.optionalSource("source"), key: try document.optionalText("key"))
        (total.calls, total.cachedCalls) = (try document.int("calls"), try document.int("cached_calls"))
        total.estimatedCalls = try document.int("estimated_calls")
        total.usage = try UsageDocument.usage(document)
        (total.cost, total.saved) = (MoneySum(try document.money("cost")), MoneySum(try document.money("saved")))
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
