import FoundationEssentials
import GRDB
public import Stores

extension SQLiteStore: HostStore {
    public func beat(_ entry: HostEntry) async throws -> [HostEntry] {
        // A power failure ends all who could read it: it need not be on the disk.
        try await writeLedger(.committed) { db, _ in
            try db.run("INSERT OR REPLACE INTO hosts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", HostColumns.values(of: entry))
            try db.run("DELETE FROM hosts WHERE beat_at < ?", SQLValue(entry.beatAt.addingTimeInterval(-HostEntry.memory)))
            return try db.hosts()
        }
    }

    public func leave(_ host: String) async throws {
        try await write { db in try db.run("DELETE FROM hosts WHERE id = ?", .text(host)) }
    }

    public func hosts() async throws -> [HostEntry] { try await read { db in try db.hosts() } }
}

extension Database {
    fileprivate func hosts() throws -> [HostEntry] { try rows("SELECT * FROM hosts ORDER BY started_at, id", [], HostColumns.entry) }
}

private enum HostColumns {
    static func values(of entry: HostEntry) -> [SQLValue] {
        let work = entry.work
        return [
            .text(entry.id), .text(StoredList.text(entry.roles)), .text(entry.version), SQLValue(entry.address), SQLValue(entry.startedAt),
            .integer(entry.beat), SQLValue(entry.beatAt), SQLValue(work.sources), SQLValue(work.pollsPerMinute), SQLValue(work.pollsUnderWay),
            SQLValue(work.leasesLost), .text(StoredList.text(work.jobs)),
        ]
    }

    static func entry(_ row: SQLRow) -> HostEntry {
        var entry = HostEntry(
            id: row.text(0), roles: StoredList.words(row.text(1)), version: row.text(2), address: row.optionalText(3), startedAt: row.date(4),
            beat: row.int64(5),
            beatAt: row.date(6))
        (entry.work.sources, entry.work.pollsPerMinute, entry.work.pollsUnderWay) = (row.int(7), row.int(8), row.int(9))
        (entry.work.leasesLost, entry.work.jobs) = (row.int(10), StoredList.words(row.text(11)))
        return entry
    }
}

/// The tables of hosts, and a source's lease.
enum HostTables {
    static let hosts = """
        CREATE TABLE hosts (
            id TEXT PRIMARY KEY NOT NULL,
            -- A JSON list.
            roles TEXT NOT NULL,
            version TEXT NOT NULL, address TEXT, started_at INTEGER NOT NULL,
            beat INTEGER NOT NULL, beat_at INTEGER NOT NULL,
            sources INTEGER NOT NULL, polls_per_minute INTEGER NOT NULL, polls_under_way INTEGER NOT NULL, leases_lost INTEGER NOT NULL,
            -- A JSON list.
            jobs TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Who polls it, under which number, until when.
    static let leases = """
        ALTER TABLE source_states ADD COLUMN lease_holder TEXT;
        ALTER TABLE source_states ADD COLUMN lease_number INTEGER;
        ALTER TABLE source_states ADD COLUMN lease_until INTEGER;
        """
}
