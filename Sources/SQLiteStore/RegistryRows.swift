public import FoundationEssentials
import GRDB
public import Stores

extension SQLiteStore: RegistryStore {
    public func sharedRegistry() async throws -> SharedRegistry? { try await read { db in try db.sharedRegistry() } }

    public func sharedRegistryRevision() async throws -> Int64 {
        try await read { db in try db.first("SELECT revision FROM shared_registry") { $0.int64(0) } ?? 0 }
    }

    public func publishRegistry(_ text: [UInt8], replacing revision: Int64, by: String, at instant: Date) async throws -> SharedRegistry? {
        try await write { db in
            guard try db.first("SELECT revision FROM shared_registry", make: { $0.int64(0) }) ?? 0 == revision else { return nil }
            try db.run(
                "INSERT OR REPLACE INTO shared_registry (id, revision, text, by, at) VALUES (1, ?, ?, ?, ?)", .integer(revision + 1),
                .blob(text), .text(by), SQLValue(instant))
            return try db.sharedRegistry()
        }
    }

    /// SQLite tells other processes nothing.
    public func registryNews() -> AsyncStream<RegistryNews>? { nil }
}

extension Database {
    fileprivate func sharedRegistry() throws -> SharedRegistry? {
        try first("SELECT revision, text, by, at FROM shared_registry") { row in
            SharedRegistry(revision: row.int64(0), text: row.bytes(1), by: row.text(2), at: row.date(3))
        }
    }
}

/// The registry that several hosts share: one row, or none.
enum RegistryTable {
    static let registry = """
        CREATE TABLE shared_registry (
            id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, text BLOB NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        """
}
