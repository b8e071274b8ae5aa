// For the kill -9 test of the ledger in StoresTests: reserves and settles without end from several tasks at once, and prints each
// step on a line of its own as soon as the store has acknowledged it: "reserved ID" or "STATUS ID PICODOLLARS". Arguments: the
// store's path, the round's number.

import Costs
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
guard arguments.count == 3 else { exit(64) }
let (path, round) = (arguments[1], arguments[2])
let store = try SQLiteStore(path: path)
let start = Date(timeIntervalSince1970: 1_795_507_200)
let day = LedgerPeriod("2026-11-24")

/// In one write, so that no line is torn between tasks.
@Sendable func acknowledge(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

/// One metered call; every seventh is released, every fifth estimated, every third answered from the cache.
@Sendable func call(_ number: Int, of caller: Int) async throws {
    let bound = Money(picodollars: Int64(1000 + number))
    let purpose = CallPurpose(operation: "operation-\(caller % 3)", source: SourceID("source-\(caller)"), key: caller % 2 == 0 ? "key" : nil)
    var entry = LedgerEntry(
        id: "\(round)-\(caller)-\(number)/1", at: start, day: day, purpose: purpose, provider: "anthropic", model: "model-\(number % 2)",
        status: .reserved, bound: bound, priceFrom: "row", owner: round, expiresAt: start)
    guard number % 3 > 0 else {
        (entry.status, entry.bound, entry.saved) = (.cached, .zero, bound)
        try await store.enterCached(entry)
        return acknowledge("cached \(entry.id) 0")
    }
    let budget = Budget(scope: .desk, period: day.month, limit: Money(picodollars: .max))
    guard case .granted = try await store.reserve(entry, against: [budget]) else { exit(1) }
    acknowledge("reserved \(entry.id)")
    let status = number % 7 == 0 ? EntryStatus.released : number % 5 == 0 ? .estimated : .settled
    let cost = status == .released ? Money.zero : status == .estimated ? bound : Money(picodollars: Int64(number))
    let usage = Usage(inputTokens: number, outputTokens: caller)
    let end = Settlement(id: entry.id, at: start, status: status, cost: cost, usage: usage, priceFrom: "row")
    // As the gateway ends its calls, and as others do.
    if number % 4 > 0 { try await store.journal(end) } else { _ = try await store.settle(end) }
    acknowledge("\(status.rawValue) \(entry.id) \(cost.picodollars)")
}

try await withThrowingTaskGroup(of: Void.self) { group in
    for caller in 0..<16 {
        group.addTask {
            // Bounded, should nobody come to kill it.
            for number in 1...100_000 { try await call(number, of: caller) }
        }
    }
    try await group.waitForAll()
}
