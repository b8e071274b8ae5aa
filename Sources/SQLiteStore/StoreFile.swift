import FoundationEssentials
import GRDB
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The database file: how it is opened, and what its errors mean to a person.
enum StoreFile {
    /// How long a write waits for another process before it gives up, in seconds.
    static let busyTimeout = 5.0

    /// Opens the file, making it and its folder where they are missing, and brings its tables up to date. An existing file that is
    /// not ours is left as it is.
    static func open(_ path: String, readers: Int) throws(DeskError) -> (DatabasePool, WriteAheadLog) {
        do {
            try prepareFile(path)
            let pool = try patiently { try openOnce(path, readers: readers) }
            return (pool, try pool.writeWithoutTransaction { db in try WriteAheadLog(of: db) })
        } catch {
            throw explain(error, path: path)
        }
    }

    private static func openOnce(_ path: String, readers: Int) throws -> DatabasePool {
        let pool = try DatabasePool(path: path, configuration: configuration(readers: readers))
        try pool.read { db in try refuseForeign(db) }
        try migrate(pool)
        // As GRDB sets it, after prepareDatabase. FULL would sync with every commit; that is done by WriteAheadLog, where it is waited for.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = NORMAL") }
        return pool
    }

    /// Tries again while another connection is in the way, until ``busyTimeout`` has passed. SQLite waits only for locks that are
    /// given up in time: of two connections that switch a new file to WAL at once, each would wait for the other, so both are told
    /// at once that it is busy (sqlite.org/c3ref/busy_handler.html).
    private static func patiently<T>(_ open: () throws -> T) throws -> T {
        let deadline = ContinuousClock.now + .seconds(busyTimeout)
        while true {
            do {
                return try open()
            } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) && .now < deadline {
                // Uneven, so that those who met do not meet again.
                usleep(.random(in: 1_000...20_000))
            }
        }
    }

    private static func configuration(readers: Int) -> Configuration {
        var configuration = Configuration()
        configuration.label = "wiredesk"
        configuration.maximumReaderCount = max(1, readers)
        configuration.busyMode = .callback(waitForOthers)
        configuration.foreignKeysEnabled = true
        // GRDB would trap, were a rollback ever to fail; GroupCommit rolls back before it begins again.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in
            db.add(function: FoldedSearch.function)
            if !db.configuration.readonly {
                try db.execute(sql: "PRAGMA journal_size_limit = \(64 << 20)")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
                // Negative: KiB. The indexes' inner pages stay at hand.
                try db.execute(sql: "PRAGMA cache_size = -16384")
                try db.execute(sql: "PRAGMA temp_store = MEMORY")
            }
        }
        return configuration
    }

    /// Sleeps a millisecond on average and says whether to try the lock again. SQLite's own patience soon sleeps a tenth of a second
    /// each time: beside a process that always has something to write it would find the lock taken for seconds on end.
    private static func waitForOthers(_ tries: Int) -> Bool {
        usleep(.random(in: 500...1500))
        return Double(tries) < busyTimeout * 1000
    }

    /// Makes the folder (0700) and an empty file (0600) where there are none: only the desk's user reads what it keeps.
    private static func prepareFile(_ path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        try makeFolder(folder)
        guard makeFile(path), access(path, R_OK | W_OK) == 0 else { throw POSIXFailure(number: errno) }
    }

    /// True when there is a file afterwards. One that is there is not opened: closing it would give up all locks that this process
    /// holds on it, those of another store on the same file too (sqlite.org/howtocorrupt.html, 2.2).
    private static func makeFile(_ path: String) -> Bool {
        if mknod(path, S_IFREG | 0o600, 0) == 0 { return true }
        guard errno == EEXIST, access(path, F_OK) != 0 else { return errno == EEXIST || access(path, F_OK) == 0 }
        // A link to a file that is still to be made.
        let file = Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        return file >= 0 && close(file) == 0
    }

    /// Makes a folder and those that it lies in.
    private static func makeFolder(_ folder: String) throws {
        if mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, folder != "/" else { throw FolderFailure(number: errno) }
        try makeFolder(URL(filePath: folder).deletingLastPathComponent().path)
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw FolderFailure(number: errno) }
    }

    private static func refuseForeign(_ db: Database) throws {
        let id = try db.first("PRAGMA application_id") { $0.int64(0) } ?? 0
        guard id != Schema.applicationID else {
            guard try !Schema.migrator.hasBeenSuperseded(db) else { throw Refusal.newer }
            return
        }
        // Another process may be about to make the tables: the list of migrations comes first.
        let tables = try db.first("SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'") { $0.int(0) } ?? 0
        guard tables == 0, id == 0 else { throw Refusal.foreign }
    }

    /// Two processes may open a new file at once: the one that comes second finds tables made, and goes on with those that are not.
    private static func migrate(_ pool: DatabasePool) throws {
        while true {
            let before = try pool.read(Schema.migrator.appliedIdentifiers).count
            do {
                return try Schema.migrator.migrate(pool)
            } catch {
                guard try pool.read(Schema.migrator.appliedIdentifiers).count > before else { throw error }
            }
        }
    }

    private enum Refusal: Error {
        case newer
        case foreign
    }

    private struct POSIXFailure: Error {
        var number: Int32
    }

    private struct FolderFailure: Error {
        var number: Int32
    }

    // MARK: - Errors for people

    /// The error as a ``DeskError`` with code `store`, the path, and what to do.
    static func explain(_ error: any Error, path: String) -> DeskError {
        switch error {
        case let error as DeskError:
            return error.place == nil ? DeskError(error.code, error.message, place: path, hint: error.hint) : error
        case let error as DatabaseError: return explain(error, path: path)
        case Refusal.newer:
            return DeskError(
                .store, "the store was written by a newer version of wiredesk", place: path,
                hint: "Run that version, or name another file with --store.")
        case Refusal.foreign:
            return DeskError(
                .store, "this is a SQLite database of another program", place: path,
                hint: "Name another file with --store; this one was left as it is.")
        case let failure as POSIXFailure:
            return DeskError(
                .store, "the file cannot be opened for writing: \(String(cString: strerror(failure.number)))", place: path,
                hint: "Give the desk's user write permission to the file and its folder, or name another place with --store.")
        case let failure as FolderFailure:
            return DeskError(
                .store, "the store's folder cannot be made: \(String(cString: strerror(failure.number)))", place: path,
                hint: "Make the folder, with write permission for the desk's user, or name another place with --store.")
        default: return DeskError(.store, "\(error)", place: path)
        }
    }

    private static func explain(_ error: DatabaseError, path: String) -> DeskError {
        let seen = error.message.map { " (\($0))" } ?? ""
        let (message, hint) =
            switch error.resultCode {
            case .SQLITE_NOTADB:
                (
                    "this is no SQLite database\(seen)",
                    "Name another file with --store, or move this one away; it was left as it is."
                )
            case .SQLITE_CORRUPT:
                (
                    "the store is damaged\(seen)",
                    "Stop the desk and restore the file from a backup, or rescue it with `sqlite3 FILE .recover`."
                )
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
                (
                    "the store cannot be opened for writing\(seen)",
                    "Give the desk's user write permission to the file and its folder; SQLite writes `-wal` and `-shm` beside it."
                )
            case .SQLITE_FULL:
                (
                    "the disk is full\(seen)",
                    "Make room on its file system; nothing was half written, and the next write tries again."
                )
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                (
                    "another process has kept the store locked for more than \(Int(busyTimeout)) s\(seen)",
                    "Find it with `fuser FILE`; a backup tool or an open `sqlite3` shell is the usual one."
                )
            case .SQLITE_IOERR:
                ("reading or writing the store failed\(seen)", "Look at the system's log for disk errors.")
            default: ("the store failed: \(error.resultCode)\(seen)", "If this goes on, run `wiredesk doctor`.")
            }
        return DeskError(.store, message, place: path, hint: hint)
    }
}
