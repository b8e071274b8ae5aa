// For the kill -9 test of the newsroom in StoresTests: files articles, claims them and files what was understood, without end and from
// several tasks at once; prints each step on a line of its own as soon as the store has acknowledged it: "article ID", "enriched ID CLAIM"
// or "ran ID". Arguments: the store's path, the round's number.

import FoundationEssentials
import SQLiteStore
import Stores
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

let arguments = CommandLine.arguments
guard arguments.count == 3, let round = Int(arguments[2]) else { exit(64) }
let store = try SQLiteStore(path: arguments[1])
/// Every round begins after all claims and leases of the round before have run out.
let start = Date(timeIntervalSince1970: 1_795_507_200 + Double(round) * 3600)
let end = start.addingTimeInterval(1800)

/// In one write, so that no line is torn between tasks.
@Sendable func acknowledge(_ lines: [String]) {
    let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
    _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

@Sendable func fileArticles(_ number: Int, from source: SourceID) async throws {
    let state = try await store.sourceState(of: source) ?? SourceState(source: source)
    let items = (0..<3).map { Item(id: "\(source)-\(round)-\(number)-\($0)", title: "An article", content: "<p>Its text.</p>") }
    let filing = PollFiling(
        drafts: ArticleDraft.drafts(of: items), state: state, record: PollRecord(source: source, startedAt: start, outcome: .ok),
        newItemsPerDay: 1_000_000, bytesStoredPerDay: .mebibytes(1024))
    acknowledge(try await store.file(filing).newArticles.map { "article \($0)" })
}

/// The claim's number stands in the note, so that it is seen who wrote.
@Sendable func file(_ claim: ArticleClaim, _ articles: some Sequence<Article>) async throws {
    let enrichments = articles.map { article in
        var enrichment = Enrichment(
            article: article.id, source: article.source, at: article.firstSeenAt, enrichedAt: start, method: .simple, tier: .normal,
            sentiment: 0.5, theme: .markets)
        enrichment.mentions = ["Bitcoin", "Entity \(article.id % 7)"].map { EntityMention(name: $0, kind: .coin, salience: 1, confidence: 1) }
        enrichment.note = "\(claim.number)"
        return enrichment
    }
    guard try await store.file(enrichments, claim: claim.number) == enrichments.count else { exit(1) }
    acknowledge(enrichments.map { "enriched \($0.article) \(claim.number)" })
}

/// New articles: one half is filed at once, the other waits for a model.
@Sendable func work() async throws {
    if let claim = try await store.claimNewArticles(limit: 4, now: start, until: end) {
        let aside = claim.articles.filter { $0.id % 2 == 0 }.map(\.id)
        try await store.setAsideForModel(aside, claim: claim.number, now: start)
        try await file(claim, claim.articles.filter { $0.id % 2 != 0 })
    }
    if let batch = try await store.claimModelBatch(size: 3, patience: .seconds(600), now: start, until: end) {
        try await file(batch, batch.articles)
    }
}

@Sendable func run(_ job: String, _ slot: Int) async throws {
    let request = JobRequest(job: job, slot: "\(round)-\(slot)", owner: "child", now: start, lease: .seconds(1800), attempts: 3)
    guard case .granted(let run) = try await store.begin(request) else { exit(1) }
    guard try await store.end(run.id, as: .done, message: "done", retryAt: nil, at: start) else { exit(1) }
    acknowledge(["ran \(run.id)"])
}

try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<4 {
        guard let source = SourceID("writer-\(writer)") else { continue }
        // Bounded, should nobody come to kill it.
        group.addTask { for number in 0..<100_000 { try await fileArticles(number, from: source) } }
        group.addTask { for _ in 0..<100_000 { try await work() } }
        group.addTask { for slot in 0..<100_000 { try await run("job-\(writer)", slot) } }
    }
    try await group.waitForAll()
}
