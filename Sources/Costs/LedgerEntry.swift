public import FoundationEssentials
public import WireCore

/// Where an entry stands. The raw values are a contract: other programs read them.
public enum EntryStatus: String, Sendable, Codable, CaseIterable {
    /// Money is held for a call under way; every other status is an end.
    case reserved
    /// Priced by the usage that the provider reported.
    case settled
    /// Booked at its upper bound, because the usage is not known or cannot be believed.
    case estimated
    /// Answered from the cache: cost zero.
    case cached
    /// Surely not billed: the provider refused it, or was never reached.
    case released
}

/// What a call was made for, and by whom.
public struct CallPurpose: Sendable, Hashable {
    /// "entity_extraction", "briefing_generation", …; for calls from outside what they name, else "gateway".
    public var operation: String
    public var source: SourceID?
    /// The article's number.
    public var article: Int64?
    /// The name of the gateway key; nil: the desk itself.
    public var key: String?

    public init(operation: String, source: SourceID? = nil, article: Int64? = nil, key: String? = nil) {
        self.operation = operation
        self.source = source
        self.article = article
        self.key = key
    }
}

/// One attempt that reached a provider, or may have: from the reservation to its end one row, recognised by its id.
public struct LedgerEntry: Sendable, Hashable {
    /// The idempotency key, unique for ever: the call's id, "/" and the attempt counted from 1.
    public var id: String
    /// The instant of the reservation; it decides the periods.
    public var at: Date
    /// Its day in the desk's zone.
    public var day: LedgerPeriod
    public var purpose: CallPurpose
    public var provider: String
    /// The model's id in the price table.
    public var model: String
    public var status: EntryStatus
    /// The upper bound that was reserved.
    public var bound: Money
    public var cost = Money.zero
    /// What a cached answer would have cost.
    public var saved = Money.zero
    public var usage = Usage()
    public var terms = CallTerms()
    /// The price table's row it was priced by: "anthropic/claude-haiku-4-5@2025-10-01".
    public var priceFrom: String
    /// The provider's id of the answer.
    public var messageID: String?
    /// The usage as it came, where it could not be believed.
    public var rawUsage: String?
    /// Why it is estimated or released, in plain words.
    public var note: String?
    /// The process that made the reservation, so that another knows whether it still lives.
    public var owner: String
    /// When an open reservation is past any doubt abandoned.
    public var expiresAt: Date
    public var settledAt: Date?

    public init(
        id: String, at: Date, day: LedgerPeriod, purpose: CallPurpose, provider: String, model: String, status: EntryStatus, bound: Money,
        priceFrom: String, owner: String, expiresAt: Date
    ) {
        self.id = id
        self.at = at
        self.day = day
        self.purpose = purpose
        self.provider = provider
        self.model = model
        self.status = status
        self.bound = bound
        self.priceFrom = priceFrom
        self.owner = owner
        self.expiresAt = expiresAt
    }
}

/// How a reservation ends.
public struct Settlement: Sendable, Hashable {
    /// The entry's id.
    public var id: String
    public var at: Date
    /// ``EntryStatus/settled``, ``EntryStatus/estimated`` or ``EntryStatus/released``.
    public var status: EntryStatus
    public var cost: Money
    public var usage: Usage
    public var terms: CallTerms
    public var priceFrom: String
    public var messageID: String?
    public var rawUsage: String?
    public var note: String?

    public init(
        id: String, at: Date, status: EntryStatus, cost: Money, usage: Usage = Usage(), terms: CallTerms = CallTerms(), priceFrom: String,
        messageID: String? = nil, rawUsage: String? = nil, note: String? = nil
    ) {
        self.id = id
        self.at = at
        self.status = status
        self.cost = cost
        self.usage = usage
        self.terms = terms
        self.priceFrom = priceFrom
        self.messageID = messageID
        self.rawUsage = rawUsage
        self.note = note
    }
}

/// Sums over entries, for reports: one row per combination of what entries can be grouped by.
public struct LedgerTotal: Sendable, Hashable {
    public var period: LedgerPeriod
    public var operation: String
    public var provider: String
    public var model: String
    public var source: SourceID?
    public var key: String?
    /// Calls that reached a provider or were answered from the cache; released ones are not counted.
    public var calls = 0
    public var cachedCalls = 0
    public var estimatedCalls = 0
    public var usage = Usage()
    public var cost = MoneySum()
    public var saved = MoneySum()

    public init(period: LedgerPeriod, operation: String, provider: String, model: String, source: SourceID? = nil, key: String? = nil) {
        self.period = period
        self.operation = operation
        self.provider = provider
        self.model = model
        self.source = source
        self.key = key
    }
}
