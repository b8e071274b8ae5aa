import FoundationEssentials
public import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the registry's file and the store last had in common, kept in the data folder: "STORE revision N", a line end, and the text.
public struct RegistryMemory: Sendable {
    private let path: String
    private let folder: DataFolder
    /// The store's name, without secrets: what was in common with another store tells nothing of this one.
    private let place: String

    public init(folder: DataFolder, place: String) {
        path = folder.path + "/registry.shared"
        self.folder = folder
        self.place = place
    }

    private static let most = RegistryReader.maximumBytes + 4096

    /// Nil when nothing is known, or what is known is of another store.
    func load() -> SharedText? {
        guard let bytes = try? RegistryFile(path: path).bytes(most: Self.most), let end = bytes.firstIndex(of: 0x0A) else { return nil }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[0] == place, words[1] == "revision", let revision = Int64(words[2]) else { return nil }
        return SharedText(revision: revision, text: Array(bytes[(end + 1)...]))
    }

    func save(_ shared: SharedText) throws {
        try RegistryFile(path: path).put(Array("\(place) revision \(shared.revision)\n".utf8) + shared.text)
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
