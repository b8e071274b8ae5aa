import FoundationEssentials
import Stores
import WireCore

/// A store under test and short ways to say what is done to it.
struct StoreRig: Sendable {
    let store: any DeskStore

    /// 2026-11-24T08:00:00Z, the hour at which every check begins.
    static let start = Date(timeIntervalSince1970: 1_795_507_200)

    /// An instant some seconds after the start, on a whole millisecond: stores keep no more.
    func at(_ seconds: Double) -> Date {
        Date(timeIntervalSince1970: ((Self.start.timeIntervalSince1970 + seconds) * 1000).rounded() / 1000)
    }

    /// A filing upon the state that the store holds now.
    func filing(
        _ drafts: [ArticleDraft], from source: SourceID, at seconds: Double = 0, itemsPerDay: Int = 1000,
        bytesPerDay: ByteCount = .mebibytes(64)
    ) async throws -> PollFiling {
        let state = try await store.sourceState(of: source) ?? SourceState(source: source)
        var record = PollRecord(source: source, startedAt: at(seconds), outcome: .ok)
        record.items.seen = drafts.count
        return PollFiling(
            drafts: drafts, state: state, record: record, newItemsPerDay: itemsPerDay, bytesStoredPerDay: bytesPerDay)
    }

    /// Files the items of one document.
    @discardableResult
    func file(
        _ items: [Item], from source: SourceID, at seconds: Double = 0, itemsPerDay: Int = 1000,
        bytesPerDay: ByteCount = .mebibytes(64)
    ) async throws -> FilingResult {
        let drafts = ArticleDraft.drafts(of: items)
        return try await store.file(
            try await filing(drafts, from: source, at: seconds, itemsPerDay: itemsPerDay, bytesPerDay: bytesPerDay))
    }

    /// All articles with their content, newest first.
    func articles(of source: SourceID? = nil, limit: Int = 1000) async throws -> [Article] {
        var query = ArticleQuery(source: source, limit: limit)
        query.withContent = true
        return try await store.articles(query)
    }

    func article(_ id: Int64?) async throws -> Article {
        guard let id, let article = try await articles().first(where: { $0.id == id }) else {
            throw ConformanceFailure(description: "there is no article \(id.map(String.init) ?? "nil")")
        }
        return article
    }
}

extension SourceID {
    /// Three sources; any id will do.
    static let alpha = SourceID(named: "alpha")
    static let beta = SourceID(named: "beta")
    static let gamma = SourceID(named: "gamma")

    private init(named name: StaticString) {
        guard let id = SourceID(name.description) else { preconditionFailure("a test names a source \(name)") }
        self = id
    }
}

extension Item {
    /// An item with an id, and a title and an address made of it.
    static func plain(_ id: String) -> Item {
        Item(id: id, title: "Title of \(id)", url: "https://news.example/\(id)")
    }
}

extension ItemCounts {
    /// Counts in one line.
    static func of(seen: Int, new: Int = 0, updated: Int = 0, duplicate: Int = 0, rejected: Int = 0) -> ItemCounts {
        var counts = ItemCounts()
        (counts.seen, counts.new, counts.updated, counts.duplicate, counts.rejected) = (seen, new, updated, duplicate, rejected)
        return counts
    }
}
