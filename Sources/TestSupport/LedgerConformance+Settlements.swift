import Costs
import FoundationEssentials
import Stores
import WireCore

/// How reservations end, and what holds no money.
extension LedgerConformance {
    static let settlements: [LedgerCheck] = [
        LedgerCheck("A settled entry comes back with every field as the settlement says, and is open no more") { rig in
            let entry = fullEntry(rig)
            try await rig.reserve(entry)
            let settlement = fullSettlement(rig, of: entry.id)
            let settled = try await rig.store.settle(settlement)
            var wanted = entry
            (wanted.status, wanted.cost, wanted.usage, wanted.terms) = (.settled, settlement.cost, settlement.usage, settlement.terms)
            (wanted.priceFrom, wanted.messageID, wanted.rawUsage) = (settlement.priceFrom, settlement.messageID, settlement.rawUsage)
            (wanted.note, wanted.settledAt) = (settlement.note, settlement.at)
            try expectEqual(settled, wanted)
            try expectEqual(try await rig.other.entries(LedgerQuery()), [wanted])
            try expectEqual(try await rig.other.openReservations(), [])
        },
        LedgerCheck("A settlement moves money from reserved to spent, and what was held too much is free again") { rig in
            try await rig.reserve(rig.entry("a/1", bound: 70, key: "acme"), .desk(100))
            _ = try await rig.store.settle(rig.settlement("a/1", cost: 25))
            for scope in [BudgetScope.desk, .key("acme"), .operation("extract")] {
                try await rig.expectStanding(scope, spent: 25)
                try await rig.expectStanding(scope, LedgerPeriod.today.month, spent: 25)
            }
            try await rig.reserve(rig.entry("b/1", bound: 75), .desk(100))
        },
        LedgerCheck("A released reservation gives all back and counts in no sum") { rig in
            try await rig.reserve(rig.entry("a/1"))
            var release = rig.settlement("a/1", cost: 0, status: .released, usage: Usage(inputTokens: 9))
            release.note = "the provider answered 429"
            let released = try await rig.store.settle(release)
            try expectEqual(released.note, "the provider answered 429")
            try await rig.expectStanding(.desk)
            try expectEqual(try await rig.store.totals(of: .today), [])
            try expectEqual(try await rig.ids(), ["a/1"])
        },
        LedgerCheck("A settlement made again changes nothing, whatever it says") { rig in
            try await rig.reserve(rig.entry("a/1"))
            let first = try await rig.store.settle(rig.settlement("a/1", cost: 40))
            try expectEqual(try await rig.other.settle(rig.settlement("a/1", cost: 40)), first)
            try expectEqual(try await rig.other.settle(rig.settlement("a/1", cost: 0, status: .released)), first)
            try expectEqual(try await rig.other.settle(rig.settlement("a/1", cost: 90, status: .estimated)), first)
            try await rig.expectStanding(.desk, spent: 40)
            try expectEqual(try await rig.store.totals(of: .today).map(\.calls), [1])
        },
        LedgerCheck("A released reservation cannot be settled afterwards") { rig in
            try await rig.reserve(rig.entry("a/1"))
            let released = try await rig.store.settle(rig.settlement("a/1", cost: 0, status: .released))
            try expectEqual(try await rig.store.settle(rig.settlement("a/1", cost: 40)), released)
            try await rig.expectStanding(.desk)
        },
        LedgerCheck("To settle what was never reserved is an error") { rig in
            try await rig.expectError { _ = try await rig.store.settle(rig.settlement("none/1", cost: 1)) }
            try expectEqual(try await rig.ids(), [])
        },
        LedgerCheck("A cost above its bound is booked as it is, beyond a budget too") { rig in
            try await rig.reserve(rig.entry("a/1"), .desk(100))
            let entry = try await rig.store.settle(rig.settlement("a/1", cost: 250))
            try expectEqual(entry.cost, Money(picodollars: 250))
            try await rig.expectStanding(.desk, spent: 250)
        },
        LedgerCheck("A settlement that cannot be true is an error, and the reservation goes on holding its bound") { rig in
            try await rig.reserve(rig.entry("a/1"))
            let wrong = [
                rig.settlement("a/1", cost: -1), rig.settlement("a/1", cost: 1, status: .released), rig.settlement("a/1", cost: 0, status: .cached),
                rig.settlement("a/1", cost: 0, status: .reserved), rig.settlement("a/1", cost: 0, usage: Usage(outputTokens: -1)),
            ]
            for settlement in wrong { try await rig.expectError { _ = try await rig.store.settle(settlement) } }
            try await rig.expectStanding(.desk, reserved: 100)
            try expectEqual(try await rig.store.openReservations().map(\.id), ["a/1"])
            try expectEqual(try await rig.store.totals(of: .today), [])
        },
        LedgerCheck("Tokens or costs that would carry a sum beyond 64 bits are an error that books nothing") { rig in
            try await rig.spend(rig.entry("a/1"), cost: 100, usage: Usage(inputTokens: .max))
            try await rig.reserve(rig.entry("b/1"))
            try await rig.expectError { _ = try await rig.store.settle(rig.settlement("b/1", cost: 1, usage: Usage(inputTokens: 1))) }
            try await rig.expectError { _ = try await rig.store.settle(rig.settlement("b/1", cost: .max)) }
            try await rig.expectStanding(.desk, spent: 100, reserved: 100)
            _ = try await rig.store.settle(rig.settlement("b/1", cost: 100, status: .estimated))
            try await rig.expectStanding(.desk, spent: 200)
        },
        LedgerCheck("A call that ends after midnight counts in the day in which it was reserved") { rig in
            try await rig.reserve(rig.entry("a/1"))
            var late = rig.settlement("a/1", cost: 40)
            late.at = rig.at(86_400 * 8)
            _ = try await rig.store.settle(late)
            try await rig.expectStanding(.desk, spent: 40)
            try expectEqual(try await rig.store.totals(of: .today).map(\.calls), [1])
            try expectEqual(try await rig.store.totals(of: LedgerPeriod.nextMonth.month), [])
        },
        LedgerCheck("An answer from the cache is counted with what it saved, and holds and spends nothing") { rig in
            try await rig.store.enterCached(rig.cached("a/1", saved: 55))
            try await rig.other.enterCached(rig.cached("a/1", saved: 99))
            try expectEqual(try await rig.store.entries(LedgerQuery()), [rig.cached("a/1", saved: 55)])
            let total = try await rig.store.totals(of: .today).first
            try expectEqual([total?.calls, total?.cachedCalls, total?.estimatedCalls], [1, 1, 0])
            try expectEqual(total?.saved, MoneySum(picodollars: 55))
            try expectEqual(total?.cost, MoneySum())
            try await rig.expectStanding(.desk)
            try expectEqual(try await rig.store.openReservations(), [])
            try expectEqual(try await rig.store.reserve(rig.entry("a/1"), against: []), .known(rig.cached("a/1", saved: 55)))
        },
        LedgerCheck("An entry from the cache that cost something, or saved too much to count, is an error that books nothing") { rig in
            var costly = rig.cached("a/1", saved: 1)
            costly.cost = Money(picodollars: 1)
            try await rig.expectError { [costly] in try await rig.store.enterCached(costly) }
            try await rig.expectError { try await rig.store.enterCached(rig.entry("a/1")) }
            try await rig.store.enterCached(rig.cached("b/1", saved: .max))
            try await rig.expectError { try await rig.store.enterCached(rig.cached("c/1", saved: 1)) }
            try expectEqual(try await rig.ids(), ["b/1"])
        },
    ]

    private static func fullSettlement(_ rig: LedgerRig, of id: String) -> Settlement {
        Settlement(
            id: id, at: rig.at(2.042), status: .settled, cost: Money(picodollars: 98_765_432_109_876),
            usage: Usage(
                inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWrite5mTokens: 4, cacheWrite1hTokens: 5, webSearches: 6),
            terms: CallTerms(isBatch: false, region: "eu", speed: nil, serviceTier: "priority"), priceFrom: "other@2026-02-02",
            messageID: "msg_01", rawUsage: #"{"input_tokens":1}"#, note: "a note\u{0} with \"quotes\"")
    }
}
