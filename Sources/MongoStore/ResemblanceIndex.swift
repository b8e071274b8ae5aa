import FoundationEssentials
import Stores
import WireCore

/// The titles of the last 72 hours, in memory: where a new article finds what it resembles.
///
/// Kept out of the database, where its scattered keys cost more writing than all the rest of an article. It is a view of `articles`:
/// before each filing it reads what was added since, by whichever host. Only heads of families are in it (articles that are no
/// near duplicates themselves), so that a crowd of like titles stays cheap.
struct ResemblanceIndex {
    private struct Head {
        var source: String
        var seenAt: Int64
        var words: [UInt64]
    }

    /// More are not remembered, the oldest go first: about 20 MB.
    private static let most = 50_000
    /// Heads under one key: few share one by accident; the bound is for those who do it on purpose.
    private static let mostOfKey = 8
    /// Numbers before the last one seen that may still come to light.
    private static let lookedAtAgain: Int64 = 200
    private static let horizon = Int64(Resemblance.horizon.milliseconds)

    private var heads: [Int64: Head] = [:]
    private var byKey: [Int64: [Int64]] = [:]
    /// The heads' ids, oldest first from `oldest` on.
    private var order: [Int64] = []
    private var oldest = 0
    /// The last article that was read; nil before the first reading.
    private var latest: Int64?

    /// Reads the articles that were added since the last time; `instant` is the present. Numbers are drawn before the commit, so that one
    /// which is smaller may come to light later: the last few are looked at again.
    mutating func catchUp(_ db: MongoAccess, at instant: Date) throws {
        let horizon = instant.milliseconds - Self.horizon
        let start = try latest ?? max(0, (db.lastArticle() ?? 0) - Int64(Self.most))
        var last = start
        let filter: BSONDocument = ["_id": ["$gt": .int(max(0, start - Self.lookedAtAgain))], "first_seen_at": ["$gte": .int(horizon)]]
        try db.each(.articles, filter, sort: ["_id": 1], only: ["source", "first_seen_at", "title", "near"]) { document in
            let id = try document.int64("_id")
            last = max(last, id)
            guard heads[id] == nil, document["near"] == nil, let title = try document.optionalText("title") else { return }
            add(id, Head(source: try document.text("source"), seenAt: try document.int64("first_seen_at"), words: Resemblance.words(of: title)))
        }
        latest = last
        while let id = order.dropFirst(oldest).first, order.count - oldest > Self.most || (heads[id]?.seenAt ?? 0) < horizon { forget(id) }
    }

    /// The earliest head that another source brought within the horizon and whose title resembles the draft's. Articles of one
    /// source are never linked with each other: a series ("Market report for Monday") is no duplicate.
    func head(resembling draft: ArticleDraft, notOf source: SourceID, at instant: Date) -> Int64? {
        let candidates = Set(draft.resemblance.flatMap { byKey[$0] ?? [] })
        guard !candidates.isEmpty, let title = draft.item.title else { return nil }
        let words = Resemblance.words(of: title)
        return candidates.sorted().first { id in
            guard let head = heads[id], head.source != source.text else { return false }
            return abs(instant.milliseconds - head.seenAt) <= Self.horizon
                && Resemblance.jaccard(words, head.words) >= Resemblance.threshold
        }
    }

    private mutating func add(_ id: Int64, _ head: Head) {
        let keys = Resemblance.keys(of: head.words)
        guard !keys.isEmpty else { return }
        heads[id] = head
        order.append(id)
        for key in keys {
            let others = byKey[key] ?? []
            // One of each source, so that no source can crowd the others out.
            guard others.count < Self.mostOfKey, !others.contains(where: { heads[$0]?.source == head.source }) else { continue }
            byKey[key, default: []].append(id)
        }
    }

    private mutating func forget(_ id: Int64) {
        for key in Resemblance.keys(of: heads[id]?.words ?? []) {
            let others = (byKey[key] ?? []).filter { $0 != id }
            byKey[key] = others.isEmpty ? nil : others
        }
        heads[id] = nil
        oldest += 1
        if oldest > order.count / 2 {
            order.removeFirst(oldest)
            oldest = 0
        }
    }
}
