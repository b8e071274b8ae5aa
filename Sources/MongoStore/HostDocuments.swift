import FoundationEssentials
public import Stores

extension MongoStore: HostStore {
    /// Entries that beat no more go by an index of their own: see ``Schema``.
    public func beat(_ entry: HostEntry) async throws -> [HostEntry] {
        try await writePresence { db in
            try db.update(.hosts, [.put(HostDocument.document(entry))])
            return try db.hosts().filter { entry.beatAt.timeIntervalSince($0.beatAt) <= HostEntry.memory }
        }
    }

    public func leave(_ host: String) async throws {
        _ = try await writePresence { db in try db.remove(.hosts, ["_id": .text(host)]) }
    }

    public func hosts() async throws -> [HostEntry] { try await read { db in try db.hosts() } }
}

extension MongoAccess {
    fileprivate func hosts() throws -> [HostEntry] { try find(.hosts, sort: ["started_at": 1, "_id": 1]).map(HostDocument.entry) }
}

private enum HostDocument {
    static func document(_ entry: HostEntry) -> BSONDocument {
        let work = entry.work
        return [
            "_id": .text(entry.id), "roles": BSON(entry.roles), "version": .text(entry.version), "address": BSON(entry.address),
            "started_at": BSON(entry.startedAt), "beat": .int(entry.beat), "beat_at": BSON(entry.beatAt), "sources": BSON(work.sources),
            "polls_per_minute": BSON(work.pollsPerMinute), "polls_under_way": BSON(work.pollsUnderWay), "leases_lost": BSON(work.leasesLost),
            "jobs": BSON(work.jobs), "seen": .instant(entry.beatAt.milliseconds),
        ]
    }

    static func entry(_ document: BSONDocument) throws -> HostEntry {
        var entry = HostEntry(
            id: try document.text("_id"), roles: try document.words("roles"), version: try document.text("version"),
            address: try document.optionalText("address"), startedAt: try document.date("started_at"), beat: try document.int64("beat"),
            beatAt: try document.date("beat_at"))
        entry.work.sources = try document.int("sources")
        entry.work.pollsPerMinute = try document.int("polls_per_minute")
        entry.work.pollsUnderWay = try document.int("polls_under_way")
        entry.work.leasesLost = try document.int("leases_lost")
        entry.work.jobs = try document.words("jobs")
        return entry
    }
}
