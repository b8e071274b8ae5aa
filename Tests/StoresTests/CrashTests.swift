import FoundationEssentials
import SQLiteStore
import Stores
import Testing

@Suite("kill -9")
struct CrashTests {
    @Test("What was acknowledged before kill -9 is there exactly once, whenever the kill comes", .timeLimit(.minutes(2)))
    func killedAtRandom() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            var acknowledged: [String] = []
            for round in 0..<20 {
                let lines = try CrashWriter.run("StoreCrashWriter", storePath: path, round: round, killAfterLines: .random(in: 1...120))
                #expect(!lines.isEmpty)
                acknowledged += lines
                let store = try SQLiteStore(path: path)
                #expect(try await store.check() == [], "round \(round)")
                try await store.close()
            }
            try await expectEachOnce(acknowledged, path)
        }
    }

    private func expectEachOnce(_ acknowledged: [String], _ path: String) async throws {
        let store = try SQLiteStore(path: path)
        var times: [String: Int] = [:]
        for article in try await store.articles(ArticleQuery(limit: .max)) { times[article.identity, default: 0] += 1 }
        let missing = acknowledged.filter { times[$0] == nil }
        #expect(missing.isEmpty, "\(missing.count) of \(acknowledged.count) acknowledged articles are lost")
        #expect(times.values.allSatisfy { $0 == 1 })
        // Two articles a filing: half a filing would leave an odd number.
        #expect(try await store.articleCounts().values.allSatisfy { $0 % 2 == 0 })
        try await store.close()
    }
}
