import Costs
import FoundationEssentials
import GRDB
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@testable import SQLiteStore

@Suite("SQLiteStore keeps the contract of the ledger")
struct SQLiteLedgerTests {
    @Test("The contract, by two stores upon one file", arguments: LedgerConformance.checks)
    func contract(_ check: LedgerCheck) async throws {
        try await withTemporaryFolder { folder in
            let stores = [try SQLiteStore(path: folder + "/desk.sqlite"), try SQLiteStore(path: folder + "/desk.sqlite")]
            try await check.run(on: stores[0], stores[1])
            for store in stores { try await store.close() }
        }
    }

    @Test("The contract of audit lines, by two stores upon one file", arguments: AuditConformance.checks)
    func audit(_ check: AuditCheck) async throws {
        try await withTemporaryFolder { folder in
            let stores = [try SQLiteStore(path: folder + "/desk.sqlite"), try SQLiteStore(path: folder + "/desk.sqlite")]
            try await check.run(on: stores[0], stores[1])
            for store in stores { try await store.close() }
        }
    }

    @Test("A reopened ledger knows every entry, sum, standing, key, answer and alert")
    func reopening() async throws {
        try await withTemporaryFolder { folder in
            let first = try SQLiteStore(path: folder + "/desk.sqlite")
            for number in 0..<5 { _ = try await first.reserve(entry("\(number)/1"), against: []) }
            _ = try await first.settle(settlement("2/1"))
            try await first.addKey(GatewayKey(name: "acme", hash: "aa", createdAt: start))
            _ = try await first.raiseAlert(id: "a", message: "m", at: start)
            let before = try await Picture(of: first)
            try await first.close()
            let second = try SQLiteStore(path: folder + "/desk.sqlite")
            #expect(try await Picture(of: second) == before)
            #expect(before.entries.count == 5 && before.open.count == 4 && before.totals.count == 1)
            try await second.close()
        }
    }

    @Test("A reservation waits for the disk; its end does not, and is there for others and after a crash all the same")
    func promises() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let isBroken = Mutex(false)
            let store = try SQLiteStore(
                path: path,
                sync: { log in
                    if isBroken.withLock({ $0 }) { throw DatabaseError(resultCode: .SQLITE_IOERR, message: "no") }
                    try log.sync()
                })
            _ = try await store.reserve(entry("a/1"), against: [])
            isBroken.withLock { $0 = true }
            let settled = try await store.settle(settlement("a/1"))
            let other = try SQLiteStore(path: path)
            #expect(try await other.entries(LedgerQuery()) == [settled] && settled.status == .settled)
            await #expect(throws: DeskError.self) { _ = try await store.reserve(entry("b/1"), against: []) }
            isBroken.withLock { $0 = false }
            // It may hold its bound: that is the safe side, and the next start books it.
            #expect(try await other.openReservations().map(\.id) == ["b/1"])
            #expect(try await other.reconcileLedger() == [])
            for store in [store, other] { try await store.close() }
        }
    }

    @Test("The log of a store that is gone is not read into the backup that takes its place")
    func restoringBesideALog() async throws {
        try await withTemporaryFolder { folder in
            let (path, gone) = (folder + "/desk.sqlite", folder + "/gone.sqlite")
            let store = try SQLiteStore(path: path)
            _ = try await store.reserve(entry("a/1"), against: [])
            _ = try await store.backUp(to: folder + "/saved.db")
            _ = try await store.reserve(entry("b/1"), against: [])
            for suffix in ["-wal", "-shm"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: gone + suffix) }
            try await store.close()
            let restored = try await SQLiteStore.restore(folder + "/saved.db", to: gone, at: start)
            let kept = try #require(restored.kept)
            #expect(FileManager.default.fileExists(atPath: kept + "-wal"))
            let next = try SQLiteStore(path: gone)
            #expect(try await next.entries(LedgerQuery()).map(\.id) == ["a/1"])
            #expect(try await next.check() == [])
            try await next.close()
            let again = try await SQLiteStore.restore(folder + "/saved.db", to: gone, at: start)
            #expect(again.kept.map { FileManager.default.fileExists(atPath: $0) && $0 != kept } == true, "of the same second, and both are kept")
        }
    }

    @Test("A store from before the ledger gains one when it is opened")
    func upgrading() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let old = try DatabasePool(path: path)
            try Schema.migrator.migrate(old, upTo: "1 sources, polls, articles")
            try old.close()
            let store = try SQLiteStore(path: path)
            _ = try await store.reserve(entry("a/1"), against: [])
            #expect(try await store.check() == [])
            try await store.close()
        }
    }

    @Test("Pruning everything that ages leaves the ledger whole")
    func pruning() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            _ = try await store.reserve(entry("a/1"), against: [])
            let before = try await Picture(of: store)
            _ = try await store.prune(pollsBefore: .distantFuture, articlesBefore: .distantFuture)
            #expect(try await Picture(of: store) == before)
            try await store.close()
        }
    }

    @Test("Reconciling names each sum and standing that was meddled with, each row that is missing and each that is too much")
    func reconciling() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            for number in 0..<3 { _ = try await store.reserve(entry("\(number)/1"), against: []) }
            _ = try await store.settle(settlement("0/1"))
            #expect(try await store.reconcileLedger() == [])
            try await store.onWriter { db in
                try db.execute(sql: "UPDATE ledger_totals SET cost = cost + 1 WHERE period = '2026-11-24'")
                try db.execute(sql: "DELETE FROM ledger_totals WHERE period = '2026-11'")
                try db.execute(sql: "UPDATE budget_standings SET reserved = 0 WHERE scope = 'desk' AND period = '2026-11'")
                try db.execute(sql: "INSERT INTO budget_standings VALUES ('2026-11', 'key:ghost', 7, 0)")
                try db.execute(sql: "UPDATE ledger SET status = 'odd' WHERE id = '2/1'")
            }
            let lines = try await store.reconcileLedger()
            #expect(lines.contains { $0.hasPrefix("1 × an entry of 2026-11-24 whose status is unknown") })
            #expect(
                lines.contains(
                    "the sums of 2026-11-24 / extract / anthropic / claude-haiku-4-5 / – / –: "
                        + "cost is 0.000000000061 $, the entries say 0.00000000006 $"))
            #expect(lines.contains { $0.hasPrefix("the sums of 2026-11 / extract") && $0.contains("calls is 0, the entries say 1") })
            #expect(lines.contains { $0.hasPrefix("the standing of 2026-11 / desk: reserved is 0 $") })
            #expect(lines.contains { $0.hasPrefix("the standing of 2026-11 / key:ghost: spent is 0.000000000007 $, the entries say 0 $") })
            try await store.close()
        }
    }

    @Test("On a full disk no reservation is granted, and all is well again once there is room")
    func fullDisk() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            _ = try await store.reserve(entry("a/1"), against: [])
            try await store.onWriter { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            let large = entry("b/1", owner: String(repeating: "x", count: 20_000))
            let error = await #expect(throws: DeskError.self) { _ = try await store.reserve(large, against: []) }
            #expect(error?.message.contains("disk is full") == true)
            #expect(try await store.entries(LedgerQuery()).map(\.id) == ["a/1"])
            #expect(try await store.reconcileLedger() == [])
            try await store.onWriter { db in try db.execute(sql: "PRAGMA max_page_count = 1000000") }
            let granted = try await store.reserve(large, against: [])
            #expect(granted == .granted)
            try await store.close()
        }
    }

    @Test("No list of entries walks the whole ledger, and none sorts", arguments: Filter.allCases)
    func plans(_ filter: Filter) async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            let plan = try await store.onWriter { db in
                try String.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN SELECT * FROM ledger WHERE \(filter.rawValue) ORDER BY number LIMIT 100",
                    adapter: SuffixRowAdapter(fromIndex: 3))
            }
            #expect(plan.count == 1 && plan.allSatisfy { $0.hasPrefix("SEARCH ") }, "\(plan)")
            try await store.close()
        }
    }

    /// As LedgerReading writes them.
    enum Filter: String, CaseIterable {
        case days = "number BETWEEN 1 AND 2 AND +day BETWEEN 'a' AND 'b'"
        case key = "key = 'a'"
        case operationOfDays = "number BETWEEN 1 AND 2 AND +day BETWEEN 'a' AND 'b' AND operation = 'a'"
        case source = "number > 7 AND source = 'a'"
    }
}

private let start = Date(timeIntervalSince1970: 1_795_507_200)
private let day = LedgerPeriod("2026-11-24")

private func entry(_ id: String, owner: String = "test") -> LedgerEntry {
    LedgerEntry(
        id: id, at: start, day: day, purpose: CallPurpose(operation: "extract"), provider: "anthropic", model: "claude-haiku-4-5",
        status: .reserved, bound: Money(picodollars: 100), priceFrom: "row", owner: owner, expiresAt: start)
}

private func settlement(_ id: String) -> Settlement {
    Settlement(id: id, at: start, status: .settled, cost: Money(picodollars: 60), priceFrom: "row")
}

/// All that a ledger says.
private struct Picture: Equatable {
    var entries: [LedgerEntry]
    var open: [LedgerEntry]
    var totals: [LedgerTotal]
    var standing: BudgetStanding
    var keys: [GatewayKey]
    var alerts: [RaisedAlert]

    init(of store: SQLiteStore) async throws {
        (entries, open) = (try await store.entries(LedgerQuery()), try await store.openReservations())
        (totals, standing) = (try await store.totals(of: day), try await store.standing(of: .desk, in: day))
        (keys, alerts) = (try await store.gatewayKeys(), try await store.raisedAlerts(limit: 9))
    }
}
