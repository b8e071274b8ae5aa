import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `briefings` and `citations`.
extension Database {
    func save(_ briefing: Briefing, isForced: Bool) throws -> BriefingFiling {
        let last = try lastBriefing(date: briefing.date, slot: briefing.slot, isSmoke: briefing.isSmoke)
        if let last, !briefing.isSmoke, !isForced { return .exists(last) }
        var briefing = briefing
        briefing.version = (last?.version ?? 0) + 1
        try run(BriefingColumns.insert, BriefingColumns.values(of: briefing))
        briefing.id = lastInsertedRowID
        try insertCitations(of: briefing)
        return .saved(try self.briefing(briefing.id) ?? briefing)
    }

    func briefings(_ query: BriefingQuery) throws -> [Briefing] {
        var conditions = [
            query.includesUnpublished ? "(is_smoke = 0 OR ?)" : "(is_smoke = 0 AND is_published = 1 OR is_smoke = 1 AND ?)"
        ]
        var values = [SQLValue(query.includesSmoke ? 1 : 0)]
        func add(_ condition: String, _ value: SQLValue) {
            conditions.append(condition)
            values.append(value)
        }
        if let date = query.date { add("date = ?", .text(date)) }
        if let slot = query.slot { add("slot = ?", .text(slot.rawValue)) }
        if let before = query.before { add("id < ?", .integer(before)) }
        let condition = conditions.joined(separator: " AND ")
        let sql = "SELECT \(BriefingColumns.all) FROM briefings WHERE \(condition) ORDER BY id DESC LIMIT ?"
        return try rows(sql, values + [SQLValue(max(0, query.limit))], BriefingColumns.briefing)
    }

    func briefing(_ id: Int64) throws -> Briefing? {
        try first("SELECT \(BriefingColumns.all) FROM briefings WHERE id = ?", .integer(id), make: BriefingColumns.briefing)
    }

    func citations(from: Date, to: Date) throws -> [SourceID: Int] {
        let sql = """
            SELECT source, count(*) FROM briefings INDEXED BY briefings_by_time CROSS JOIN citations ON citations.briefing = briefings.id
            WHERE made_at >= ? AND made_at < ? AND is_smoke = 0 GROUP BY source
            """
        let counts = try rows(sql, [SQLValue(from), SQLValue(to)]) { (try $0.source(0), $0.int(1)) }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    private func lastBriefing(date: String, slot: BriefingSlot, isSmoke: Bool) throws -> Briefing? {
        let sql = """
            SELECT \(BriefingColumns.all) FROM briefings WHERE date = ? AND slot = ? AND is_smoke = ? ORDER BY version DESC LIMIT 1
            """
        return try first(sql, .text(date), .text(slot.rawValue), SQLValue(isSmoke ? 1 : 0), make: BriefingColumns.briefing)
    }

    private func insertCitations(of briefing: Briefing) throws {
        for article in briefing.cited {
            try run(
                "INSERT INTO citations (briefing, article, source) SELECT ?, id, source FROM articles WHERE id = ?", .integer(briefing.id),
                .integer(article))
            guard changesCount == 1 else {
                throw DeskError(.store, "a briefing cites article \(article), which the store does not know; it was not saved")
            }
        }
    }
}

/// The columns of `briefings` in the order in which they are read; all but the first are written.
private enum BriefingColumns {
    private static let written = [
        "date", "slot", "version", "is_smoke", "is_published", "made_at", "covers_from", "covers_to", "method", "model", "note", "confidence",
        "signal_count", "narrative_count", "pattern_count", "article_count", "refinements", "cost", "calls", "content",
    ]
    static let all = (["id"] + written).joined(separator: ", ")
    static let insert =
        "INSERT INTO briefings (\(written.joined(separator: ", "))) VALUES (\(written.map { _ in "?" }.joined(separator: ", ")))"

    static func values(of briefing: Briefing) -> [SQLValue] {
        [
            .text(briefing.date), .text(briefing.slot.rawValue), SQLValue(briefing.version), SQLValue(briefing.isSmoke ? 1 : 0),
            SQLValue(briefing.isPublished ? 1 : 0), SQLValue(briefing.madeAt), SQLValue(briefing.coversFrom), SQLValue(briefing.coversTo),
            .text(briefing.method.rawValue), SQLValue(briefing.model), SQLValue(briefing.note), SQLValue(briefing.confidence),
            SQLValue(briefing.signalCount), SQLValue(briefing.narrativeCount), SQLValue(briefing.patternCount),
            SQLValue(briefing.articleCount), SQLValue(briefing.refinements), SQLValue(briefing.cost), .text(StoredList.text(briefing.calls)),
            .text(BriefingText.text(briefing.content)),
        ]
    }

    static func briefing(_ row: SQLRow) throws -> Briefing {
        var briefing = Briefing(
            date: row.text(1), slot: try row.word(2), madeAt: row.date(6), coversFrom: row.date(7), coversTo: row.date(8),
            method: try row.word(9), content: try BriefingText.content(row.text(20)))
        (briefing.id, briefing.version) = (row.int64(0), row.int(3))
        (briefing.isSmoke, briefing.isPublished) = (row.flag(4), row.flag(5))
        (briefing.model, briefing.note, briefing.confidence) = (row.optionalText(10), row.optionalText(11), row.optionalDouble(12))
        (briefing.signalCount, briefing.narrativeCount) = (row.int(13), row.int(14))
        (briefing.patternCount, briefing.articleCount, briefing.refinements) = (row.int(15), row.int(16), row.int(17))
        (briefing.cost, briefing.calls) = (row.money(18), StoredList.words(row.text(19)))
        return briefing
    }
}
