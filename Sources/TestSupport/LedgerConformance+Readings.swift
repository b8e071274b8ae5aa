import Costs
import FoundationEssentials
import Stores
import WireCore

/// Lists and reports.
extension LedgerConformance {
    static let readings: [LedgerCheck] = [
        LedgerCheck("An empty ledger says so everywhere") { rig in
            try expectEqual(try await rig.ids(), [])
            try expectEqual(try await rig.ids { $0.from = .today }, [])
            try expectEqual(try await rig.store.openReservations(), [])
            try expectEqual(try await rig.store.totals(of: .today), [])
            try expectEqual(try await rig.store.dailyTotals(from: .today, to: .tomorrow), [])
            try await rig.expectStanding(.desk)
        },
        LedgerCheck("Entries come in the order in which they were reserved, whatever their instant or day") { rig in
            try await rig.reserve(rig.entry("c/1", day: .tomorrow))
            try await rig.reserve(rig.entry("a/1"))
            try await rig.store.enterCached(rig.cached("z/1", saved: 1))
            try await rig.reserve(rig.entry("b/1", day: .nextMonth))
            try await rig.spend(rig.entry("d/1"), cost: 1)
            _ = try await rig.store.settle(rig.settlement("a/1", cost: 1))
            let order = ["c/1", "a/1", "z/1", "b/1", "d/1"]
            try expectEqual(try await rig.ids(), order)
            try expectEqual(try await rig.ids { $0.isNewestFirst = true }, order.reversed())
            try expectEqual(try await rig.store.openReservations().map(\.id), ["c/1", "b/1"])
        },
        LedgerCheck("Pages join without a gap or a repeat, forwards and backwards") { rig in
            let all = (0..<25).map { "call-\($0)/1" }
            for (index, id) in all.enumerated() { try await rig.reserve(rig.entry(id, day: index % 3 == 0 ? .tomorrow : .today)) }
            for isNewestFirst in [false, true] {
                var (query, seen) = (LedgerQuery(limit: 4), [String]())
                query.isNewestFirst = isNewestFirst
                while case let page = try await rig.store.entries(query).map(\.id), let last = page.last {
                    seen += page
                    query.after = last
                }
                try expectEqual(seen, isNewestFirst ? all.reversed() : all)
            }
            let behind = try await rig.ids { ($0.after, $0.from, $0.limit) = ("call-10/1", .tomorrow, 2) }
            try expectEqual(behind, ["call-12/1", "call-15/1"])
            try expectEqual(try await rig.ids { $0.limit = 0 }, [])
        },
        LedgerCheck("To go on behind an entry that is not there is an error") { rig in
            try await rig.reserve(rig.entry("a/1"))
            try await rig.expectError(.usage) { _ = try await rig.ids { $0.after = "none/1" } }
        },
        LedgerCheck("Entries are found by day, key, operation and source, and by all together") { rig in
            for (index, key) in ["one", "two", nil].enumerated() {
                for operation in ["x", "y"] {
                    for source in [SourceID.alpha, .beta] {
                        for (number, day) in [LedgerPeriod.tomorrow, .today, .nextMonth].enumerated() {
                            let id = "\(index)\(operation)\(source.text.prefix(1))\(number)"
                            try await rig.reserve(rig.entry(id, day: day, operation: operation, key: key, source: source))
                        }
                    }
                }
            }
            try expectEqual(try await rig.ids().count, 36)
            try expectEqual(try await rig.ids { $0.key = "two" }.allSatisfy { $0.hasPrefix("1") }, true)
            try expectEqual(try await rig.ids { $0.key = "two" }.count, 12)
            try expectEqual(try await rig.ids { $0.operation = "x" }.count, 18)
            try expectEqual(try await rig.ids { $0.source = .beta }.count, 18)
            try expectEqual(try await rig.ids { $0.to = .today }.count, 12)
            try expectEqual(try await rig.ids { $0.from = .tomorrow }.count, 24)
            try expectEqual(try await rig.ids { ($0.from, $0.to) = (.today, .tomorrow) }.count, 24)
            try expectEqual(try await rig.ids { ($0.from, $0.to) = (.nextMonth, .today) }, [])
            let one = try await rig.ids { query in
                (query.key, query.operation, query.source, query.from, query.to) = ("two", "y", .beta, .tomorrow, .tomorrow)
            }
            try expectEqual(one, ["1yb0"])
            try expectEqual(try await rig.ids { $0.key = "none" }, [])
        },
        LedgerCheck("Sums are kept by day and month, apart for operation, provider, model, source and key") { rig in
            try await rig.spend(
                rig.entry("a/1", key: "one", source: .alpha), cost: 10, usage: Usage(inputTokens: 1, outputTokens: 2, cacheReadTokens: 3))
            try await rig.spend(rig.entry("b/1", key: "one", source: .alpha), cost: 100, status: .estimated)
            try await rig.spend(
                rig.entry("c/1", day: .tomorrow, key: "one", source: .alpha), cost: 7,
                usage: Usage(cacheWrite5mTokens: 4, cacheWrite1hTokens: 5, webSearches: 6))
            var groups = (1...5).map { rig.entry("\($0)/1", key: "one", source: .alpha) }
            groups[0].purpose.operation = "other"
            groups[1].provider = "other"
            groups[2].model = "other"
            groups[3].purpose.source = nil
            groups[4].purpose.key = nil
            for group in groups { try await rig.spend(group, cost: 1) }
            try await rig.reserve(rig.entry("open/1"))
            var today = LedgerTotal(
                period: .today, operation: "extract", provider: "anthropic", model: "claude-haiku-4-5", source: .alpha, key: "one")
            (today.calls, today.estimatedCalls, today.cost) = (2, 1, MoneySum(picodollars: 110))
            today.usage = Usage(inputTokens: 1, outputTokens: 2, cacheReadTokens: 3)
            var month = today
            (month.period, month.calls, month.cost) = (LedgerPeriod.today.month, 3, MoneySum(picodollars: 117))
            (month.usage.cacheWrite5mTokens, month.usage.cacheWrite1hTokens, month.usage.webSearches) = (4, 5, 6)
            let totals = try await rig.other.totals(of: .today)
            try expectEqual(totals.count, 6)
            try expectEqual(totals.filter { $0.cost != MoneySum(picodollars: 1) }, [today])
            try expectEqual(try await rig.other.totals(of: .today.month).filter { $0.calls > 1 }, [month])
        },
        LedgerCheck("Daily sums reach from the first day to the last, both included, and no month is among them") { rig in
            let days = ["2026-10-31", "2026-11-01", "2026-11-24", "2026-11-30", "2026-12-01"]
            for day in days { try await rig.spend(rig.entry(day, day: LedgerPeriod(day)), cost: 1) }
            func periods(_ first: String, _ last: String) async throws -> [String] {
                try await rig.store.dailyTotals(from: LedgerPeriod(first), to: LedgerPeriod(last)).map(\.period.text).sorted()
            }
            try expectEqual(try await periods("2026-11-01", "2026-11-30"), Array(days[1...3]))
            try expectEqual(try await periods("2026-01-01", "2026-12-31"), days)
            try expectEqual(try await periods("2026-11-24", "2026-11-24"), ["2026-11-24"])
            try expectEqual(try await periods("2026-11-30", "2026-11-01"), [])
        },
        LedgerCheck("What each day came to is the sum of all that its calls can be grouped by") { rig in
            for (number, day) in ["2026-11-24", "2026-11-24", "2026-11-26", "2026-12-01"].enumerated() {
                let entry = rig.entry("\(number)", day: LedgerPeriod(day), operation: "operation-\(number)", key: number == 1 ? "acme" : nil)
                try await rig.spend(entry, cost: Int64(number + 5), usage: Usage(inputTokens: 10, outputTokens: number))
            }
            try await rig.store.enterCached(rig.cached("c", saved: 40))
            let days = try await rig.other.dailySpending(from: LedgerPeriod("2026-11-01"), to: LedgerPeriod("2026-11-30"))
            let totals = try await rig.other.dailyTotals(from: LedgerPeriod("2026-11-01"), to: LedgerPeriod("2026-11-30"))
            try expectEqual(days, SpendingGroup.groups(of: totals, by: .day))
            try expectEqual(days.map(\.name), ["2026-11-24", "2026-11-26"])
            try expectEqual(days.map(\.cost.picodollars), [11, 7])
            try expectEqual(days.map(\.cachedCalls), [1, 0])
        },
        LedgerCheck("Names of any kind are kept apart and come back as they were", hostileNames),
    ]

    /// Each alone: what one names must not touch another. Two of them are one to Swift, and two by their bytes.
    private static let names = [
        "", " ", "'; DROP TABLE ledger; --", "\"", "%", "_", "NULL", "0", "desk", "key:a", "a\u{0}", "a\u{0}b", "e\u{301}", "\u{E9}", "\u{301}mark",
        "نص", "新聞", "🗞️", "$set", "a.b", "\u{1B}[31m", String(repeating: "x", count: 10_000),
    ]

    @Sendable private static func hostileNames(_ rig: LedgerRig) async throws {
        for (index, name) in names.enumerated() {
            var entry = rig.entry("\(name)/1", bound: 1000, operation: name, key: name)
            (entry.provider, entry.model, entry.priceFrom, entry.owner) = (name, name, name, name)
            let limit = Int64(1000)
            try await rig.reserve(entry, .key(name, limit), .operation(name, limit), .key(name, limit, .today.month))
            _ = try await rig.store.settle(rig.settlement(entry.id, cost: Int64(index)))
        }
        for (index, name) in names.enumerated() {
            try await rig.expectStanding(.key(name), spent: Int64(index))
            try await rig.expectStanding(.operation(name), spent: Int64(index))
            let found = try await rig.store.entries(change(LedgerQuery()) { ($0.key, $0.operation) = (name, name) })
            try expectEqual(found.map(\.cost.picodollars), [Int64(index)], "entries of a hostile name")
            try expectEqual(found.first.map { Array($0.model.utf8) }, Array(name.utf8))
        }
        let totals = try await rig.store.totals(of: .today)
        try expectEqual(Set(totals.map { Array($0.operation.utf8) }).count, names.count)
        try expectEqual(totals.allSatisfy { $0.key.map { Array($0.utf8) } == Array($0.operation.utf8) }, true)
    }

    private static func change(_ query: LedgerQuery, _ body: (inout LedgerQuery) -> Void) -> LedgerQuery {
        var query = query
        body(&query)
        return query
    }
}
