import FoundationEssentials
import Stores
import WireCore

/// What was understood, as lists and statistics read it.
extension MongoAccess {
    func enrichedArticles(_ query: EnrichedQuery) throws -> [EnrichedArticle] {
        var conditions = BSONDocument()
        var span = BSONDocument()
        if let from = query.from { span["$gte"] = BSON(from) }
        if let to = query.to { span["$lt"] = BSON(to) }
        if !span.fields.isEmpty { conditions["at"] = .document(span) }
        if query.tierAtMost < .noise { conditions["tier"] = ["$lte": BSON(query.tierAtMost.rawValue)] }
        if let entity = query.entity { conditions["mentions.name"] = .text(entity) }
        if let narrative = query.narrative { conditions["narrative"] = .int(narrative) }
        if let source = query.source { conditions["source"] = .text(source.text) }
        if let before = query.before { conditions["_id"] = ["$lt": .int(before)] }
        if query.isOutsideNarratives {
            // Both at once no article is.
            if query.narrative != nil { return [] }
            conditions["narrative"] = .null
        }
        return try completed(find(.enrichments, conditions, sort: ["_id": -1], limit: max(0, query.limit)))
    }

    /// In the order of the ids.
    func enrichedArticles(ids: [Int64]) throws -> [EnrichedArticle] {
        guard !ids.isEmpty else { return [] }
        return try completed(find(.enrichments, ["_id": ["$in": BSON(ids)]], sort: ["_id": 1]))
    }

    private func completed(_ documents: [BSONDocument]) throws -> [EnrichedArticle] {
        guard !documents.isEmpty else { return [] }
        var articles: [Int64: BSONDocument] = [:]
        let ids = documents.compactMap { $0["_id"] }
        try each(.articles, ["_id": ["$in": .list(ids)]], only: ["title", "url", "near"]) { articles[try $0.int64("_id")] = $0 }
        return try documents.map { document in
            let enrichment = try EnrichmentDocument.enrichment(document)
            let article = articles[enrichment.article] ?? [:]
            return EnrichedArticle(
                title: try article.optionalText("title") ?? "", url: try article.optionalText("url"),
                nearDuplicateOf: try article.optionalInt64("near"), narrative: try document.optionalInt64("narrative"), enrichment: enrichment)
        }
    }

    func processingCounts(from: Date, to: Date) throws -> [ProcessingCount] {
        let groups = try aggregate(
            .enrichments,
            [
                ["$match": ["enriched_at": ["$gte": BSON(from), "$lt": BSON(to)]]],
                ["$group": ["_id": ["source": "$source", "method": "$method"], "n": ["$sum": 1]]],
            ])
        var counts: [SourceID: ProcessingCount] = [:]
        for group in groups {
            let id = try group.document("_id")
            let source = try id.source("source")
            var count = counts[source] ?? ProcessingCount(source: source, model: 0, simple: 0)
            switch try id.word("method", as: ReadingMethod.self) {
            case .model: count.model = try group.int("n")
            case .simple: count.simple = try group.int("n")
            }
            counts[source] = count
        }
        return counts.values.sorted { $0.source < $1.source }
    }
}

/// Statistics of entities: the server sums by entity and source, the rest is done here.
extension MongoAccess {
    func entityStatistics(from: Date, to: Date, tierAtMost tier: RelevanceTier, limit: Int) throws -> [EntityStatistic] {
        guard limit > 0 else { return [] }
        let groups = try aggregate(
            .enrichments,
            [
                ["$match": ["at": ["$gte": BSON(from), "$lt": BSON(to)], "tier": ["$lte": BSON(tier.rawValue)]]],
                ["$unwind": "$mentions"],
                ["$group": ["_id": ["name": "$mentions.name", "source": "$source"], "n": ["$sum": 1], "sentiment": ["$sum": "$sentiment"]]],
            ])
        var counts: [[UInt8]: EntityCount] = [:]
        for group in groups {
            let name = Array(try group.document("_id").text("name").utf8)
            counts[name, default: EntityCount()].add(SentimentSum(articles: try group.int("n"), sum: try group.double("sentiment")))
        }
        return try statistics(of: Self.most(limit, of: counts), limit: limit)
    }

    /// Those with the most mentions; where the last place is shared, all who share it: their names decide.
    private static func most(_ limit: Int, of counts: [[UInt8]: EntityCount]) -> [[UInt8]: EntityCount] {
        guard counts.count > limit else { return counts }
        let least = counts.values.map(\.total.articles).sorted(by: >)[limit - 1]
        return counts.filter { $0.value.total.articles >= least }
    }

    private func statistics(of counts: [[UInt8]: EntityCount], limit: Int) throws -> [EntityStatistic] {
        guard !counts.isEmpty else { return [] }
        let names = counts.keys.map { BSON.text(String(decoding: $0, as: UTF8.self)) }
        let named = try find(.entities, ["_id": ["$in": .list(names)]], sort: ["_id": 1]).map { document in
            let name = try document.text("_id")
            let count = counts[Array(name.utf8)] ?? EntityCount()
            return EntityStatistic(
                name: name, kind: try document.word("kind"), ticker: try document.optionalText("ticker"), mentions: count.total.articles,
                sources: count.sources, sentiment: count.total.mean, highestSource: count.highest ?? count.total.mean,
                lowestSource: count.lowest ?? count.total.mean, firstAt: try document.date("first_at"))
        }
        // The sort is stable: names stay in order.
        return Array(named.sorted { $0.mentions > $1.mentions }.prefix(limit))
    }
}

private struct SentimentSum {
    var articles = 0
    var sum = 0.0

    var mean: Double { articles == 0 ? 0 : sum / Double(articles) }
}

private struct EntityCount {
    private(set) var total = SentimentSum()
    private(set) var sources = 0
    /// The means of the ends, of sources with two articles at least.
    private(set) var highest: Double?
    private(set) var lowest: Double?

    mutating func add(_ source: SentimentSum) {
        total.articles += source.articles
        total.sum += source.sum
        sources += 1
        guard source.articles > 1 else { return }
        highest = max(highest ?? source.mean, source.mean)
        lowest = min(lowest ?? source.mean, source.mean)
    }
}
