import Costs
import FoundationEssentials
import Stores
import WireCore

/// What changes the ledger: each is one step, inside a transaction of the caller's.
extension MongoAccess {
    func reserve(_ entry: LedgerEntry, against budgets: [Budget]) throws -> ReservationAnswer {
        try LedgerRules.check(entry, status: .reserved)
        if let known = try ledgerEntry(entry.id) { return .known(known) }
        var standings = try Standings(of: entry, self)
        for budget in budgets {
            let standing = try standings.standing(for: budget)
            guard standing.total(with: entry.bound) <= Int128(budget.limit.picodollars) else {
                return .refused(BudgetRefusal(budget: budget, standing: standing, bound: entry.bound))
            }
        }
        try standings.reserve(entry.bound)
        try insert(entry)
        try standings.write(self)
        return .granted
    }

    func settle(_ settlement: Settlement) throws -> LedgerEntry {
        guard var entry = try ledgerEntry(settlement.id) else {
            throw DeskError(
                .store, "there is no ledger entry \"\(SafeText.line(settlement.id, limit: 80))\" to settle",
                hint: "Is this the store that the call was reserved in?")
        }
        guard entry.status == .reserved else { return entry }
        try LedgerRules.check(settlement)
        entry.end(settlement)
        var standings = try Standings(of: entry, self)
        try standings.settle(bound: entry.bound, cost: entry.cost)
        try update(.ledger, ["_id": .text(entry.id)], ["$set": .document(LedgerDocument.ending(of: entry))])
        try standings.write(self)
        if entry.status != .released { try addToTotals(entry) }
        return entry
    }

    func enterCached(_ entry: LedgerEntry) throws {
        try LedgerRules.check(entry, status: .cached)
        guard try !exists(.ledger, ["_id": .text(entry.id)]) else { return }
        try insert(entry)
        try addToTotals(entry)
    }

    /// Takes the next number: the order in which entries are read is the order in which their transactions came through. A reservation
    /// changes the desk's standing anyway, so that the number adds no other place where hosts meet.
    private func insert(_ entry: LedgerEntry) throws {
        try insert(.ledger, [LedgerDocument.document(entry, number: try next("ledger"))])
    }

    private func ledgerEntry(_ id: String) throws -> LedgerEntry? { try first(.ledger, ["_id": .text(id)]).map(LedgerDocument.entry) }
}
