// For the kill -9 test of StoresTests: files articles without end from several tasks at once, and prints the identity of each on a
// line of its own as soon as the store has acknowledged it. Arguments: the store's path, the round's number.

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

/// One filing of two articles; prints what was acknowledged, unbuffered.
@Sendable func file(_ number: Int, from source: SourceID) async throws {
    let state = try await store.sourceState(of: source) ?? SourceState(source: source)
    let items = (0..<2).map { Item(id: "\(source)-\(round)-\(number)-\($0)", title: "An article", content: "<p>Its text.</p>") }
    var record = PollRecord(source: source, startedAt: Date(timeIntervalSince1970: 1_795_507_200), outcome: .ok)
    record.items.seen = items.count
    let filing = PollFiling(
        drafts: ArticleDraft.drafts(of: items), state: state, record: record, newItemsPerDay: 1_000_000,
        bytesStoredPerDay: .mebibytes(1024))
    _ = try await store.file(filing)
    let lines = Array(items.map { ($0.id ?? "") + "\n" }.joined().utf8)
    _ = lines.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<8 {
        guard let source = SourceID("writer-\(writer)") else { continue }
        group.addTask {
            // Bounded, should nobody come to kill it.
            for number in 0..<100_000 { try await file(number, from: source) }
        }
    }
    try await group.waitForAll()
}
