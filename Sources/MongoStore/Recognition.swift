import FoundationEssentials
import Stores
import WireCore

/// What the store knows of an item before it is filed.
enum Recognition {
    /// There is nothing to know it by.
    case unidentified
    /// It stood earlier in the same document.
    case twice
    /// Known under this identity. The article is nil when it was pruned since.
    case known(article: Int64?, seenDay: Int64)
    /// Known under this identity, and the text differs from what this source, which was first, said before.
    case changed(article: Int64, oldSize: Int)
    /// Known by its address: from another source, or from this one under another identity.
    case elsewhere(article: Int64)
    /// Never seen.
    case new
}

/// What one source showed under one identity.
struct Sighting {
    var identity: String
    var article: Int64?
    var hash: Int64
    var seenDay: Int64

    /// A source's id holds no line break.
    static func id(_ source: SourceID, _ identity: String) -> String { source.text + "\n" + identity }
}

/// Recognises the items of one document, one after the other. Everything it needs is read at the beginning, in four requests; what the
/// filing changes is noted here too.
struct Recogniser {
    private let source: SourceID
    /// By `_id` bytes: to a Dictionary of Strings two Unicode forms of one letter would be the same.
    private var sightings: [[UInt8]: Sighting] = [:]
    private var firsts: [Int64: (source: String, size: Int)] = [:]
    /// By address, latest first.
    private var candidates: [[UInt8]: [Candidate]] = [:]
    /// Under which identity this source has shown an article.
    private var own: [Int64: Sighting] = [:]
    /// The identities of the items so far.
    private var identities: Set<[UInt8]> = []
    /// Items whose identity was not known at the beginning.
    private(set) var unknown = 0

    struct Candidate {
        var id: Int64
        var source: String
        var publishedAt: Int64?
        var hash: Int64
    }

    private static let mostCandidates = 8

    init(_ db: MongoAccess, source: SourceID, drafts: [ArticleDraft]) throws {
        self.source = source
        try readSightings(db, drafts)
        let strangers = drafts.filter { draft in draft.identity.map { sightings[Array($0.utf8)] == nil } ?? false }
        unknown = strangers.count
        try readCandidates(db, strangers.compactMap(\.canonicalURL))
        try readOwn(db)
    }

    mutating func recognise(_ draft: ArticleDraft) -> Recognition {
        guard let identity = draft.identity else { return .unidentified }
        guard identities.insert(Array(identity.utf8)).inserted else { return .twice }
        if let known = byIdentity(identity, draft) { return known }
        if let article = byAddress(draft) { return .elsewhere(article: article) }
        return .new
    }

    /// Whether the identity has stood on one of the items so far.
    func hasSeen(_ identity: String) -> Bool { identities.contains(Array(identity.utf8)) }

    /// Under which identity this source has shown an article before.
    func sighting(of article: Int64) -> Sighting? { own[article] }

    // MARK: What the filing changes

    mutating func note(_ sighting: Sighting) {
        sightings[Array(sighting.identity.utf8)] = sighting
        if let article = sighting.article { own[article] = sighting }
    }

    mutating func forget(_ sighting: Sighting) { sightings[Array(sighting.identity.utf8)] = nil }

    /// An article of this source bears the draft's address now.
    mutating func noteArticle(_ id: Int64, _ draft: ArticleDraft) {
        for key in candidates.keys { candidates[key]?.removeAll { $0.id == id } }
        guard let address = draft.canonicalURL else { return }
        let candidate = Candidate(
            id: id, source: source.text, publishedAt: draft.item.publishedAt?.milliseconds, hash: Int64(bitPattern: draft.contentHash))
        let all = [candidate] + (candidates[Array(address.utf8)] ?? [])
        candidates[Array(address.utf8)] = Array(all.sorted { $0.id > $1.id }.prefix(Self.mostCandidates))
    }

    // MARK: Steps

    private func byIdentity(_ identity: String, _ draft: ArticleDraft) -> Recognition? {
        guard let sighting = sightings[Array(identity.utf8)] else { return nil }
        let known = Recognition.known(article: sighting.article, seenDay: sighting.seenDay)
        guard let article = sighting.article, sighting.hash != Int64(bitPattern: draft.contentHash) else { return known }
        // Only the source that was first may change what is stored.
        guard let first = firsts[article], first.source == source.text else { return known }
        return .changed(article: article, oldSize: first.size)
    }

    /// An address that one article of another source bears identifies it. Where this source bears it too, or several articles do, it
    /// may be a page that many items share: then text or date must agree as well.
    private func byAddress(_ draft: ArticleDraft) -> Int64? {
        guard let address = draft.canonicalURL, let candidates = candidates[Array(address.utf8)], !candidates.isEmpty else { return nil }
        if candidates.count == 1, candidates[0].source != source.text { return candidates[0].id }
        let agreeing = candidates.last { candidate in
            candidate.hash == Int64(bitPattern: draft.contentHash)
                || (candidate.publishedAt != nil && candidate.publishedAt == draft.item.publishedAt?.milliseconds)
        }
        return agreeing?.id
    }

    private mutating func readSightings(_ db: MongoAccess, _ drafts: [ArticleDraft]) throws {
        let ids = drafts.compactMap { $0.identity.map { BSON.text(Sighting.id(source, $0)) } }
        guard !ids.isEmpty else { return }
        for document in try db.find(.sightings, ["_id": ["$in": .list(ids)]]) {
            let sighting = try document.sighting
            sightings[Array(sighting.identity.utf8)] = sighting
        }
        let articles = sightings.values.compactMap(\.article)
        guard !articles.isEmpty else { return }
        for document in try db.find(.articles, ["_id": ["$in": BSON(articles)]], only: ["source", "size"]) {
            firsts[try document.int64("_id")] = (try document.text("source"), try document.int("size"))
        }
    }

    /// An address that very many articles bear must not hide the others': then each is asked for by itself.
    private mutating func readCandidates(_ db: MongoAccess, _ addresses: [String]) throws {
        guard !addresses.isEmpty else { return }
        let most = 64 + Self.mostCandidates * addresses.count
        let found = try candidates(db, ["$in": BSON(addresses)], most)
        if found.count < most {
            for (address, candidate) in found { take(candidate, at: address) }
        } else {
            for address in Set(addresses.map { Array($0.utf8) }) {
                let text = String(decoding: address, as: UTF8.self)
                for (_, candidate) in try candidates(db, .text(text), Self.mostCandidates) { take(candidate, at: text) }
            }
        }
    }

    private mutating func take(_ candidate: Candidate, at address: String) {
        let key = Array(address.utf8)
        if (candidates[key]?.count ?? 0) < Self.mostCandidates { candidates[key, default: []].append(candidate) }
    }

    private func candidates(_ db: MongoAccess, _ address: BSON, _ limit: Int) throws -> [(String, Candidate)] {
        let fields = ["source", "published_at", "canonical_url", "hash"]
        return try db.find(.articles, ["canonical_url": address], sort: ["_id": -1], limit: limit, only: fields).map { document in
            let candidate = Candidate(
                id: try document.int64("_id"), source: try document.text("source"), publishedAt: try document.optionalInt64("published_at"),
                hash: try document.int64("hash"))
            return (try document.text("canonical_url"), candidate)
        }
    }

    private mutating func readOwn(_ db: MongoAccess) throws {
        let articles = Set(candidates.values.joined().map(\.id))
        guard !articles.isEmpty else { return }
        for document in try db.find(.sightings, ["article": ["$in": BSON(Array(articles))]]) where try document.text("source") == source.text {
            let sighting = try document.sighting
            if let article = sighting.article { own[article] = sighting }
        }
    }
}

extension BSONDocument {
    fileprivate var sighting: Sighting {
        get throws {
            Sighting(
                identity: try text("identity"), article: try optionalInt64("article"), hash: try int64("hash"), seenDay: try int64("seen_day"))
        }
    }
}

extension MongoAccess {
    /// What filing these drafts would come to; ceilings are left out of account.
    func preview(_ drafts: [ArticleDraft], of source: SourceID) throws -> ItemCounts {
        var recogniser = try Recogniser(self, source: source, drafts: drafts)
        var counts = ItemCounts()
        counts.seen = drafts.count
        for draft in drafts {
            switch recogniser.recognise(draft) {
            case .unidentified: counts.rejected += 1
            case .twice, .elsewhere: counts.duplicate += 1
            case .known: break
            case .changed: counts.updated += 1
            case .new: counts.new += 1
            }
        }
        return counts
    }
}
