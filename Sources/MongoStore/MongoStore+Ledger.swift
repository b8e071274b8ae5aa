public import Costs
public import FoundationEssentials
public import Stores
public import WireCore

/// Money in the same database: an entry, its standings and its sums change in one transaction, so that hosts cannot overshoot a budget
/// between looking and booking. Calls of one host that come at the same time share one.
extension MongoStore: LedgerStore {
    public func reserve(_ entry: LedgerEntry, against budgets: [Budget]) async throws -> ReservationAnswer {
        try await writeMoney { db in try db.reserve(entry, against: budgets) }
    }

    public func settle(_ settlement: Settlement) async throws -> LedgerEntry {
        try await writeMoney { db in try db.settle(settlement) }
    }

    public func enterCached(_ entry: LedgerEntry) async throws {
        try await writeMoney { db in try db.enterCached(entry) }
    }

    public func openReservations() async throws -> [LedgerEntry] {
        try await read { db in try db.find(.ledger, ["status": "reserved"], sort: ["number": 1]).map(LedgerDocument.entry) }
    }

    public func entries(_ query: LedgerQuery) async throws -> [LedgerEntry] {
        try await read { db in try db.ledgerEntries(query) }
    }

    public func totals(of period: LedgerPeriod) async throws -> [LedgerTotal] {
        try await read { db in try db.totals(["period": .text(period.text)]) }
    }

    public func dailyTotals(from first: LedgerPeriod, to last: LedgerPeriod) async throws -> [LedgerTotal] {
        try await read { db in try db.totals(["period": ["$gte": .text(first.text), "$lte": .text(last.text)], "is_day": true]) }
    }

    public func dailySpending(from first: LedgerPeriod, to last: LedgerPeriod) async throws -> [SpendingGroup] {
        let totals = try await dailyTotals(from: first, to: last)
        return Dictionary(grouping: totals, by: \.period.text).sorted { $0.key < $1.key }.map { SpendingGroup(name: $0.key, adding: $0.value) }
    }

    public func answerPlaces(after number: Int64, limit: Int) async throws -> [AnswerPlace] {
        try await read { db in try db.answerPlaces(after: number, limit: limit) }
    }

    public func standing(of scope: BudgetScope, in period: LedgerPeriod) async throws -> BudgetStanding {
        try await read { db in try db.standing(of: scope, in: period) }
    }

    /// Walks through all entries in one snapshot.
    public func reconcileLedger() async throws -> [String] {
        try await snapshot { db in try db.ledgerDifferences() }
    }

    public func addKey(_ key: GatewayKey) async throws {
        try await writeMoney { db in try db.addKey(key) }
    }

    public func gatewayKeys() async throws -> [GatewayKey] {
        try await read { db in try db.find(.keys, sort: ["_id": 1]).map(KeyDocument.key) }
    }

    public func gatewayKey(hash: String) async throws -> GatewayKey? {
        try await read { db in try db.first(.keys, ["hash": .text(hash)]).map(KeyDocument.key) }
    }

    public func revokeKey(name: String, at instant: Date) async throws -> Bool {
        try await writeMoney { db in
            try db.update(.keys, ["_id": .text(name), "revoked_at": .null], ["$set": ["revoked_at": BSON(instant)]]) == 1
        }
    }

    public func keep(_ answers: [CachedAnswer], capacity: ByteCount) async throws -> [AnswerPlace] {
        try await writeMoney { db in try answers.compactMap { try db.keepAnswer($0, capacity: capacity) } }
    }

    public func cachedAnswer(_ place: AnswerPlace, now: Date) async throws -> CachedAnswer? {
        let wanted: BSONDocument = ["_id": .int(place.number), "key": .text(place.key), "expires_at": ["$gt": BSON(now)]]
        return try await read { db in try db.first(.answers, wanted).map(AnswerDocument.answer) }
    }

    /// In small steps: calls are booked between them.
    public func clearExpiredAnswers(now: Date) async throws -> Int {
        var removed = 0
        while true {
            let count = try await writeMoney { db in try db.clearSomeExpiredAnswers(now: now) }
            removed += count
            if count == 0 { return removed }
            try Task.checkCancellation()
        }
    }

    public func cacheStatistics(now: Date) async throws -> CacheStatistics {
        try await snapshot { db in try db.cacheStatistics(now: now) }
    }

    public func raiseAlert(id: String, message: String, at instant: Date) async throws -> Bool {
        try await writeMoney { db in try db.raiseAlert(id: id, subject: nil, message: message, at: instant) }
    }

    public func noteDelivery(alert id: String, channel: String, at instant: Date) async throws {
        try await writeMoney { db in try db.noteDelivery(alert: id, channel: channel, at: instant) }
    }

    public func raisedAlerts(limit: Int) async throws -> [RaisedAlert] {
        try await read { db in try db.raisedAlerts(limit: limit) }
    }
}
