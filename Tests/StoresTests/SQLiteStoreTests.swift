import Costs
import Foundation
import GRDB
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@testable import SQLiteStore

@Suite("SQLiteStore beyond the contract")
struct SQLiteStoreTests {
    @Test("The connection that writes is in WAL mode and leaves the disk to the write-ahead log's own syncs")
    func settings() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            let settings = try await store.onWriter { db in
                try ["journal_mode", "synchronous", "foreign_keys"].map { name in
                    try String.fetchOne(db, sql: "PRAGMA \(name)") ?? ""
                }
            }
            // synchronous 1 is NORMAL: synced before a checkpoint (sqlite.org/pragma.html#pragma_synchronous).
            #expect(settings == ["wal", "1", "1"])
            try await store.close()
        }
    }

    @Test("What is filed or reserved waits for the disk, and is refused when the disk fails")
    func failingDisk() async throws {
        try await withTemporaryFolder { folder in
            let disk = FaultyDisk()
            let store = try SQLiteStore(path: folder + "/desk.sqlite", sync: disk.sync)
            try await store.addKey(GatewayKey(name: "a", hash: "a", createdAt: Date()))
            disk.fails = true
            let error = await #expect(throws: DeskError.self) { try await store.addKey(GatewayKey(name: "b", hash: "b", createdAt: Date())) }
            #expect(error?.message.contains("reading or writing the store failed") == true)
            await #expect(throws: DeskError.self) { try await store.addKey(GatewayKey(name: "c", hash: "c", createdAt: Date())) }
            disk.fails = false
            try await store.addKey(GatewayKey(name: "d", hash: "d", createdAt: Date()))
            #expect(disk.syncs >= 4)
            let size = try FileManager.default.attributesOfItem(atPath: folder + "/desk.sqlite")[.size] as? Int ?? 0
            #expect(size > 4096, "after a failure the database file itself takes everything")
            try await store.close()
        }
    }

    @Test("Writes that come at the same time share fsyncs")
    func sharing() async throws {
        try await withTemporaryFolder { folder in
            let disk = FaultyDisk()
            let store = try SQLiteStore(path: folder + "/desk.sqlite", sync: disk.sync)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<64 { group.addTask { try await store.addKey(GatewayKey(name: "\(n)", hash: "\(n)", createdAt: Date())) } }
                try await group.waitForAll()
            }
            #expect((1...48).contains(disk.syncs))
            #expect(try await store.gatewayKeys().count == 64)
            try await store.close()
        }
    }

    @Test("A reopened store keeps everything")
    func reopening() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/deep/er/desk.sqlite"
            let first = try SQLiteStore(path: path)
            _ = try await file(["a", "b"], into: first)
            let (articles, polls) = (try await first.articles(ArticleQuery()), try await first.polls(of: nil, limit: 9))
            let states = try await first.sourceStates()
            try await first.close()
            try await first.close()
            let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
            #expect((log ?? 0) == 0, "the file alone is whole")
            let second = try SQLiteStore(path: path)
            #expect(try await second.articles(ArticleQuery()) == articles)
            #expect(try await second.polls(of: nil, limit: 9) == polls)
            #expect(try await second.sourceStates() == states)
            #expect(articles.count == 2 && polls.count == 1 && states.count == 1)
            try await second.close()
        }
    }

    @Test("A store that was closed refuses writes by name")
    func closed() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            try await store.close()
            let error = await #expect(throws: DeskError.self) { _ = try await file(["a"], into: store, revision: 0) }
            #expect(error?.message.contains("closed") == true)
        }
    }

    @Test("Only the desk's user may read the file")
    func permissions() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/data/desk.sqlite")
            func mode(_ path: String) throws -> Int? {
                (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
            }
            _ = try await file(["a"], into: store)
            #expect(try mode(folder + "/data") == 0o700)
            for suffix in ["", "-wal", "-shm"] { #expect(try mode(folder + "/data/desk.sqlite" + suffix) == 0o600) }
            try await store.close()
        }
    }

    @Test("A link to a file that is still to be made leads to the store")
    func linked() async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createSymbolicLink(atPath: folder + "/link.sqlite", withDestinationPath: folder + "/real.sqlite")
            let store = try SQLiteStore(path: folder + "/link.sqlite")
            _ = try await file(["a"], into: store)
            try await store.close()
            let real = try SQLiteStore(path: folder + "/real.sqlite")
            #expect(try await real.articles(ArticleQuery()).count == 1)
            try await real.close()
        }
    }

    @Test("Of two stores on one file, racing on one state, one wins each round")
    func twoStoresOneFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let stores = [try SQLiteStore(path: path), try SQLiteStore(path: path)]
            for round in 0..<50 {
                let state = try await stores[round % 2].sourceState(of: source) ?? SourceState(source: source)
                #expect(state.revision == round, "each sees what the other wrote")
                let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for store in stores {
                        group.addTask {
                            do {
                                _ = try await store.save(state)
                                return true
                            } catch is StoreConflict {
                                return false
                            }
                        }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(wins == 1)
            }
            for store in stores { try await store.close() }
        }
    }

    @Test("An article that another process filed is found by what resembles it")
    func resemblanceAcrossStores() async throws {
        try await withTemporaryFolder { folder in
            let stores = [try SQLiteStore(path: folder + "/desk.sqlite"), try SQLiteStore(path: folder + "/desk.sqlite")]
            let title = "Bitcoin miners sell record reserves"
            func store(_ id: String, in store: SQLiteStore) async throws -> Int64? {
                guard let source = SourceID(id) else { return nil }
                let filing = filing([Item(id: id, title: title)], state: SourceState(source: source))
                return try await store.file(filing).newArticles.first
            }
            let first = try await store("one", in: stores[0])
            for (id, index) in [("two", 1), ("three", 0), ("four", 1)] {
                let id = try await store(id, in: stores[index])
                #expect(try await stores[0].articles(ArticleQuery()).first { $0.id == id }?.nearDuplicateOf == first)
            }
            for store in stores { try await store.close() }
        }
    }

    @Test("A full disk is named; nothing is half written, and the next write succeeds once there is room")
    func fullDisk() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            let before = try await file(["a"], into: store)
            try await store.onWriter { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
            }
            let large = Item(id: "large", title: "Large", content: String(repeating: "x", count: 200_000))
            let filing = filing([.init(id: "small", title: "Small"), large], state: before.state)
            let error = await #expect(throws: DeskError.self) { _ = try await store.file(filing) }
            #expect(error?.code == .store)
            #expect(error?.message.contains("disk is full") == true)
            #expect(error?.place == folder + "/desk.sqlite")
            #expect(try await store.articles(ArticleQuery()).map(\.identity) == ["a"])
            #expect(try await store.polls(of: nil, limit: 9).count == 1)
            #expect(try await store.sourceState(of: source) == before.state)
            try await store.onWriter { db in try db.execute(sql: "PRAGMA max_page_count = 1000000") }
            #expect(try await store.file(filing).items.new == 2)
            #expect(try await store.check() == [])
            try await store.close()
        }
    }

    @Test("On a full disk a filing that fits is kept although the one beside it does not")
    func fullDiskAmongMany() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            _ = try await file(["a"], into: store)
            try await store.onWriter { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 12)")
            }
            let sources = (0..<16).compactMap { SourceID("s\($0)") }
            let kept = await withTaskGroup(of: SourceID?.self) { group in
                for (index, source) in sources.enumerated() {
                    group.addTask {
                        let content = String(repeating: "x", count: index % 2 == 0 ? 10 : 200_000)
                        let filing = filing([Item(id: source.text, title: "T", content: content)], state: SourceState(source: source))
                        return (try? await store.file(filing)) == nil ? nil : source
                    }
                }
                return await group.reduce(into: Set<SourceID>()) { if let source = $1 { $0.insert(source) } }
            }
            #expect(kept == Set(sources.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)))
            #expect(Set(try await store.articleCounts().keys) == kept.union([source]))
            #expect(try await store.check() == [])
            try await store.close()
        }
    }

    @Test("A lock that another program holds is waited for, then named")
    func locked() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let store = try SQLiteStore(path: path)
            try await store.onWriter { db in try db.execute(sql: "PRAGMA busy_timeout = 50") }
            var unsafe = Configuration()
            unsafe.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: unsafe)
            try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
            let error = await #expect(throws: DeskError.self) { _ = try await file(["a"], into: store, revision: 0) }
            #expect(error?.message.contains("locked") == true)
            try await other.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
            _ = try await file(["a"], into: store)
            try await store.close()
        }
    }

    @Test(
        "A file that is no store is refused with a reason and left as it is",
        arguments: [
            ("text", Array("Not a database at all, but long enough to be looked at as one. ".utf8), "no SQLite database"),
            ("html", Array("<!doctype html><html><body>".utf8) + [UInt8](repeating: 0x20, count: 5000), "no SQLite database"),
        ])
    func noDatabase(_ name: String, _ bytes: [UInt8], _ reason: String) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/" + name
            try Data(bytes).write(to: URL(filePath: path))
            let error = #expect(throws: DeskError.self) { _ = try SQLiteStore(path: path) }
            #expect(error?.code == .store && error?.place == path && error?.hint != nil)
            #expect(error?.message.contains(reason) == true)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(bytes))
        }
    }

    @Test("Another program's database is refused and left as it is")
    func foreign() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/other.sqlite"
            try await DatabaseQueue(path: path).write { db in try db.execute(sql: "CREATE TABLE theirs (x)") }
            let error = #expect(throws: DeskError.self) { _ = try SQLiteStore(path: path) }
            #expect(error?.message.contains("another program") == true)
            let tables = try await DatabaseQueue(path: path).read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema") }
            #expect(tables == ["theirs"])
        }
    }

    @Test("A store from before servers' wishes were kept gains the column, and keeps what it had")
    func older() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let source = try #require(SourceID("alpha"))
            var store = try SQLiteStore(path: path)
            var state = SourceState(source: source)
            (state.lastMessage, state.notBefore) = ("kept", Date(timeIntervalSince1970: 1_795_000_000))
            state = try await store.save(state)
            try await store.onWriter { db in
                try db.execute(sql: "ALTER TABLE source_states DROP COLUMN not_before")
                try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '3 %'")
            }
            try await store.close()
            store = try SQLiteStore(path: path)
            state.notBefore = nil
            #expect(try await store.sourceState(of: source) == state)
            state.notBefore = Date(timeIntervalSince1970: 1_795_000_060)
            #expect(try await store.save(state).notBefore == state.notBefore)
            try await store.close()
        }
    }

    @Test("Answers that were found by their keys keep their numbers, and the next counts on behind them")
    func answers() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let now = Date(timeIntervalSince1970: 1_795_000_000)
            let answers = ["a", "b"].map { key in
                CachedAnswer(
                    key: key, model: "m", provider: "p", body: [1, 0, 255], usage: Usage(inputTokens: 3), cost: Money(picodollars: 5),
                    priceFrom: "row",
                    createdAt: now, expiresAt: now.addingTimeInterval(60))
            }
            var store = try SQLiteStore(path: path)
            let places = try await store.keep(answers, capacity: .mebibytes(1))
            // As it was before: the same columns, with an index by key.
            try await store.onWriter { db in
                let table = "CREATE TABLE answers ("
                let now = try #require(try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'answers'"))
                let columns = try #require(now.split(separator: "(", maxSplits: 1).last)
                try db.execute(sql: "ALTER TABLE answers RENAME TO new_answers")
                try db.execute(sql: table + columns.replacingOccurrences(of: "key TEXT NOT NULL", with: "key TEXT NOT NULL UNIQUE"))
                try db.execute(sql: "INSERT INTO answers SELECT * FROM new_answers; DROP TABLE new_answers")
                try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '8 %'")
            }
            try await store.close()
            store = try SQLiteStore(path: path)
            #expect(try await store.answerPlaces(after: 0, limit: 9) == places)
            #expect(try await store.cachedAnswer(places[0], now: now) == answers[0])
            let again = try await store.keep([answers[0]], capacity: .mebibytes(1))
            #expect(again.first?.number == places[1].number + 1)
            let statistics = try await store.cacheStatistics(now: now)
            #expect(statistics.total == 3 && statistics.bytes == 9)
            #expect(try await store.check() == [])
            try await store.close()
        }
    }

    @Test("A store of a newer version is refused")
    func newer() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let store = try SQLiteStore(path: path)
            try await store.onWriter { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
            try await store.close()
            let error = #expect(throws: DeskError.self) { _ = try SQLiteStore(path: path) }
            #expect(error?.message.contains("newer version") == true)
        }
    }

    @Test("A place that cannot be written to is named", arguments: ["/proc/wiredesk/desk.sqlite", "/proc/self/cmdline/desk.sqlite", "/proc"])
    func unwritable(_ path: String) {
        let error = #expect(throws: DeskError.self) { _ = try SQLiteStore(path: path) }
        #expect(error?.code == .store && error?.place == path && error?.hint != nil)
    }

    @Test("A damaged page is found by the check")
    func damaged() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let store = try SQLiteStore(path: path)
            for round in 0..<20 { _ = try await file((0..<20).map { "\(round)-\($0)" }, into: store) }
            try await store.close()
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            // All pages but the first, which holds the schema.
            for index in 4096..<bytes.count where index % 4096 < 64 { bytes[index] = 0xAA }
            try Data(bytes).write(to: URL(filePath: path))
            var problems: [String] = []
            do {
                let damaged = try SQLiteStore(path: path)
                problems = try await damaged.check()
                try await damaged.close()
            } catch let error as DeskError {
                problems = [error.message]
            }
            #expect(problems.contains { $0.contains("damaged") }, "\(problems)")
            #expect([UInt8](try Data(contentsOf: URL(filePath: path))).count == bytes.count)
        }
    }

    @Test("Many who open a new file at the same instant all find a whole store", .timeLimit(.minutes(1)))
    func openingTogether() async throws {
        try await withTemporaryFolder { folder in
            for round in 0..<40 {
                let path = folder + "/\(round).sqlite"
                let gate = Gate(parties: 8)
                let stores = try await withThrowingTaskGroup(of: SQLiteStore.self) { group in
                    for _ in 0..<8 { group.addTask { try await gate.onOwnThread { try SQLiteStore(path: path, readers: 1) } } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                for store in stores { #expect(try await store.check() == []) }
                for store in stores { try await store.close() }
            }
        }
    }
}

/// Lets threads begin together, as soon as all are there.
private final class Gate: Sendable {
    private let parties: Int
    private let arrived = Atomic(0)

    init(parties: Int) { self.parties = parties }

    /// Runs `body` on a thread of its own, at the same instant as the others.
    func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            Thread.detachNewThread {
                self.arrived.add(1, ordering: .sequentiallyConsistent)
                while self.arrived.load(ordering: .sequentiallyConsistent) < self.parties { sched_yield() }
                caller.resume(with: Result { try body() })
            }
        }
    }
}

/// Counts syncs, and fails them when told to.
private final class FaultyDisk: Sendable {
    private let state = Mutex((syncs: 0, fails: false))
    var syncs: Int { state.withLock { $0.syncs } }
    var fails: Bool {
        get { state.withLock { $0.fails } }
        set { state.withLock { $0.fails = newValue } }
    }

    @Sendable func sync(_ log: WriteAheadLog) throws {
        let fails = state.withLock { state in
            state.syncs += 1
            return state.fails
        }
        if fails { throw DatabaseError(resultCode: .SQLITE_IOERR, message: "no") }
        try log.sync()
    }
}
