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

    func enterCached(_ entry: LedgerEntry, _ book: LedgerBook) throws {
        try LedgerRules.check(entry, status: .cached)
        guard try insert(entry) else { return }
        try book.addToTotals(entry, self)
    }
}

extension LedgerEntry {
    /// Takes over what the settlement says; instants are kept to the millisecond.
    fileprivate mutating func end(_ settlement: Settlement) {
        (status, cost, usage, terms) = (settlement.status, settlement.cost, settlement.usage, settlement.terms)
        (priceFrom, messageID, rawUsage, note) = (settlement.priceFrom, settlement.messageID, settlement.rawUsage, settlement.note)
        settledAt = Date(milliseconds: settlement.at.milliseconds)
    }
}

/// What no entry may say. A breach is a fault of ours, named before anything is written: what it was about stays as it is.
private enum LedgerRules {
    static func check(_ entry: LedgerEntry, status: EntryStatus) throws {
        guard entry.status == status else { throw breach("its status is \(entry.status.rawValue), not \(status.rawValue)", entry.id) }
        guard isDay(entry.day.text) else {
            throw breach("\"\(SafeText.line(entry.day.text, limit: 20))\" is no day such as 2026-11-24", entry.id)
        }
        guard entry.bound >= .zero, entry.cost == .zero, entry.saved >= .zero else {
            throw breach("it begins with a cost, or with an amount below zero", entry.id)
        }
        try check(entry.usage, entry.id)
    }

    static func check(_ settlement: Settlement) throws {
        guard [.settled, .estimated, .released].contains(settlement.status) else {
            throw breach("\(settlement.status.rawValue) is no end of a reservation", settlement.id)
        }
        guard settlement.cost >= .zero, settlement.status != .released || settlement.cost == .zero else {
            throw breach("\(settlement.status.rawValue) with a cost of \(settlement.cost.dollars) $", settlement.id)
        }
        try check(settlement.usage, settlement.id)
    }

    private static func check(_ usage: Usage, _ id: String) throws {
        guard UsageColumns.numbers(of: usage).allSatisfy({ $0 >= 0 }) else { throw breach("its usage has a number below zero", id) }
    }

    private static func isDay(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 10
            && bytes.indices.allSatisfy { $0 == 4 || $0 == 7 ? bytes[$0] == 0x2D : (0x30...0x39).contains(bytes[$0]) }
    }

    private static func breach(_ reason: String, _ id: String) -> DeskError {
        DeskError(.store, "the ledger does not take entry \"\(SafeText.line(id, limit: 80))\": \(reason)")
    }
}
