import Costs
import FoundationEssentials
import Stores
import WireCore

/// Money that is held.
extension LedgerConformance {
    static let reservations: [LedgerCheck] = [
        LedgerCheck("A granted reservation comes back with every field as it was") { rig in
            let entry = fullEntry(rig)
            try await rig.reserve(entry)
            try expectEqual(try await rig.other.openReservations(), [entry])
            try expectEqual(try await rig.other.entries(LedgerQuery()), [entry])
        },
        LedgerCheck("A reservation is held against desk, key and operation, each by day and month, whether a budget asks or not") { rig in
            try await rig.reserve(rig.entry("a/1", bound: 70, key: "acme"))
            for scope in [BudgetScope.desk, .key("acme"), .operation("extract")] {
                try await rig.expectStanding(scope, reserved: 70)
                try await rig.expectStanding(scope, LedgerPeriod.today.month, reserved: 70)
                try await rig.expectStanding(scope, .tomorrow)
            }
        },
        LedgerCheck("A call of the desk itself counts against no key") { rig in
            try await rig.reserve(rig.entry("a/1", bound: 70), .desk(100), .operation("extract", 100))
            try await rig.expectStanding(.key(""))
            try await rig.expectError { _ = try await rig.store.reserve(rig.entry("b/1"), against: [.key("", 1000)]) }
        },
        LedgerCheck("What fits a budget exactly is granted, one picodollar more is refused and leaves nothing behind") { rig in
            try await rig.spend(rig.entry("a/1", bound: 40), cost: 30)
            try await rig.reserve(rig.entry("b/1", bound: 20))
            let refused = try await rig.store.reserve(rig.entry("c/1", bound: 51), against: [.desk(100)])
            let standing = BudgetStanding(spent: Money(picodollars: 30), reserved: Money(picodollars: 20))
            try expectEqual(refused, .refused(BudgetRefusal(budget: .desk(100), standing: standing, bound: Money(picodollars: 51))))
            try expectEqual(try await rig.ids(), ["a/1", "b/1"])
            try await rig.expectStanding(.desk, spent: 30, reserved: 20)
            try await rig.reserve(rig.entry("c/1", bound: 50), .desk(100))
        },
        LedgerCheck("A refusal names the first budget, in the order given, that was in the way") { rig in
            try await rig.reserve(rig.entry("a/1", bound: 50, key: "acme"))
            let budgets: [Budget] = [
                .desk(1000), .desk(1000, .today.month), .key("acme", 60), .key("acme", 60, .today.month), .operation("extract", 10),
            ]
            func refusal(_ budgets: [Budget]) async throws -> Budget? {
                guard case .refused(let refusal) = try await rig.store.reserve(rig.entry("b/1", bound: 11, key: "acme"), against: budgets) else {
                    return nil
                }
                return refusal.budget
            }
            try expectEqual(try await refusal(budgets), .key("acme", 60))
            try expectEqual(try await refusal(budgets.reversed()), .operation("extract", 10))
            try expectEqual(try await refusal([budgets[3], budgets[2]]), .key("acme", 60, .today.month))
            try expectEqual(try await rig.ids(), ["a/1"])
        },
        LedgerCheck("A day's budget begins anew with the day, a month's with the month") { rig in
            let month = LedgerPeriod.today.month
            try await rig.spend(rig.entry("a/1"), cost: 100)
            try await rig.reserve(rig.entry("b/1", bound: 60, day: .tomorrow), .desk(60, .tomorrow), .desk(160, month))
            let refused = try await rig.store.reserve(
                rig.entry("c/1", bound: 1, day: .tomorrow), against: [.desk(1000, .tomorrow), .desk(160, month)])
            guard case .refused(let refusal) = refused else { throw ConformanceFailure(description: "got \(refused)") }
            try expectEqual(refusal.budget, .desk(160, month))
            try await rig.reserve(rig.entry("d/1", day: .nextMonth), .desk(100, .nextMonth), .desk(100, LedgerPeriod.nextMonth.month))
            try await rig.expectStanding(.desk, month, spent: 100, reserved: 60)
        },
        LedgerCheck("Keys and operations are bounded apart from each other") { rig in
            try await rig.reserve(rig.entry("a/1", operation: "x", key: "one"), .key("one", 100), .operation("x", 100))
            try await rig.reserve(rig.entry("b/1", operation: "y", key: "two"), .key("two", 100), .operation("y", 100))
            // A key and an operation of the same name are two scopes.
            try await rig.reserve(rig.entry("c/1", operation: "one", key: "x"), .key("x", 100), .operation("one", 100))
            try await rig.expectStanding(.desk, reserved: 300)
        },
        LedgerCheck("A reservation made again changes nothing and brings the entry as it stands, however full the budget is") { rig in
            let entry = rig.entry("a/1")
            try await rig.reserve(entry, .desk(100))
            var other = rig.entry("a/1", bound: 7, operation: "else")
            other.owner = "host-2"
            try expectEqual(try await rig.other.reserve(other, against: [.desk(0)]), .known(entry))
            let settled = try await rig.store.settle(rig.settlement("a/1", cost: 60))
            try expectEqual(try await rig.other.reserve(entry, against: [.desk(0)]), .known(settled))
            try await rig.expectStanding(.desk, spent: 60)
            try await rig.expectStanding(.operation("else"))
        },
        LedgerCheck("A reservation of nothing fits a budget that is spent") { rig in
            try await rig.spend(rig.entry("a/1"), cost: 100)
            try await rig.reserve(rig.entry("b/1", bound: 0), .desk(100))
        },
        LedgerCheck("What is spent beyond a budget refuses whatever comes") { rig in
            try await rig.spend(rig.entry("a/1"), cost: 500)
            let answer = try await rig.store.reserve(rig.entry("b/1", bound: 0), against: [.desk(100)])
            guard case .refused(let refusal) = answer else { throw ConformanceFailure(description: "got \(answer)") }
            try expectEqual(refusal.left, .zero)
        },
        LedgerCheck("A bound that would carry a sum beyond 64 bits is an error, and what was granted can be settled at its bound") { rig in
            try await rig.reserve(rig.entry("a/1", bound: .max - 10), .desk(.max))
            try await rig.expectError { _ = try await rig.store.reserve(rig.entry("b/1", bound: 11), against: []) }
            // The budget's refusal comes first: it is an answer, no failure.
            guard case .refused = try await rig.store.reserve(rig.entry("b/1", bound: 11), against: [.desk(.max)]) else {
                throw ConformanceFailure(description: "a bound beyond the budget was not refused")
            }
            try await rig.reserve(rig.entry("c/1", bound: 10))
            _ = try await rig.store.settle(rig.settlement("a/1", cost: .max - 10))
            _ = try await rig.store.settle(rig.settlement("c/1", cost: 10))
            try await rig.expectStanding(.desk, spent: .max)
            try await rig.expectError { _ = try await rig.store.reserve(rig.entry("d/1", bound: 1), against: []) }
            try expectEqual(try await rig.ids(), ["a/1", "c/1"])
        },
        LedgerCheck("A budget that the call does not count against is an error") { rig in
            let foreign: [Budget] = [.desk(1000, .tomorrow), .desk(1000, .nextMonth), .key("other", 1000), .operation("other", 1000)]
            for budget in foreign {
                try await rig.expectError { _ = try await rig.store.reserve(rig.entry("a/1", key: "acme"), against: [budget]) }
            }
            try expectEqual(try await rig.ids(), [])
        },
        LedgerCheck("An entry that cannot be a reservation is an error and leaves nothing behind") { rig in
            try await rig.expectError { _ = try await rig.store.reserve(rig.entry("a/1", bound: -1), against: []) }
            for day in ["", "2026-11", "2026-11-2", "24.11.2026", "2026-11-24 "] {
                try await rig.expectError { _ = try await rig.store.reserve(rig.entry("a/1", day: LedgerPeriod(day)), against: []) }
            }
            var ended = rig.entry("a/1")
            ended.status = .settled
            try await rig.expectError { [ended] in _ = try await rig.store.reserve(ended, against: []) }
            try expectEqual(try await rig.ids(), [])
            try await rig.expectStanding(.desk)
        },
    ]

    /// A reservation with a value in every field that one can have.
    static func fullEntry(_ rig: LedgerRig) -> LedgerEntry {
        var entry = rig.entry("0192-ä\u{0}/1", bound: 123_456_789_012_345, operation: "briefing_generation", key: "acme", source: .alpha)
        entry.at = rig.at(0.123)
        entry.purpose.article = .max
        entry.terms = CallTerms(isBatch: true, region: "us", speed: "fast", serviceTier: "flex")
        return entry
    }
}
