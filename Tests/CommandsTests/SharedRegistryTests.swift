import Demo
import Foundation
import Stores
import TestSupport
import Testing
import WireCore

@testable import MongoStore

@Suite("Hosts on one store share the registry") struct SharedRegistryTests {
    /// How a store tells its hosts that the registry has changed.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case changeStream, polledMongo, polledFile

        var testDescription: String { rawValue }
    }

    @Test("A source disabled on one host is polled by the other no more within a second", arguments: Way.allCases)
    func disabled(_ way: Way) async throws {
        // One of its own: its fail points are nobody else's.
        let server = way == .polledFile ? nil : try MongoServer()
        defer { server?.end() }
        if way == .polledMongo, let server { try failAggregations("mongodb://\(server.host)") }
        try await Rig.with { rig in
            let store = server.map { "mongodb://\($0.host)/desk" } ?? "sqlite:\(rig.folder)/shared.db"
            try hurry(rig)
            let first = try rig.start(["run", "--listen", "127.0.0.1:0", "--store", store])
            defer { kill(first.process.processIdentifier, SIGKILL) }
            try await eventually { first.log.contains("published to all hosts") }
            // The second begins without a file.
            let others = ["--store", store, "--registry", "two/Plugins.json", "--data", "two/data"]
            try FileManager.default.createDirectory(atPath: rig.folder + "/two", withIntermediateDirectories: true)
            let second = try rig.start(["run", "--listen", "127.0.0.1:0"] + others)
            defer { kill(second.process.processIdentifier, SIGKILL) }
            try await eventually { second.log.contains("listening") }
            if way == .polledMongo { try await eventually { second.log.contains("tells no changes") } }
            let before = rig.newsroom.requests["decrypt"] ?? 0
            // The hosts have just divided the sources anew.
            try await eventually(within: 60) { rig.newsroom.requests["decrypt"] ?? 0 > before + 2 }

            let disabling = try rig.start(["sources", "disable", "decrypt", "--store", store])
            try await eventually(within: 30) { second.log.contains("changed=1") }
            let inForce = Date()
            try await disabling.ended(within: 30)
            let written = try FileManager.default.attributesOfItem(atPath: rig.registry)[.modificationDate] as? Date
            let delay = inForce.timeIntervalSince(try #require(written))
            print("\(way.rawValue): in force on the other host \(delay) s after the file was changed here")
            // Less than a second on a machine that is not busy; without news it would be minutes.
            #expect(delay < 10)
            try await Task.sleep(for: .seconds(max(0, 1 - delay)))
            let then = rig.newsroom.requests["decrypt"]
            try await Task.sleep(for: .seconds(3))
            #expect(rig.newsroom.requests["decrypt"] == then)

            // And back, from the other side.
            _ = try await rig.run(["sources", "enable", "decrypt"] + others)
            try await eventually(within: 30) { !(try String(contentsOfFile: rig.registry, encoding: .utf8)).contains("disabled") }
            try await eventually { rig.newsroom.requests["decrypt"] ?? 0 > (then ?? 0) + 1 }
        }
    }

    @Test("Two commands that add at once both have their source in, and doctor says whose text it is")
    func added() async throws {
        try await Rig.with { rig in
            let store = ["--store", "sqlite:\(rig.folder)/shared.db"]
            let two = store + ["--registry", "two/Plugins.json", "--data", "two/data"]
            try FileManager.default.createDirectory(atPath: rig.folder + "/two", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: rig.registry, toPath: rig.folder + "/two/Plugins.json")
            let list = #"<opml version="2.0"><body><outline type="rss" text="t" xmlUrl="https://NAME.example/feed"/></body></opml>"#
            for name in ["red", "blue"] {
                try list.replacingOccurrences(of: "NAME", with: name).write(toFile: rig.folder + "/\(name).opml", atomically: true, encoding: .utf8)
            }
            async let red = rig.run(["sources", "import", "red.opml"] + store)
            async let blue = rig.run(["sources", "import", "blue.opml"] + two)
            for result in try await [red, blue] { #expect(result.status == 0, "\(result.errors)") }
            let doctor = try await rig.run(["doctor", "--json"] + store).list()
            #expect(doctor.contains { $0["name"] as? String == "shared registry" })
            for side in [store, two] {
                // Whatever it is, a command that changes begins with what the others have.
                _ = try await rig.run(["sources", "enable", "decrypt"] + side)
                let text = try await rig.run(["sources", "list", "--json"] + side).output
                #expect(text.contains("red.example") && text.contains("blue.example"))
            }
        }
    }

    @Test("With the store in the data folder, or when told so, each host has a registry of its own")
    func unshared() async throws {
        try await Rig.with { rig in
            let refused = try await rig.run("sources", "publish")
            #expect(refused.status == 64 && refused.errors.contains("shared with nobody"))
            _ = try await rig.run("sources", "disable", "decrypt")
            #expect(!FileManager.default.fileExists(atPath: rig.folder + "/data"))
            let store = "sqlite:\(rig.folder)/shared.db"
            _ = try await rig.run("sources", "disable", "decrypt", "--store", store, environment: ["WIREDESK_OWN_REGISTRY": "1"])
            #expect(!FileManager.default.fileExists(atPath: rig.folder + "/shared.db"))
            #expect(try await rig.run("sources", "publish", "--store", store).output.contains("revision 1"))
        }
    }

    @Test("Where the store cannot be reached a change is made here all the same, and said so")
    func unreachable() async throws {
        try await Rig.with { rig in
            let result = try await rig.run("sources", "disable", "decrypt", "--store", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200")
            #expect(result.status == 0)
            #expect(result.errors.contains("cannot be shared now"))
            #expect(try String(contentsOfFile: rig.registry, encoding: .utf8).contains("disabled"))
        }
    }

    /// One source is polled every second.
    private func hurry(_ rig: Rig) throws {
        let text = try String(contentsOfFile: rig.registry, encoding: .utf8)
        try text.replacingOccurrences(of: #""id": "decrypt","#, with: #""id": "decrypt", "interval": "1s","#)
            .write(toFile: rig.registry, atomically: true, encoding: .utf8)
    }

    /// Nobody opens a change stream on that server, which is an aggregation.
    private func failAggregations(_ address: String) throws {
        let pool = try MongoPool(MongoPlace(parsing: address), most: 1)
        try pool.withClient { client in
            _ = try client.read { db in
                try db.run(
                    [
                        "configureFailPoint": "failCommand", "mode": "alwaysOn",
                        "data": ["failCommands": ["aggregate"], "errorCode": 40573],
                    ], isRead: false, admin: true)
            }
        }
    }
}
