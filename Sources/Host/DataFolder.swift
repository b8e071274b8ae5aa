public import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The folder that holds what the desk keeps, and the lock that lets one host at a time work on it.
public struct DataFolder: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// The embedded store's file.
    public var databasePath: String { path + "/wiredesk.db" }

    /// True when there is such a folder. Throws when something else has its name.
    public func exists() throws(DeskError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw unusable(errno) }
            return false
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw unusable(ENOTDIR) }
        return true
    }

    /// Makes the folder, and those that it lies in, where they are missing; only the desk's user may enter it.
    public func make() throws(DeskError) {
        guard try !exists() else { return }
        var folders = [path]
        while let folder = folders.last.map({ FilePathText(path: $0).folder }), folder != "/", folder != ".", access(folder, F_OK) != 0 {
            folders.append(folder)
        }
        for folder in folders.reversed() where mkdir(folder, 0o700) != 0 && errno != EEXIST { throw unusable(errno) }
    }

    /// Checks that the desk can write there, now or once the folder is made, and makes nothing. Throws with the reason when not.
    public func checkWritable() throws(DeskError) {
        guard access(try nearest(), W_OK | X_OK) == 0 else { throw unusable(errno) }
    }

    /// The folder itself, or while it is not there the nearest of those that it would lie in.
    public func nearest() throws(DeskError) -> String {
        var folder = path
        if try !exists() {
            repeat { folder = FilePathText(path: folder).folder } while folder != "/" && folder != "." && access(folder, F_OK) != 0
        }
        return folder
    }

    private func unusable(_ code: Int32) -> DeskError {
        let what = code == ENOTDIR ? "it, or what it lies in, is a file" : String(cString: strerror(code))
        return DeskError(
            .config, "the data folder cannot be used: \(what)", place: path,
            hint: "Name another with --data DIR or WIREDESK_DATA, or give this user the right to write there.")
    }

    /// Takes the folder for this host until the process ends, however it ends. Throws `store` when another host has it.
    public func lockForHost() throws(DeskError) -> HostLock {
        try make()
        let file = path + "/host.lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw unusable(errno)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 32)
            let count = read(descriptor, &text, text.count)
            close(descriptor)
            let owner = count > 0 ? " (process \(String(decoding: text[..<count].prefix { $0 > 0x20 }, as: UTF8.self)))" : ""
            throw DeskError(
                .store, "another wiredesk\(owner) is already at work on this data", place: path,
                hint: "Stop it first, or give this one a folder of its own with --data DIR.")
        }
        let note = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, note, note.count, 0) }
        return HostLock(descriptor: descriptor)
    }
}

/// Holds the data folder for this host; letting go of it lets another take over.
public final class HostLock: Sendable {
    private let descriptor: Int32

    fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
