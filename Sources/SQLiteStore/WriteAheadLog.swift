import GRDB
import GRDBSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The log beside the database file, into which every commit is written first (sqlite.org/wal.html).
///
/// SQLite writes it with `synchronous=NORMAL`, which syncs it only before a checkpoint; what is committed is brought to the disk from here,
/// by one call for many transactions, and only where somebody waits for it. The file is ours to open: SQLite keeps no locks on it.
final class WriteAheadLog: Sendable {
    private let descriptor: Int32
    /// The database file's, with no link in it.
    let databasePath: String

    /// Opens the log of a database in WAL mode: it stays the same file until the last connection has closed.
    init(of db: Database) throws {
        // By SQLite's own name for it: where the path is a link, the log lies beside the file that it leads to.
        guard let name = db.sqliteConnection.flatMap({ sqlite3_db_filename($0, "main") }), let path = sqlite3_filename_wal(name) else {
            throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "the database has no write-ahead log")
        }
        databasePath = String(cString: name)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("opening the write-ahead log") }
    }

    deinit { close(descriptor) }

    /// Returns when the disk has everything that was committed before.
    func sync() throws {
        #if canImport(Glibc)
            let status = fdatasync(descriptor)
        #else
            let status = fcntl(descriptor, F_FULLFSYNC)
        #endif
        guard status == 0 else { throw Self.failure("syncing the write-ahead log") }
    }

    private static func failure(_ what: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_IOERR, message: "\(what): \(String(cString: strerror(errno)))")
    }
}
