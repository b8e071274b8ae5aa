import FoundationEssentials
import GRDB
import Stores
import WireCore

/// Statistics of entities: one walk through the index of mentions by time, summed up here. Grouped by SQLite the same walk takes six times
/// as long: it sorts first.
extension Database {
    func entityStatistics(from: Date, to: Date, tierAtMost tier: RelevanceTier, limit: Int) throws -> [EntityStatistic] {
        let sql = """
            SELECT entity, source, sentiment FROM mentions INDEXED BY mentions_by_time WHERE at >= ? AND at < ? AND tier <= ?
            """
        var bySource: [EntityOfSource: SentimentSum] = [:]
        try each(sql, [SQLValue(from), SQLValue(to), SQLValue(tier.rawValue)]) { row in
            bySource[EntityOfSource(entity: row.int64(0), source: row.int64(1)), default: SentimentSum()].add(row.double(2))
        }
        var byEntity: [Int64: EntityCount] = [:]
        for (key, sum) in bySource { byEntity[key.entity, default: EntityCount()].add(sum) }
        return try statistics(of: most(limit, of: byEntity), limit: limit)
    }

    /// Those with the most mentions; where the last place is shared, all who share it: their names decide.
    private func most(_ limit: Int, of counts: [Int64: EntityCount]) -> [Int64: EntityCount] {
        guard limit > 0 else { return [:] }
        guard counts.count > limit else { return counts }
        let least = counts.values.map(\.total.articles).sorted(by: >)[limit - 1]
        return counts.filter { $0.value.total.articles >= least }
    }

    private func statistics(of counts: [Int64: EntityCount], limit: Int) throws -> [EntityStatistic] {
        guard !counts.isEmpty else { return [] }
        let sql = """
            SELECT id, name, kind, ticker, first_at FROM entities WHERE id IN (SELECT value FROM json_each(?)) ORDER BY name
            """
        let named = try rows(sql, [.text(StoredList.text(Array(counts.keys)))]) { row in
            let count = counts[row.int64(0)] ?? EntityCount()
            return EntityStatistic(
                name: row.text(1), kind: try row.word(2), ticker: row.optionalText(3), mentions: count.total.articles, sources: count.sources,
                sentiment: count.total.mean, highestSource: count.highest ?? count.total.mean, lowestSource: count.lowest ?? count.total.mean,
                firstAt: row.date(4))
        }
        // The sort is stable: names stay in order.
        return Array(named.sorted { $0.mentions > $1.mentions }.prefix(limit))
    }
}

private struct EntityOfSource: Hashable {
    var entity: Int64
    var source: Int64
}

private struct SentimentSum {
    private(set) var articles = 0
    private(set) var sum = 0.0

    var mean: Double { sum / Double(articles) }

    mutating func add(_ sentiment: Double) {
        articles += 1
        sum += sentiment
    }

    mutating func add(_ other: SentimentSum) {
        articles += other.articles
        sum += other.sum
    }
}

private struct EntityCount {
    private(set) var total = SentimentSum()
    private(set) var sources = 0
    /// The means of the ends, of sources with two articles at least.
    private(set) var highest: Double?
    private(set) var lowest: Double?

    mutating func add(_ source: SentimentSum) {
        total.add(source)
        sources += 1
        guard source.articles > 1 else { return }
        highest = max(highest ?? source.mean, source.mean)
        lowest = min(lowest ?? source.mean, source.mean)
    }
}
