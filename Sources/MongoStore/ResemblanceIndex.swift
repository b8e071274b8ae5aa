import FoundationEssentials
import Stores
import WireCore

/// The titles of the last 72 hours, in memory: where a new article finds what it resembles.
///
/// Kept out of the database, where its scattered keys cost more writing than all the rest of an article. It is a view of `articles`:
/// before each filing it reads what was added since, by whichever host, number by number. Only heads of families are in it (articles
/// that are no near duplicates themselves), so that a crowd of like titles stays cheap.
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
    /// How long a number that was given may take to come to light: a transaction that drew it is over by then.
    private static let patience = Duration.seconds(120)
    /// Numbers asked for by themselves; beyond them all is read anew.
    private static let mostMissing = 2_000
    private static let horizon = Int64(Resemblance.horizon.milliseconds)

    private var heads: [Int64: Head] = [:]
    private var byKey: [Int64: [Int64]] = [:]
    /// The heads' ids, oldest first from `oldest` on.
    private var order: [Int64] = []
    private var oldest = 0
    /// All numbers up to this one were looked at; nil before the first reading.
    private var latest: Int64?
    /// Numbers that were given and had no article when looked at, and since when: numbers are drawn before the commit.
    private var missing: [Int64: ContinuousClock.Instant] = [:]
    /// Heads that were added in the transaction under way.
    private var provisional: [Int64] = []

    /// Reads the articles that were added since the last time; `instant` is the present.
    mutating func catchUp(_ db: MongoAccess, at instant: Date) throws {
        let horizon = instant.milliseconds - Self.horizon
        let last = try db.lastNumber("articles")
        if let latest, missing.count + Int(last - min(latest, last)) <= Self.mostMissing {
            try readNumbers(Set(missing.keys).union(latest < last ? Array(latest + 1...last) : []), db, since: horizon)
        } else {
            try readAll(db, since: horizon, upTo: last)
        }
        latest = last
        while let id = order.dropFirst(oldest).first, order.count - oldest > Self.most || (heads[id]?.seenAt ?? 0) < horizon { forget(id) }
    }

    /// Numbers that a filing under way has drawn for its articles.
    mutating func expect(_ numbers: [Int64]) {
        for number in numbers { missing[number] = .now }
    }

    /// The transaction has ended. What it read is read again if it came to nothing: some of it may have been its own.
    mutating func transactionEnded(isCommitted: Bool) {
        defer { provisional = [] }
        guard !isCommitted else { return }
        for id in provisional.reversed() {
            removeKeys(of: id)
            heads[id] = nil
            if order.count > oldest, order.last == id { order.removeLast() }
            missing[id] = .now
        }
    }

    private mutating func readNumbers(_ numbers: Set<Int64>, _ db: MongoAccess, since horizon: Int64) throws {
        guard !numbers.isEmpty else { return }
        let found = Set(try take(db.find(.articles, ["_id": ["$in": BSON(numbers.sorted())]], sort: ["_id": 1], only: Self.fields), since: horizon))
        let now = ContinuousClock.now
        for number in numbers {
            let since = missing[number] ?? now
            missing[number] = found.contains(number) || since.duration(to: now) > Self.patience ? nil : since
        }
    }

    private mutating func readAll(_ db: MongoAccess, since horizon: Int64, upTo last: Int64) throws {
        self = ResemblanceIndex()
        let newest = try db.find(
            .articles, ["first_seen_at": ["$gte": .int(horizon)]], sort: ["first_seen_at": -1], limit: Self.most, only: Self.fields)
        let found = Set(try take(newest.reversed(), since: horizon))
        let now = ContinuousClock.now
        for number in max(1, last - 200)...max(1, last) where !found.contains(number) { missing[number] = now }
    }

    private static let fields = ["source", "first_seen_at", "title", "near"]

    /// Returns the numbers of all, heads or not.
    private mutating func take(_ documents: [BSONDocument], since horizon: Int64) throws -> [Int64] {
        try documents.map { document in
            let id = try document.int64("_id")
            let seenAt = try document.int64("first_seen_at")
            guard heads[id] == nil, document["near"] == nil, seenAt >= horizon, let title = try document.optionalText("title") else { return id }
            add(id, Head(source: try document.text("source"), seenAt: seenAt, words: Resemblance.words(of: title)))
            return id
        }
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
        provisional.append(id)
        for key in keys {
            let others = byKey[key] ?? []
            // One of each source, so that no source can crowd the others out.
            guard others.count < Self.mostOfKey, !others.contains(where: { heads[$0]?.source == head.source }) else { continue }
            byKey[key, default: []].append(id)
        }
    }

    private mutating func forget(_ id: Int64) {
        removeKeys(of: id)
        heads[id] = nil
        oldest += 1
        if oldest > order.count / 2 {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    private mutating func removeKeys(of id: Int64) {
        for key in Resemblance.keys(of: heads[id]?.words ?? []) {
            let others = (byKey[key] ?? []).filter { $0 != id }
            byKey[key] = others.isEmpty ? nil : others
        }
    }
}
