import FoundationEssentials
import MongoStore
import SQLiteStore
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@Suite("Stores tell that the registry has changed")
struct RegistryNewsTests {
    @Test("MongoDB tells it as it happens, says when it cannot, and begins again when the server is back")
    func mongo() async throws {
        let server = try MongoServer(syncsOnCommit: true)
        let address = "mongodb://\(server.host)/desk?serverSelectionTimeoutMS=500"
        let (listening, publishing) = (try MongoStore(address: address), try MongoStore(address: address))
        let heard = Heard(try #require(listening.registryNews()))
        try await heard.wait(for: .listening)
        let start = ContinuousClock.now
        let at = Date(timeIntervalSince1970: 0)
        #expect(try await publishing.publishRegistry([1], replacing: 0, by: "desk", at: at) != nil)
        try await heard.wait(for: .changed)
        #expect(ContinuousClock.now - start < .seconds(5))

        let (port, folder) = server.kill()
        try await heard.wait(for: .deaf)
        let again = try MongoServer(port: port, folder: folder, syncsOnCommit: true)
        defer { again.end() }
        try await heard.wait(for: .listening)
        #expect(try await publishing.publishRegistry([2], replacing: 1, by: "desk", at: at) != nil)
        try await heard.wait(for: .changed)
        heard.end()
        try await listening.close()
        try await publishing.close()
    }

    @Test("SQLite has no way to tell, and says so")
    func sqlite() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.db")
            #expect(store.registryNews() == nil)
            try await store.close()
        }
    }
}

/// The words of a store, kept until somebody has waited for them.
private final class Heard: Sendable {
    private let words = Mutex<[RegistryNews]>([])
    private let listening = Mutex<Task<Void, Never>?>(nil)

    init(_ news: AsyncStream<RegistryNews>) {
        let task = Task { [weak self] in
            for await word in news { self?.words.withLock { $0.append(word) } }
        }
        listening.withLock { $0 = task }
    }

    /// Takes all words up to the first that is wanted. Throws when it does not come within 30 s.
    func wait(for wanted: RegistryNews) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            let hasCome = words.withLock { words in
                guard let index = words.firstIndex(of: wanted) else { return false }
                words.removeSubrange(...index)
                return true
            }
            if hasCome { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw DeskError(.failure, "“\(wanted)” did not come")
    }

    func end() { listening.withLock { $0?.cancel() } }
}
