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

private let callers = 64
private let start = Date(timeIntervalSince1970: 1_795_507_200)
private let day = LedgerPeriod("2026-11-24")
private let price = "anthropic/claude-haiku-4-5@2025-10-01"
private let budgets = [
    Budget(scope: .desk, period: day, limit: Money(picodollars: .max)),
    Budget(scope: .desk, period: day.month, limit: Money(picodollars: .max)),
]

func measureCalls(_ count: Int, path: String) async throws {
    let store = try SQLiteStore(path: path)
    for _ in 0..<3 {
        let before = (clock: ContinuousClock.now, cpu: cpuSeconds(), bytes: bytesWritten())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for _ in stride(from: caller, to: count, by: callers) { try await call(store, caller) }
                }
            }
            try await group.waitForAll()
        }
        let seconds = before.clock.duration(to: .now).seconds
        let cpu = (cpuSeconds() - before.cpu) * 1e6 / Double(count)
        let kibibytes = (bytesWritten() - before.bytes) / 1024 / Double(count)
        print("\(Int(Double(count) / seconds)) metered calls/s, \(Int(cpu)) µs CPU a call, \(Int(kibibytes)) KiB written a call")
    }
    print("differences found by reconciling: \(try await store.reconcileLedger().count)")
    try await store.close()
}

private func call(_ store: SQLiteStore, _ caller: Int) async throws {
    let purpose = CallPurpose(
        operation: "operation-\(caller % 8)", source: SourceID("source-\(caller)"), key: caller % 2 == 0 ? "key-\(caller)" : nil)
    let entry = LedgerEntry(
        id: UUID().uuidString + "/1", at: start, day: day, purpose: purpose, provider: "anthropic", model: "claude-haiku-4-5",
        status: .reserved, bound: Money(picodollars: 30_000_000), priceFrom: price, owner: "bench", expiresAt: start)
    guard try await store.reserve(entry, against: budgets) == .granted else { preconditionFailure("a reservation was not granted") }
    _ = try await store.settle(
        Settlement(
            id: entry.id, at: start, status: .settled, cost: Money(picodollars: 12_345_678), usage: Usage(inputTokens: 1200, outputTokens: 300),
            priceFrom: price, messageID: "msg_01"))
}

private func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// By this process, where the system tells; else 0.
private func bytesWritten() -> Double {
    let lines = (try? String(contentsOfFile: "/proc/self/io", encoding: .utf8))?.split(separator: "\n") ?? []
    return lines.first { $0.hasPrefix("wchar:") }.flatMap { Double($0.dropFirst(7)) } ?? 0
}
