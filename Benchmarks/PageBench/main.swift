// Serves dashboard and API over a store of many ledger entries and articles: swift run -c release PageBench [ENTRIES] [ARTICLES] [FOLDER].
// Fills the store by SQL where it is empty (some minutes for ten million), prints its address and serves until it is ended.
// Benchmarks/pages.sh measures it from outside.

import Costs
import Fetch
import Foundation
import GRDB
import Host
import Logging
import SQLiteStore
import Stores
import Web
import WireCore

let arguments = CommandLine.arguments.dropFirst()
let entries = arguments.first.flatMap { Int($0) } ?? 10_000_000
let articles = arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
let folder = arguments.dropFirst(2).first ?? "page-bench"

/// Time stands still at the end of what was filled in.
struct StillClock: DeskClock {
    let instant = Date(timeIntervalSince1970: 1_795_529_100)
    func now() -> Date { instant }
    func sleep(until: Date) async throws { try await Task.sleep(for: .seconds(3600)) }
}

/// Nobody is asked.
struct NoNetwork: DocumentFetching {
    func fetch(_ request: Fetch.FetchRequest, permit: consuming Permit) async -> FetchReply {
        .failure(FetchFailure(outcome: .offline, message: "no network"))
    }
}

let registryText = """
    { "version": 1, "gateway": { "budgets": { "daily": "900000", "monthly": "9000000" } }, "sources": [
    \((0..<13).map { "{ \"id\": \"source-\($0)\", \"kind\": \"feed\", \"url\": \"https://source-\($0).example/feed\" }" }.joined(separator: ",\n"))
    ] }
    """

try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
let path = folder + "/wiredesk.db"
let store = try SQLiteStore(path: path)
if try await store.articles(ArticleQuery(limit: 1)).isEmpty {
    let started = ContinuousClock.now
    try await fill(path)
    print("filled in \(Int(started.duration(to: .now).seconds)) s")
}
let clock = StillClock()
let registryPath = folder + "/Plugins.json"
try registryText.write(toFile: registryPath, atomically: true, encoding: .utf8)
let registry = try RegistryFile(path: registryPath).load()
let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
let poller = SourcePoller(store: store, fetcher: NoNetwork(), clock: clock, environment: [:], logger: logger)
let desk = Desk(registry: registry, poller: poller, policy: .unrestricted, clock: clock, logger: logger)
let parts = DeskParts(desk: desk, store: store, clock: clock, logger: logger)
let server = try WebServer(
    address: ListenAddress(parsing: "127.0.0.1:0"), isOptional: false, parts: parts, token: nil,
    onListening: { url in FileHandle.standardOutput.write(Data("\(url)\n".utf8)) })
try await server.run()

/// Entries over 60 days, 6 operations, 3 models, 13 sources and 10 keys with their sums; articles over a year; 200 polls of each source.
func fill(_ path: String) async throws {
    try await DatabaseQueue(path: path).write { db in
        try db.execute(
            sql: """
                WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
                INSERT INTO ledger (id, at, day, operation, source, key, provider, model, status, bound, cost, saved, input_tokens, output_tokens,
                    cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, is_batch, price_from, owner, expires_at, settled_at)
                SELECT printf('%08x/1', n), 1790348700000 + n * 5180400000 / ?1, date('2026-09-26', (n * 60 / ?1) || ' days'), 'operation-' || (n % 6),
                    'source-' || (n % 13), iif(n % 2, 'key-' || (n % 10), NULL), 'anthropic', 'model-' || (n % 3), 'settled', 30000000, 12345678, 0,
                    1200, 300, 0, 0, 0, 0, 0, 'price', 'bench', 1790348700000, 1790348700000
                FROM numbers
                """, arguments: [entries])
        for period in ["day", "substr(day, 1, 7)"] {
            try db.execute(
                sql: """
                    INSERT INTO ledger_totals SELECT \(period), operation, provider, model, coalesce(source, 0), coalesce(key, 0), count(*), 0, 0,
                        sum(input_tokens), sum(output_tokens), 0, 0, 0, 0, sum(cost), 0 FROM ledger GROUP BY 1, 2, 3, 4, 5, 6
                    """)
            try db.execute(sql: "INSERT INTO budget_standings SELECT \(period), 'desk', sum(cost), 0 FROM ledger GROUP BY 1")
        }
        try db.execute(
            sql: """
                WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
                INSERT INTO articles (source, first_seen_at, published_at, size, identity, canonical_url, url, title, summary)
                SELECT 'source-' || (n % 13), 1763993100000 + n * 31536000000 / ?1, 1763993100000, 900, 'item-' || n, 'https://a.example/' || n,
                    'https://a.example/' || n, 'Headline number ' || n || ' of a year of news', 'A summary of some length about number ' || n
                FROM numbers
                """, arguments: [articles])
        try db.execute(
            sql: """
                WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < 2600)
                INSERT INTO polls (source, started_at, duration_ms, outcome, message, attempts, pages, redirects, bytes_on_wire, bytes_decoded, items_seen,
                    items_new, items_updated, items_duplicate, items_rejected, breaker_state, ended)
                SELECT 'source-' || (n % 13), 1795529100000 - (2600 - n) * 30000, 240, 'ok', '25 items', 1, 1, 0, 20000, 80000, 25, n % 2, 0, 0, 0, 0, 'complete'
                FROM numbers
                """)
    }
}
