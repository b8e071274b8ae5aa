import FoundationEssentials
import GRDB
import Stores
import TestSupport
import Testing
import WireCore

@testable import SQLiteStore

@Suite("SQLiteStore keeps the contract of the newsroom")
struct SQLiteNewsroomTests {
    @Test("The contract, by two stores upon one file", arguments: NewsroomConformance.checks)
    func contract(_ check: NewsroomCheck) async throws {
        try await withTemporaryFolder { folder in
            let stores = [try SQLiteStore(path: folder + "/desk.sqlite"), try SQLiteStore(path: folder + "/desk.sqlite")]
            try await check.run(on: stores[0], stores[1])
            for store in stores { try await store.close() }
        }
    }
}
