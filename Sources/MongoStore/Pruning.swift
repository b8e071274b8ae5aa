import FoundationEssentials
import Stores
import WireCore

/// What ages, removed in small steps: each is a transaction of its own, so that others need not wait long.
enum Pruning {
    /// Polls kept of one source, whatever their age.
    static let pollsKept = 200
    /// How long an item stays known that its source no longer shows, after its article was pruned.
    static let daysKnown: Int64 = 30
    /// Runs kept of one job, whatever their age.
    static let jobRunsKept = 200
    /// Documents removed in one step.
    static let perStep = 500

    /// One step: returns how many documents of its kind went, which tells whether there is more.
    struct Step: Sendable {
        /// False for what a person would not count: traces, not records.
        let isCounted: Bool
        let run: @Sendable (MongoAccess) throws -> Int
    }

    /// The steps, each to be repeated until it returns 0.
    static func steps(pollsBefore: Date, articlesBefore: Date?) -> [Step] {
        var steps = [
            Step(isCounted: true) { db in try db.removeSome(.polls, ["started_at": ["$lt": BSON(pollsBefore)]]) },
            Step(isCounted: true) { db in try db.removeSurplusPolls() },
            Step(isCounted: false) { db in try db.removeTraces() },
        ]
        if let articlesBefore {
            steps.append(Step(isCounted: true) { db in try db.removeArticles(before: articlesBefore) })
        }
        return steps
    }
}

extension MongoAccess {
    /// Removes up to one step's number of the documents that meet the filter; returns how many.
    func removeSome(_ collection: MongoCollection, _ filter: BSONDocument) throws -> Int {
        let ids = try find(collection, filter, limit: Pruning.perStep, only: ["_id"]).compactMap { $0["_id"] }
        guard !ids.isEmpty else { return 0 }
        return try remove(collection, ["_id": ["$in": .list(ids)]])
    }

    fileprivate func removeSurplusPolls() throws -> Int {
        let crowded = try aggregate(
            .polls, [["$group": ["_id": "$source", "n": ["$sum": 1]]], ["$match": ["n": ["$gt": BSON(Pruning.pollsKept)]]], ["$limit": 50]])
        return try crowded.reduce(0) { removed, group in
            let (source, count) = (try group.text("_id"), try group.int("n"))
            let surplus = try find(
                .polls, ["source": .text(source)], sort: ["started_at": 1, "_id": 1], limit: min(count - Pruning.pollsKept, Pruning.perStep),
                only: ["_id"]
            ).compactMap { $0["_id"] }
            return removed + (try remove(.polls, ["_id": ["$in": .list(surplus)]]))
        }
    }

    /// The sightings of pruned articles stay without one, so that an item its source still shows is not new again.
    fileprivate func removeArticles(before instant: Date) throws -> Int {
        let aged = try find(.articles, ["first_seen_at": ["$lt": BSON(instant)]], limit: Pruning.perStep, only: ["_id"]).map { try $0.int64("_id") }
        guard !aged.isEmpty else { return 0 }
        let ids: BSON = ["$in": BSON(aged)]
        let today = try present()?.utcDay ?? instant.utcDay
        let orphaned: BSONDocument = ["$set": ["seen_day": .int(today), "is_orphan": true], "$unset": ["article": 1]]
        try update(.sightings, ["article": ids], orphaned, isMany: true)
        try update(.articles, ["near": ids], ["$unset": ["near": 1]], isMany: true)
        for collection in [MongoCollection.contents, .queue, .enrichments] { try remove(collection, ["_id": ids]) }
        return try remove(.articles, ["_id": ids])
    }

    /// Counts of past days, and what was pruned and is shown no more.
    fileprivate func removeTraces() throws -> Int {
        guard let today = try present()?.utcDay else { return 0 }
        return try removeSome(.sourceDays, ["day": ["$lt": .int(today - 1)]])
            + removeSome(.sightings, ["is_orphan": true, "seen_day": ["$lt": .int(today - Pruning.daysKnown)]])
    }

    /// The desk's time as the polls tell it: the store has no clock.
    private func present() throws -> Date? { try first(.polls, [:], sort: ["started_at": -1], only: ["started_at"])?.date("started_at") }
}
