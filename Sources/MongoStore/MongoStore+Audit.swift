public import FoundationEssentials
public import Stores

extension MongoStore: AuditStore {
    public func enterAudit(_ entry: AuditEntry) async throws -> AuditEntry {
        try await writeNews { db in
            var stored = entry
            stored.id = try db.next("audit")
            try db.insert(
                .audit,
                [
                    [
                        "_id": .int(stored.id), "at": BSON(entry.at), "actor": .text(entry.actor), "action": .text(entry.action),
                        "subject": BSON(entry.subject), "detail": BSON(entry.detail), "failure": BSON(entry.failure),
                    ]
                ])
            return stored
        }
    }

    public func auditEntries(before: Int64?, limit: Int) async throws -> [AuditEntry] {
        try await read { db in
            let filter: BSONDocument = before.map { ["_id": ["$lt": .int($0)]] } ?? [:]
            return try db.find(.audit, filter, sort: ["_id": -1], limit: max(0, limit)).map { line in
                var entry = AuditEntry(
                    at: try line.date("at"), actor: try line.text("actor"), action: try line.text("action"),
                    subject: try line.optionalText("subject"),
                    detail: try line.optionalText("detail"), failure: try line.optionalText("failure"))
                entry.id = try line.int64("_id")
                return entry
            }
        }
    }

    public func pruneAudit(before instant: Date) async throws -> Int {
        try await prune([Pruning.Step(isCounted: true) { db in try db.removeSome(.audit, ["at": ["$lt": BSON(instant)]]) }])
    }
}
