public import Costs
public import FoundationEssentials
public import Stores
public import WireCore

/// Money in the same file: every change is a transaction with the write lock from its beginning, so that processes on one file
/// cannot overshoot a budget between looking and booking. Those that come at the same time share one, and its fsync.
extension SQLiteStore: LedgerStore {
    public func reserve(_ entry: LedgerEntry, against budgets: [Budget]) async throws -> ReservationAnswer {
        journal.prepare()
        return try await writeLedger { db, book in try db.reserve(entry, against: budgets, book) }
    }

    public func settle(_ settlement: Settlement) async throws -> LedgerEntry {
        try await writeLedger(.committed) { db, book in try db.settle(settlement, book) }
    }

    public func enterCached(_ entry: LedgerEntry) async throws {
        try await writeLedger { db, book in try db.enterCached(entry, book) }
    }

    public func openReservations() async throws -> [LedgerEntry] {
        try await readLedger { db in try db.openReservations() }
    }

    public func entries(_ query: LedgerQuery) async throws -> [LedgerEntry] {
        try await readLedger { db in try db.ledgerEntries(query) }
    }

    public func totals(of period: LedgerPeriod) async throws -> [LedgerTotal] {
        try await readLedger { db in try db.totals(of: period) }
    }

    public func dailyTotals(from first: LedgerPeriod, to last: LedgerPeriod) async throws -> [LedgerTotal] {
        try await readLedger { db in try db.dailyTotals(from: first, to: last) }
    }

    public func dailySpending(from first: LedgerPeriod, to last: LedgerPeriod) async throws -> [SpendingGroup] {
        try await readLedger { db in try db.dailySpending(from: first, to: last) }
    }

    public func standing(of scope: BudgetScope, in period: LedgerPeriod) async throws -> BudgetStanding {
        try await readLedger { db in try db.standing(of: scope, in: period) }
    }

    public func reconcileLedger() async throws -> [String] {
        try await readLedger { db in try db.ledgerDifferences() }
    }

    public func addKey(_ key: GatewayKey) async throws {
        try await write { db in try db.addKey(key) }
    }

    public func gatewayKeys() async throws -> [GatewayKey] {
        try await read { db in try db.gatewayKeys() }
    }

    public func gatewayKey(hash: String) async throws -> GatewayKey? {
        try await read { db in try db.gatewayKey(hash: hash) }
    }

    public func revokeKey(name: String, at instant: Date) async throws -> Bool {
        try await write { db in try db.revokeKey(name: name, at: instant) }
    }

    public func keep(_ answers: [CachedAnswer], capacity: ByteCount) async throws -> [AnswerPlace] {
        try await writeLedger(.committed) { db, book in
            try answers.compactMap { try db.keepAnswer($0, capacity: capacity, book) }
        }
    }

    public func cachedAnswer(_ place: AnswerPlace, now: Date) async throws -> CachedAnswer? {
        try await read { db in try db.cachedAnswer(place, now: now) }
    }

    public func answerPlaces(after number: Int64, limit: Int) async throws -> [AnswerPlace] {
        try await read { db in try db.answerPlaces(after: number, limit: limit) }
    }

    /// In small steps: calls are booked between them.
    public func clearExpiredAnswers(now: Date) async throws -> Int {
        var removed = 0
        while true {
            let count = try await writeLedger { db, book in try db.clearSomeExpiredAnswers(now: now, book) }
            removed += count
            if count == 0 { return removed }
            try Task.checkCancellation()
        }
    }

    public func cacheStatistics(now: Date) async throws -> CacheStatistics {
        try await read { db in try db.cacheStatistics(now: now) }
    }

    public func raiseAlert(id: String, message: String, at instant: Date) async throws -> Bool {
        try await write { db in try db.raiseAlert(id: id, message: message, at: instant) }
    }

    public func noteDelivery(alert id: String, channel: String, at instant: Date) async throws {
        try await write { db in try db.noteDelivery(alert: id, channel: channel, at: instant) }
    }

    public func raisedAlerts(limit: Int) async throws -> [RaisedAlert] {
        try await read { db in try db.raisedAlerts(limit: limit) }
    }
}
