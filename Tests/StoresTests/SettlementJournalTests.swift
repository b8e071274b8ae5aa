import Costs
import Foundation
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
            try FileManager.default.createSymbolicLink(atPath: path + "-ends-5", withDestinationPath: "/dev/zero")
            try FileManager.default.createDirectory(atPath: path + "-ends-6", withIntermediateDirectories: false)
            let next = try SQLiteStore(path: path)
            #expect(try await next.entries(LedgerQuery()).map(\.cost) == [dollars(60), dollars(20), .zero])
            #expect(try await next.openReservations().map(\.id) == ["c/1"])
            #expect(try await next.reconcileLedger() == [])
            #expect(files(beside: path).filter { $0.contains("-ends-") }.sorted().map { $0.suffix(1) } == ["5", "6"])
            try await next.close()
        }
    }

    @Test("A line that is damaged takes none of the others with it")
    func damaged() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            for id in ["a/1", "b/1", "c/1"] { _ = try await store.reserve(entry(id), against: []) }
            try await store.close()
            var lines = ["a/1", "b/1", "c/1"].map { settlement($0, cost: 60).journalLine }
            lines[1][30] ^= 1
            try write(lines.flatMap { $0 }, to: path + "-ends-0")
            let next = try SQLiteStore(path: path)
            #expect(try await next.openReservations().map(\.id) == ["b/1"])
            try await next.close()
        }
    }

    @Test("A host that is already there books it before it settles what has been left open")
    func leftBehindLater() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            _ = try await store.reserve(entry("a/1"), against: [])
            try write(settlement("a/1", cost: 60).journalLine, to: path + "-ends-3")
            #expect(try await store.endsOnTheirWay() == [])
            #expect(try await store.entries(LedgerQuery()).map(\.cost) == [dollars(60)])
            try await store.close()
        }
    }

    @Test("Somebody who posts what a dead process left is waited for; the journal of a living one is left to it", arguments: [true, false])
    func busy(isOwnerDead: Bool) async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            _ = try await store.reserve(entry("a/1"), against: [])
            let mark = isOwnerDead ? try markOfTheDead() : ProcessMark.own
            let name = path + "-ends-3"
            try write(settlement("a/1", cost: 60).journalLine, to: name, owner: mark)
            let poster = open(name, O_RDWR | O_CLOEXEC)
            #expect(flock(poster, LOCK_EX | LOCK_NB) == 0)
            let looking = Task { try await store.endsOnTheirWay() }
            if isOwnerDead {
                // What the poster does with it is its own affair: here it books another cost.
                _ = try await store.settle(settlement("a/1", cost: 33))
                unlink(name)
                close(poster)
                #expect(try await looking.value == [])
            } else {
                #expect(try await looking.value == ["a/1"])
                close(poster)
            }
            #expect(try await store.openReservations().isEmpty == isOwnerDead)
            try await store.close()
        }
    }

    @Test("What a store has still to book is no abandoned reservation, for itself and for others")
    func onTheirWay() async throws {
        try await withDesk { path in
            let (store, other) = (try SQLiteStore(path: path), try SQLiteStore(path: path))
            _ = try await store.reserve(entry("a/1"), against: [])
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 1") }
            try await store.journal(settlement("a/1", cost: 60))
            for store in [store, other] { #expect(try await store.endsOnTheirWay() == ["a/1"]) }
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 0") }
            try await until { try await other.openReservations().isEmpty }
            try await until { store.journal.pending.isEmpty }
            for store in [store, other] { try await store.close() }
        }
    }

    @Test("An end that can be written nowhere is kept in mind and booked once the database takes it")
    func unwritable() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            for name in JournalFile.names(beside: path) {
                try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: false)
            }
            for id in ["a/1", "b/1"] { _ = try await store.reserve(entry(id), against: []) }
            try await store.journal(settlement("a/1", cost: 60))
            #expect(try await store.openReservations().map(\.id) == ["b/1"])
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 1") }
            await #expect(throws: DeskError.self) { try await store.journal(settlement("b/1", cost: 30)) }
            #expect(try await store.endsOnTheirWay() == ["b/1"])
            try await store.onWriter { db in try db.execute(sql: "PRAGMA query_only = 0") }
            try await until { try await store.openReservations().isEmpty }
            #expect(try await store.entries(LedgerQuery()).map(\.cost) == [dollars(60), dollars(30)])
            // Where there is room later, there is a journal later.
            rmdir(path + "-ends-4")
            try await until {
                store.journal.prepare()
                return access(path + "-ends-4", W_OK) == 0
            }
            try await store.close()
        }
    }

    @Test("While the disk takes nothing, what was left behind stays, and lists can be read")
    func leftOnAFullDisk() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            _ = try await store.reserve(entry("a/1"), against: [])
            try write(settlement("a/1", cost: 60).journalLine, to: path + "-ends-3")
            var unsafe = Configuration()
            unsafe.allowsUnsafeTransactions = true
            let locker = try DatabaseQueue(path: path, configuration: unsafe)
            try await locker.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
            let reading = try SQLiteStore(path: path)
            #expect(try await reading.openReservations().map(\.id) == ["a/1"])
            try await reading.close()
            try await locker.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
            let next = try SQLiteStore(path: path)
            #expect(try await next.openReservations() == [])
            for store in [store, next] { try await store.close() }
        }
    }

    @Test("The journal lies beside the file itself, not beside a link to it")
    func links() async throws {
        try await withDesk { path in
            let store = try SQLiteStore(path: path)
            let folder = path + ".links"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(atPath: folder + "/desk.sqlite", withDestinationPath: path)
            let linked = try SQLiteStore(path: folder + "/desk.sqlite")
            _ = try await linked.reserve(entry("a/1"), against: [])
            #expect(files(beside: path).contains { $0.hasSuffix("-ends-0") })
            for store in [store, linked] { try await store.close() }
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
            var number = 0
            func write(_ length: Int = 20_000) -> SettlementJournal.Pending? {
                number += 1
                return journal.write(settlement("\(number)/1", cost: 1, note: String(repeating: "x", count: length)))
            }
            var pending: [SettlementJournal.Pending] = []
            while let next = write() { pending.append(next) }
            #expect(pending.count == 2 * ((256 << 10) / pending[0].settlement.journalLine.count))
            for one in pending.dropFirst(pending.count / 2) { journal.done(one) }
            let next = try #require(write())
            #expect(write(40_000) == nil, "a line without end")
            for one in pending.prefix(pending.count / 2) + [next] { journal.done(one) }
            #expect(journal.pending.isEmpty)
        }
    }

    @Test("Of a half that was begun anew all new lines are found, and no piece of an old one")
    func overwritten() throws {
        try withFolder { folder in
            let path = folder + "/desk.sqlite"
            do {
                let journal = SettlementJournal(beside: path)
                for number in 0..<9 {
                    if let old = journal.write(settlement("old-\(number)/1", cost: 1, note: "a longer line")) { journal.done(old) }
                }
                for number in 0..<3 { #expect(journal.write(settlement("new-\(number)/1", cost: 1)) != nil) }
            }
            let left = JournalFile.look(beside: path).left
            #expect(left.count == 1 && left[0].settlements.prefix(3).map(\.id) == ["new-0/1", "new-1/1", "new-2/1"])
            #expect(left[0].settlements.dropFirst(3).allSatisfy { $0.id.hasPrefix("old-") && $0.note == "a longer line" })
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

/// A journal's file as a process leaves it.
private func write(_ lines: [UInt8], to path: String, owner: String = "") throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    let head = Array("\(owner)\n".utf8)
    #expect(pwrite(file, head, head.count, 0) == head.count)
    #expect(pwrite(file, lines, lines.count, 4096) == lines.count)
}

/// Of a process that was there a moment ago.
private func markOfTheDead() throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sleep")
    process.arguments = ["1000"]
    try process.run()
    let mark = try #require(ProcessMark.of(process.processIdentifier))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return mark
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
