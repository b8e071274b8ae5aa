import FoundationEssentials
import GRDB
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

/// Recognises the items of one document, one after the other. Reads only.
struct Recogniser {
    let db: Database
    let source: SourceID
    /// The identities of the items so far, as bytes: to a Set of Strings two Unicode forms of one letter would be the same.
    private var identities: Set<[UInt8]> = []

    init(db: Database, source: SourceID) {
        (self.db, self.source) = (db, source)
    }

    mutating func recognise(_ draft: ArticleDraft) throws -> Recognition {
        guard let identity = draft.identity else { return .unidentified }
        guard identities.insert(Array(identity.utf8)).inserted else { return .twice }
        if let known = try byIdentity(identity, draft) { return known }
        if let article = try byAddress(draft) { return .elsewhere(article: article) }
        return .new
    }

    /// Whether the identity has stood on one of the items so far.
    func hasSeen(_ identity: String) -> Bool { identities.contains(Array(identity.utf8)) }

    private func byIdentity(_ identity: String, _ draft: ArticleDraft) throws -> Recognition? {
        let sql = "SELECT article, content_hash, seen_day FROM sightings WHERE source = ? AND identity = ?"
        let row = try db.first(sql, .text(source.text), .text(identity)) { ($0.optionalInt64(0), $0.int64(1), $0.int64(2)) }
        guard let (article, hash, seenDay) = row else { return nil }
        guard let article, hash != Int64(bitPattern: draft.contentHash) else { return .known(article: article, seenDay: seenDay) }
        let first = try db.first("SELECT source, size FROM articles WHERE id = ?", .integer(article)) { ($0.text(0), $0.int(1)) }
        // Only the source that was first may change what is stored.
        guard let first, first.0 == source.text else { return .known(article: article, seenDay: seenDay) }
        return .changed(article: article, oldSize: first.1)
    }

    /// An address that one article of another source bears identifies it. Where this source bears it too, or several articles do, it
    /// may be a page that many items share: then text or date must agree as well.
    private func byAddress(_ draft: ArticleDraft) throws -> Int64? {
        guard let address = draft.canonicalURL else { return nil }
        let sql = """
            SELECT articles.id, articles.source, articles.published_at, sightings.content_hash FROM articles
            LEFT JOIN sightings ON sightings.article = articles.id AND sightings.source = articles.source
            WHERE canonical_url = ? ORDER BY articles.id DESC LIMIT \(Self.mostCandidates)
            """
        let candidates = try db.rows(sql, [.text(address)]) { row in
            Candidate(id: row.int64(0), source: row.text(1), publishedAt: row.optionalInt64(2), hash: row.int64(3))
        }
        if candidates.count == 1, candidates[0].source != source.text { return candidates[0].id }
        let agreeing = candidates.last { candidate in
            candidate.hash == Int64(bitPattern: draft.contentHash)
                || (candidate.publishedAt != nil && candidate.publishedAt == draft.item.publishedAt?.milliseconds)
        }
        return agreeing?.id
    }

    private static let mostCandidates = 8

    private struct Candidate {
        var id: Int64
        var source: String
        var publishedAt: Int64?
        var hash: Int64
    }
}

extension Database {
    /// What filing these drafts would come to; ceilings are left out of account.
    func preview(_ drafts: [ArticleDraft], of source: SourceID) throws -> ItemCounts {
        var recogniser = Recogniser(db: self, source: source)
        var counts = ItemCounts()
        counts.seen = drafts.count
        for draft in drafts {
            switch try recogniser.recognise(draft) {
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
