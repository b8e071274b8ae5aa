import CMongoC
import FoundationEssentials
import WireCore

/// The collections. A raw value that was ever released stays.
enum MongoCollection: String, CaseIterable {
    /// One document: which program's database this is, and which version of it.
    case meta
    /// The last number of each kind that was given.
    case numbers
    case sourceStates = "source_states"
    case polls
    case sourceDays = "source_days"
    case articles, contents, sightings
    /// Addresses that articles were filed under lately: two hosts that file the same one at once meet here, and one goes second.
    case addresses
    case ledger
    case ledgerTotals = "ledger_totals"
    case standings = "budget_standings"
    case keys = "gateway_keys"
    case answers
    case alerts
    case queue = "enrichment_queue"
    case enrichments, entities, narratives, patterns, briefings
    case jobRuns = "job_runs"
    case prices
    /// Who changed what; only ever added to.
    case audit
    /// Hosts at work; those that beat no more go by themselves.
    case hosts
    /// The registry that the hosts share.
    case registry
}

/// An index: its keys with 1 for rising and -1 for falling.
struct MongoIndex {
    var name: String
    var keys: BSONDocument
    var isUnique = false
    /// Only documents that meet this are in it.
    var partial: BSONDocument?
    /// Documents go this many seconds after the instant that they hold.
    var expiry: Int64?

    init(_ name: String, _ keys: BSONDocument, isUnique: Bool = false, where partial: BSONDocument? = nil, expiry: Int64? = nil) {
        (self.name, self.keys, self.isUnique, self.partial, self.expiry) = (name, keys, isUnique, partial, expiry)
    }

    var document: BSONDocument {
        var document: BSONDocument = ["name": .text(name), "key": .document(keys)]
        if isUnique { document["unique"] = true }
        if let partial { document["partialFilterExpression"] = .document(partial) }
        if let expiry { document["expireAfterSeconds"] = .int(expiry) }
        return document
    }
}

/// The database as this version wants it. Documents hold instants as whole milliseconds since 1970 UTC, money as whole picodollars.
enum Schema {
    /// Grows when documents change so that an older version would misread them.
    static let version: Int64 = 2
    private static let application = "wiredesk"

    static let indexes: [MongoCollection: [MongoIndex]] = [
        .polls: [MongoIndex("by_source", ["source": 1, "started_at": -1, "_id": -1]), MongoIndex("by_start", ["started_at": -1, "_id": -1])],
        .sourceDays: [MongoIndex("by_day", ["day": 1])],
        .articles: [
            MongoIndex("by_source", ["source": 1, "_id": -1]), MongoIndex("by_first_seen", ["first_seen_at": 1]),
            MongoIndex("by_address", ["canonical_url": 1, "_id": -1]),
            MongoIndex("by_resemblance", ["near": 1], where: ["near": ["$exists": true]]),
        ],
        .sightings: [
            // The first is a promise, the second for looking up: servers differ in when they use a partial one.
            MongoIndex("by_article", ["article": 1, "source": 1], isUnique: true, where: ["article": ["$exists": true]]),
            MongoIndex("of_article", ["article": 1]),
            MongoIndex("without_article", ["seen_day": 1], where: ["is_orphan": true]),
        ],
        .hosts: [MongoIndex("aged", ["seen": 1], expiry: 3600)],
        .addresses: [MongoIndex("aged", ["seen": 1], expiry: 3600)],
        .ledger: [
            MongoIndex("by_number", ["number": 1], isUnique: true), MongoIndex("by_day", ["day": 1, "number": 1]),
            MongoIndex("by_operation", ["operation": 1, "number": 1]),
            MongoIndex("by_key", ["key": 1, "number": 1], where: ["key": ["$exists": true]]),
            MongoIndex("by_source", ["source": 1, "number": 1], where: ["source": ["$exists": true]]),
            MongoIndex("open", ["status": 1, "number": 1], where: ["status": "reserved"]),
        ],
        .ledgerTotals: [MongoIndex("by_period", ["period": 1])],
        .keys: [MongoIndex("by_hash", ["hash": 1], isUnique: true)],
        .answers: [
            MongoIndex("by_age", ["created_at": 1, "number": 1]), MongoIndex("by_expiry", ["expires_at": 1]), MongoIndex("by_number", ["number": 1]),
        ],
        .alerts: [
            MongoIndex("by_time", ["at": -1, "number": -1]),
            MongoIndex("by_subject", ["subject": 1, "at": -1], where: ["subject": ["$exists": true]]),
        ],
        .queue: [
            MongoIndex("new", ["state": 1, "_id": 1]), MongoIndex("for_model", ["state": 1, "claim": 1, "source": 1, "waits_since": 1, "_id": 1]),
            MongoIndex("by_claim", ["claim": 1, "_id": 1]), MongoIndex("by_age", ["queued_at": 1]),
        ],
        .enrichments: [
            MongoIndex("by_time", ["at": 1, "tier": 1]), MongoIndex("by_source", ["source": 1, "_id": -1]),
            MongoIndex("by_reading", ["enriched_at": 1]), MongoIndex("by_narrative", ["narrative": 1, "_id": -1]),
            MongoIndex("by_entity", ["mentions.name": 1, "at": 1]),
        ],
        .narratives: [
            MongoIndex("by_time", ["last_at": -1, "_id": 1]), MongoIndex("by_nucleus", ["nucleus": 1, "last_at": -1]),
            MongoIndex("merged", ["merged_into": 1]),
        ],
        .patterns: [MongoIndex("by_time", ["at": -1, "_id": 1])],
        .briefings: [
            MongoIndex("by_slot", ["date": 1, "slot": 1, "is_smoke": 1, "version": -1], isUnique: true),
            MongoIndex("by_time", ["made_at": 1]),
        ],
        .jobRuns: [
            MongoIndex("by_slot", ["job": 1, "slot": 1, "_id": -1]), MongoIndex("by_job", ["job": 1, "started_at": -1, "_id": -1]),
            MongoIndex("by_start", ["started_at": -1, "_id": -1]),
            MongoIndex("under_way", ["job": 1], isUnique: true, where: ["outcome": "running"]),
        ],
        .audit: [MongoIndex("by_time", ["at": 1])],
        .prices: [MongoIndex("by_coin", ["coin": 1, "at": -1], isUnique: true), MongoIndex("by_time", ["at": 1])],
    ]

    /// Makes what is missing: collections and indexes. Refuses another program's database and one of a newer version; those are left as they are.
    static func prepare(_ db: MongoAccess, place: String) throws {
        try requireTransactions(db, place: place)
        if try db.first(.meta, ["_id": "schema"]) == nil {
            let names = try collectionNames(db)
            // Another host may be about to prepare the same database: what it wrote first is the document in `meta`.
            guard names.isEmpty || names.contains(MongoCollection.meta.rawValue) else {
                throw DeskError(
                    .store, "this is a database of another program: it has “\(SafeText.line(names.sorted().first ?? "", limit: 80))”", place: place,
                    hint: "Name another database in the address; this one was left as it is.")
            }
            let mark: BSONDocument = ["application": .text(application), "version": .int(version)]
            try db.update(.meta, [.init(filter: ["_id": "schema"], change: ["$setOnInsert": .document(mark)], isUpsert: true)])
        }
        try bringUpToDate(db, from: try requireOurs(db, place: place))
        let present = try collectionNames(db)
        for collection in MongoCollection.allCases {
            if !present.contains(collection.rawValue) { try make(collection, db) }
            guard let wanted = indexes[collection] else { continue }
            let list = wanted.map { BSON.document($0.document) }
            _ = try db.run(["createIndexes": .text(collection.rawValue), "indexes": .list(list)], isRead: false)
        }
    }

    /// Indexes that are not there, one line each.
    static func missingIndexes(_ db: MongoAccess) throws -> [String] {
        try indexes.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { collection, wanted in
            let reply = try db.run(["listIndexes": .text(collection.rawValue), "cursor": [:]], isRead: true)
            let present = Set(try reply.document("cursor").documents("firstBatch").map { try $0.text("name") })
            return wanted.filter { !present.contains($0.name) }.map { "the index “\($0.name)” of \(collection.rawValue) is missing" }
        }
    }

    private static func requireTransactions(_ db: MongoAccess, place: String) throws {
        let hello = try db.run(["hello": 1], isRead: false, admin: true)
        guard try hello.optionalText("setName") == nil, try hello.optionalText("msg") != "isdbgrid" else { return }
        throw DeskError(
            .store, "this MongoDB server stands alone, and so has no transactions", place: place,
            hint: "Start mongod with --replSet NAME and run rs.initiate() once; a set of one member will do.")
    }

    /// The version that it was left by.
    private static func requireOurs(_ db: MongoAccess, place: String) throws -> Int64 {
        let mark = try db.first(.meta, ["_id": "schema"]) ?? [:]
        guard try mark.optionalText("application") == application else {
            throw DeskError(.store, "this is a database of another program", place: place, hint: "Name another database in the address.")
        }
        let found = try mark.int64("version")
        guard found <= version else {
            throw DeskError(
                .store, "the store was written by a newer version of wiredesk", place: place,
                hint: "Run that version, or name another database in the address.")
        }
        return found
    }

    private static func bringUpToDate(_ db: MongoAccess, from found: Int64) throws {
        guard found < version else { return }
        // Before 2 answers lay under their keys. They are no more than a saving: they begin anew.
        while try db.removeAnswers([:]) > 0 {}
        try db.update(.meta, ["_id": "schema"], ["$set": ["version": .int(version)]])
    }

    private static func collectionNames(_ db: MongoAccess) throws -> Set<String> {
        let reply = try db.run(["listCollections": 1, "nameOnly": true, "cursor": ["batchSize": 1000]], isRead: true)
        let names = try reply.document("cursor").documents("firstBatch").map { try $0.text("name") }
        return Set(names.filter { !$0.hasPrefix("system.") })
    }

    /// Another host may be quicker.
    private static func make(_ collection: MongoCollection, _ db: MongoAccess) throws {
        do {
            _ = try db.run(["create": .text(collection.rawValue)], isRead: false)
        } catch let failure as MongoFailure where failure.code == 48 {
            return
        }
    }
}
