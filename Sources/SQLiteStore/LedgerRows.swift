import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `ledger`: how an entry is written and read.
extension Database {
    /// False, and nothing written, where there is an entry of that id.
    func insert(_ entry: LedgerEntry) throws -> Bool {
        try run(LedgerColumns.insert, LedgerColumns.values(of: entry))
        return changesCount == 1
    }

    /// Writes what the end of a reservation changes.
    func updateEnd(of entry: LedgerEntry) throws {
        try run(LedgerColumns.end, LedgerColumns.ending(of: entry) + [.text(entry.id)])
    }

    func ledgerEntry(_ id: String) throws -> LedgerEntry? {
        try first(LedgerColumns.select, .text(id), make: LedgerColumns.entry)
    }
}

/// The columns of `ledger`, without the number, in the order in which they are written and read.
enum LedgerColumns {
    private static let fixed = [
        "id", "at", "day", "operation", "source", "article", "key", "provider", "model", "bound", "saved", "owner", "expires_at",
    ]
    private static let changing =
        ["status", "cost"] + UsageNumbers.names
        + ["is_batch", "region", "speed", "service_tier", "price_from", "message_id", "raw_usage", "note", "settled_at"]
    private static let names = fixed + changing
    static let all = names.joined(separator: ", ")
    static let insert = "INSERT INTO ledger (\(all)) VALUES (\(names.map { _ in "?" }.joined(separator: ", "))) ON CONFLICT DO NOTHING"
    static let select = "SELECT \(all) FROM ledger WHERE id = ?"
    static let end = "UPDATE ledger SET \(changing.map { "\($0) = ?" }.joined(separator: ", ")) WHERE id = ?"

    static func values(of entry: LedgerEntry) -> [SQLValue] {
        let purpose = entry.purpose
        return [
            .text(entry.id), SQLValue(entry.at), .text(entry.day.text), .text(purpose.operation), SQLValue(purpose.source?.text),
            SQLValue(purpose.article), SQLValue(purpose.key), .text(entry.provider), .text(entry.model), SQLValue(entry.bound),
            SQLValue(entry.saved), .text(entry.owner), SQLValue(entry.expiresAt),
        ] + ending(of: entry)
    }

    static func ending(of entry: LedgerEntry) -> [SQLValue] {
        let terms = entry.terms
        return [.text(entry.status.rawValue), SQLValue(entry.cost)] + UsageColumns.values(of: entry.usage) + [
            SQLValue(terms.isBatch ? 1 : 0), SQLValue(terms.region), SQLValue(terms.speed), SQLValue(terms.serviceTier),
            .text(entry.priceFrom), SQLValue(entry.messageID), SQLValue(entry.rawUsage), SQLValue(entry.note), SQLValue(entry.settledAt),
        ]
    }

    static func entry(_ row: SQLRow) throws -> LedgerEntry {
        guard let status = EntryStatus(rawValue: row.text(13)) else {
            throw DeskError(
                .store, "the ledger holds an entry with the unknown status \"\(SafeText.line(row.text(13), limit: 40))\"",
                hint: "Was the file edited by hand? Restore it from a backup.")
        }
        let purpose = CallPurpose(
            operation: row.text(3), source: row.isNull(4) ? nil : try row.source(4), article: row.optionalInt64(5), key: row.optionalText(6))
        var entry = LedgerEntry(
            id: row.text(0), at: row.date(1), day: LedgerPeriod(row.text(2)), purpose: purpose, provider: row.text(7), model: row.text(8),
            status: status, bound: row.money(9), priceFrom: row.text(25), owner: row.text(11), expiresAt: row.date(12))
        entry.saved = row.money(10)
        entry.cost = row.money(14)
        entry.usage = UsageColumns.usage(row, from: 15)
        entry.terms = CallTerms(
            isBatch: row.int(21) != 0, region: row.optionalText(22), speed: row.optionalText(23), serviceTier: row.optionalText(24))
        (entry.messageID, entry.rawUsage, entry.note) = (row.optionalText(26), row.optionalText(27), row.optionalText(28))
        entry.settledAt = row.optionalDate(29)
        return entry
    }
}

/// The six columns of a usage, the same in every table that has them.
enum UsageColumns {
    static let all = UsageNumbers.names.joined(separator: ", ")

    static func values(of usage: Usage) -> [SQLValue] { UsageNumbers.of(usage).map { SQLValue($0) } }

    static func usage(_ row: SQLRow, from column: Int32) -> Usage {
        Usage(
            inputTokens: row.int(column), outputTokens: row.int(column + 1), cacheReadTokens: row.int(column + 2),
            cacheWrite5mTokens: row.int(column + 3), cacheWrite1hTokens: row.int(column + 4), webSearches: row.int(column + 5))
    }
}

extension SQLValue {
    init(_ money: Money) { self = .integer(money.picodollars) }
    init(_ money: Money?) { self = money.map { .integer($0.picodollars) } ?? .null }
}

extension SQLRow {
    func money(_ column: Int32) -> Money { Money(picodollars: int64(column)) }
    func optionalMoney(_ column: Int32) -> Money? { optionalInt64(column).map(Money.init(picodollars:)) }
}
