import Costs
import FoundationEssentials
import GRDB
import SQLiteStore
import Stores

/// Entries over 60 days, 6 operations, 3 models and 20 sources, with the sums they make.
private let entries = """
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
    INSERT INTO ledger (id, at, day, operation, source, key, provider, model, status, bound, cost, saved, input_tokens, output_tokens,
        cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, is_batch, price_from, owner, expires_at, settled_at)
    SELECT printf('%08x/1', n), 1790000000000 + n, date('2026-10-01', (n * 60 / ?) || ' days'), 'operation-' || (n % 6),
        'source-' || (n % 20), iif(n % 2, 'key-' || (n % 10), NULL), 'anthropic', 'model-' || (n % 3), 'settled', 30000000, 12345678, 0,
        1200, 300, 0, 0, 0, 0, 0, 'price', 'bench', 1790000000000, 1790000000000
    FROM numbers
    """

private func sums(_ period: String) -> String {
    """
    INSERT INTO ledger_totals SELECT \(period), operation, provider, model, coalesce(source, 0), coalesce(key, 0), count(*), 0, 0,
        sum(input_tokens), sum(output_tokens), 0, 0, 0, 0, sum(cost), 0 FROM ledger GROUP BY 1, 2, 3, 4, 5, 6
    """
}

private func standings(_ period: String, _ scope: String, where condition: String = "true") -> String {
    "INSERT INTO budget_standings SELECT \(period), \(scope), sum(cost), 0 FROM ledger WHERE \(condition) GROUP BY 1, 2"
}

func measureSummary(_ count: Int, path: String) async throws {
    let store = try SQLiteStore(path: path)
    let making = ContinuousClock.now
    try await DatabaseQueue(path: path).write { db in
        try db.execute(sql: entries, arguments: [count, count])
        for period in ["day", "substr(day, 1, 7)"] {
            try db.execute(sql: sums(period))
            try db.execute(sql: standings(period, "'desk'"))
            try db.execute(sql: standings(period, "'operation:' || operation"))
            try db.execute(sql: standings(period, "'key:' || key", where: "key IS NOT NULL"))
        }
    }
    print("\(count) entries made in \(milliseconds(making)) ms")
    try await time("sums of a month") { try await store.totals(of: LedgerPeriod("2026-11")).count }
    try await time("sums of 60 days") { try await store.dailyTotals(from: LedgerPeriod("2026-10-01"), to: LedgerPeriod("2026-11-30")).count }
    try await time("newest 100 entries") { try await store.entries(query { $0.isNewestFirst = true }).count }
    try await time("100 entries of a day") {
        try await store.entries(query { ($0.from, $0.to) = (LedgerPeriod("2026-11-15"), LedgerPeriod("2026-11-15")) }).count
    }
    try await time("100 entries of a key behind the middle") {
        try await store.entries(query { ($0.key, $0.after) = ("key-3", identity(count / 2)) }).count
    }
    try await time("newest 100 of an operation in a month") {
        try await store.entries(query { ($0.operation, $0.from, $0.isNewestFirst) = ("operation-3", LedgerPeriod("2026-11"), true) }).count
    }
    try await time("open reservations") { try await store.openReservations().count }
    try await time("differences found by reconciling", rounds: 1) { try await store.reconcileLedger().count }
    try await store.close()
}

private func query(_ change: (inout LedgerQuery) -> Void) -> LedgerQuery {
    var query = LedgerQuery()
    change(&query)
    return query
}

/// Prints the best of some rounds.
private func time(_ name: String, rounds: Int = 5, _ body: () async throws -> Int) async throws {
    var (best, rows) = (Double.infinity, 0)
    for _ in 0..<rounds {
        let start = ContinuousClock.now
        rows = try await body()
        best = min(best, milliseconds(start))
    }
    print("\(name): \(rows) in \(best) ms")
}

private func milliseconds(_ start: ContinuousClock.Instant) -> Double { (start.duration(to: .now) / .microseconds(1)).rounded() / 1000 }

private func identity(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + "/1"
}
