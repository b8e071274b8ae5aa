// Measures filing: swift run -c release StoreBench [PATH|mongodb://HOST/DATABASE] [SOURCES]. Prints filings per second with 64 callers,
// each durable (SQLite at synchronous=FULL, MongoDB with the majority's word), for polls that bring no items and for polls of 30 items
// of which 5 are new, over 2,000 sources unless told otherwise.

import FoundationEssentials
import MongoStore
import SQLiteStore
import Stores
import WireCore

let path = CommandLine.arguments.dropFirst().first ?? "store-bench/bench.sqlite"
let start = Date(timeIntervalSince1970: 1_795_507_200)
let number = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 2000
let sources = (0..<number).compactMap { SourceID("source-\($0)") }

/// Nine words of a vocabulary of 2,000, the same for the same number: titles as different as real ones.
@Sendable func title(_ number: Int) -> String {
    var state = UInt64(truncatingIfNeeded: number) &* 0x9e37_79b9_7f4a_7c15
    return (0..<9).map { _ in
        state = (state ^ (state >> 29)) &* 0xbf58_476d_1ce4_e5b9
        return "word\((state >> 40) % 2000)"
    }.joined(separator: " ")
}

/// Thirty items of which the first 25 were there in the poll before: a feed's sliding window.
@Sendable func items(of source: SourceID, round: Int) -> [Item] {
    (0..<30).map { index in
        let number = round * 5 + 29 - index
        return Item(
            id: "https://\(source).example/?p=\(number)", title: title(source.text.hashValue &+ number),
            url: "https://\(source).example/2026/11/story-\(number)/?utm_source=rss", author: "A. Writer",
            publishedAt: start.addingTimeInterval(Double(number)), summary: String(repeating: "A sentence of a summary. ", count: 12),
            content: String(repeating: "<p>A paragraph of the article.</p>", count: 60), categories: ["Markets", "Bitcoin"])
    }
}

/// Files one poll of each source, 64 at a time, and returns the filings per second.
func measure(_ name: String, _ store: any DeskStore, round: Int, items: @escaping @Sendable (SourceID, Int) -> [Item]) async throws {
    let states = try await store.sourceStates()
    // Made ready beforehand: what is measured is the store.
    let prepared = sources.map { ArticleDraft.drafts(of: items($0, round)) }
    let clock = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<64 {
            group.addTask {
                for index in stride(from: lane, to: sources.count, by: 64) {
                    let (source, drafts) = (sources[index], prepared[index])
                    var record = PollRecord(source: source, startedAt: start.addingTimeInterval(Double(round) * 900), outcome: .ok)
                    record.items.seen = drafts.count
                    _ = try await store.file(
                        PollFiling(
                            drafts: drafts, state: states[source] ?? SourceState(source: source), record: record, newItemsPerDay: 5000,
                            bytesStoredPerDay: .mebibytes(64)))
                }
            }
        }
        try await group.waitForAll()
    }
    let seconds = clock.duration(to: .now).seconds
    print("\(name): \(Int(Double(sources.count) / seconds)) filings/s")
}

let preparing = ContinuousClock.now
let prepared = sources.prefix(200).map { ArticleDraft.drafts(of: items(of: $0, round: 0)) }
print("30 items made ready: \(Int(preparing.duration(to: .now).seconds * 1e6) / 200) µs a poll, \(prepared.count) polls")

func openStore() throws -> any DeskStore {
    if path.hasPrefix("mongodb://") { return try MongoStore(address: path) }
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    return try SQLiteStore(path: path)
}

let store = try openStore()
for round in 0..<3 { try await measure("no items", store, round: round) { _, _ in [] } }
try await measure("30 items, all new", store, round: 3, items: items)
for round in 4..<8 { try await measure("30 items, 5 new", store, round: round, items: items) }
for round in 8..<11 { try await measure("no items, with the articles stored", store, round: round) { _, _ in [] } }
try await store.close()
