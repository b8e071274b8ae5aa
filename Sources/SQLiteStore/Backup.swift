public import FoundationEssentials
import GRDB
import Stores
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension SQLiteStore {
    /// What a backup came to.
    public struct Backup: Sendable {
        public var path: String
        /// Bytes of the file.
        public var bytes: Int
        public var articles: Int
    }

    /// Copies the store as it is at one instant into a file, while hosts work on it: it is read as any list is, so that no writer waits.
    ///
    /// The copy is checked, brought to the disk and only then given its name (0600). With `keeping`, older ones are kept as `path.1`,
    /// `path.2`, … up to that number. `report` is told how much is copied, 0…1.
    public func backUp(to path: String, keeping: Int = 0, report: @escaping @Sendable (Double) -> Void = { _ in }) async throws -> Backup {
        // Each process has its own: two backups at once must not take each other's half for a whole.
        let temporary = "\(path).partial-\(getpid())"
        StoreFile.removeLeftovers(of: path)
        do {
            try StoreFile.prepareEmpty(temporary)
            let copy = try DatabaseQueue(path: temporary, configuration: StoreFile.plain)
            try await read { db in
                try copy.writeWithoutTransaction { target in
                    // One snapshot throughout: the read transaction holds it.
                    try db.backup(to: target, pagesPerStep: 4096) { report(Double($0.completedPageCount) / Double(max(1, $0.totalPageCount))) }
                }
            }
            let (problems, articles) = try await copy.writeWithoutTransaction { db in
                // The copy says of itself, as the store does, that it has a log; alone it is one file.
                try db.run("PRAGMA journal_mode = DELETE")
                return (try db.problems(), try db.first("SELECT coalesce(sum(articles), 0) FROM article_counts") { $0.int(0) } ?? 0)
            }
            try copy.close()
            guard problems.isEmpty else { throw StoreFile.unsound(problems) }
            try StoreFile.sync(temporary)
            try StoreFile.rotate(path, keeping: keeping)
            try StoreFile.rename(temporary, to: path)
            return Backup(path: path, bytes: try StoreFile.size(of: path), articles: articles)
        } catch {
            StoreFile.remove(temporary)
            throw StoreFile.explain(error, path: path)
        }
    }

    /// What putting a backup in place came to.
    public struct Restoration: Sendable {
        public var articles: Int
        /// Where the store that was there before is kept; nil: there was none.
        public var kept: String?
    }

    /// Puts a backup in the place of the store at `path`, and keeps that one beside it under a name with `instant` in it. For when no
    /// process has the store open. The backup is checked, as a copy of its own, before anything changes; it stays as it is.
    public static func restore(_ backup: String, to path: String, at instant: Date) async throws -> Restoration {
        // Beside a link lies nothing.
        let path = URL(filePath: path).resolvingSymlinksInPath().path
        let new = path + ".restoring"
        do {
            try StoreFile.copy(backup, to: new)
            let articles = try await check(new)
            try StoreFile.sync(new)
            let kept = try await putAside(path, at: instant)
            try StoreFile.rename(new, to: path)
            return Restoration(articles: articles, kept: kept)
        } catch {
            StoreFile.remove(new)
            let fault = StoreFile.explain(error, path: backup)
            guard fault.place == new else { throw fault }
            throw DeskError(fault.code, fault.message, place: backup, hint: "Take another backup; the store is as it was.")
        }
    }

    /// Opens it as a store, which brings it up to date, and throws when it is not sound. Returns how many articles it holds.
    private static func check(_ path: String) async throws -> Int {
        let store = try SQLiteStore(path: path, readers: 1)
        let problems = try await store.check()
        guard problems.isEmpty else { throw StoreFile.unsound(problems) }
        let articles = try await store.articleCounts().values.reduce(0, +)
        try await store.close()
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        return articles
    }

    /// Gives the store a second name, and takes its log away from the first. A new file under that name would read the old log otherwise.
    private static func putAside(_ path: String, at instant: Date) async throws -> String? {
        let name = path + ".before-restore-" + UTCTime.text(instant).filter { $0 != ":" }
        // Two restores of one second keep what each of them found.
        let kept = ([name] + (2...99).map { "\(name)-\($0)" }).first { name in ["", "-wal"].allSatisfy { access(name + $0, F_OK) != 0 } } ?? name
        // A log whose store is gone would be read into the new one.
        guard access(path, F_OK) == 0 else { return try putCompanionsAside(path, kept) ? kept : nil }
        // Closing the last connection brings the log into the file; a damaged store is kept with its log.
        if let store = try? SQLiteStore(path: path, readers: 1, isForTransfer: true) { try? await store.close() }
        guard link(path, kept) == 0 else { throw StoreFile.unwritable(kept, errno) }
        _ = try putCompanionsAside(path, kept)
        return kept
    }

    /// Takes away what lies beside a store; false when there is nothing.
    private static func putCompanionsAside(_ path: String, _ kept: String) throws -> Bool {
        let files = ([path + "-wal", path + "-shm"] + JournalFile.names(beside: path)).filter { access($0, F_OK) == 0 }
        for file in files { try StoreFile.rename(file, to: kept + file.dropFirst(path.count)) }
        return !files.isEmpty
    }
}

/// Files, whole.
extension StoreFile {
    /// For files that are nobody's store yet.
    static var plain: Configuration {
        var configuration = Configuration()
        configuration.label = "wiredesk backup"
        configuration.foreignKeysEnabled = false
        return configuration
    }

    static func unsound(_ problems: [String]) -> DeskError {
        DeskError(
            .store, "the copy is not sound: \(problems.prefix(3).joined(separator: "; "))", hint: "`wiredesk doctor` looks at the store itself.")
    }

    static func unwritable(_ path: String, _ code: Int32) -> DeskError {
        DeskError(
            .store, "the file cannot be written: \(String(cString: strerror(code)))", place: path,
            hint: "Look at the rights of its folder and at the free space.")
    }

    static func prepareEmpty(_ path: String) throws {
        remove(path)
        let file = Glibc.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw unwritable(path, errno) }
        close(file)
    }

    /// Removes what backups left behind whose process was killed.
    static func removeLeftovers(of path: String) {
        let url = URL(filePath: path)
        let folder = url.deletingLastPathComponent().path
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard name.hasPrefix(url.lastPathComponent + ".partial-"), let process = Int32(name.split(separator: "-").last ?? "") else { continue }
            if kill(process, 0) != 0, errno == ESRCH { remove(folder + "/" + name) }
        }
    }

    static func copy(_ source: String, to target: String) throws {
        let from = Glibc.open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard from >= 0 else {
            throw DeskError(.usage, "the backup cannot be read: \(String(cString: strerror(errno)))", place: source)
        }
        defer { Glibc.close(from) }
        var status = stat()
        guard fstat(from, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw DeskError(.usage, "the backup is no file", place: source) }
        try prepareEmpty(target)
        let into = Glibc.open(target, O_WRONLY | O_CLOEXEC)
        guard into >= 0 else { throw unwritable(target, errno) }
        defer { close(into) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(from, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw DeskError(.store, "the backup cannot be read: \(String(cString: strerror(errno)))", place: source) }
            if count == 0 { return }
            var written = 0
            while written < count {
                let step = chunk[written..<count].withUnsafeBytes { write(into, $0.baseAddress, $0.count) }
                if step < 0, errno == EINTR { continue }
                guard step > 0 else { throw unwritable(target, errno) }
                written += step
            }
        }
    }

    /// Brings a file, or a folder's list of names, to the disk.
    static func sync(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unwritable(path, errno) }
    }

    static func rename(_ old: String, to new: String) throws {
        guard Glibc.rename(old, new) == 0 else { throw unwritable(new, errno) }
        try sync(URL(filePath: new).deletingLastPathComponent().path)
    }

    /// `path` becomes `path.1`, that one `path.2`, and so on; what was the last of `keeping` goes.
    static func rotate(_ path: String, keeping: Int) throws {
        guard keeping > 0, access(path, F_OK) == 0 else { return }
        for number in stride(from: keeping, through: 1, by: -1) {
            let older = number == 1 ? path : "\(path).\(number - 1)"
            if access(older, F_OK) == 0 { try rename(older, to: "\(path).\(number)") }
        }
    }

    static func size(of path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw unwritable(path, errno) }
        return Int(status.st_size)
    }

    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }
}
