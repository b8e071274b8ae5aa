import CMongoC
import FoundationEssentials
import WireCore

/// What a piece of work may do: the server's commands, inside the transaction that it was given, or each by itself.
struct MongoAccess {
    private let client: MongoClient
    private let session: OpaquePointer?
    private let isInTransaction: Bool

    /// Documents in one answer of the server.
    private static let batch: Int64 = 1000
    /// Bytes of documents in one insertion; the server takes 48 MB.
    private static let mostBytes = 12 << 20
    /// Milliseconds that a read may take on the server.
    private static let mostTime: Int64 = 60_000

    /// Acknowledged by the majority, in their journals.
    private static let durably: BSON = ["w": "majority", "j": true, "wtimeout": 20_000]

    init(_ client: MongoClient, session: OpaquePointer?, isInTransaction: Bool) {
        (self.client, self.session, self.isInTransaction) = (client, session, isInTransaction)
    }

    // MARK: Reading

    /// Documents that meet the filter. `limit` nil: all; 0 and less: none.
    func find(
        _ collection: MongoCollection, _ filter: BSONDocument = [:], sort: BSONDocument = [:], limit: Int? = nil, only: [String] = [],
        without: [String] = []
    ) throws -> [BSONDocument] {
        var found: [BSONDocument] = []
        try each(collection, filter, sort: sort, limit: limit, only: only, without: without) { found.append($0) }
        return found
    }

    /// Walks through the documents as they come.
    func each(
        _ collection: MongoCollection, _ filter: BSONDocument = [:], sort: BSONDocument = [:], limit: Int? = nil, only: [String] = [],
        without: [String] = [], _ take: (BSONDocument) throws -> Void
    ) throws {
        if let limit, limit <= 0 { return }
        var command: BSONDocument = ["find": .text(collection.rawValue), "filter": .document(filter), "batchSize": .int(Self.batch)]
        if !sort.fields.isEmpty { command["sort"] = .document(sort) }
        if let limit { command["limit"] = BSON(limit) }
        let shown = only.map { ($0, BSON.int(1)) } + without.map { ($0, BSON.int(0)) }
        if !shown.isEmpty { command["projection"] = .document(BSONDocument(shown)) }
        try walk(command, collection, take)
    }

    func first(_ collection: MongoCollection, _ filter: BSONDocument, sort: BSONDocument = [:], only: [String] = []) throws -> BSONDocument? {
        try find(collection, filter, sort: sort, limit: 1, only: only).first
    }

    func exists(_ collection: MongoCollection, _ filter: BSONDocument) throws -> Bool { try first(collection, filter, only: ["_id"]) != nil }

    func aggregate(_ collection: MongoCollection, _ stages: [BSONDocument]) throws -> [BSONDocument] {
        var found: [BSONDocument] = []
        let command: BSONDocument = [
            "aggregate": .text(collection.rawValue), "pipeline": .list(stages.map(BSON.document)), "cursor": ["batchSize": .int(Self.batch)],
            "allowDiskUse": true,
        ]
        try walk(command, collection) { found.append($0) }
        return found
    }

    func count(_ collection: MongoCollection, _ filter: BSONDocument = [:]) throws -> Int {
        try aggregate(collection, [["$match": .document(filter)], ["$group": ["_id": .null, "n": ["$sum": 1]]]]).first?.int("n") ?? 0
    }

    private func walk(_ command: BSONDocument, _ collection: MongoCollection, _ take: (BSONDocument) throws -> Void) throws {
        var command = command
        if !isInTransaction { command["maxTimeMS"] = .int(Self.mostTime) }
        var cursor = try run(command, isRead: true).document("cursor")
        for document in try cursor.documents("firstBatch") { try take(document) }
        while case let id = try cursor.int64("id"), id != 0 {
            cursor = try run(["getMore": .int(id), "collection": .text(collection.rawValue), "batchSize": .int(Self.batch)], isRead: false)
                .document("cursor")
            for document in try cursor.documents("nextBatch") { try take(document) }
        }
    }

    // MARK: Writing

    /// With `isAgain`, outside transactions only: documents whose `_id` is there already stay as they are, and the others are inserted.
    func insert(_ collection: MongoCollection, _ documents: [BSONDocument], isAgain: Bool = false) throws {
        var (batch, size): ([BSON], Int) = ([], 0)
        func send() throws {
            guard !batch.isEmpty else { return }
            let command: BSONDocument = ["insert": .text(collection.rawValue), "documents": .list(batch), "ordered": .flag(!isAgain)]
            _ = try write(command, butFor: { isAgain && $0.isDuplicateKey })
            (batch, size) = ([], 0)
        }
        for document in documents {
            let bytes = document.bytes.count
            if size + bytes > Self.mostBytes || batch.count >= 1000 { try send() }
            batch.append(.document(document))
            size += bytes
        }
        try send()
    }

    /// One change.
    struct Update {
        var filter: BSONDocument
        var change: BSONDocument
        var isUpsert = false
        var isMany = false

        /// Puts the whole document in the place of any that has its `_id`.
        static func put(_ document: BSONDocument) -> Update {
            Update(filter: ["_id": document["_id"] ?? .null], change: document, isUpsert: true)
        }
    }

    /// Makes the changes in order; returns how many documents met the filters.
    @discardableResult
    func update(_ collection: MongoCollection, _ updates: [Update]) throws -> Int {
        guard !updates.isEmpty else { return 0 }
        let list = updates.map { update -> BSON in
            ["q": .document(update.filter), "u": .document(update.change), "upsert": .flag(update.isUpsert), "multi": .flag(update.isMany)]
        }
        return try write(["update": .text(collection.rawValue), "updates": .list(list)])
    }

    /// Changes one document, or all that meet the filter; returns how many met it.
    @discardableResult
    func update(_ collection: MongoCollection, _ filter: BSONDocument, _ change: BSONDocument, isMany: Bool = false) throws -> Int {
        try update(collection, [Update(filter: filter, change: change, isMany: isMany)])
    }

    /// Removes what meets the filter; returns how many.
    @discardableResult
    func remove(_ collection: MongoCollection, _ filter: BSONDocument) throws -> Int {
        try write(["delete": .text(collection.rawValue), "deletes": [["q": .document(filter), "limit": 0]]])
    }

    /// Adds to a number that is kept under a name, and returns it; begins at 0. Inside the transaction: numbers then grow in the order of
    /// commits, and whoever else wants one of that name waits.
    func next(_ name: String, adding addend: Int = 1) throws -> Int64 {
        let reply = try run(Self.increment(name, addend), isRead: false)
        return try reply.document("value").int64("value")
    }

    /// The same outside the transaction, so that nobody waits for anybody. Numbers of transactions that come to nothing are lost.
    func draw(_ name: String, _ count: Int) throws -> ClosedRange<Int64>? {
        guard count > 0 else { return nil }
        let command = Self.increment(name, count) + ["writeConcern": ["w": "majority", "wtimeout": 20_000]]
        var tries = 0
        while true {
            let reply = try client.run(command, session: nil, isRead: false, readConcern: nil)
            tries += 1
            // Of two hosts that draw the very first number of a kind, a server may tell one nothing.
            if case .null = reply["value"] ?? .null, tries < 3 { continue }
            let last = try reply.document("value").int64("value")
            return last - Int64(count) + 1...last
        }
    }

    /// The last number that was given under a name; 0 before the first.
    func lastNumber(_ name: String) throws -> Int64 { try first(.numbers, ["_id": .text(name)])?.int64("value") ?? 0 }

    private static func increment(_ name: String, _ addend: Int) -> BSONDocument {
        [
            "findAndModify": .text(MongoCollection.numbers.rawValue), "query": ["_id": .text(name)],
            "update": ["$inc": ["value": BSON(addend)]], "upsert": true, "new": true,
        ]
    }

    private func write(_ command: BSONDocument, butFor isHarmless: (MongoFailure) -> Bool = { _ in false }) throws -> Int {
        // Once stored it would be equal to nothing and sort before everything.
        guard !BSON.document(command).holdsNaN else { throw DeskError(.store, "a value that should be a number is none; nothing was written") }
        // A transaction says so as a whole.
        let concern: BSONDocument = isInTransaction ? [:] : ["writeConcern": Self.durably]
        let reply = try run(command + concern, isRead: false)
        for fault in try reply.documents("writeErrors") {
            let failure = MongoFailure(
                domain: MONGOC_ERROR_SERVER.rawValue, code: UInt32(clamping: try fault.int64("code")),
                message: try fault.optionalText("errmsg") ?? "", labels: Set(try reply.words("errorLabels")))
            guard isHarmless(failure) else { throw failure }
        }
        return try reply.int("n")
    }

    // MARK: Any command

    func run(_ command: BSONDocument, isRead: Bool, admin: Bool = false) throws -> BSONDocument {
        try client.run(command, session: session, isRead: isRead, readConcern: isRead && !isInTransaction ? "majority" : nil, admin: admin)
    }
}
