import Costs
import FoundationEssentials
import GRDB
import Stores
import TestSupport
import Testing
import WireCore

@testable import SQLiteStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Ends of calls that are written down first")
struct SettlementJournalTests {
    @Test("What is written down is read through the same store at once, and through another after moments")
    func readings() async throws {
        try await withDesk { path in
            let (store, other) = (try SQLiteStore(path: path), try SQLiteStore(path: path))
            for id in ["a/1", "b/1"] { _ = try await store.reserve(entry(id), against: []) }
            try await store.journal(settlement("a/1", cost: 60))
            #expect(try await store.entries(LedgerQuery()).map(\.status) == [.settled, .reserved])
            #expect(try await store.standing(of: .desk, in: day) == BudgetStanding(spent: dollars(60), reserved: dollars(100)))
            try await store.journal(settlement("b/1", cost: 30))
            try await until { try await other.openReservations().isEmpty }
            #expect(try await other.entries(LedgerQuery()).map(\.cost) == [dollars(60), dollars(30)])
            #expect(try await other.reconcileLedger() == [])
            for store in [store, other] { try await store.close() }
            #expect(!files(beside: path).contains { $0.contains("-ends-") }, "a journal is left behind")
        }
    }

    @Test("A reservation that waits for the money of an ended call sees it")
    func money() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            let budgets = [Budget(scope: .desk, period: day, limit: dollars(100))]
            for number in 0..<200 {
                let answer = try await store.reserve(entry("\(number)/1"), against: budgets)
                #expect(answer == .granted)
                try await store.journal(settlement("\(number)/1", cost: 0))
            }
            try await store.close()
        }
    }

    @Test("What an ended process had written down is booked by whoever opens the store, once", arguments: [0, 7])
    func leftBehind(slot: Int) async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            for id in ["a/1", "b/1", "c/1"] { _ = try await store.reserve(entry(id), against: []) }
            _ = try await store.settle(settlement("b/1", cost: 20))
            try await store.close()
            // Of an entry that another store knows, one that has ended, and one that was torn.
            let lines = [settlement("a/1", cost: 60), settlement("x/1", cost: 1), settlement("b/1", cost: 99)].flatMap(\.journalLine)
            try write(lines + settlement("c/1", cost: 5).journalLine.dropLast(9), to: "\(path)-ends-\(slot)")
            let next = try SQLiteStore(path: path)
            #expect(try await next.entries(LedgerQuery()).map(\.cost) == [dollars(60), dollars(20), .zero])
            #expect(try await next.openReservations().map(\.id) == ["c/1"])
            #expect(try await next.reconcileLedger() == [])
            #expect(!files(beside: path).contains { $0.contains("-ends-") })
            try await next.close()
        }
    }

    @Test("A host that is already there books it when it looks for what has been left open")
    func leftBehindLater() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            _ = try await store.reserve(entry("a/1"), against: [])
            try write(settlement("a/1", cost: 60).journalLine, to: path + "-ends-3")
            #expect(try await store.openReservations() == [])
            #expect(try await store.entries(LedgerQuery()).map(\.cost) == [dollars(60)])
            try await store.close()
        }
    }

    @Test("A journal is its store's own while that is open; what it still holds at the end is booked by the next")
    func inUse() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            _ = try await store.reserve(entry("a/1"), against: [])
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 1") }
            try await store.journal(settlement("a/1", cost: 60))
            let other = try SQLiteStore(path: path)
            #expect(try await other.openReservations().map(\.id) == ["a/1"])
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 0") }
            for store in [store, other] { try await store.close() }
            #expect(files(beside: path).contains { $0.hasSuffix("-ends-0") })
            let next = try SQLiteStore(path: path)
            #expect(try await next.entries(LedgerQuery()).map(\.cost) == [dollars(60)])
            try await next.close()
        }
    }

    @Test("While the database takes nothing ends are still written down, and are booked once it does")
    func brokenDatabase() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            let other = try SQLiteStore(path: path)
            for number in 0..<20 { _ = try await store.reserve(entry("\(number)/1"), against: []) }
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 1") }
            for number in 0..<20 { try await store.journal(settlement("\(number)/1", cost: 1, note: String(repeating: "x", count: 300))) }
            #expect(try await other.openReservations().count == 20)
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 0") }
            try await until { try await other.openReservations().isEmpty }
            #expect(try await other.standing(of: .desk, in: day) == BudgetStanding(spent: dollars(20)))
            for store in [store, other] { try await store.close() }
        }
    }

    @Test("A journal that is full takes no more until the ledger has a half of it")
    func full() throws {
        try withFolder { folder in
            let journal = SettlementJournal(beside: folder + "/desk.sqlite")
            let long = settlement("a/1", cost: 1, note: String(repeating: "x", count: 20_000))
            var halves: [Int] = []
            while let half = journal.write(long) { halves.append(half) }
            #expect(Set(halves) == [0, 1] && halves.count == 2 * ((256 << 10) / long.journalLine.count))
            for half in halves where half == 1 { journal.posted(half) }
            #expect(journal.write(long) == 1)
            #expect(journal.write(settlement("b/1", cost: 1, note: String(repeating: "x", count: 40_000))) == nil, "a line without end")
            journal.posted(1)
            for half in halves where half == 0 { journal.posted(half) }
            #expect(!journal.hasUnposted)
        }
    }

    @Test("What was overwritten in part is not taken for a line")
    func overwritten() throws {
        try withFolder { folder in
            let path = folder + "/desk.sqlite"
            do {
                let journal = SettlementJournal(beside: path)
                for number in 0..<9 {
                    if let half = journal.write(settlement("old-\(number)/1", cost: 1, note: "a longer line")) { journal.posted(half) }
                }
                for number in 0..<3 { #expect(journal.write(settlement("new-\(number)/1", cost: 1)) == 0) }
            }
            let left = SettlementJournal.leftBehind(beside: path)
            #expect(left.map { $0.settlements.map(\.id) } == [["new-0/1", "new-1/1", "new-2/1"]])
        }
    }

    @Test("A line says all of a settlement, and a changed one says nothing")
    func lines() throws {
        var full = Settlement(
            id: "ü\n\"\u{0}/1", at: Date(timeIntervalSince1970: 1_795_507_200.123), status: .estimated, cost: Money(picodollars: .max),
            usage: Usage(
                inputTokens: 1, outputTokens: .max, cacheReadTokens: 3, cacheWrite5mTokens: 4, cacheWrite1hTokens: 5, webSearches: 6),
            terms: CallTerms(isBatch: true, region: "us", speed: "fast", serviceTier: "flex"), priceFrom: "row", messageID: "m\r\n",
            rawUsage: "{\"a\":1e999}", note: "why")
        for _ in 0..<2 {
            let line = full.journalLine
            #expect(line.last == 0x0A && line.count { $0 == 0x0A } == 1)
            #expect(Settlement(journalLine: line.dropLast()) == full)
            for index in line.indices.dropLast() {
                var changed = line
                changed[index] ^= 1
                #expect(Settlement(journalLine: changed.dropLast()) == nil, "byte \(index)")
            }
            full = Settlement(id: "a/1", at: start, status: .released, cost: .zero, priceFrom: "row")
        }
    }
}

private let start = Date(timeIntervalSince1970: 1_795_507_200)
private let day = LedgerPeriod("2026-11-24")

private func dollars(_ picodollars: Int64) -> Money { Money(picodollars: picodollars) }

private func entry(_ id: String) -> LedgerEntry {
    LedgerEntry(
        id: id, at: start, day: day, purpose: CallPurpose(operation: "extract"), provider: "anthropic", model: "claude-haiku-4-5",
        status: .reserved, bound: dollars(100), priceFrom: "row", owner: "test", expiresAt: start)
}

private func settlement(_ id: String, cost: Int64, note: String? = nil) -> Settlement {
    Settlement(id: id, at: start, status: .settled, cost: dollars(cost), priceFrom: "row", note: note)
}

private func withDesk(_ body: (String) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in try await body(folder + "/desk.sqlite") }
}

private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = URL.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}

private func write(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    #expect(pwrite(file, bytes, bytes.count, 0) == bytes.count)
}

private func files(beside path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: URL(filePath: path).deletingLastPathComponent().path)) ?? []
}

/// Looks until it is so, for ten seconds at most.
private func until(_ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(10)
    while try await !condition() {
        guard ContinuousClock.now < end else { throw CancellationError() }
        try await Task.sleep(for: .milliseconds(5))
    }
}
