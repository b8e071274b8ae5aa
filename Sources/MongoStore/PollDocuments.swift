import FoundationEssentials
import Resilience
import Stores
import WireCore

/// `polls`: the diary of polls, appended to and pruned.
extension MongoAccess {
    func insert(_ poll: PollRecord) throws {
        var poll = poll
        poll.id = try draw("polls", 1)?.lowerBound ?? 0
        try insert(.polls, [PollDocument.document(poll)])
    }

    /// Newest start first.
    func polls(_ query: PollQuery) throws -> [PollRecord] {
        var filter: BSONDocument = query.source.map { ["source": .text($0.text)] } ?? [:]
        if let before = query.before {
            let earlier: BSONDocument = ["started_at": ["$lt": BSON(before.startedAt)]]
            let sameInstant: BSONDocument = ["started_at": BSON(before.startedAt), "_id": ["$lt": .int(before.id)]]
            filter = filter + ["$or": .list([.document(earlier), .document(sameInstant)])]
        }
        return try find(.polls, filter, sort: ["started_at": -1, "_id": -1], limit: max(0, query.limit)).map(PollDocument.poll)
    }
}

private enum PollDocument {
    static func document(_ poll: PollRecord) -> BSONDocument {
        [
            "_id": .int(poll.id), "source": .text(poll.source.text), "started_at": BSON(poll.startedAt), "duration_ms": BSON(poll.durationMs),
            "outcome": .text(poll.outcome.rawValue), "message": .text(poll.message), "hint": BSON(poll.hint),
            "served_by": BSON(poll.servedBy?.text), "attempts": BSON(poll.attempts), "pages": BSON(poll.pages), "redirects": BSON(poll.redirects),
            "bytes_on_wire": BSON(poll.bytesOnWire), "bytes_decoded": BSON(poll.bytesDecoded),
            "items": [
                "seen": BSON(poll.items.seen), "new": BSON(poll.items.new), "updated": BSON(poll.items.updated),
                "duplicate": BSON(poll.items.duplicate), "rejected": BSON(poll.items.rejected),
            ],
            "status": BSON(poll.evidence.status), "content_type": BSON(poll.evidence.contentType), "first_bytes": BSON(poll.evidence.firstBytes),
            "breaker_state": BSON(poll.breaker.rawValue), "ended": .text(poll.end),
        ]
    }

    static func poll(_ document: BSONDocument) throws -> PollRecord {
        var poll = PollRecord(
            source: try document.source("source"), startedAt: try document.date("started_at"), outcome: try document.word("outcome"))
        poll.id = try document.int64("_id")
        poll.durationMs = try document.int("duration_ms")
        (poll.message, poll.hint) = (try document.text("message"), try document.optionalText("hint"))
        poll.servedBy = try document.optionalText("served_by").flatMap { SourceID($0) }
        (poll.attempts, poll.pages, poll.redirects) = (try document.int("attempts"), try document.int("pages"), try document.int("redirects"))
        (poll.bytesOnWire, poll.bytesDecoded) = (try document.int("bytes_on_wire"), try document.int("bytes_decoded"))
        let items = try document.document("items")
        (poll.items.seen, poll.items.new, poll.items.updated) = (try items.int("seen"), try items.int("new"), try items.int("updated"))
        (poll.items.duplicate, poll.items.rejected) = (try items.int("duplicate"), try items.int("rejected"))
        poll.evidence = Evidence(
            status: try document.optionalInt("status"), contentType: try document.optionalText("content_type"),
            firstBytes: try document.optionalText("first_bytes"))
        poll.breaker = Breaker.State(rawValue: try document.int("breaker_state")) ?? .closed
        poll.end = try document.text("ended")
        return poll
    }
}
