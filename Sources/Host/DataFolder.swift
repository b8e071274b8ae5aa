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

    /// Takes the folder for this host until the process ends, however it ends. Throws `store` when another host has it.
    public func lockForHost() throws(DeskError) -> HostLock {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw DeskError(.store, "the data folder cannot be made: \(String(cString: strerror(errno)))", place: path)
        }
        let file = path + "/host.lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DeskError(.store, "the data folder cannot be written: \(String(cString: strerror(errno)))", place: file)
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
