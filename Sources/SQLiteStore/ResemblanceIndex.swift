import FoundationEssentials
import GRDB
import Stores
import WireCore

/// The titles of the last 72 hours, in memory: where a new article finds what it resembles.
///
/// Kept out of the file, where its scattered keys cost more writing than all the rest of an article. It is a view of `articles`:
/// before each filing it reads what was added since, by whichever process. Only heads of families are in it (articles that are no
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
    private static let horizon = Int64(Resemblance.horizon.milliseconds)

    private var heads: [Int64: Head] = [:]
    private var byKey: [Int64: [Int64]] = [:]
    /// The heads' ids, oldest first from `oldest` on.
    private var order: [Int64] = []
    private var oldest = 0
    /// The last article that was read; nil before the first reading.
    private var latest: Int64?

    /// Reads the articles that were added since the last time; `instant` is the present.
    mutating func catchUp(_ db: Database, at instant: Date) throws {
        let horizon = instant.milliseconds - Self.horizon
        let start = try latest ?? db.first("SELECT max(id) FROM articles") { max(0, $0.int64(0) - Int64(Self.most)) } ?? 0
        let sql = """
            SELECT id, source, first_seen_at, title FROM articles
            WHERE id > ? AND first_seen_at >= ? AND near_duplicate_of IS NULL AND title IS NOT NULL ORDER BY id
            """
        let added = try db.rows(sql, [.integer(start), .integer(horizon)]) { row in
            (row.int64(0), Head(source: row.text(1), seenAt: row.int64(2), words: Resemblance.words(of: row.text(3))))
        }
        for (id, head) in added { add(id, head) }
        latest = max(start, added.last?.0 ?? 0)
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
