import FoundationEssentials
import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a registry's file and the store last had in common, kept in the data folder under the file's name: a line of JSON that says which store,
/// which file and which revision, and then the text.
public struct RegistryMemory: Sendable {
    private let path: String
    private let folder: DataFolder
    /// Store and file, the one without secrets, the other without links: what is known of others tells nothing of these.
    private let subject: [String]

    public init(folder: DataFolder, place: String, registry: RegistryFile) {
        let url = URL(filePath: registry.path)
        path = folder.path + "/" + url.lastPathComponent + ".shared"
        self.folder = folder
        subject = [place, url.deletingLastPathComponent().resolvingSymlinksInPath().path + "/" + url.lastPathComponent]
    }

    private static let most = RegistryReader.maximumBytes + (16 << 10)

    /// Nil when nothing is known of this store and this file.
    func load() -> SharedText? {
        guard let bytes = try? RegistryFile(path: path).bytes(most: Self.most), let end = bytes.firstIndex(of: 0x0A),
            let head = (try? JSONReader.read(Array(bytes[..<end])))?.array, head.count == 3, head.prefix(2).map(\.string) == subject,
            let revision = head[2].int
        else { return nil }
        return SharedText(revision: Int64(revision), text: Array(bytes[(end + 1)...]))
    }

    func save(_ shared: SharedText) throws {
        var head = JSONWriter()
        head.array {
            for name in subject { $0.string(name) }
            $0.number(Int(shared.revision))
        }
        head.endLine()
        try RegistryFile(path: path).put(head.bytes + shared.text)
    }

    /// Takes the turn of whoever brings file and store in step: the host, or a command beside it. Waits ten seconds at most.
    func turn() async throws -> Turn {
        try folder.make()
        let descriptor = open(folder.path + "/registry.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DeskError(.config, "the data folder cannot be written: \(String(cString: strerror(errno)))", place: folder.path)
        }
        let turn = Turn(descriptor: descriptor)
        let end = ContinuousClock.now + .seconds(10)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard .now < end else {
                throw DeskError(
                    .failure, "another wiredesk has been sharing the registry for more than ten seconds", place: folder.path,
                    hint: "Is the store slow? Try again.")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return turn
    }

    /// Held until it is let go.
    final class Turn: Sendable {
        private let descriptor: Int32

        fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }
    }
}
