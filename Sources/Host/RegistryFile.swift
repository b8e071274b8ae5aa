import FoundationEssentials
public import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The registry's file: read whole, written whole, changed by one program at a time.
public struct RegistryFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// True when there is no such file.
    public var isMissing: Bool { FileStamp(of: path) == nil }

    /// The file's bytes. Throws `config` when there is none, or it cannot be read, or is larger than any registry.
    public func bytes() throws(DeskError) -> [UInt8] { try bytes(most: RegistryReader.maximumBytes) }

    func bytes(most: Int) throws(DeskError) -> [UInt8] {
        // A pipe would keep whoever opens it waiting for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let hint =
                errno == ENOENT
                ? "Name another with --registry FILE or WIREDESK_REGISTRY; `wiredesk sources add URL` begins one." : "Check the file's rights."
            throw DeskError(.config, "the registry cannot be read: \(reason(errno))", place: path, hint: hint)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or device"
            throw DeskError(
                .config, "the registry cannot be read: it is \(kind), and no regular file", place: path,
                hint: "Name a file with --registry FILE or WIREDESK_REGISTRY.")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw DeskError(.config, "the registry cannot be read: \(reason(errno))", place: path)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= most else {
                throw DeskError(.config, "the registry is larger than \(ByteCount(most))", place: path)
            }
        }
    }

    /// Reads and checks the file. Throws `config` with every problem in it.
    public func load() throws(DeskError) -> Registry {
        let bytes = try bytes()
        do {
            return try RegistryReader.read(bytes, file: path)
        } catch {
            throw error.deskError
        }
    }

    /// Changes the file under a lock: reads it, lets `change` edit it, checks the result, and puts it in the old one's place in one
    /// step, so that a reader sees the old file or the new one. A file that does not exist begins as an empty registry.
    public func edit(_ change: (inout RegistryEditor) throws -> Void) throws {
        let lock = try FolderLock(FilePathText(path: path).folder)
        let old = isMissing ? Array("{\n  \"version\": 1,\n  \"sources\": []\n}\n".utf8) : try bytes()
        var editor = RegistryEditor(text: old)
        try change(&editor)
        guard editor.text != old else { return }
        do {
            _ = try RegistryReader.read(editor.text, file: path)
        } catch {
            throw error.deskError
        }
        try replace(with: editor.text, syncing: lock)
    }

    /// Puts a text in the file's place in one step, whatever it says.
    func put(_ text: [UInt8]) throws(DeskError) {
        try replace(with: text, syncing: try FolderLock(FilePathText(path: path).folder))
    }

    /// Puts a text in the place of `expected`, nil being no file. False, and nothing changes, when the file says something else by now.
    func put(_ text: [UInt8], over expected: [UInt8]?) throws(DeskError) -> Bool {
        let lock = try FolderLock(FilePathText(path: path).folder)
        let present = isMissing ? nil : try bytes()
        guard present == expected else { return false }
        try replace(with: text, syncing: lock)
        return true
    }

    private func replace(with text: [UInt8], syncing folder: FolderLock) throws(DeskError) {
        // Through a symbolic link the file behind it is replaced, not the link.
        let target = realpath(path, nil).map { resolved in
            defer { free(resolved) }
            return String(cString: resolved)
        }
        let temporary = "\(target ?? path).new-\(getpid())"
        var mode: mode_t = 0o644
        var status = stat()
        if stat(path, &status) == 0 { mode = status.st_mode & 0o777 }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw unwritable() }
        var failed = !writeAll(text, to: descriptor)
        if fsync(descriptor) != 0 { failed = true }
        close(descriptor)
        guard !failed, rename(temporary, target ?? path) == 0 else {
            let error = unwritable()
            unlink(temporary)
            throw error
        }
        folder.sync()
    }

    private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private func unwritable() -> DeskError {
        DeskError(
            .config, "the registry cannot be written: \(reason(errno)); it is as it was", place: path,
            hint: "Check the rights of the file and its folder, and the free space.")
    }

    private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Lets one program at a time change the registry in a folder; let go when it is forgotten.
private final class FolderLock {
    private let descriptor: Int32

    init(_ folder: String) throws(DeskError) {
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw DeskError(.config, "the registry's folder cannot be opened: \(String(cString: strerror(errno)))", place: folder)
        }
    }

    /// Brings the folder's names to the disk.
    func sync() { fsync(descriptor) }

    deinit { close(descriptor) }
}

/// A path as a text.
struct FilePathText {
    let path: String
    var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
