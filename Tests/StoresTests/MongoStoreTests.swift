import CMongoC
import Costs
import FoundationEssentials
import Resilience
import Stores
import TestSupport
import Testing
import WireCore

@testable import MongoStore

@Suite("A store on MongoDB")
struct MongoStoreTests {
    @Test(
        "An address that is none is refused without a word of it",
        arguments: ["mongodb://", "mongodb://desk:se@cret@host:x/", "mongodb://desk:se@cret@host/news", "http://secret"])
    func addresses(_ address: String) throws {
        let error = try #require(throws: DeskError.self) { _ = try MongoStore(address: address) }
        #expect(error.code == .config)
        #expect(!error.description.contains("cret"))
    }

    @Test("Time-outs that the address leaves open are short, and none can be unbounded; the password is shown nowhere")
    func timeouts() throws {
        let place = try MongoPlace(parsing: "mongodb://desk:secret@one:1,two:2/news?socketTimeoutMS=0&connectTimeoutMS=999999999")
        let options = [(MONGOC_URI_SOCKETTIMEOUTMS, 30_000), (MONGOC_URI_CONNECTTIMEOUTMS, 60_000), (MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 5000)]
        for (option, milliseconds) in options {
            #expect(mongoc_uri_get_option_as_int32(place.address.uri, option, -1) == Int32(milliseconds), "\(option)")
        }
        #expect(mongoc_uri_get_option_as_bool(place.address.uri, MONGOC_URI_RETRYWRITES, false))
        #expect(place.shown == "mongodb://one:1,two:2/news")
        #expect(try MongoPlace(parsing: "mongodb://one").database == MongoPlace.defaultDatabase)
    }

    @Test("A server that is not there is an error that says so, within the time that the address allows")
    func unreachable() throws {
        let start = ContinuousClock.now
        let error = try #require(throws: DeskError.self) {
            _ = try MongoStore(address: "mongodb://127.0.0.1:1/desk?serverSelectionTimeoutMS=300")
        }
        #expect(error.code == .store)
        #expect(error.message.contains("cannot be reached") && error.place == "mongodb://127.0.0.1:1/desk")
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("Another program's database is refused and left as it is")
    func foreign() async throws {
        let address = try MongoServer.newDatabase()
        try run(["insert": "theirs", "documents": [["_id": 1]]], at: address)
        let error = try #require(throws: DeskError.self) { _ = try MongoStore(address: address) }
        #expect(error.message.contains("another program"))
        let names = try run(["listCollections": 1, "nameOnly": true, "cursor": [:]], at: address).document("cursor").documents("firstBatch")
        #expect(try names.map { try $0.text("name") } == ["theirs"])
        try removeDatabase(address)
    }

    @Test("A database of a newer version is refused")
    func newer() async throws {
        try await withMongoStores(1) { _ in }
        let address = try MongoServer.newDatabase()
        try await MongoStore(address: address).close()
        try run(["update": "meta", "updates": [["q": ["_id": "schema"], "u": ["$set": ["version": 99]]]]], at: address)
        let error = try #require(throws: DeskError.self) { _ = try MongoStore(address: address) }
        #expect(error.message.contains("newer version"))
        try removeDatabase(address)
    }

    @Test("A database of version 1 is brought up to date: its answers, which lay under their keys, begin anew")
    func older() async throws {
        try await withMongoStores(1) { _ in }
        let address = try MongoServer.newDatabase()
        try await MongoStore(address: address).close()
        try run(["update": "meta", "updates": [["q": ["_id": "schema"], "u": ["$set": ["version": 1]]]]], at: address)
        try run(["insert": "answers", "documents": [["_id": "key", "number": 1, "size": 7, "expires_at": 9]]], at: address)
        try run(["insert": "numbers", "documents": [["_id": "answer_bytes", "value": 7]]], at: address)
        let store = try MongoStore(address: address)
        #expect(try await store.cacheStatistics(now: Date(timeIntervalSince1970: 0)) == CacheStatistics())
        let marks = try run(["find": "meta", "filter": [:]], at: address).document("cursor").documents("firstBatch")
        #expect(try marks.map { try $0.int64("version") } == [2])
        #expect(try await store.check() == [])
        try await store.close()
        try removeDatabase(address)
    }

    @Test("An index that was dropped is named by the check, and made again at the next start")
    func indexes() async throws {
        let address = try MongoServer.newDatabase()
        let first = try MongoStore(address: address)
        #expect(try await first.check() == [])
        try run(["dropIndexes": "polls", "index": "by_start"], at: address)
        #expect(try await first.check() == ["the index “by_start” of polls is missing"])
        try await first.close()
        let second = try MongoStore(address: address)
        #expect(try await second.check() == [])
        try await second.close()
        try removeDatabase(address)
    }

    @Test("Documents that contradict each other are named by the check, each kind of contradiction")
    func contradictions() async throws {
        try await withMongoStores(1) { stores in
            let store = stores[0]
            try await FullStore.fill(store)
            #expect(try await store.check() == [])
            let enriched = try #require(try await store.enrichedArticles(EnrichedQuery(from: .distantPast, to: .distantFuture, limit: 10)).first?.id)
            let damage: [(String, @Sendable (MongoAccess) throws -> Void)] = [
                ("an article without an identity", { try $0.update(.articles, ["_id": .int(enriched)], ["$set": ["identity": ""]]) }),
                (
                    "an article linked to a later one, or to itself",
                    { try $0.update(.articles, ["_id": .int(enriched)], ["$set": ["near": .int(enriched)]]) }
                ),
                ("an article linked to one that is gone", { try $0.update(.articles, ["_id": .int(enriched)], ["$set": ["near": 99_999_999]]) }),
                ("a source without a revision", { try $0.update(.sourceStates, [:], ["$set": ["revision": 0]]) }),
                ("a day with a negative count", { try $0.update(.sourceDays, [:], ["$set": ["items": -1]]) }),
                ("an article that its own source is not known to have shown", { try $0.remove(.sightings, ["article": .int(enriched)]) }),
                ("an article that is understood and still waits to be", { try $0.insert(.queue, [["_id": .int(enriched), "state": 0]]) }),
                (
                    "an article in a narrative that was merged",
                    {
                        try $0.update(.narratives, [:], ["$set": ["merged_into": 77]], isMany: true)
                    }
                ),
                ("an enrichment without an article", { try $0.remove(.articles, ["_id": .int(enriched)]) }),
                ("an article that waits to be understood and is gone", { _ in }),
                ("a poll of a source without a state", { try $0.remove(.sourceStates, [:]) }),
            ]
            for (complaint, damaged) in damage {
                try await store.writeNews { try damaged($0) }
                let found = try await store.check()
                #expect(found.contains { $0.hasSuffix("× \(complaint)") }, "\(complaint): \(found)")
            }
        }
    }

    @Test("A closed store says so, and closing again does nothing")
    func closing() async throws {
        try await withMongoStores(1) { stores in
            try await stores[0].close()
            try await stores[0].close()
            await #expect(throws: DeskError.self) { _ = try await stores[0].articleCounts() }
        }
    }

    @Test("What was acknowledged survives kill -9 of the server, and the store goes on when the server is back")
    func serverCrash() async throws {
        let server = try MongoServer(syncsOnCommit: true)
        let address = "mongodb://\(server.host)/desk?serverSelectionTimeoutMS=2000"
        let store = try MongoStore(address: address)
        for number in 0..<20 { _ = try await store.reserve(entry("\(number)/1"), against: []) }
        let (port, folder) = server.kill()
        await #expect(throws: DeskError.self) { _ = try await store.reserve(entry("lost/1"), against: []) }
        let again = try MongoServer(port: port, folder: folder, syncsOnCommit: true)
        defer { again.end() }
        _ = try await store.reserve(entry("after/1"), against: [])
        #expect(try await store.entries(LedgerQuery()).map(\.id) == (0..<20).map { "\($0)/1" } + ["after/1"])
        #expect(try await store.reconcileLedger() == [])
        try await store.close()
    }

    @Test("What was read in a transaction that came to nothing is read again: resembling titles are found whoever filed them")
    func resemblanceAfterRollback() async throws {
        let address = try MongoServer.newDatabase()
        let stores = [try MongoStore(address: address), try MongoStore(address: address)]
        func file(_ id: String, in store: MongoStore) async throws -> Int64? {
            let source = try #require(SourceID(id))
            let item = Item(id: id, title: "Bitcoin miners sell record reserves")
            return try await store.file(filing([item], state: SourceState(source: source))).newArticles.first
        }
        let other = try await file("zero", in: stores[0])
        _ = try await file("one", in: stores[1])
        let first = try await stores[0].articles(ArticleQuery()).first { $0.id == other }
        var last = try await stores[0].articles(ArticleQuery()).first?.id ?? 0
        for (id, index) in [("two", 0), ("three", 1), ("four", 0), ("five", 0)] {
            // The first try's commit is refused, as when two hosts meet in one document.
            try run(
                [
                    "configureFailPoint": "failCommand", "mode": ["times": 1],
                    "data": ["failCommands": ["commitTransaction"], "errorCode": 112, "errorLabels": ["TransientTransactionError"]],
                ], at: address, admin: true)
            let id = try await file(id, in: stores[index])
            #expect(try #require(id) > last + 1, "the first try's number is lost")
            last = id ?? last
            #expect(try await stores[0].articles(ArticleQuery()).first { $0.id == id }?.nearDuplicateOf == first?.id)
        }
        for store in stores { try await store.close() }
        try removeDatabase(address)
    }

    @discardableResult
    private func run(_ command: BSONDocument, at address: String, admin: Bool = false) throws -> BSONDocument {
        let pool = try MongoPool(MongoPlace(parsing: address), most: 1)
        return try pool.withClient { client in try client.read { try $0.run(command, isRead: false, admin: admin) } }
    }

    private func entry(_ id: String) -> LedgerEntry {
        let instant = Date(timeIntervalSince1970: 1_795_507_200)
        return LedgerEntry(
            id: id, at: instant, day: LedgerPeriod("2026-11-24"), purpose: CallPurpose(operation: "extract"), provider: "p", model: "m",
            status: .reserved, bound: Money(picodollars: 100), priceFrom: "p/m@2026-01-01", owner: "test",
            expiresAt: instant.addingTimeInterval(60))
    }
}

@Suite("Documents as bytes")
struct BSONTests {
    @Test("A document comes back from its bytes as it was")
    func roundTrip() throws {
        let document: BSONDocument = [
            "text": "a\u{0}ä🚀", "empty": "", "int": .int(.min), "real": .real(-0.1), "flag": true, "null": .null, "bytes": .bytes([0, 255]),
            "instant": .instant(-5), "list": [1, "two", [.null]], "document": ["a": ["b": []]],
        ]
        #expect(read(document.bytes) == document)
    }

    @Test("The bytes are those of the specification's example")
    func example() {
        let document: BSONDocument = ["hello": "world"]
        #expect(document.bytes == [0x16, 0, 0, 0, 2] + Array("hello\0".utf8) + [6, 0, 0, 0] + Array("world\0".utf8) + [0])
    }

    @Test("Bytes that are cut short, or lie about a length, are no document, wherever that is")
    func damaged() {
        let bytes = (["a": "text", "b": [1, ["c": .bytes([1, 2, 3])]], "d": .real(1)] as BSONDocument).bytes
        for count in bytes.indices { #expect(read(Array(bytes.prefix(count))) == nil, "\(count) bytes") }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] = 0xFF
            // Whatever is read, nothing traps.
            _ = read(damaged)
        }
        #expect(read(bytes + [0]) == nil)
    }

    @Test("Documents nested too deeply are refused")
    func depth() {
        let deep = (0..<100).reduce(BSON.null) { inner, _ in .document(["a": inner]) }
        #expect(read((["a": deep] as BSONDocument).bytes) == nil)
    }

    @Test("A field of another kind is an error that names it")
    func kinds() throws {
        let document: BSONDocument = ["a": "text"]
        let error = try #require(throws: DeskError.self) { _ = try document.int64("a") }
        #expect(error.code == .store && error.message.contains("“a”"))
        #expect(throws: DeskError.self) { _ = try document.text("absent") }
        #expect(try document.optionalText("absent") == nil)
    }

    private func read(_ bytes: [UInt8]) -> BSONDocument? { bytes.withUnsafeBytes { BSONDocument(bytes: $0) } }
}
