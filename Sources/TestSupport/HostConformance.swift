import FoundationEssentials
public import Stores

/// The contract of ``HostStore`` as a list of checks, each for two doors to one fresh, empty store.
public enum HostConformance {
    public static let checks: [HostCheck] = [
        HostCheck("An entry comes back as it was, to whoever asks, and a later beat takes its place") { store, other in
            var entry = full("desk-1 4711:88:boot", at: 0)
            try expectEqual(try await store.beat(entry), [entry])
            (entry.beat, entry.beatAt, entry.work.jobs, entry.address) = (2, at(2.5), [], nil)
            try expectEqual(try await store.beat(entry), [entry])
            try expectEqual(try await other.hosts(), [entry])
            try expectEqual(entry.machine, "desk-1")
            try expectEqual(entry.pid, "4711")
        },
        HostCheck("Whoever beats sees everybody, and who leaves is gone") { store, other in
            let (first, second) = (full("a 1:1:b", at: 1), full("b 2:2:b", at: 0))
            _ = try await store.beat(first)
            try expectEqual(try await other.beat(second), [second, first], "by start")
            try await other.leave(first.id)
            try await other.leave("nobody")
            try expectEqual(try await store.hosts(), [second])
        },
        HostCheck("An entry is forgotten when a beat is an hour younger, no sooner") { store, other in
            let (old, young) = (full("old 1:1:b", at: 0), full("young 2:2:b", at: HostEntry.memory))
            _ = try await store.beat(old)
            try expectEqual(try await other.beat(young).map(\.id), [old.id, young.id])
            try expectEqual(try await other.beat(full(young.id, at: HostEntry.memory + 0.001)).map(\.id), [young.id])
        },
        HostCheck("Many hosts beat at the same time, each sees itself") { store, other in
            try await crowd(20) { number in
                for beat in 0..<3 {
                    let id = "host-\(number) 1:1:b"
                    let seen = try await (number % 2 == 0 ? store : other).beat(full(id, at: Double(beat)))
                    try expect(seen.contains { $0.id == id && $0.beatAt == at(Double(beat)) }, "\(id) does not see itself")
                }
            }
            try expectEqual(try await store.hosts().count, 20)
        },
    ]

    /// In the year 2100: MongoDB itself removes, by its own clock and some time each minute, what was last seen an hour ago.
    private static func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 4_102_444_800 + seconds) }

    /// With a value in every field.
    private static func full(_ id: String, at seconds: Double) -> HostEntry {
        var entry = HostEntry(
            id: id, roles: ["poll", "web"], version: "1.2.3", address: "http://127.0.0.1:8080", startedAt: at(seconds), beat: 1, beatAt: at(seconds))
        (entry.work.sources, entry.work.pollsPerMinute, entry.work.pollsUnderWay, entry.work.leasesLost) = (1_000_000, 900, 64, 3)
        entry.work.jobs = ["enrich", "watch"]
        return entry
    }
}

/// One sentence of the contract and how to try it.
public struct HostCheck: Sendable, CustomStringConvertible {
    /// A sentence about behaviour.
    public let name: String
    let body: @Sendable (any HostStore, any HostStore) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any HostStore, any HostStore) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    public func run(on store: any HostStore, _ other: any HostStore) async throws { try await body(store, other) }
}
