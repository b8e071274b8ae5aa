import Foundation
import SQLiteStore
import Stores
import TestSupport
import Testing
import WireCore

@testable import Host

@Suite("Hosts share one registry")
struct RegistrySharingTests {
    private static func text(_ ids: String...) -> [UInt8] {
        let sources = ids.map { #"{ "id": "\#($0)", "kind": "feed", "url": "https://\#($0).example/feed" }"# }
        return Array(#"{ "version": 1, "sources": [\#(sources.joined(separator: ", "))] }"#.utf8)
    }

    @Test("What becomes of file and shared text follows from what they had in common")
    func decisions() {
        func decide(_ local: String?, _ base: (Int64, String)?, _ shared: (Int64, String)?) -> RegistryMerge.Action {
            func shown(_ text: (Int64, String)?) -> SharedText? { text.map { SharedText(revision: $0.0, text: Array($0.1.utf8)) } }
            return RegistryMerge.decide(local: local.map { Array($0.utf8) }, base: shown(base), shared: shown(shared))
        }
        #expect(decide(nil, nil, nil) == .nothing)
        #expect(decide("a", nil, nil) == .publish(replacing: 0))
        #expect(decide("a", (3, "a"), nil) == .publish(replacing: 0))
        #expect(decide(nil, nil, (1, "a")) == .take(.missing))
        #expect(decide(nil, (1, "a"), (1, "a")) == .take(.missing))
        #expect(decide("a", (1, "a"), (1, "a")) == .nothing)
        #expect(decide("a", nil, (1, "a")) == .remember)
        #expect(decide("b", (1, "a"), (2, "b")) == .remember)
        #expect(decide("b", (1, "a"), (1, "a")) == .publish(replacing: 1))
        #expect(decide("a", (1, "a"), (2, "b")) == .take(.newer))
        #expect(decide("c", (1, "a"), (2, "b")) == .take(.conflict))
        #expect(decide("c", nil, (2, "b")) == .take(.newcomer))
        // A backup was brought in: the files are newer.
        #expect(decide("b", (5, "b"), (3, "a")) == .publish(replacing: 3))
        // Another store under the same name, as far along.
        #expect(decide("b", (1, "a"), (1, "z")) == .take(.conflict))
    }

    /// Two hosts, each with a folder, upon one store.
    private struct Hosts {
        let store: SQLiteStore
        let folder: String

        func sharing(_ name: String, file: RegistryFile? = nil) -> RegistrySharing {
            try? FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
            let file = file ?? self.file(name)
            let memory = RegistryMemory(folder: DataFolder(path: folder + "/" + name + "/data"), place: "sqlite:a \"shared\" one", registry: file)
            return RegistrySharing(
                file: file, memory: memory, store: store, by: "desk@\(name)",
                clock: HandClock("2026-11-24T08:00:00Z"))
        }

        func file(_ name: String) -> RegistryFile { RegistryFile(path: folder + "/" + name + "/Plugins.json") }

        func write(_ text: [UInt8], _ name: String) throws {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
            try file(name).put(text)
        }

        func kept(_ name: String) -> [String] { RegistrySharing.conflicts(beside: file(name)) }
    }

    private func withHosts(_ body: (Hosts) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-share-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/shared.db")
        try await body(Hosts(store: store, folder: folder))
        try await store.close()
    }

    @Test("The first host publishes its file, a new one without a file takes it, and a change of either reaches the other")
    func backAndForth() async throws {
        try await withHosts { hosts in
            let (one, two) = (hosts.sharing("one"), hosts.sharing("two"))
            try hosts.write(Self.text("a"), "one")
            #expect(try await one.step() == .published(revision: 1))
            #expect(try await two.step() == .taken(revision: 1, by: "desk@one", kept: nil))
            #expect(try hosts.file("two").bytes() == Self.text("a"))
            try hosts.write(Self.text("a", "b"), "two")
            #expect(try await two.step() == .published(revision: 2))
            #expect(try await one.step() == .taken(revision: 2, by: "desk@two", kept: nil))
            #expect(try hosts.file("one").bytes() == Self.text("a", "b"))
            for host in [one, two] { #expect(try await host.step() == .nothing) }
            #expect(hosts.kept("one") + hosts.kept("two") == [])
        }
    }

    @Test("Where both were changed the shared text holds, and the other is kept beside the file until somebody publishes it")
    func conflict() async throws {
        try await withHosts { hosts in
            let (one, two) = (hosts.sharing("one"), hosts.sharing("two"))
            try hosts.write(Self.text("a"), "one")
            _ = try await one.step()
            _ = try await two.step()
            try hosts.write(Self.text("one"), "one")
            try hosts.write(Self.text("two"), "two")
            #expect(try await one.step() == .published(revision: 2))
            guard case .taken(2, "desk@one", let kept?) = try await two.step() else {
                Issue.record("nothing was kept")
                return
            }
            #expect(try hosts.file("two").bytes() == Self.text("one"))
            #expect(try RegistryFile(path: kept).bytes() == Self.text("two"))
            #expect(hosts.kept("two").count == 1)
            // From where it is kept: what the host's own file had in common with the store stays known.
            #expect(try await hosts.sharing("two", file: RegistryFile(path: kept)).publish() == 3)
            for host in [one, two] { #expect(try await host.step() == .taken(revision: 3, by: "desk@two", kept: nil)) }
            #expect(try hosts.file("one").bytes() == Self.text("two"))
        }
    }

    @Test("A newcomer with a file of its own takes the shared one and keeps its own")
    func newcomer() async throws {
        try await withHosts { hosts in
            let (one, two) = (hosts.sharing("one"), hosts.sharing("two"))
            try hosts.write(Self.text("a"), "one")
            _ = try await one.step()
            try hosts.write(Self.text("mine"), "two")
            guard case .taken(1, _, .some) = try await two.step() else {
                Issue.record("nothing was kept")
                return
            }
            #expect(try hosts.file("two").bytes() == Self.text("a"))
        }
    }

    @Test("A wrong file is not published, and a shared text that this version refuses is not taken")
    func wrong() async throws {
        try await withHosts { hosts in
            let (one, two) = (hosts.sharing("one"), hosts.sharing("two"))
            try hosts.write(Self.text("a"), "one")
            _ = try await one.step()
            _ = try await two.step()
            try hosts.write(Array("{".utf8), "one")
            guard case .invalid = try await one.step() else {
                Issue.record("a wrong file was taken for right")
                return
            }
            #expect(try await hosts.store.sharedRegistryRevision() == 1)
            await #expect(throws: DeskError.self) { _ = try await one.publish() }
            _ = try await hosts.store.publishRegistry(
                Array(#"{ "version": 1, "sources": [], "future": 1 }"#.utf8), replacing: 1, by: "desk@later", at: .now)
            guard case .refused(2, "desk@later", let problem) = try await two.step() else {
                Issue.record("a text from the future was taken")
                return
            }
            #expect(problem.contains("future"))
            #expect(try hosts.file("two").bytes() == Self.text("a"))
        }
    }

    @Test("A file that cannot be written leaves the text to be put in force, and says so")
    func unwritable() async throws {
        // Whoever may write everywhere is kept out by a folder of the temporary file's name.
        try await withHosts { hosts in
            let (one, two) = (hosts.sharing("one"), hosts.sharing("two"))
            try hosts.write(Self.text("a"), "one")
            _ = try await one.step()
            try FileManager.default.createDirectory(
                atPath: hosts.folder + "/two/Plugins.json.new-\(getpid())", withIntermediateDirectories: true)
            guard case .unwritable(let registry, 1, _) = try await two.step() else {
                Issue.record("it was written")
                return
            }
            #expect(registry.sources.map(\.id.text) == ["a"])
        }
    }

    @Test("Many changes at once on two hosts end with both saying the same, and none lost without a copy")
    func crowd() async throws {
        try await withHosts { hosts in
            let (one, two) = (hosts.sharing("one"), hosts.sharing("two"))
            try hosts.write(Self.text("a"), "one")
            _ = try await one.step()
            _ = try await two.step()
            for round in 0..<10 {
                async let first: Void = Self.change("one", round, hosts, one)
                async let second: Void = Self.change("two", round, hosts, two)
                _ = try await (first, second)
            }
            for _ in 0..<2 {
                _ = try await one.step()
                _ = try await two.step()
            }
            #expect(try hosts.file("one").bytes() == hosts.file("two").bytes())
            #expect(try await hosts.store.sharedRegistry()?.text == hosts.file("one").bytes())
        }
    }

    private static func change(_ name: String, _ round: Int, _ hosts: Hosts, _ sharing: RegistrySharing) async throws {
        try hosts.write(text("\(name)-\(round)"), name)
        _ = try await sharing.step()
    }
}
