import FoundationEssentials
import Stores
import TestSupport
import Testing
import WireCore

@testable import MongoStore

@Suite("MongoStore keeps the contracts")
struct MongoConformanceTests {
    @Test("Of Stores", arguments: StoreConformance.checks)
    func stores(_ check: StoreCheck) async throws {
        try await withMongoStores(1) { stores in try await check.run(on: stores[0]) }
    }

    @Test("Of the ledger, by two hosts upon one database", arguments: LedgerConformance.checks)
    func ledger(_ check: LedgerCheck) async throws {
        try await withMongoStores(2) { stores in try await check.run(on: stores[0], stores[1]) }
    }

    @Test("Of the newsroom, by two hosts upon one database", arguments: NewsroomConformance.checks)
    func newsroom(_ check: NewsroomCheck) async throws {
        try await withMongoStores(2) { stores in try await check.run(on: stores[0], stores[1]) }
    }

    @Test("Of hosts at work, by two hosts upon one database", arguments: HostConformance.checks)
    func hosts(_ check: HostCheck) async throws {
        try await withMongoStores(2) { stores in try await check.run(on: stores[0], stores[1]) }
    }

    @Test("Of audit lines, by two hosts upon one database", arguments: AuditConformance.checks)
    func audit(_ check: AuditCheck) async throws {
        try await withMongoStores(2) { stores in try await check.run(on: stores[0], stores[1]) }
    }

    @Test("Of the shared registry, by two hosts upon one database", arguments: RegistryConformance.checks)
    func registry(_ check: RegistryCheck) async throws {
        try await withMongoStores(2) { stores in try await check.run(on: stores[0], stores[1]) }
    }
}

/// Runs `body` with stores upon one new database, as so many hosts would have them, and removes it afterwards.
func withMongoStores(_ count: Int, _ body: ([MongoStore]) async throws -> Void) async throws {
    let address = try MongoServer.newDatabase()
    let stores = try (0..<count).map { _ in try MongoStore(address: address) }
    let result: Result<Void, any Error>
    do { result = .success(try await body(stores)) } catch { result = .failure(error) }
    for store in stores { try await store.close() }
    try removeDatabase(address)
    try result.get()
}

func removeDatabase(_ address: String) throws {
    let pool = try MongoPool(MongoPlace(parsing: address), most: 1)
    try pool.withClient { client in
        _ = try client.read { db in try db.run(["dropDatabase": 1], isRead: false) }
    }
}
