import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

/// What changes the ledger: each is one step, inside a transaction of the caller's that holds the write lock and
/// ends by writing the book.
extension Database {
    func reserve(_ entry: LedgerEntry, against budgets: [Budget], _ book: LedgerBook) throws -> ReservationAnswer {
        try LedgerRules.check(entry, status: .reserved)
        var standings = try Standings(of: entry, in: book, self)
        for budget in budgets {
            let standing = try standings.standing(for: budget)
            guard standing.total(with: entry.bound) <= Int128(budget.limit.picodollars) else {
                if let known = try ledgerEntry(entry.id) { return .known(known) }
                return .refused(BudgetRefusal(budget: budget, standing: standing, bound: entry.bound))
            }
        }
        // What is thrown from here on takes the row back with the transaction.
        guard try insert(entry) else {
            guard let known = try ledgerEntry(entry.id) else { throw DeskError(.store, "the ledger neither has nor takes an entry") }
            return .known(known)
        }
        try standings.reserve(entry.bound)
        standings.write(to: book)
        return .granted
    }

    func settle(_ settlement: Settlement, _ book: LedgerBook) throws -> LedgerEntry {
        guard var entry = try ledgerEntry(settlement.id) else {
            throw DeskError(
                .store, "there is no ledger entry \"\(SafeText.line(settlement.id, limit: 80))\" to settle",
                hint: "Is this the store that the call was reserved in?")
        }
        guard entry.status == .reserved else { return entry }
        try LedgerRules.check(settlement)
        entry.end(settlement)
        try updateEnd(of: entry)
        var standings = try Standings(of: entry, in: book, self)
        try standings.settle(bound: entry.bound, cost: entry.cost)
        standings.write(to: book)
        if entry.status != .released { try book.addToTotals(entry, self) }
        return entry
    }

    /// Settles those that are still open; one that was never reserved here is passed over.
    func post(_ settlements: [Settlement], _ book: LedgerBook) throws {
        for settlement in settlements where try ledgerEntry(settlement.id)?.status == .reserved { _ = try settle(settlement, book) }
    }

    /// The same in a transaction of its own.
    func post(_ settlements: [Settlement]) throws {
        try inTransaction(.immediate) {
            let book = LedgerBook()
            try post(settlements, book)
            try book.write(self)
            return .commit
        }
    }

    func enterCached(_ entry: LedgerEntry, _ book: LedgerBook) throws {
        try LedgerRules.check(entry, status: .cached)
        guard try insert(entry) else { return }
        try book.addToTotals(entry, self)
    }
}
