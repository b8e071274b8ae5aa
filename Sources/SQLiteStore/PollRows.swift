import FoundationEssentials
import GRDB
import Resilience
import Stores
import WireCore

/// `polls`: the diary of polls, appended to and pruned.
extension Database {
    func insert(_ poll: PollRecord) throws {
        try run(PollColumns.insert, PollColumns.values(of: poll))
    }

    /// Newest start first.
    func polls(_ query: PollQuery) throws -> [PollRecord] {
        var conditions: [String] = []
        var values: [SQLValue] = []
        if let source = query.source {
            conditions.append("source = ?")
            values.append(.text(source.text))
        }
        if let cursor = query.before {
            conditions.append("(started_at, id) < (?, ?)")
            values += [SQLValue(cursor.startedAt), .integer(cursor.id)]
        }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql = "SELECT id, \(PollColumns.all) FROM polls \(condition) ORDER BY started_at DESC, id DESC LIMIT ?"
        return try rows(sql, values + [SQLValue(max(0, query.limit))], PollColumns.poll)
    }
}

/// The columns of `polls`, without the id, in the order in which they are written and read.
private enum PollColumns {
    private static let names = [
        "source", "started_at", "duration_ms", "outcome", "message", "hint", "served_by", "attempts", "pages", "redirects",
        "bytes_on_wire", "bytes_decoded", "items_seen", "items_new", "items_updated", "items_duplicate", "items_rejected",
        "status",
        "content_type", "first_bytes", "breaker_state", "ended",
    ]
    static let all = names.joined(separator: ", ")
    static let insert = "INSERT INTO polls (\(all)) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))"

    static func values(of poll: PollRecord) -> [SQLValue] {
        [
            .text(poll.source.text), SQLValue(poll.startedAt), SQLValue(poll.durationMs), .text(poll.outcome.rawValue),
            .text(poll.message), SQLValue(poll.hint), SQLValue(poll.servedBy?.text), SQLValue(poll.attempts),
            SQLValue(poll.pages),
            SQLValue(poll.redirects), SQLValue(poll.bytesOnWire), SQLValue(poll.bytesDecoded), SQLValue(poll.items.seen),
            SQLValue(poll.items.new), SQLValue(poll.items.updated), SQLValue(poll.items.duplicate), SQLValue(poll.items.rejected),
            SQLValue(poll.evidence.status), SQLValue(poll.evidence.contentType), SQLValue(poll.evidence.firstBytes),
            SQLValue(poll.breaker.rawValue), .text(poll.end),
        ]
    }

    static func poll(_ row: SQLRow) throws -> PollRecord {
        guard let outcome = Outcome(rawValue: row.text(4)) else {
            throw DeskError(
                .store, "the store holds a poll with the unknown outcome \"\(SafeText.line(row.text(4), limit: 40))\"")
        }
        var poll = PollRecord(source: try row.source(1), startedAt: row.date(2), outcome: outcome)
        poll.id = row.int64(0)
        poll.durationMs = row.int(3)
        poll.message = row.text(5)
        poll.hint = row.optionalText(6)
        poll.servedBy = row.optionalText(7).flatMap { SourceID($0) }
        (poll.attempts, poll.pages, poll.redirects) = (row.int(8), row.int(9), row.int(10))
        (poll.bytesOnWire, poll.bytesDecoded) = (row.int(11), row.int(12))
        (poll.items.seen, poll.items.new, poll.items.updated) = (row.int(13), row.int(14), row.int(15))
        (poll.items.duplicate, poll.items.rejected) = (row.int(16), row.int(17))
        poll.evidence = Evidence(status: row.optionalInt(18), contentType: row.optionalText(19), firstBytes: row.optionalText(20))
        poll.breaker = Breaker.State(rawValue: row.int(21)) ?? .closed
        poll.end = row.text(22)
        return poll
    }
}
