import FoundationEssentials
import SQLiteStore
import Stores
import WireCore

/// The source of tests that need but one.
let source: SourceID = {
    guard let id = SourceID("alpha") else { preconditionFailure("alpha is a source id") }
    return id
}()

/// A filing of some items upon a state, at a fixed hour.
func filing(_ items: [Item], state: SourceState) -> PollFiling {
    var record = PollRecord(source: state.source, startedAt: Date(timeIntervalSince1970: 1_795_507_200), outcome: .ok)
    record.items.seen = items.count
    return PollFiling(
        drafts: ArticleDraft.drafts(of: items), state: state, record: record, newItemsPerDay: 5000, bytesStoredPerDay: .mebibytes(64))
}

/// Files items with these ids upon the present state, or upon a given revision of an empty one.
@discardableResult
func file(_ ids: [String], into store: SQLiteStore, revision: Int? = nil) async throws -> FilingResult {
    var state = SourceState(source: source)
    if let revision { state.revision = revision } else { state = try await store.sourceState(of: source) ?? state }
    return try await store.file(filing(ids.map { Item(id: $0, title: "Title of \($0)") }, state: state))
}
