import FoundationEssentials
import SQLiteStore
import Stores
import Testing

@Suite("kill -9 amid the newsroom's work")
struct NewsroomCrashTests {
    @Test("Whenever kill -9 comes, every article is enriched once or still waits, and what was acknowledged stays", .timeLimit(.minutes(2)))
    func killedAtRandom() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            var seen = Acknowledged()
            for round in 0..<12 {
                let lines = try CrashWriter.run("NewsroomCrashWriter", storePath: path, round: round, killAfterLines: .random(in: 1...600))
                lines.forEach { seen.add($0) }
                let store = try SQLiteStore(path: path)
                #expect(try await store.check() == [], "round \(round)")
                try await expectKept(seen, store)
                try await store.close()
            }
            #expect(seen.articles.count > 12 && !seen.claims.isEmpty && !seen.runs.isEmpty)
            let store = try SQLiteStore(path: path)
            try await expectAllEnrichedOnce(store)
            try await store.close()
        }
    }

    private func expectKept(_ seen: Acknowledged, _ store: SQLiteStore) async throws {
        let enriched = try await store.enrichedArticles(EnrichedQuery(limit: .max))
        let backlog = try await store.enrichmentBacklog()
        let counts = try await store.articleCounts().values.reduce(0, +)
        #expect(enriched.count + backlog.new + backlog.forModel == counts, "an article is neither enriched nor waiting, or both")
        let notes = Dictionary(uniqueKeysWithValues: enriched.map { ($0.id, $0.enrichment.note ?? "") })
        let lost = seen.claims.filter { notes[$0.key] != $0.value }
        #expect(lost.isEmpty, "\(lost.count) of \(seen.claims.count) acknowledged enrichments are lost or written again")
        let articles = Set(try await store.articles(ArticleQuery(limit: .max)).map(\.id))
        #expect(articles.isSuperset(of: seen.articles))
        let done = Set(try await store.jobRuns(job: nil, limit: .max).filter { $0.outcome == .done }.map(\.id))
        #expect(done.isSuperset(of: seen.runs))
    }

    /// What the next start does: the claims of the dead run out.
    private func expectAllEnrichedOnce(_ store: SQLiteStore) async throws {
        let later = Date(timeIntervalSince1970: 1_900_000_000)
        while true {
            let fresh = try await store.claimNewArticles(limit: 500, now: later, until: later)
            let batch = try await store.claimModelBatch(size: 500, patience: .zero, now: later, until: later)
            if fresh == nil, batch == nil { break }
            for claim in [fresh, batch].compactMap({ $0 }) {
                let enrichments = claim.articles.map { article in
                    var enrichment = Enrichment(
                        article: article.id, source: article.source, at: article.firstSeenAt, enrichedAt: later, method: .simple, tier: .normal,
                        sentiment: 0, theme: .markets)
                    enrichment.mentions = [EntityMention(name: "Bitcoin", kind: .coin, salience: 1, confidence: 1)]
                    return enrichment
                }
                #expect(try await store.file(enrichments, claim: claim.number) == enrichments.count)
            }
        }
        let count = try await store.articleCounts().values.reduce(0, +)
        #expect(try await store.enrichedArticles(EnrichedQuery(limit: .max)).count == count)
        let statistics = try await store.entityStatistics(from: .distantPast, to: .distantFuture, tierAtMost: .noise, limit: 1)
        #expect(statistics.map(\.mentions) == [count])
        #expect(try await store.check() == [])
    }
}

/// What the children were told is done.
private struct Acknowledged {
    var articles: Set<Int64> = []
    /// By article, the claim that it was filed under.
    var claims: [Int64: String] = [:]
    var runs: Set<Int64> = []

    mutating func add(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count > 1, let number = Int64(words[1]) else {
            Issue.record("the child printed \(line)")
            return
        }
        switch words[0] {
        case "article": articles.insert(number)
        case "enriched": claims[number] = words.last
        default: runs.insert(number)
        }
    }
}
