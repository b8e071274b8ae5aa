import Costs
import Foundation
import Logging
import SQLiteStore
import Stores
import Synchronization
import Testing
import WireCore

@testable import LLM

@Suite("AnswerBuffer brings answers to the store beside the calls")
struct AnswerBufferTests {
    private static let now = Date(timeIntervalSince1970: 1_795_507_200)

    private static func answer(_ key: String, size: Int = 1) -> CachedAnswer {
        CachedAnswer(
            key: key, model: "m", provider: "p", body: [UInt8](repeating: 7, count: size), usage: Usage(), cost: .zero, priceFrom: "row",
            createdAt: now, expiresAt: now.addingTimeInterval(60))
    }

    /// A buffer that writes when it is told to, unless `delay` says otherwise.
    private static func with(
        delay: Duration = .seconds(3600), _ body: (SQLiteStore, AnswerBuffer, Kept) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-buffer-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (store, kept) = (try SQLiteStore(path: folder + "/desk.db"), Kept())
        let buffer = AnswerBuffer(store: store, onKept: kept.note, delay: delay, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await body(store, buffer, kept)
        try await store.close()
    }

    /// What the buffer says that it has kept.
    private final class Kept: Sendable {
        private let places = Mutex<[AnswerPlace]>([])

        func note(_ places: [AnswerPlace]) { self.places.withLock { $0 += places } }
        var all: [AnswerPlace] { places.withLock { $0 } }
    }

    @Test("An answer is found at once, until it expires, and in the store after a flush")
    func flush() async throws {
        try await Self.with { store, buffer, kept in
            buffer.put(Self.answer("k"), capacity: .mebibytes(1))
            #expect(buffer.answer("k", now: Self.now) == Self.answer("k"))
            #expect(buffer.answer("k", now: Self.now.addingTimeInterval(60)) == nil)
            #expect(buffer.answer("other", now: Self.now) == nil)
            await buffer.flush()
            #expect(kept.all.map(\.key) == ["k"])
            let places = try await store.answerPlaces(after: 0, limit: 9)
            #expect(places == kept.all)
            #expect(buffer.answer("k", now: Self.now) == nil)
        }
    }

    @Test("Many answers come to the store by themselves, each once")
    func many() async throws {
        try await Self.with(delay: .milliseconds(10)) { store, buffer, kept in
            for index in 0..<200 { buffer.put(Self.answer("\(index)"), capacity: .mebibytes(1)) }
            let deadline = ContinuousClock.now + .seconds(20)
            while kept.all.count < 200, .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
            #expect(Set(kept.all.map(\.key)) == Set((0..<200).map { "\($0)" }))
            let statistics = try await store.cacheStatistics(now: Self.now)
            #expect(statistics.total == 200)
            #expect(statistics.bytes == 200)
        }
    }

    @Test("No more than 1024 answers and 16 MiB wait; what comes beyond is not kept")
    func bounds() async throws {
        try await Self.with { store, buffer, _ in
            for index in 0..<20 { buffer.put(Self.answer("\(index)", size: 1 << 20), capacity: .mebibytes(64)) }
            #expect((0..<20).filter { buffer.answer("\($0)", now: Self.now) != nil }.count == 16)
            await buffer.flush()
            for index in 0..<1100 { buffer.put(Self.answer("\(index)"), capacity: .mebibytes(64)) }
            #expect((0..<1100).filter { buffer.answer("\($0)", now: Self.now) != nil }.count == 1024)
        }
    }

    @Test("Answers that the store does not take are let go")
    func failure() async throws {
        try await Self.with { store, buffer, kept in
            try await store.close()
            buffer.put(Self.answer("lost"), capacity: .mebibytes(1))
            await buffer.flush()
            #expect(buffer.answer("lost", now: Self.now) == nil)
            #expect(kept.all.isEmpty)
        }
    }
}
