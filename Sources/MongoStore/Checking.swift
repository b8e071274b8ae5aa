import FoundationEssentials
import WireCore

extension MongoAccess {
    /// What the documents say that cannot be, one line each; empty when all is well. Reads page by page and looks up by indexed fields alone, so
    /// that its time grows with the number of documents and its memory does not.
    func problems() throws -> [String] {
        var counts: [(String, Int)] = []
        for rule in Self.rules { counts.append((rule.complaint, try count(rule.collection, rule.exception))) }
        for link in Self.links { counts.append((link.complaint, try countBroken(link))) }
        counts.append(("an article that its own source is not known to have shown", try countUnshown()))
        counts.append(("an article that is understood and still waits to be", try countMet(.queue, in: .enrichments)))
        counts += try countMerged()
        return counts.filter { $0.1 > 0 }.map { "\($0.1) × \($0.0)" }
    }

    // MARK: - One document by itself

    private struct Rule {
        var complaint: String
        var collection: MongoCollection
        /// What no document should meet.
        var exception: BSONDocument
    }

    private static let rules = [
        Rule(complaint: "an article without an identity", collection: .articles, exception: ["identity": ""]),
        Rule(
            complaint: "an article linked to a later one, or to itself", collection: .articles,
            exception: ["near": ["$exists": true], "$expr": ["$gte": ["$near", "$_id"]]]),
        Rule(
            complaint: "a day with a negative count", collection: .sourceDays,
            exception: ["$or": [["items": ["$lt": 0]], ["bytes": ["$lt": 0]]]]),
        Rule(complaint: "a source without a revision", collection: .sourceStates, exception: ["revision": ["$lt": 1]]),
        Rule(
            complaint: "a job run that ended without an instant", collection: .jobRuns,
            exception: ["$expr": ["$ne": [["$eq": ["$outcome", "running"]], ["$eq": ["$ended_at", .null]]]]]),
    ]

    // MARK: - Documents that name others

    private struct Link {
        var complaint: String
        var collection: MongoCollection
        var filter: BSONDocument = [:]
        /// The field that names a document of `target` by its `_id`.
        var field = "_id"
        var target: MongoCollection
    }

    private static let links = [
        Link(
            complaint: "an article linked to one that is gone", collection: .articles, filter: ["near": ["$exists": true]], field: "near",
            target: .articles),
        Link(complaint: "a poll of a source without a state", collection: .polls, field: "source", target: .sourceStates),
        Link(complaint: "an enrichment without an article", collection: .enrichments, target: .articles),
        Link(complaint: "an article that waits to be understood and is gone", collection: .queue, target: .articles),
    ]

    private func countBroken(_ link: Link) throws -> Int {
        var broken = 0
        try eachPage(link.collection, link.filter, only: [link.field]) { page in
            let there = try ids(in: link.target, of: page.compactMap { $0[link.field] })
            broken += page.count { document in document[link.field].map { !there.contains($0.key) } ?? true }
        }
        return broken
    }

    private func countMet(_ collection: MongoCollection, in other: MongoCollection) throws -> Int {
        var met = 0
        try eachPage(collection, only: ["_id"]) { page in met += try ids(in: other, of: page.compactMap { $0["_id"] }).count }
        return met
    }

    private func countUnshown() throws -> Int {
        var unshown = 0
        try eachPage(.articles, only: ["source"]) { page in
            var shown: Set<String> = []
            try each(.sightings, ["article": ["$in": .list(page.compactMap { $0["_id"] })]], only: ["article", "source"]) { sighting in
                shown.insert("\(try sighting.int64("article")) \(try sighting.text("source"))")
            }
            unshown += try page.count { !shown.contains("\(try $0.int64("_id")) \(try $0.text("source"))") }
        }
        return unshown
    }

    private func countMerged() throws -> [(String, Int)] {
        var merged: Set<Int64> = []
        try each(.narratives, ["merged_into": ["$gt": 0]], only: ["_id"]) { merged.insert(try $0.int64("_id")) }
        guard !merged.isEmpty else { return [] }
        let ids = BSON(merged.sorted())
        return [
            ("an article in a narrative that was merged", try count(.enrichments, ["narrative": ["$in": ids]])),
            ("a narrative in one that was merged itself", try count(.narratives, ["merged_into": ["$in": ids]])),
        ]
    }

    /// Those of the ids that are there.
    private func ids(in collection: MongoCollection, of ids: [BSON]) throws -> Set<String> {
        let distinct = Dictionary(ids.map { ($0.key, $0) }) { first, _ in first }
        return Set(try find(collection, ["_id": ["$in": .list(Array(distinct.values))]], only: ["_id"]).compactMap { $0["_id"]?.key })
    }

    private func eachPage(
        _ collection: MongoCollection, _ filter: BSONDocument = [:], only fields: [String], _ take: ([BSONDocument]) throws -> Void
    ) throws {
        var page: [BSONDocument] = []
        try each(collection, filter, only: fields) { document in
            page.append(document)
            guard page.count == 1000 else { return }
            try take(page)
            page = []
        }
        if !page.isEmpty { try take(page) }
    }
}

extension BSON {
    /// An `_id` that is a number or a text, as a key of a set.
    fileprivate var key: String {
        switch self {
        case .int(let number): "i\(number)"
        case .text(let text): "t\(text)"
        default: "?\(self)"
        }
    }
}
