import FoundationEssentials
import SQLiteStore
import Stores
import TestSupport
import Testing

@Suite("SQLiteStore keeps the contract of Stores")
struct SQLiteConformanceTests {
    @Test("The contract", arguments: StoreConformance.checks)
    func contract(_ check: StoreCheck) async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            try await check.run(on: store)
            try await store.close()
        }
    }

    @Test("Of hosts at work, by two doors to one file", arguments: HostConformance.checks)
    func hosts(_ check: HostCheck) async throws {
        try await withTemporaryFolder { folder in
            let doors = try (0..<2).map { _ in try SQLiteStore(path: folder + "/desk.sqlite") }
            try await check.run(on: doors[0], doors[1])
            for door in doors { try await door.close() }
        }
    }

    @Test("The contract of the shared registry, by two hosts upon one file", arguments: RegistryConformance.checks)
    func registry(_ check: RegistryCheck) async throws {
        try await withTemporaryFolder { folder in
            let stores = try (0..<2).map { _ in try SQLiteStore(path: folder + "/desk.sqlite") }
            try await check.run(on: stores[0], stores[1])
            for store in stores { try await store.close() }
        }
    }
}

/// Runs `body` with the path of a new folder, and removes it afterwards.
func withTemporaryFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appending(path: "wiredesk-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}
