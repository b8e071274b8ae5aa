import FoundationEssentials
import WireCore

extension MongoAccess {
    /// What the documents say that cannot be, one line each; empty when all is well.
    func problems() throws -> [String] {
        try Self.invariants.compactMap { invariant in
            let stages = invariant.exceptions + [["$group": ["_id": .null, "n": ["$sum": 1]]]]
            let count = try aggregate(invariant.collection, stages).first?.int("n") ?? 0
            return count == 0 ? nil : "\(count) × \(invariant.complaint)"
        }
    }

    private struct Invariant {
        var complaint: String
        var collection: MongoCollection
        /// What no document should come through.
        var exceptions: [BSONDocument]

        init(_ complaint: String, _ collection: MongoCollection, _ exceptions: [BSONDocument]) {
            (self.complaint, self.collection, self.exceptions) = (complaint, collection, exceptions)
        }
    }

    private static func join(_ collection: MongoCollection, _ local: String, _ foreign: String) -> BSONDocument {
        [
            "$lookup": [
                "from": .text(collection.rawValue), "localField": .text(local), "foreignField": .text(foreign), "as": "joined",
            ]
        ]
    }

    private static let isAlone: BSONDocument = ["$match": ["joined": ["$size": 0]]]

    private static let invariants = ofPollsAndArticles + ofNewsroom

    private static let ofPollsAndArticles = [
        Invariant(
            "an article that its own source is not known to have shown", .articles,
            [
                join(.sightings, "_id", "article"),
                ["$match": ["$expr": ["$not": [["$in": ["$source", ["$map": ["input": "$joined", "as": "one", "in": "$$one.source"]]]]]]]],
            ]),
        Invariant(
            "an article linked to a later one, to itself, or to one that is gone", .articles,
            [
                ["$match": ["near": ["$exists": true]]], join(.articles, "near", "_id"),
                ["$match": ["$or": [["joined": ["$size": 0]], ["$expr": ["$gte": ["$near", "$_id"]]]]]],
            ]),
        Invariant("an article without an identity", .articles, [["$match": ["identity": ""]]]),
        Invariant("a day with a negative count", .sourceDays, [["$match": ["$or": [["items": ["$lt": 0]], ["bytes": ["$lt": 0]]]]]]),
        Invariant("a source without a revision", .sourceStates, [["$match": ["revision": ["$lt": 1]]]]),
        Invariant("a poll of a source without a state", .polls, [join(.sourceStates, "source", "_id"), isAlone]),
    ]

    private static let ofNewsroom = [
        Invariant(
            "an article that is understood and still waits to be", .queue,
            [join(.enrichments, "_id", "_id"), ["$match": ["joined": ["$ne": []]]]]),
        Invariant("an enrichment without an article", .enrichments, [join(.articles, "_id", "_id"), isAlone]),
        Invariant("an article that waits to be understood and is gone", .queue, [join(.articles, "_id", "_id"), isAlone]),
        Invariant(
            "an article in a narrative that was merged", .enrichments,
            [
                ["$match": ["narrative": ["$gt": 0]]], join(.narratives, "narrative", "_id"),
                ["$match": ["joined.merged_into": ["$gt": 0]]],
            ]),
        Invariant(
            "a narrative in one that was merged itself", .narratives,
            [
                ["$match": ["merged_into": ["$gt": 0]]], join(.narratives, "merged_into", "_id"),
                ["$match": ["joined.merged_into": ["$gt": 0]]],
            ]),
        Invariant(
            "a job run that ended without an instant", .jobRuns,
            [["$match": ["$expr": ["$ne": [["$eq": ["$outcome", "running"]], ["$eq": ["$ended_at", .null]]]]]]]),
    ]
}
