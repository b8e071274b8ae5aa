import FoundationEssentials
import Stores
import WireCore

/// A view of `articles`, for resemblances: before each filing it reads what was added since, by whichever host, number by number.
struct ResemblanceIndex {
    /// How long a number that was given may take to come to light: a transaction that drew it is over by then.
    private static let patience = Duration.seconds(120)
    /// Numbers asked for by themselves; beyond them all is read anew.
    private static let mostMissing = 2_000

    private(set) var titles = TitleHeads()
    /// All numbers up to this one were looked at; nil before the first reading.
    private var latest: Int64?
    /// Numbers that were given and had no article when looked at, and since when: numbers are drawn before the commit.
    private var missing: [Int64: ContinuousClock.Instant] = [:]
    /// Heads that were added in the transaction under way.
    private var provisional: [Int64] = []

    /// Reads the articles that were added since the last time; `instant` is the present.
    mutating func catchUp(_ db: MongoAccess, at instant: Date) throws {
        let horizon = TitleHeads.horizon(at: instant)
        let last = try db.lastNumber("articles")
        if let latest, missing.count + Int(last - min(latest, last)) <= Self.mostMissing {
            try readNumbers(Set(missing.keys).union(latest < last ? Array(latest + 1...last) : []), db, since: horizon)
        } else {
            try readAll(db, since: horizon, upTo: last)
        }
        latest = last
        titles.forgetOld(at: instant)
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
            titles.takeBack(id)
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
            .articles, ["first_seen_at": ["$gte": .int(horizon)]], sort: ["first_seen_at": -1], limit: TitleHeads.most, only: Self.fields)
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
            guard !titles.contains(id), document["near"] == nil, seenAt >= horizon, let title = try document.optionalText("title") else { return id }
            if titles.add(id, title: title, source: try document.text("source"), seenAt: seenAt) { provisional.append(id) }
            return id
        }
    }
}
