import FoundationEssentials
import Stores
import WireCore

/// `enrichments`, each with its mentions, and `entities`.
enum EnrichmentDocument {
    static func document(_ enrichment: Enrichment) -> BSONDocument {
        [
            "_id": .int(enrichment.article), "source": .text(enrichment.source.text), "at": BSON(enrichment.at),
            "enriched_at": BSON(enrichment.enrichedAt), "method": .text(enrichment.method.rawValue), "model": BSON(enrichment.model),
            "call_id": BSON(enrichment.callID), "tier": BSON(enrichment.tier.rawValue), "sentiment": .real(enrichment.sentiment),
            "theme": .text(enrichment.theme.rawValue), "nucleus": BSON(enrichment.nucleus), "amount": BSON(enrichment.amount), "narrative": .null,
            "focus": BSON(enrichment.focus), "keywords": BSON(enrichment.keywords), "summary": .text(enrichment.summary),
            "note": BSON(enrichment.note), "mentions": .list(mentions(of: enrichment).map(document)),
        ]
    }

    /// A name, told apart by its bytes, counts once in an article.
    static func mentions(of enrichment: Enrichment) -> [EntityMention] {
        var seen: Set<[UInt8]> = []
        return enrichment.mentions.filter { seen.insert(Array($0.name.utf8)).inserted }
    }

    private static func document(_ mention: EntityMention) -> BSON {
        [
            "name": .text(mention.name), "kind": .text(mention.kind.rawValue), "ticker": BSON(mention.ticker), "salience": BSON(mention.salience),
            "confidence": .real(mention.confidence),
        ]
    }

    static func enrichment(_ document: BSONDocument) throws -> Enrichment {
        guard let tier = RelevanceTier(rawValue: try document.int("tier")) else {
            throw BSONDocument.damaged("a tier that this version does not know")
        }
        var enrichment = Enrichment(
            article: try document.int64("_id"), source: try document.source("source"), at: try document.date("at"),
            enrichedAt: try document.date("enriched_at"), method: try document.word("method"), tier: tier,
            sentiment: try document.double("sentiment"), theme: try document.word("theme"))
        (enrichment.model, enrichment.callID) = (try document.optionalText("model"), try document.optionalText("call_id"))
        (enrichment.nucleus, enrichment.amount) = (try document.optionalText("nucleus"), try document.optionalDouble("amount"))
        (enrichment.focus, enrichment.keywords) = (try document.words("focus"), try document.words("keywords"))
        (enrichment.summary, enrichment.note) = (try document.text("summary"), try document.optionalText("note"))
        enrichment.mentions = try document.documents("mentions").map { mention in
            EntityMention(
                name: try mention.text("name"), kind: try mention.word("kind"), ticker: try mention.optionalText("ticker"),
                salience: try mention.int("salience"), confidence: try mention.double("confidence"))
        }
        return enrichment
    }
}

extension MongoAccess {
    /// Returns how many were filed: those that the claim holds.
    func file(_ enrichments: [Enrichment], claim: Int64) throws -> Int {
        var held = try leaveQueue(enrichments.map(\.article), claim: claim)
        let filed = enrichments.filter { held.remove($0.article) != nil }
        try insert(.enrichments, filed.map(EnrichmentDocument.document))
        try noteEntities(of: filed)
        return filed.count
    }

    /// An entity is written only where a mention tells something new of it: what all hosts write would be in everybody's way.
    private func noteEntities(of enrichments: [Enrichment]) throws {
        let mentions = enrichments.flatMap { enrichment in EnrichmentDocument.mentions(of: enrichment).map { (mention: $0, at: enrichment.at) } }
        guard !mentions.isEmpty else { return }
        var known: [[UInt8]: Entity] = [:]
        for document in try find(.entities, ["_id": ["$in": .list(mentions.map { .text($0.mention.name) })]]) {
            known[Array(try document.text("_id").utf8)] = try Entity(document)
        }
        var changed: [[UInt8]] = []
        for (mention, at) in mentions {
            let key = Array(mention.name.utf8)
            let before = known[key]
            let after = Entity(mention, at: at.milliseconds, before: before)
            guard after != before else { continue }
            known[key] = after
            changed.append(key)
        }
        var written: Set<[UInt8]> = []
        try update(.entities, changed.filter { written.insert($0).inserted }.compactMap { known[$0].map { .put($0.document) } })
    }

    private struct Entity: Equatable {
        var name: String
        /// As the last article filed has it.
        var kind: String
        var ticker: String?
        var firstAt: Int64

        init(_ document: BSONDocument) throws {
            (name, kind) = (try document.text("_id"), try document.text("kind"))
            (ticker, firstAt) = (try document.optionalText("ticker"), try document.int64("first_at"))
        }

        init(_ mention: EntityMention, at instant: Int64, before: Entity?) {
            (name, kind, ticker) = (mention.name, mention.kind.rawValue, mention.ticker ?? before?.ticker)
            firstAt = min(instant, before?.firstAt ?? instant)
        }

        var document: BSONDocument { ["_id": .text(name), "kind": .text(kind), "ticker": BSON(ticker), "first_at": .int(firstAt)] }
    }
}
