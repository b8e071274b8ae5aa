import Costs
import FoundationEssentials
import Logging
import Stores
import Synchronization
import WireCore

/// Holds money before an attempt and books what it cost after it: the only hand on the ledger.
///
/// A call that does not fit only because of what others hold waits for them to settle, for a while: their bounds are many times what they
/// use, and a desk that refused at once would stand still with most of its budget unspent. Whoever settles wakes all who wait; each asks
/// again, in one transaction with the others. Every 50 ms they ask anyway, because another process may have settled.
final class Till: Sendable {
    private let store: any LedgerStore
    private let rules: RulesInForce
    private let owner: String
    private let clock: any DeskClock
    private let logger: Logger
    private let bell = Bell()

    init(store: any LedgerStore, rules: RulesInForce, owner: String, clock: any DeskClock, logger: Logger) {
        self.store = store
        self.rules = rules
        self.owner = owner
        self.clock = clock
        self.logger = logger
    }

    /// Money held for one attempt; ended by exactly one of the `settle` methods.
    struct Hold: Sendable {
        var id: String
        var row: PriceRow
        var bound: Money
        var terms: CallTerms
    }

    /// Holds the upper bound of an attempt against every budget that applies, durably. Throws ``GatewayRefusal``.
    func hold(_ call: ModelCall, _ facts: CallFacts, attempt: Int, until deadline: Date) async throws(GatewayRefusal) -> Hold {
        let end = ContinuousClock.now + rules.current.configuration.patience
        while true {
            let now = clock.now()
            // Read anew each time: budgets may be changed while a call waits.
            let plan = rules.current.configuration.plan
            let entry = self.entry(call, facts, plan, attempt: attempt, at: now, status: .reserved, expiresAt: deadline.addingTimeInterval(120))
            let budgets = plan.budgets(for: call.purpose, keyLimits: call.limits, at: now)
            let ticket = bell.ticket()
            switch try await reserve(entry, budgets) {
            case .granted, .known: return Hold(id: entry.id, row: facts.row, bound: facts.bound, terms: facts.terms)
            case .refused(let refusal):
                guard refusal.mayFitLater, ContinuousClock.now < end, !Task.isCancelled else {
                    throw GatewayRefusal(refusal, renewsAt: plan.calendar.end(of: refusal.budget.period), now: now)
                }
                await bell.wait(for: ticket, atMost: .milliseconds(50))
            }
        }
    }

    private func reserve(_ entry: LedgerEntry, _ budgets: [Budget]) async throws(GatewayRefusal) -> ReservationAnswer {
        do {
            return try await store.reserve(entry, against: budgets)
        } catch {
            // It may have been held all the same, and is never used. One that was not is passed over.
            try? await store.journal(
                Settlement(
                    id: entry.id, at: entry.at, status: .released, cost: .zero, terms: entry.terms, priceFrom: entry.priceFrom,
                    note: "the ledger could not be written, and no model was called"))
            let reason = SafeText.line(String(describing: error), limit: 300)
            logger.error("no call without a reservation, and the ledger cannot be written", metadata: ["error": "\(reason)"])
            throw GatewayRefusal(.ledger, "the ledger cannot be written, so no model is called: \(reason)", retryAfter: .seconds(5))
        }
    }

    private func entry(
        _ call: ModelCall, _ facts: CallFacts, _ plan: BudgetPlan, attempt: Int, at now: Date, status: EntryStatus, expiresAt: Date
    ) -> LedgerEntry {
        var entry = LedgerEntry(
            id: "\(call.id)/\(attempt)", at: now, day: plan.calendar.day(of: now), purpose: call.purpose, provider: facts.model.provider,
            model: facts.model.id, status: status, bound: facts.bound, priceFrom: facts.row.name, owner: owner, expiresAt: expiresAt)
        entry.terms = facts.terms
        return entry
    }

    /// Books what was used. A usage that cannot be believed or priced, and one that costs more than it possibly can, is booked at the
    /// upper bound, marked as estimated, with the text as it came. Returns what was booked.
    /// - Parameter keep: given the settlement of a believed usage once it is booked.
    @discardableResult
    func settle(_ hold: Hold, _ metered: MeteredUsage, note: String? = nil, keep: ((Settlement) -> Void)? = nil) async -> Money {
        do {
            let reading = try metered.reading.get()
            let terms = reading.terms.completed(by: hold.terms)
            let cost = try Pricing.cost(of: reading.usage, under: terms, by: hold.row)
            try check(metered.models, of: hold.row, cost, reading.usage, terms)
            guard cost <= hold.bound else {
                throw UsageFault(field: "usage", "the usage costs $\(cost.dollars), more than the call's upper bound of $\(hold.bound.dollars)")
            }
            let settlement = Settlement(
                id: hold.id, at: clock.now(), status: .settled, cost: cost, usage: reading.usage, terms: terms, priceFrom: hold.row.name,
                messageID: metered.messageID, note: note)
            let booked = await book(settlement)
            keep?(settlement)
            return booked
        } catch {
            return await estimate(hold, because: String(describing: error), raw: metered.raw, messageID: metered.messageID)
        }
    }

    /// Throws where the answer names a model that the call was not bounded for, at another price.
    private func check(_ models: Set<String>, of row: PriceRow, _ cost: Money, _ usage: Usage, _ terms: CallTerms) throws {
        let table = rules.current.prices
        for name in models {
            guard let other = table.model(named: name), other.id != row.model || other.provider != row.provider else { continue }
            let otherCost = try? Pricing.cost(of: usage, under: terms, by: other.row(at: clock.now()))
            guard otherCost != cost else { continue }
            throw UsageFault(
                field: "model",
                "the answer says that it is of \(other.provider)/\(other.id), whose price is not that of \(row.provider)/\(row.model)")
        }
    }

    /// Books the upper bound: it may have been billed, and nobody knows at how much.
    @discardableResult
    func estimate(_ hold: Hold, because reason: String, raw: String? = nil, messageID: String? = nil) async -> Money {
        await book(
            Settlement(
                id: hold.id, at: clock.now(), status: .estimated, cost: hold.bound, terms: hold.terms, priceFrom: hold.row.name,
                messageID: messageID, rawUsage: raw, note: SafeText.line(reason, limit: 300)))
    }

    /// Lets go of money that surely was not spent.
    func release(_ hold: Hold, because reason: String) async {
        await book(
            Settlement(
                id: hold.id, at: clock.now(), status: .released, cost: .zero, terms: hold.terms, priceFrom: hold.row.name,
                note: SafeText.line(reason, limit: 300)))
    }

    /// A ledger that cannot be written now keeps the reservation, which is the safe side: the next start settles it at its bound.
    @discardableResult
    private func book(_ settlement: Settlement) async -> Money {
        defer { bell.ring() }
        do {
            try await store.journal(settlement)
        } catch {
            logger.error(
                "a call could not be settled; its upper bound stays reserved until the ledger can be written",
                metadata: ["entry": "\(settlement.id)", "error": "\(SafeText.line(String(describing: error), limit: 300))"])
        }
        return settlement.cost
    }

    /// Enters an answer that cost nothing because it was kept; false when the ledger cannot be written.
    func enterCached(_ call: ModelCall, _ facts: CallFacts, _ kept: CachedAnswer) async -> Bool {
        let now = clock.now()
        var entry = entry(call, facts, rules.current.configuration.plan, attempt: 1, at: now, status: .cached, expiresAt: now)
        entry.bound = .zero
        entry.saved = kept.cost
        entry.usage = kept.usage
        entry.settledAt = now
        do {
            try await store.enterCached(entry)
            return true
        } catch {
            logger.error("a cached answer could not be entered", metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
            return false
        }
    }

    /// Settles what calls of dead processes, and calls two minutes past their deadline, have left open; returns how many. Whether a
    /// process of another machine lives cannot be seen from here: its calls are settled by the deadline alone.
    func settleAbandoned() async throws -> Int {
        let now = clock.now()
        // Who is gone is judged first: what a process writes down before it goes is then seen below.
        let abandoned = Set(try await store.openReservations().filter { $0.expiresAt < now || ProcessMark.isGone($0.owner) }.map(\.id))
        guard !abandoned.isEmpty else { return 0 }
        let ended = try await store.endsOnTheirWay()
        var count = 0
        for entry in try await store.openReservations() where abandoned.contains(entry.id) && !ended.contains(entry.id) {
            _ = try await store.settle(
                Settlement(
                    id: entry.id, at: now, status: .estimated, cost: entry.bound, terms: entry.terms, priceFrom: entry.priceFrom,
                    note: "the desk ended before the call did"))
            count += 1
        }
        if count > 0 { bell.ring() }
        return count
    }
}

/// Wakes all who wait, whenever it rings.
private final class Bell: Sendable {
    private struct State {
        var rings = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastID = 0
    }

    private let state = Mutex(State())

    /// The number of rings so far: taken before one looks, so that a ring in between is not missed.
    func ticket() -> Int { state.withLock { $0.rings } }

    func ring() {
        let woken = state.withLock { state in
            state.rings += 1
            let woken = Array(state.waiting.values)
            state.waiting.removeAll()
            return woken
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns at the first ring after `ticket`, or when the time is up.
    func wait(for ticket: Int, atMost time: Duration) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let deadline = ContinuousClock.now + time
        let timer = Task { [self] in
            try? await Task.sleep(until: deadline, clock: .continuous)
            wake(id)
        }
        await withCheckedContinuation { continuation in
            let isLate = state.withLock { state in
                guard state.rings == ticket else { return true }
                state.waiting[id] = continuation
                return false
            }
            if isLate { continuation.resume() }
            // The timer may have come before there was anybody to find.
            if !isLate, .now >= deadline { wake(id) }
        }
        timer.cancel()
    }

    private func wake(_ id: Int) { state.withLock { $0.waiting.removeValue(forKey: id) }?.resume() }
}
