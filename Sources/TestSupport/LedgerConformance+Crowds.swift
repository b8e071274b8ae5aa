import Costs
import FoundationEssentials
import Stores
import Synchronization
import WireCore

/// Many callers at once, in one host and in two.
extension LedgerConformance {
    static let crowds: [LedgerCheck] = [
        LedgerCheck("Sixty-four callers in two hosts never overshoot a hard budget, and use what there is of it") { rig in
            let limit: Int64 = 100_000
            let budgets: [Budget] = [.desk(limit), .desk(limit, .today.month), .key("acme", limit)]
            let refusals = Atomic(0)
            try await crowd(64) { caller in
                var numbers = SeededNumbers(seed: UInt64(caller))
                let store = caller % 2 == 0 ? rig.store : rig.other
                for call in 0..<12 {
                    let bound = Int64.random(in: 1...1000, using: &numbers)
                    let entry = rig.entry("\(caller)-\(call)/1", bound: bound, operation: "op-\(caller % 3)", key: "acme")
                    guard case .granted = try await store.reserve(entry, against: budgets) else {
                        refusals.add(1, ordering: .relaxed)
                        continue
                    }
                    let standing = try await store.standing(of: .desk, in: .today)
                    let held = Int128(standing.spent.picodollars) + Int128(standing.reserved.picodollars)
                    try expect(held <= Int128(limit), "spent and reserved are \(held) of \(limit)")
                    let end = call % 5 == 0 ? EntryStatus.released : .settled
                    let cost = end == .released ? 0 : Int64.random(in: bound / 2...bound, using: &numbers)
                    _ = try await store.settle(rig.settlement(entry.id, cost: cost, status: end))
                }
            }
            let standing = try await rig.store.standing(of: .desk, in: .today)
            try expectEqual(standing.reserved, .zero)
            try expect(standing.spent.picodollars > limit - 1000, "a refusal came too early: only \(standing.spent.dollars) $ was spent")
            try expect(refusals.load(ordering: .relaxed) > 0, "the budget was never tried")
        },
        LedgerCheck("Of many reservations of one id exactly one is granted, and of many settlements one counts") { rig in
            let grants = Atomic(0)
            try await crowd(32) { caller in
                let store = caller % 2 == 0 ? rig.store : rig.other
                if case .granted = try await store.reserve(rig.entry("a/1"), against: [.desk(100)]) { grants.add(1, ordering: .relaxed) }
                _ = try await store.settle(rig.settlement("a/1", cost: Int64(caller)))
            }
            try expectEqual(grants.load(ordering: .relaxed), 1)
            let entries = try await rig.store.entries(LedgerQuery())
            try expectEqual(entries.count, 1)
            try await rig.expectStanding(.desk, spent: entries.first?.cost.picodollars ?? -1)
        },
        LedgerCheck("One call that is an error spoils none of those that are booked with it") { rig in
            try await crowd(40) { caller in
                if caller % 2 == 0 {
                    try await rig.reserve(rig.entry("\(caller)/1", bound: 10))
                } else {
                    try await rig.expectError { _ = try await rig.store.reserve(rig.entry("\(caller)/1", bound: 10), against: [.key("none", 1)]) }
                }
            }
            try expectEqual(try await rig.ids().count, 20)
            try await rig.expectStanding(.desk, reserved: 200)
        },
        LedgerCheck("After two thousand random steps sums, standings and entries tell the same story", randomSteps),
    ]

    /// Eight callers with steps of every kind, repeated and contradictory ones too; the entries are then summed up here.
    @Sendable private static func randomSteps(_ rig: LedgerRig) async throws {
        try await crowd(8) { caller in
            var numbers = SeededNumbers(seed: UInt64(1000 + caller))
            for _ in 0..<250 { try await randomStep(rig, &numbers) }
        }
        var spent: [LedgerPeriod: Int64] = [:]
        var calls: [LedgerPeriod: Int] = [:]
        for entry in try await rig.store.entries(LedgerQuery(limit: .max)) {
            for period in [entry.day, entry.day.month] {
                spent[period, default: 0] += entry.cost.picodollars
                if entry.status != .reserved, entry.status != .released { calls[period, default: 0] += 1 }
            }
        }
        for period in [LedgerPeriod.today, .tomorrow, .today.month] {
            try expectEqual(try await rig.store.standing(of: .desk, in: period).spent.picodollars, spent[period] ?? 0)
            let totals = try await rig.store.totals(of: period)
            try expectEqual(totals.reduce(MoneySum()) { $0 + $1.cost }, MoneySum(picodollars: Int128(spent[period] ?? 0)))
            try expectEqual(totals.reduce(0) { $0 + $1.calls }, calls[period] ?? 0)
        }
    }

    private static func randomStep(_ rig: LedgerRig, _ numbers: inout SeededNumbers) async throws {
        let store = Bool.random(using: &numbers) ? rig.store : rig.other
        let id = "\(Int.random(in: 0..<600, using: &numbers))/1"
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0..<5:
            let day = Bool.random(using: &numbers) ? LedgerPeriod.today : .tomorrow
            let key = ["one", "two", nil].randomElement(using: &numbers) ?? nil
            let entry = rig.entry(id, bound: .random(in: 0...1000, using: &numbers), day: day, key: key, source: .alpha)
            _ = try await store.reserve(entry, against: [.desk(50_000, day)])
        case 5:
            try await store.enterCached(rig.cached(id, saved: .random(in: 0...1000, using: &numbers)))
        default:
            let status = [EntryStatus.settled, .settled, .estimated, .released].randomElement(using: &numbers) ?? .settled
            let cost = status == .released ? 0 : Int64.random(in: 0...1500, using: &numbers)
            // Half of the ids were never reserved.
            do {
                _ = try await store.settle(rig.settlement(id, cost: cost, status: status, usage: Usage(inputTokens: 7, outputTokens: 3)))
            } catch let error as DeskError where error.code == .store {}
        }
    }
}
