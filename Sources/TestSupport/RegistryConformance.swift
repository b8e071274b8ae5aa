import FoundationEssentials
public import Stores

/// The contract of ``RegistryStore`` as a list of checks, each for two doors to one fresh, empty store.
public enum RegistryConformance {
    public static let checks: [RegistryCheck] = [
        RegistryCheck("A text comes back under growing revisions, with who published it and when") { store, other in
            let at = Date(timeIntervalSince1970: 1_795_507_200.25)
            try expectEqual(try await store.sharedRegistry(), nil)
            try expectEqual(try await other.sharedRegistryRevision(), 0)
            let first = try await store.publishRegistry(Array("{}\u{0}".utf8), replacing: 0, by: "desk@one", at: at)
            try expectEqual(first, SharedRegistry(revision: 1, text: Array("{}\u{0}".utf8), by: "desk@one", at: at))
            try expectEqual(try await other.sharedRegistry(), first)
            let second = try await other.publishRegistry([], replacing: 1, by: "desk@two", at: at)
            try expectEqual(second?.revision, 2)
            try expectEqual(try await store.sharedRegistry(), second)
            try expectEqual(try await store.sharedRegistryRevision(), 2)
        },
        RegistryCheck("Who has not seen the last revision changes nothing") { store, other in
            _ = try await store.publishRegistry([1], replacing: 0, by: "a", at: Date(timeIntervalSince1970: 0))
            for revision in [0, 2, -1] as [Int64] {
                try expectEqual(try await other.publishRegistry([2], replacing: revision, by: "b", at: Date(timeIntervalSince1970: 0)), nil)
            }
            try expectEqual(try await other.sharedRegistry()?.text, [1])
        },
        RegistryCheck("Of many who replace the same revision at once one succeeds") { store, other in
            let published = try await withThrowingTaskGroup(of: SharedRegistry?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await (number % 2 == 0 ? store : other)
                            .publishRegistry([UInt8(number)], replacing: 0, by: "\(number)", at: Date(timeIntervalSince1970: 0))
                    }
                }
                return try await group.reduce(into: [SharedRegistry?]()) { $0.append($1) }
            }.compactMap(\.self)
            try expectEqual(published.count, 1)
            try expectEqual(try await other.sharedRegistry(), published[0])
        },
        RegistryCheck("A text of 20 MiB comes back whole, and a shorter one after it too") { store, other in
            let large = [UInt8](repeating: 0x20, count: 20 << 20) + [1]
            _ = try await store.publishRegistry(large, replacing: 0, by: "a", at: Date(timeIntervalSince1970: 0))
            try expectEqual(try await other.sharedRegistry()?.text == large, true)
            _ = try await store.publishRegistry([7], replacing: 1, by: "a", at: Date(timeIntervalSince1970: 0))
            try expectEqual(try await other.sharedRegistry()?.text, [7])
        },
    ]
}

/// One sentence of the contract and how to try it.
public struct RegistryCheck: Sendable, CustomStringConvertible {
    /// A sentence about behaviour.
    public let name: String
    let body: @Sendable (any RegistryStore, any RegistryStore) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any RegistryStore, any RegistryStore) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    public func run(on store: any RegistryStore, _ other: any RegistryStore) async throws { try await body(store, other) }
}
