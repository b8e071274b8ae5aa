package import Costs
import FoundationEssentials
import WireCore

extension LedgerEntry {
    /// Takes over what the settlement says; instants are kept to the millisecond.
    package mutating func end(_ settlement: Settlement) {
        (status, cost, usage, terms) = (settlement.status, settlement.cost, settlement.usage, settlement.terms)
        (priceFrom, messageID, rawUsage, note) = (settlement.priceFrom, settlement.messageID, settlement.rawUsage, settlement.note)
        settledAt = Date(milliseconds: settlement.at.milliseconds)
    }
}

/// What no entry may say. A breach is a fault of ours, named before anything is written: what it was about stays as it is.
package enum LedgerRules {
    package static func check(_ entry: LedgerEntry, status: EntryStatus) throws {
        guard entry.status == status else { throw breach("its status is \(entry.status.rawValue), not \(status.rawValue)", entry.id) }
        guard isDay(entry.day.text) else {
            throw breach("\"\(SafeText.line(entry.day.text, limit: 20))\" is no day such as 2026-11-24", entry.id)
        }
        guard entry.bound >= .zero, entry.cost == .zero, entry.saved >= .zero else {
            throw breach("it begins with a cost, or with an amount below zero", entry.id)
        }
        try check(entry.usage, entry.id)
    }

    package static func check(_ settlement: Settlement) throws {
        guard [.settled, .estimated, .released].contains(settlement.status) else {
            throw breach("\(settlement.status.rawValue) is no end of a reservation", settlement.id)
        }
        guard settlement.cost >= .zero, settlement.status != .released || settlement.cost == .zero else {
            throw breach("\(settlement.status.rawValue) with a cost of \(settlement.cost.dollars) $", settlement.id)
        }
        try check(settlement.usage, settlement.id)
    }

    private static func check(_ usage: Usage, _ id: String) throws {
        guard UsageNumbers.of(usage).allSatisfy({ $0 >= 0 }) else { throw breach("its usage has a number below zero", id) }
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
