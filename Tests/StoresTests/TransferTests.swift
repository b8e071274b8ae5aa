import FoundationEssentials
import GRDB
import Stores
import TestSupport
import Testing
import WireCore

@testable import MongoStore
@testable import SQLiteStore

@Suite("Everything that a store keeps moves")
struct TransferTests {
    @Test("From SQLite to MongoDB and back it says the same, counts on behind what it had, and is sound")
    func thereAndBack() async throws {
        try await withTemporaryFolder { folder in
            try await withMongoAddress { address in
                let first = try SQLiteStore(path: folder + "/first.db")
                try await FullStore.fill(first)
                let middle = try MongoStore(address: address, isForTransfer: true)
                try await move(first, middle)
                let last = try SQLiteStore(path: folder + "/last.db", isForTransfer: true)
                try await move(middle, last)
                #expect(try await StoreTransferProbe.differences(first, last) == [])
                for store in [first, middle, last] as [any WholeStore] { try await expectAlike(store, first) }
                try await expectNewNumbers(middle)
                try await expectNewNumbers(last)
                for store in [first, middle, last] as [any WholeStore] { try await store.close() }
            }
        }
    }

    @Test("What MongoDB was given by hosts moves to SQLite")
    func fromMongo() async throws {
        try await withTemporaryFolder { folder in
            try await withMongoAddress { address in
                let first = try MongoStore(address: address)
                try await FullStore.fill(first)
                let second = try SQLiteStore(path: folder + "/second.db", isForTransfer: true)
                try await move(first, second)
                try await expectAlike(second, first)
                #expect(try await second.check() == [])
                try await first.close()
                try await second.close()
            }
        }
    }

    @Test("Interrupted before or behind any of its writes it goes on, and comes to the same end", arguments: [true, false])
    func interrupted(_ isWritten: Bool) async throws {
        try await withTemporaryFolder { folder in
            let source = try SQLiteStore(path: folder + "/source.db")
            try await FullStore.fill(source)
            let target = try SQLiteStore(path: folder + "/target.db", isForTransfer: true)
            let breaking = BreakingStore(target, isWritten: isWritten)
            var breaks = 0
            while true {
                do {
                    try await StoreTransfer(from: source, named: "source", to: breaking).copy { _ in }
                    break
                } catch is BreakingStore.Broken {
                    breaks += 1
                }
            }
            #expect(breaks == TransferKind.allCases.count)
            let checks = try await StoreTransfer(from: source, named: "source", to: target).verify { _ in }
            #expect(checks.filter { !$0.isSame }.map(\.kind) == [])
            #expect(checks.filter { $0.source.rows == 0 }.map(\.kind) == [])
            try await source.close()
            try await target.close()
        }
    }

    @Test("Rows that MongoDB was given without their progress are given again, and are the same")
    func halfWritten() async throws {
        try await withTemporaryFolder { folder in
            try await withMongoAddress { address in
                let source = try SQLiteStore(path: folder + "/source.db")
                try await FullStore.fill(source)
                let target = try MongoStore(address: address, isForTransfer: true)
                _ = try await target.beginTransfer(from: "source")
                for kind in TransferKind.allCases {
                    let rows = try await source.transferRows(kind, after: nil, limit: 2).rows
                    try await target.writePlainly { db in try db.transferIn(rows, of: kind) }
                }
                try await move(source, target)
                try await expectAlike(target, source)
                try await source.close()
                try await target.close()
            }
        }
    }

    @Test("Until it has ended no host opens the target, and it goes on only from where it began")
    func unfinished() async throws {
        try await withTemporaryFolder { folder in
            try await withMongoAddress { address in
                let source = try SQLiteStore(path: folder + "/source.db")
                let targets: [any WholeStore] = [
                    try SQLiteStore(path: folder + "/target.db", isForTransfer: true), try MongoStore(address: address, isForTransfer: true),
                ]
                for target in targets {
                    _ = try await target.beginTransfer(from: "source")
                    let error = await #expect(throws: DeskError.self) {
                        try await StoreTransfer(from: source, named: "elsewhere", to: target).copy { _ in }
                    }
                    #expect(error?.message.contains("moved from source") == true)
                }
                let file = #expect(throws: DeskError.self) { _ = try SQLiteStore(path: folder + "/target.db") }
                let database = #expect(throws: DeskError.self) { _ = try MongoStore(address: address) }
                #expect(file?.message.contains("has not ended") == true && database?.message.contains("has not ended") == true)
                for target in targets {
                    try await target.endTransfer()
                    try await target.close()
                }
                try await SQLiteStore(path: folder + "/target.db").close()
                try await MongoStore(address: address).close()
                try await source.close()
            }
        }
    }

    @Test("A target that holds anything is refused, and stays as it is")
    func occupied() async throws {
        try await withTemporaryFolder { folder in
            try await withMongoAddress { address in
                for store in [try SQLiteStore(path: folder + "/target.db"), try MongoStore(address: address)] as [any WholeStore] {
                    try await store.addKey(GatewayKey(name: "k", hash: "h", createdAt: Date(timeIntervalSince1970: 0)))
                    let error = await #expect(throws: DeskError.self) { _ = try await store.beginTransfer(from: "source") }
                    #expect(error?.message.contains("gateway keys") == true)
                    #expect(try await store.transferProgress() == nil)
                    try await store.close()
                }
            }
        }
    }

    @Test("A single changed value shows, and the target is not taken for whole")
    func difference() async throws {
        try await withTemporaryFolder { folder in
            let source = try SQLiteStore(path: folder + "/source.db")
            try await FullStore.fill(source)
            let target = try SQLiteStore(path: folder + "/target.db", isForTransfer: true)
            let transfer = StoreTransfer(from: source, named: "source", to: target)
            try await transfer.copy { _ in }
            try await target.onWriter { db in try db.execute(sql: "UPDATE ledger SET cost = cost + 1 WHERE id = 'full'") }
            let checks = try await transfer.verify { _ in }
            #expect(checks.filter { !$0.isSame }.map(\.kind) == [.ledger])
            #expect(try await target.transferProgress() != nil)
            try await source.close()
            try await target.close()
        }
    }

    @Test("Every table, column, collection and field moves, or is named as one that does not")
    func complete() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/store.db")
            let columns = try await store.read { db in
                try db.rows(
                    """
                    SELECT s.name, c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
                    WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%' ORDER BY 1, 2
                    """, []
                ) { ($0.text(0), $0.text(1)) }
            }
            var known: [String: Set<String>] = [:]
            for kind in TransferKind.allCases {
                guard let table = TransferTable.of(kind) else { continue }
                known[table.name] = Set(kind.columns.map(\.name)).union(kind == .registry || kind == .entities ? ["id"] : [])
                    .union(TransferTables.unmoved[table.name] ?? [])
            }
            let forgotten = columns.filter { table, column in
                !TransferTables.others.contains(table) && known[table]?.contains(column) != true
            }
            #expect(forgotten.map { "\($0).\($1)" } == [])
            try await store.close()
        }
        try await withMongoStores(1) { stores in
            try await FullStore.fill(stores[0])
            let kinds = Dictionary(
                uniqueKeysWithValues: TransferKind.allCases.compactMap { kind in TransferCollection.of(kind).map { ($0.collection, (kind, $0)) } })
            for collection in MongoCollection.allCases where !TransferCollection.others.contains(collection) {
                let (kind, form) = try #require(kinds[collection], "\(collection.rawValue) does not move")
                let known = Set(kind.columns.map { form.path($0.name) } + ["_id"]).union(Self.derived[collection] ?? [])
                let documents = try await stores[0].read { db in try db.find(collection) }
                #expect(!documents.isEmpty, "nothing in \(collection.rawValue)")
                let fields = Set(documents.flatMap(Self.fields))
                #expect(fields.subtracting(known).sorted() == [], "\(collection.rawValue)")
            }
        }
    }

    /// Fields that follow from others, count what nobody reads, or belong to a host at work upon this store.
    private static let derived: [MongoCollection: Set<String>] = [
        .sightings: ["is_orphan"], .ledgerTotals: ["is_day"], .narratives: ["merges"], .sourceStates: ["lease"],
    ]

    /// The names of a document's fields, those of the nested ones with a dot; lists and a briefing's content as they are.
    private static func fields(of document: BSONDocument) -> [String] {
        document.fields.flatMap { field -> [String] in
            guard case .document(let nested) = field.value, field.name != "content" else { return [field.name] }
            return nested.fields.map { "\(field.name).\($0.name)" }
        }
    }

    // MARK: - Steps

    private func move(_ source: any WholeStore, _ target: any WholeStore) async throws {
        let transfer = StoreTransfer(from: source, named: "source", to: target)
        try await transfer.copy { _ in }
        let checks = try await transfer.verify { _ in }
        #expect(checks.filter { !$0.isSame }.map(\.kind.rawValue) == [])
        #expect(checks.filter { $0.source.rows == 0 }.map(\.kind.rawValue) == [])
        #expect(try await target.transferProgress() == nil)
    }

    /// As the rooms above read it, the one says what the other says.
    private func expectAlike(_ store: any WholeStore, _ other: any WholeStore) async throws {
        #expect(try await store.check() == [])
        #expect(try await store.reconcileLedger() == [])
        #expect(try await store.sourceStates() == other.sourceStates())
        var query = ArticleQuery(limit: 100)
        query.withContent = true
        #expect(try await store.articles(query) == other.articles(query))
        #expect(try await store.articleCounts() == other.articleCounts())
        #expect(try await store.polls(of: nil, limit: 100) == other.polls(of: nil, limit: 100))
        #expect(try await store.entries(LedgerQuery()) == other.entries(LedgerQuery()))
        #expect(try await store.openReservations() == other.openReservations())
        #expect(try await store.gatewayKeys() == other.gatewayKeys())
        #expect(try await store.raisedAlerts(limit: 10) == other.raisedAlerts(limit: 10))
        let now = Date(timeIntervalSince1970: 1_795_507_300)
        let places = try await store.answerPlaces(after: 0, limit: 10)
        #expect(try await places == other.answerPlaces(after: 0, limit: 10))
        for place in places { #expect(try await store.cachedAnswer(place, now: now) == other.cachedAnswer(place, now: now)) }
        #expect(try await store.cacheStatistics(now: now) == other.cacheStatistics(now: now))
        #expect(try await store.enrichedArticles(EnrichedQuery()) == other.enrichedArticles(EnrichedQuery()))
        #expect(try await store.enrichmentBacklog() == other.enrichmentBacklog())
        #expect(try await store.narratives(NarrativeQuery()) == other.narratives(NarrativeQuery()))
        let briefings = BriefingQuery(limit: 10)
        #expect(try await store.briefings(briefings) == other.briefings(briefings))
        #expect(try await store.jobRuns(job: nil, limit: 10) == other.jobRuns(job: nil, limit: 10))
        #expect(try await store.latestPrices() == other.latestPrices())
        #expect(try await store.auditEntries(before: nil, limit: 10) == other.auditEntries(before: nil, limit: 10))
        #expect(try await store.sharedRegistry() == other.sharedRegistry())
    }

    /// What comes next has a number of its own, and what is known is known.
    private func expectNewNumbers(_ store: any WholeStore) async throws {
        let newest = try #require(try await store.articles(ArticleQuery(limit: 1)).first)
        let state = try #require(try await store.sourceState(of: source))
        let known = try #require(try await store.articles(ArticleQuery(source: source, limit: 10)).last)
        let result = try await store.file(filing([known.item, Item(id: "quite new", title: "New")], state: state))
        #expect(result.items.new == 1)
        #expect(try #require(result.newArticles.first) > newest.id)
        let line = try await store.enterAudit(AuditEntry(at: Date(timeIntervalSince1970: 0), actor: "a", action: "b"))
        #expect(line.id == 3)
        let claim = try #require(try await store.claimNewArticles(limit: 10, now: .distantFuture, until: .distantFuture))
        #expect(claim.number > 2)
    }
}

/// Compares two stores of one engine row by row.
enum StoreTransferProbe {
    static func differences(_ a: any TransferStore, _ b: any TransferStore) async throws -> [String] {
        var differences: [String] = []
        for kind in TransferKind.allCases {
            let (rowsOfA, rowsOfB) = (
                try await a.transferRows(kind, after: nil, limit: 1000).rows, try await b.transferRows(kind, after: nil, limit: 1000).rows
            )
            if rowsOfA != rowsOfB { differences.append(kind.rawValue) }
        }
        return differences
    }
}

/// A target that fails once for each kind, before it has written or behind it.
private actor BreakingStore: TransferStore {
    struct Broken: Error {}

    private let store: any TransferStore
    private let isWritten: Bool
    private var broken: Set<TransferKind> = []

    init(_ store: any TransferStore, isWritten: Bool) { (self.store, self.isWritten) = (store, isWritten) }

    func transferRows(_ kind: TransferKind, after cursor: TransferCursor?, limit: Int) async throws -> TransferPage {
        try await store.transferRows(kind, after: cursor, limit: limit)
    }
    func transferProgress() async throws -> TransferProgress? { try await store.transferProgress() }
    func beginTransfer(from source: String) async throws -> TransferProgress { try await store.beginTransfer(from: source) }
    func completeTransfer() async throws { try await store.completeTransfer() }
    func endTransfer() async throws { try await store.endTransfer() }

    func transferIn(_ rows: [TransferRow], of kind: TransferKind, from progress: TransferProgress, to next: TransferProgress) async throws {
        let breaks = broken.insert(kind).inserted
        if breaks, !isWritten { throw Broken() }
        try await store.transferIn(rows, of: kind, from: progress, to: next)
        // The answer is lost, as on a network: whoever asks again finds it done.
        try await store.transferIn(rows, of: kind, from: progress, to: next)
        if breaks { throw Broken() }
    }
}

/// Runs `body` with the address of a new database, and removes it afterwards.
func withMongoAddress(_ body: (String) async throws -> Void) async throws {
    let address = try MongoServer.newDatabase()
    let result: Result<Void, any Error>
    do { result = .success(try await body(address)) } catch { result = .failure(error) }
    try removeDatabase(address)
    try result.get()
}
