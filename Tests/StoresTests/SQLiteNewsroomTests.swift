import FoundationEssentials
import GRDB
import Stores
import Synchronization
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

    @Test("A store of the version before gains the newsroom, keeps what it had, and queues the articles of the last seven days")
    func upgrading() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            let old = try DatabasePool(path: path)
            try Schema.migrator.migrate(old, upTo: "3 what a server asked for")
            let newest: Int64 = 1_795_507_200_000
            let week: Int64 = 7 * 86_400_000
            try await old.write { db in
                for (id, seen) in [(1, newest - week - 1), (2, newest - week), (3, newest), (4, newest - 1)] as [(Int64, Int64)] {
                    try db.execute(
                        sql: "INSERT INTO articles (id, source, first_seen_at, size, identity, title) VALUES (?, 'alpha', ?, 1, 'i' || ?, 't')",
                        arguments: [id, seen, id])
                    try db.execute(sql: "INSERT INTO sightings VALUES ('alpha', 'i' || ?, ?, 1, 1)", arguments: [id, id])
                }
                try db.execute(sql: "INSERT INTO alerts (id, message, at) VALUES ('cost:a', 'half is spent', ?)", arguments: [newest])
                try db.execute(sql: "INSERT INTO alert_deliveries VALUES ('cost:a', 'mail', ?)", arguments: [newest])
            }
            try old.close()
            let store = try SQLiteStore(path: path)
            #expect(try await store.check() == [])
            #expect(try await store.articles(ArticleQuery()).map(\.id) == [4, 3, 2, 1])
            let alert = RaisedAlert(id: "cost:a", message: "half is spent", at: Date(milliseconds: newest), deliveredTo: ["mail"])
            #expect(try await store.raisedAlerts(limit: 9) == [alert])
            let now = Date(milliseconds: newest)
            let claim = try await store.claimNewArticles(limit: 9, now: now, until: now)
            #expect(claim?.articles.map(\.id) == [2, 3, 4])
            try await store.close()
            // A second opening queues nothing again.
            let again = try SQLiteStore(path: path)
            #expect(try await again.enrichmentBacklog().new == 3)
            try await again.close()
        }
    }

    @Test("The check names an enriched article that waits again, a mention that disagrees, and a claim that was never given")
    func meddling() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            _ = try await StoresTests.file(["a", "b"], into: store)
            let claim = try #require(try await store.claimNewArticles(limit: 1, now: start, until: start))
            #expect(try await store.file([enrichment(of: claim.articles[0])], claim: claim.number) == 1)
            try await store.onWriter { db in
                try db.execute(sql: "INSERT INTO enrichment_queue (article, source, state, queued_at) VALUES (1, 'alpha', 0, 0)")
                try db.execute(sql: "UPDATE enrichment_queue SET claim = 99 WHERE article = 2")
                try db.execute(sql: "UPDATE mentions SET sentiment = 1")
                try db.execute(sql: "UPDATE entities SET first_at = first_at + 1")
            }
            let problems = try await store.check()
            #expect(problems.count == 4)
            for word in ["still waits", "never given", "disagrees", "before it was first met"] {
                #expect(problems.contains { $0.contains(word) }, "\(word): \(problems)")
            }
            try await store.close()
        }
    }

    @Test("A word that this version does not know is named, and says what to do")
    func unknownWord() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            _ = try await store.begin(JobRequest(job: "enrich", slot: "1", owner: "o", now: start, lease: .seconds(60), attempts: 1))
            try await store.onWriter { db in try db.execute(sql: "UPDATE job_runs SET outcome = 'odd'") }
            let error = await #expect(throws: DeskError.self) { _ = try await store.jobRuns(job: nil, limit: 1) }
            #expect(error?.message.contains("\"odd\"") == true && error?.hint != nil)
            try await store.close()
        }
    }

    @Test("Nothing that is asked often walks a whole table, or sorts one", arguments: Step.allCases)
    func plans(_ step: Step) async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder + "/desk.sqlite")
            _ = try await StoresTests.file(["a", "b", "c"], into: store)
            let plan = try await store.onWriter { db in
                let statements = Mutex<[String]>([])
                db.trace { event in statements.withLock { $0.append(event.expandedDescription) } }
                try step.run(db)
                db.trace()
                return try statements.withLock(\.self).flatMap { sql in
                    try String.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, adapter: SuffixRowAdapter(fromIndex: 3))
                }
            }
            #expect(!plan.isEmpty)
            let tables = ["enrichment_queue", "enrichments", "mentions", "articles", "narratives", "briefings", "citations", "job_runs", "prices"]
            for table in tables {
                // A walk through an index in its order ends at the limit, or holds only what is asked for.
                #expect(!plan.contains { $0.hasPrefix("SCAN \(table)") && !$0.contains(" USING ") }, "\(plan)")
            }
            if !step.mayOrder { #expect(!plan.contains { $0.contains("FOR ORDER BY") }, "\(plan)") }
            try await store.close()
        }
    }

    enum Step: String, CaseIterable {
        case claim, fileEnrichment, batch, release, latest, ofEntity, ofSpan, ofSource, narratives, nucleus, back, timeline, begin, lastRuns,
            latestPrices
        case alert, citations, prune

        /// Those that sort what is little by itself: the narrative's articles, the span's, the sources that are due, jobs, coins.
        var mayOrder: Bool { [.batch, .claim, .fileEnrichment, .ofSpan, .lastRuns, .latestPrices].contains(self) }

        func run(_ db: Database) throws {
            let (until, limit) = (start.addingTimeInterval(60), 10)
            switch self {
            case .claim: _ = try db.claimNewArticles(limit: limit, now: start, until: until)
            case .fileEnrichment:
                guard let claim = try db.claimNewArticles(limit: 1, now: start, until: until) else { return }
                _ = try db.file(claim.articles.map(enrichment), claim: claim.number)
            case .batch:
                guard let claim = try db.claimNewArticles(limit: 3, now: start, until: until) else { return }
                try db.setAsideForModel(claim.articles.map(\.id), claim: claim.number, now: start)
                _ = try db.claimModelBatch(size: 2, patience: .seconds(1), now: start, until: until)
            case .release: try db.releaseClaim(1)
            case .latest: _ = try db.enrichedArticles(EnrichedQuery())
            case .ofEntity:
                var query = EnrichedQuery()
                query.entity = "Bitcoin"
                _ = try db.enrichedArticles(query)
            case .ofSpan: _ = try db.enrichedArticles(EnrichedQuery(from: start, to: until))
            case .ofSource:
                var query = EnrichedQuery()
                query.source = source
                _ = try db.enrichedArticles(query)
            case .narratives: _ = try db.narratives(NarrativeQuery(since: start))
            case .nucleus:
                var query = NarrativeQuery()
                query.nucleus = "Bitcoin"
                _ = try db.narratives(query)
            case .back:
                var query = NarrativeQuery()
                query.isReactivated = true
                _ = try db.narratives(query)
            case .timeline: _ = try db.timeline(of: 1)
            case .begin:
                let request = JobRequest(job: "enrich", slot: "1", owner: "o", now: start, lease: .seconds(60), attempts: 1)
                guard case .granted(let run) = try db.begin(request) else { return }
                _ = try db.end(run.id, as: .done, message: "", retryAt: nil, at: start)
                _ = try db.begin(request)
            case .lastRuns: _ = try db.lastJobRuns()
            case .latestPrices: _ = try db.latestPrices()
            case .alert: _ = try db.raiseAlert(subject: "s", message: "m", at: start, cooldown: .seconds(60))
            case .citations: _ = try db.citations(from: start, to: until)
            case .prune:
                let steps = Pruning.newsroomSteps(patternsBefore: start, pricesBefore: start, jobRunsBefore: start, smokeBriefingsBefore: start)
                for step in steps { _ = try step.run(db) }
            }
        }
    }
}

private let start = Date(timeIntervalSince1970: 1_795_507_200)

private func enrichment(of article: Article) -> Enrichment {
    var enrichment = Enrichment(
        article: article.id, source: article.source, at: start, enrichedAt: start, method: .simple, tier: .normal, sentiment: 0, theme: .markets)
    enrichment.mentions = [EntityMention(name: "Bitcoin", kind: .coin, salience: 1, confidence: 1)]
    return enrichment
}
