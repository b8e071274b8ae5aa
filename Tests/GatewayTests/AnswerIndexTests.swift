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

    private static func keep(_ key: String, in store: SQLiteStore) async throws -> [AnswerPlace] {
        let now = Date(timeIntervalSince1970: 1_795_507_200)
        let answer = CachedAnswer(
            key: key, model: "m", provider: "p", body: [1], usage: Usage(), cost: .zero, priceFrom: "row", createdAt: now,
            expiresAt: now.addingTimeInterval(60))
        return try await store.keep([answer], capacity: .mebibytes(1))
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
            let places = try await Self.keep(Self.key, in: store)
            let index = AnswerIndex(store: store)
            #expect(await index.place(of: Self.key) == places.first)
            #expect(await index.place(of: String(repeating: "0c", count: 32)) == nil)
        }
    }

    @Test("What this process keeps is known at once, and forgotten when it is gone, unless it was kept again")
    func own() async throws {
        try await Self.with { store, _ in
            let index = AnswerIndex(store: store, refreshing: .seconds(3600))
            #expect(await index.place(of: Self.key) == nil)
            let (first, second) = (AnswerPlace(key: Self.key, number: 7), AnswerPlace(key: Self.key, number: 9))
            index.note([second, first])
            #expect(await index.place(of: Self.key) == second)
            index.forget(first)
            #expect(await index.place(of: Self.key) == second)
            index.forget(second)
            #expect(await index.place(of: Self.key) == nil)
        }
    }

    @Test("What another process keeps is known soon")
    func others() async throws {
        try await Self.with { store, other in
            let index = AnswerIndex(store: store, refreshing: .zero)
            #expect(await index.place(of: Self.key) == nil)
            let places = try await Self.keep(Self.key, in: other)
            let deadline = ContinuousClock.now + .seconds(10)
            while await index.place(of: Self.key) == nil, .now < deadline { await Task.yield() }
            #expect(await index.place(of: Self.key) == places.first)
        }
    }
}
