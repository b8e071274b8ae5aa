import Costs
import Foundation
import SQLiteStore
import Stores
import TestSupport
import Testing
import WireCore

@testable import LLM

@Suite("AnswerIndex knows which answers are kept")
struct AnswerIndexTests {
    private static let key = String(repeating: "ab", count: 32)

    private static func keep(_ key: String, in store: SQLiteStore) async throws {
        let now = Date(timeIntervalSince1970: 1_795_507_200)
        let answer = CachedAnswer(
            key: key, model: "m", provider: "p", body: [1], usage: Usage(), cost: .zero, priceFrom: "row", createdAt: now,
            expiresAt: now.addingTimeInterval(60))
        let call = LedgerEntry(
            id: "kept/1", at: now, day: LedgerPeriod("2026-11-24"), purpose: CallPurpose(operation: "gateway"), provider: "p", model: "m",
            status: .reserved, bound: .zero, priceFrom: "row", owner: "host", expiresAt: now.addingTimeInterval(900))
        _ = try await store.reserve(call, against: [])
        _ = try await store.settle(
            Settlement(id: call.id, at: now, status: .settled, cost: .zero, usage: Usage(), priceFrom: "row"), keeping: answer,
            capacity: .mebibytes(1))
    }

    private static func with(_ body: (SQLiteStore, SQLiteStore) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-index-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stores = [try SQLiteStore(path: folder + "/desk.db"), try SQLiteStore(path: folder + "/desk.db")]
        try await body(stores[0], stores[1])
        for store in stores { try await store.close() }
    }

    @Test("What was kept before it began is known, what was not is not")
    func start() async throws {
        try await Self.with { store, _ in
            try await Self.keep(Self.key, in: store)
            let index = AnswerIndex(store: store)
            #expect(await index.mayHold(Self.key))
            #expect(await !index.mayHold(String(repeating: "0c", count: 32)))
        }
    }

    @Test("What this process keeps is known at once, and forgotten when it is gone")
    func own() async throws {
        try await Self.with { store, _ in
            let index = AnswerIndex(store: store, refreshing: .seconds(3600))
            #expect(await !index.mayHold(Self.key))
            index.note(Self.key)
            #expect(await index.mayHold(Self.key))
            index.forget(Self.key)
            #expect(await !index.mayHold(Self.key))
        }
    }

    @Test("What another process keeps is known soon")
    func others() async throws {
        try await Self.with { store, other in
            let index = AnswerIndex(store: store, refreshing: .zero)
            #expect(await !index.mayHold(Self.key))
            try await Self.keep(Self.key, in: other)
            let deadline = ContinuousClock.now + .seconds(10)
            while await !index.mayHold(Self.key), .now < deadline { await Task.yield() }
            #expect(await index.mayHold(Self.key))
        }
    }
}
