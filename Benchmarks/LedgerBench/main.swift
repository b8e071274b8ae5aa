// Measures the ledger: swift run -c release LedgerBench calls [CALLS] [PATH], or summary [ENTRIES] [PATH].
//
// `calls`: metered calls (reserve, then settle) from 64 callers at synchronous=FULL, against two budgets each; prints calls a second,
// CPU and bytes written a call. Its fsyncs are counted by `strace -f -c -e fdatasync`: 0.07 a call.
// `summary`: the sums of a month, and pages of entries, over a ledger of so many entries, made by SQL.

import Costs
import FoundationEssentials
import GRDB
import SQLiteStore
import Stores
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

let arguments = CommandLine.arguments.dropFirst()
let mode = arguments.first ?? "calls"
let size = arguments.dropFirst().first.flatMap { Int($0) } ?? (mode == "calls" ? 50_000 : 1_000_000)
let path = arguments.dropFirst(2).first ?? "ledger-bench/bench.sqlite"

for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
switch mode {
case "calls": try await measureCalls(size, path: path)
case "summary": try await measureSummary(size, path: path)
default:
    print("usage: LedgerBench calls|summary [COUNT] [PATH]")
    exit(64)
}
