import Foundation
import SQLiteStore
import Stores
import TestSupport
import Testing
import WireCore

@testable import MongoStore

@Suite("Data is moved, saved and brought back") struct MovingDataTests {
    /// A store with something of every kind, and many articles.
    private func fill(_ path: String, articles: Int) async throws {
        let store = try SQLiteStore(path: path)
        try await FullStore.fill(store)
        let source = try #require(SourceID("bulk"))
        for start in stride(from: 0, to: articles, by: 500) {
            let items = (start..<min(start + 500, articles)).map { Item(id: "bulk \($0)", title: "Number \($0) of many", summary: "s") }
            let state = try await store.sourceState(of: source) ?? SourceState(source: source)
            let record = PollRecord(source: source, startedAt: Date(timeIntervalSince1970: 1_795_507_200), outcome: .ok)
            _ = try await store.file(
                PollFiling(
                    drafts: ArticleDraft.drafts(of: items), state: state, record: record, newItemsPerDay: .max, bytesStoredPerDay: .mebibytes(1024)))
        }
        try await store.close()
    }

    @Test("migrate goes on after kill -9, there and back, and the ledger is clean on each side")
    func killed() async throws {
        let address = try MongoServer.newDatabase()
        defer { dropDatabase(address) }
        try await Rig.with { rig in
            try await fill(rig.folder + "/first.db", articles: 3000)
            let there = ["migrate", "--from", "sqlite:first.db", "--to", address, "--json"]
            let first = try rig.start(there)
            // In the middle: some articles are there.
            let target = try MongoStore(address: address, isForTransfer: true)
            try await eventually { try await target.articleCounts().values.reduce(0, +) > 500 }
            kill(first.process.processIdentifier, SIGKILL)
            try await first.ended(within: 30)
            #expect(try await target.transferProgress() != nil)
            try await target.close()
            let early = try await rig.run("costs", "verify", "--store", address)
            #expect(early.status == 1 && early.errors.contains("has not ended"))

            let second = try await rig.run("migrate", "--from", "sqlite:first.db", "--to", address, "--json")
            #expect(second.status == 0, "\(second.errors)")
            let report = try #require(try second.objects().first)
            #expect(report["same"] as? Bool == true)
            let kinds = try #require(report["kinds"] as? [[String: Any]])
            #expect(kinds.count == TransferKind.allCases.count && kinds.allSatisfy { $0["checksum"] as? String == $0["targetChecksum"] as? String })

            let back = try await rig.run("migrate", "--from", address, "--to", "sqlite:last.db")
            #expect(back.status == 0 && back.output.contains("both say the same"), "\(back.errors)")
            for store in ["sqlite:first.db", address, "sqlite:last.db"] {
                let verdict = try await rig.run("costs", "verify", "--store", store)
                // The prices of the filling are made up; what its sums and reservations come to is not.
                #expect(!verdict.output.contains("the sums of") && !verdict.output.contains("the standing of"), "\(verdict.output)")
            }
            let again = try await rig.run("migrate", "--from", "sqlite:first.db", "--to", "sqlite:last.db")
            #expect(again.status == 64 && again.errors.contains("not empty"))
        }
    }

    @Test("migrate refuses a store that a host works on, one that is not there, and one into itself")
    func refused() async throws {
        try await Rig.with { rig in
            let missing = try await rig.run("migrate", "--to", "sqlite:target.db")
            #expect(missing.status == 64 && missing.errors.contains("no store to move"))
            let host = try rig.start(["run", "--listen", "127.0.0.1:0"])
            defer { kill(host.process.processIdentifier, SIGKILL) }
            try await eventually { host.log.contains("listening") }
            let working = try await rig.run("migrate", "--to", "sqlite:target.db")
            #expect(working.status == 1 && working.errors.contains("already at work"))
            #expect(!FileManager.default.fileExists(atPath: rig.folder + "/target.db"))
            // By another name, beside which no host's lock lies.
            try FileManager.default.createSymbolicLink(atPath: rig.folder + "/link.db", withDestinationPath: "data/wiredesk.db")
            let linked = try await rig.run("migrate", "--from", "sqlite:link.db", "--to", "sqlite:target.db")
            #expect(linked.status == 1 && linked.errors.contains("open in process \(host.process.processIdentifier)"))
            let same = try await rig.run("migrate", "--from", "sqlite:data/wiredesk.db", "--to", "sqlite:./data/../data/wiredesk.db")
            #expect(same.status == 64 && same.errors.contains("the same store"))
        }
    }

    @Test("backup copies a store that a host writes to; restore waits for nobody to work on it, and keeps what was there")
    func backupAndRestore() async throws {
        try await Rig.with { rig in
            let host = try rig.start(["run", "--listen", "127.0.0.1:0"])
            defer { kill(host.process.processIdentifier, SIGKILL) }
            try await eventually { host.log.contains("listening") }
            var counts: [Int] = []
            for _ in 0..<3 {
                let backup = try await rig.run("backup", "saved.db", "--keep", "2", "--json")
                #expect(backup.status == 0, "\(backup.errors)")
                counts.append(try #require(try backup.objects().first?["articles"] as? Int))
                try await Task.sleep(for: .milliseconds(300))
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: rig.folder).filter { $0.hasPrefix("saved") }.sorted()
            #expect(files == ["saved.db", "saved.db.1", "saved.db.2"])
            let mode = try FileManager.default.attributesOfItem(atPath: rig.folder + "/saved.db")[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try await rig.run("articles", "--json", "--store", "sqlite:saved.db.2").list().count == counts[0])
            let early = try await rig.run("restore", "saved.db.2")
            #expect(early.status == 1 && early.errors.contains("already at work"))

            kill(host.process.processIdentifier, SIGTERM)
            try await host.ended(within: 30)
            _ = try await rig.run("poll", "--all", "--force")
            let before = try await rig.articles().count
            let restored = try await rig.run("restore", "saved.db.2", "--json")
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(try await rig.articles().count == counts[0])
            let kept = try #require(try restored.objects().first?["kept"] as? String)
            #expect(try await rig.run("articles", "--json", "--store", "sqlite:\(kept)").list().count == before)
            #expect(try await rig.run("doctor").output.contains("sound, \(counts[0].counted("article"))"))
        }
    }

    @Test("A damaged backup, another program's file and a full name are refused, and the store stays as it is")
    func badBackups() async throws {
        try await Rig.with { rig in
            _ = try await rig.run("poll", "--all", "--force")
            let count = try await rig.articles().count
            // What a backup that was killed left behind; no process has such a number.
            try Data([0]).write(to: URL(filePath: rig.folder + "/good.db.partial-2147483646"))
            _ = try await rig.run("backup", "good.db")
            #expect(try FileManager.default.contentsOfDirectory(atPath: rig.folder).filter { $0.hasPrefix("good") } == ["good.db"])
            var bytes = try Data(contentsOf: URL(filePath: rig.folder + "/good.db"))
            bytes.replaceSubrange(4096..<bytes.count / 2, with: Data(repeating: 0xAA, count: bytes.count / 2 - 4096))
            try bytes.write(to: URL(filePath: rig.folder + "/damaged.db"))
            try Data("not a database".utf8).write(to: URL(filePath: rig.folder + "/text.db"))
            for file in ["damaged.db", "text.db", "none.db", "data"] {
                let refused = try await rig.run("restore", file)
                #expect(refused.status != 0 && refused.errors.contains(file), "\(file): \(refused.errors)")
            }
            #expect(try await rig.articles().count == count)
            let left = try FileManager.default.contentsOfDirectory(atPath: rig.folder + "/data").filter { $0.contains("rest") }
            #expect(left == [])
            #expect(try await rig.run("backup", "data/wiredesk.db").status == 64)
            let unwritable = try await rig.run("backup", "nowhere/saved.db")
            #expect(unwritable.status == 1 && unwritable.errors.contains("nowhere/saved.db"))
        }
    }

    @Test("For a store on MongoDB they say what to use instead, without its password")
    func mongo() async throws {
        try await Rig.with { rig in
            let store = "mongodb://desk:secret@127.0.0.1:1/news"
            let backup = try await rig.run("backup", "saved", "--store", store)
            #expect(backup.status == 64)
            #expect(backup.errors.contains("mongodump --uri='mongodb://127.0.0.1:1/news' --gzip --archive='saved'"))
            let restore = try await rig.run("restore", "saved", "--store", store)
            #expect(restore.errors.contains("mongorestore --uri='mongodb://127.0.0.1:1/news' --drop --gzip --archive='saved'"))
            #expect(!(backup.errors + restore.errors).contains("secret"))
        }
    }
}

/// Removes a test's database; what is left behind is the server's to keep.
func dropDatabase(_ address: String) {
    guard let pool = try? MongoPool(MongoPlace(parsing: address), most: 1) else { return }
    _ = try? pool.withClient { client in try client.read { db in try db.run(["dropDatabase": 1], isRead: false) } }
}
