import FoundationEssentials
import Stores
import WireCore

/// `enrichment_queue`: which articles are to be understood, and who has taken them.
///
/// A document is held by the claim whose number it bears while `held_until` is there; that this has passed lets another take it, but until
/// one does, its holder may still file. One that was let go keeps the number, so that a batch is claimed again as it was. Of two hosts that
/// take the same at once, one finds the other in the way, and looks again.
enum QueueDocument {
    static func new(_ article: Int64, of source: SourceID, at instant: Date) -> BSONDocument {
        [
            "_id": .int(article), "source": .text(source.text), "state": 0, "queued_at": BSON(instant), "waits_since": .null, "claim": .null,
            "attempts": 0, "held_until": .null,
        ]
    }
}

extension MongoAccess {
    func claimNewArticles(limit: Int, now: Date, until: Date) throws -> ArticleClaim? {
        let filter: BSONDocument = ["state": 0, "$or": Self.isFree(now)]
        let free = try find(.queue, filter, sort: ["_id": 1], limit: max(0, limit)).map(Queued.init)
        return try take(free.prefix { $0.claim == free[0].claim }, until: until)
    }

    func claimModelBatch(size: Int, patience: Duration, now: Date, until: Date) throws -> ArticleClaim? {
        if let again = try interruptedBatch(now: now) { return try take(again[...], until: until) }
        let size = max(1, size)
        guard let source = try sourceDue(size: size, waitingSince: now.addingTimeInterval(-patience.seconds)) else { return nil }
        let filter: BSONDocument = ["state": 1, "claim": .null, "source": .text(source)]
        return try take(try find(.queue, filter, sort: ["waits_since": 1, "_id": 1], limit: size).map(Queued.init)[...], until: until)
    }

    func setAsideForModel(_ articles: [Int64], claim: Int64, now: Date) throws {
        let waiting: BSONDocument = ["state": 1, "waits_since": BSON(now), "claim": .null, "attempts": 0, "held_until": .null]
        try update(.queue, Self.isHeld(claim, articles), ["$set": .document(waiting)], isMany: true)
    }

    func releaseClaim(_ claim: Int64) throws {
        try update(.queue, ["claim": .int(claim)], ["$set": ["held_until": .null]], isMany: true)
    }

    func releaseAllClaims() throws -> Int {
        try update(.queue, ["claim": ["$ne": .null], "held_until": ["$ne": .null]], ["$set": ["held_until": .null]], isMany: true)
    }

    /// Takes those articles out of the queue that the claim holds, and returns them.
    func leaveQueue(_ articles: [Int64], claim: Int64) throws -> Set<Int64> {
        let held = try find(.queue, Self.isHeld(claim, articles), only: ["_id"]).map { try $0.int64("_id") }
        if !held.isEmpty { try remove(.queue, ["_id": ["$in": BSON(held)]]) }
        return Set(held)
    }

    func enrichmentBacklog() throws -> EnrichmentBacklog {
        var backlog = EnrichmentBacklog()
        let groups = try aggregate(.queue, [["$group": ["_id": "$state", "n": ["$sum": 1], "oldest": ["$min": "$queued_at"]]]])
        for group in groups {
            if try group.int64("_id") == 0 { backlog.new = try group.int("n") } else { backlog.forModel = try group.int("n") }
            let oldest = try group.date("oldest")
            backlog.oldest = min(backlog.oldest ?? oldest, oldest)
        }
        return backlog
    }

    // MARK: - Steps

    private static func isFree(_ now: Date) -> BSON { [["held_until": .null], ["held_until": ["$lte": BSON(now)]]] }

    private static func isHeld(_ claim: Int64, _ articles: [Int64]) -> BSONDocument {
        ["_id": ["$in": BSON(articles)], "claim": .int(claim), "held_until": ["$ne": .null]]
    }

    private struct Queued {
        var article: Int64
        var claim: Int64?
        var attempts: Int

        init(_ document: BSONDocument) throws {
            (article, claim, attempts) = (try document.int64("_id"), try document.optionalInt64("claim"), try document.int("attempts"))
        }
    }

    /// The number is drawn after looking: whoever was quicker with one of these articles has a smaller one, or is in the way.
    private func take(_ queued: ArraySlice<Queued>, until: Date) throws -> ArticleClaim? {
        guard let attempts = queued.first?.attempts, let number = try draw("claims", 1)?.lowerBound else { return nil }
        let ids = queued.map(\.article)
        let taken: BSONDocument = ["$set": ["claim": .int(number), "held_until": BSON(until)], "$inc": ["attempts": 1]]
        try update(.queue, ["_id": ["$in": BSON(ids)]], taken, isMany: true)
        return ArticleClaim(number: number, attempt: attempts + 1, articles: try articles(ids: ids))
    }

    /// The oldest batch that was taken and not brought to its end; empty ones there are none.
    private func interruptedBatch(now: Date) throws -> [Queued]? {
        let filter: BSONDocument = ["state": 1, "claim": ["$gt": 0], "$or": Self.isFree(now)]
        guard let claim = try first(.queue, filter, sort: ["claim": 1])?.int64("claim") else { return nil }
        return try find(.queue, ["claim": .int(claim)], sort: ["_id": 1]).map(Queued.init)
    }

    /// Of the sources that are due the one that has waited longest.
    private func sourceDue(size: Int, waitingSince: Date) throws -> String? {
        let due = try aggregate(
            .queue,
            [
                ["$match": ["state": 1, "claim": .null]],
                ["$group": ["_id": "$source", "since": ["$min": "$waits_since"], "n": ["$sum": 1]]],
                ["$match": ["$or": [["since": ["$lte": BSON(waitingSince)]], ["n": ["$gte": BSON(size)]]]]],
                ["$sort": ["since": 1, "_id": 1]], ["$limit": 1],
            ])
        return try due.first?.text("_id")
    }
}
