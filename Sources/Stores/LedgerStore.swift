public import Costs
public import FoundationEssentials
public import WireCore

/// Where spending is kept: reservations, entries, sums, gateway keys, cached answers and alerts that were raised.
///
/// One record of one fact: an entry, the standing of every budget it counts against and the sums of its day and month change in one
/// transaction, so that they cannot drift. A method that returns has made its effect durable, against power failure too. Errors are
/// ``DeskError`` with code `store`, and leave everything as it was. Instants are kept to the millisecond; names are told apart by
/// their bytes. Sums that would leave 64 bits are an error.
public protocol LedgerStore: Sendable {
    /// Holds `entry.bound` (the entry's status is `reserved`) against every one of `budgets`, or against none. Budgets are of the
    /// entry's day and month, and of its key, its operation or the desk; any other is an error. The entry counts against desk, key
    /// and operation whether a budget is given for them or not. Where an entry of that id is there already, nothing changes and that
    /// entry comes back; of a refused one nothing stays. Throws for a bound below zero, and where spent and reserved together would
    /// leave 64 bits, so that no settlement within its bound can.
    func reserve(_ entry: LedgerEntry, against budgets: [Budget]) async throws -> ReservationAnswer

    /// Ends a reservation, once: takes the bound out of what is reserved and adds the cost to what is spent, in the periods of the
    /// reservation. A cost above the bound is booked as it is. Where it has ended before, nothing changes. Returns the entry as it
    /// stands. Throws when there is no such entry, for a status that is no end, for an amount or a usage below zero and for a released
    /// one that cost something: the reservation then goes on holding its bound.
    ///
    /// When it returns, the end survives the end of this process at any instant; against a power failure it is safe a few hundredths of a
    /// second later. Until then the reservation stands in for it, which is durable in every sense: the next start would book its bound,
    /// marked as estimated, so that never less is on record than was spent.
    func settle(_ settlement: Settlement) async throws -> LedgerEntry

    /// Ends a reservation of this store's as ``settle(_:)`` does, for a caller that does not want to know how the entry stands now. What is
    /// read through this store has it at once; others, in this process or in another, may read the reservation in its stead for a few
    /// hundredths of a second, and where the ledger cannot be written, until it can.
    func journal(_ settlement: Settlement) async throws

    /// Reservations that look open and are not to be settled as abandoned: their ends are written down, by living processes, and the ledger
    /// has yet to take them; some may have been booked long ago. Books first what processes that have ended had written down. Throws when that
    /// cannot be done now.
    func endsOnTheirWay() async throws -> Set<String>

    /// Writes an entry that holds no money: an answer from the cache, cost zero. It counts in the sums and in no
    /// standing. One of that id is left as it is.
    func enterCached(_ entry: LedgerEntry) async throws

    /// Reservations that have not ended, oldest first.
    func openReservations() async throws -> [LedgerEntry]

    /// Entries by the order in which they were reserved or entered. Throws `usage` when there is no entry
    /// `after`.
    func entries(_ query: LedgerQuery) async throws -> [LedgerEntry]

    /// The sums of one day or month, over the entries that have ended and were not released; costs the same however many there are.
    func totals(of period: LedgerPeriod) async throws -> [LedgerTotal]

    /// The sums of all days from `first` to `last`, both included.
    func dailyTotals(from first: LedgerPeriod, to last: LedgerPeriod) async throws -> [LedgerTotal]

    /// What each day from `first` to `last` came to, both included, oldest first; days without a call are left out. A short read, whatever the
    /// calls of a day can be grouped by.
    func dailySpending(from first: LedgerPeriod, to last: LedgerPeriod) async throws -> [SpendingGroup]

    /// Where a scope stands in a day or month; zero where nothing was ever entered.
    func standing(of scope: BudgetScope, in period: LedgerPeriod) async throws -> BudgetStanding

    /// Recomputes sums and standings from the entries; each line names one difference. Empty: all agree.
    func reconcileLedger() async throws -> [String]

    /// Enters a key; throws `usage` when the name or the hash is taken, by a revoked one too.
    func addKey(_ key: GatewayKey) async throws
    /// All keys by the bytes of their names, revoked ones included.
    func gatewayKeys() async throws -> [GatewayKey]
    /// The key with this hash; nil when there is none. Revoked ones come back too, marked.
    func gatewayKey(hash: String) async throws -> GatewayKey?
    /// Marks a key as revoked; false when there is none of that name that is not.
    func revokeKey(name: String, at instant: Date) async throws -> Bool

    /// Keeps answers and says where; those created first give way while all bodies together are larger than `capacity`. One that is larger
    /// by itself is not kept and drives out nothing. Of two with one key the later counts; the earlier may stay until it expires. They are
    /// as safe as what ``settle(_:)`` has booked.
    func keep(_ answers: [CachedAnswer], capacity: ByteCount) async throws -> [AnswerPlace]
    /// The answer at a place, unless it has expired (`expiresAt` lies behind `now`) or given way. How often there was one, the ledger tells:
    /// a hit is an entry.
    func cachedAnswer(_ place: AnswerPlace, now: Date) async throws -> CachedAnswer?
    /// Where answers are kept, expired ones included, behind `number`, by their numbers.
    func answerPlaces(after number: Int64, limit: Int) async throws -> [AnswerPlace]
    /// Removes expired answers; returns how many.
    func clearExpiredAnswers(now: Date) async throws -> Int
    func cacheStatistics(now: Date) async throws -> CacheStatistics

    /// Notes that an alert is raised, once for each id; false when it was raised before.
    func raiseAlert(id: String, message: String, at instant: Date) async throws -> Bool
    /// Notes that an alert was delivered to a channel; a second time changes nothing. Throws when there is no such alert.
    func noteDelivery(alert id: String, channel: String, at instant: Date) async throws
    /// Alerts by time, newest first, each with the channels it was delivered to, in that order.
    func raisedAlerts(limit: Int) async throws -> [RaisedAlert]
}

extension LedgerStore {
    public func journal(_ settlement: Settlement) async throws { _ = try await settle(settlement) }

    public func endsOnTheirWay() async throws -> Set<String> { [] }

    /// Reads all entries of a query, page by page of its limit, so that a million need no more memory than a page.
    public func eachPage(of query: LedgerQuery, _ body: ([LedgerEntry]) throws -> Void) async throws {
        var query = query
        while true {
            let entries = try await entries(query)
            try body(entries)
            guard entries.count == query.limit, let last = entries.last else { return }
            query.after = last.id
        }
    }
}

/// The answer to a request for money.
public enum ReservationAnswer: Sendable, Equatable {
    case granted
    /// There is an entry of that id.
    case known(LedgerEntry)
    /// The first budget, in the order given, that it did not fit into.
    case refused(BudgetRefusal)
}

/// Which entries to read.
public struct LedgerQuery: Sendable {
    /// Days from and to, both included; nil: no bound.
    public var from: LedgerPeriod?
    public var to: LedgerPeriod?
    public var key: String?
    public var operation: String?
    public var source: SourceID?
    /// Entries behind this one, in the order of ``LedgerStore/entries(_:)``: the cursor of the next page.
    public var after: String?
    public var isNewestFirst = false
    public var limit: Int

    public init(limit: Int = 100) { self.limit = limit }
}

/// A key that opens the gateway to a program outside; the secret itself is never kept.
public struct GatewayKey: Sendable, Equatable {
    public var name: String
    /// SHA-256 of the secret, in hexadecimal.
    public var hash: String
    /// Budgets of its own; nil: only the desk's.
    public var daily: Money?
    public var monthly: Money?
    public var createdAt: Date
    public var revokedAt: Date?

    public init(name: String, hash: String, daily: Money? = nil, monthly: Money? = nil, createdAt: Date, revokedAt: Date? = nil) {
        self.name = name
        self.hash = hash
        self.daily = daily
        self.monthly = monthly
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}

/// An answer of a model, kept for the same request.
public struct CachedAnswer: Sendable, Equatable {
    /// SHA-256 of scope and canonical request, in hexadecimal.
    public var key: String
    public var model: String
    public var provider: String
    /// The whole answer as it was sent.
    public var body: [UInt8]
    public var usage: Usage
    /// What it cost, and a hit saves.
    public var cost: Money
    public var priceFrom: String
    public var createdAt: Date
    public var expiresAt: Date

    public init(
        key: String, model: String, provider: String, body: [UInt8], usage: Usage, cost: Money, priceFrom: String, createdAt: Date,
        expiresAt: Date
    ) {
        self.key = key
        self.model = model
        self.provider = provider
        self.body = body
        self.usage = usage
        self.cost = cost
        self.priceFrom = priceFrom
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Where a kept answer lies.
public struct AnswerPlace: Sendable, Equatable {
    public var key: String
    /// Grows with each that is kept.
    public var number: Int64

    public init(key: String, number: Int64) {
        self.key = key
        self.number = number
    }
}

/// How the cache of answers does.
public struct CacheStatistics: Sendable, Equatable {
    public var total = 0
    public var expired = 0
    /// Of the bodies, expired ones included.
    public var bytes = 0

    public init() {}
}

/// An alert that was raised.
public struct RaisedAlert: Sendable, Equatable {
    /// Says what it is about, so that it is raised once: "cost:day:2026-11-24:0.5".
    public var id: String
    public var message: String
    public var at: Date
    public var deliveredTo: [String]

    public init(id: String, message: String, at: Date, deliveredTo: [String] = []) {
        self.id = id
        self.message = message
        self.at = at
        self.deliveredTo = deliveredTo
    }
}
