import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `narratives`, and `enrichments` as far as they belong to one.
extension Database {
    func narratives(_ query: NarrativeQuery) throws -> [Narrative] {
        let selection = try NarrativeSelection(query, self)
        return try rows(selection.sql, selection.values, NarrativeColumns.narrative)
    }

    /// Of a merged one the narrative that took it in.
    func narrative(_ id: Int64) throws -> Narrative? {
        let sql = """
            SELECT \(NarrativeColumns.all) FROM narratives
            WHERE id = (SELECT coalesce(merged_into, id) FROM narratives WHERE id = ?)
            """
        return try first(sql, .integer(id), make: NarrativeColumns.narrative)
    }

    func save(_ changes: NarrativeChanges) throws -> [Narrative] {
        try requireUnderWay(changes.run)
        let ids = try changes.saved.map(save)
        for merge in changes.merged { try self.merge(merge) }
        return try ids.map(storedNarrative)
    }

    func timeline(of narrative: Int64) throws -> [NarrativeDay] {
        let day = 86_400_000
        let sql = """
            SELECT (at - (at % \(day) + \(day)) % \(day)) / \(day) AS day, count(*), count(DISTINCT source), avg(sentiment)
            FROM enrichments INDEXED BY enrichments_by_narrative
            WHERE narrative = (SELECT coalesce(merged_into, id) FROM narratives WHERE id = ?) GROUP BY day ORDER BY day
            """
        return try rows(sql, [.integer(narrative)]) { row in
            let day = UTCTime.text(Date(milliseconds: row.int64(0) * Int64(day))).prefix(10)
            return NarrativeDay(day: String(day), articles: row.int(1), sources: row.int(2), sentiment: row.double(3))
        }
    }

    // MARK: - Steps

    /// Returns the narrative's number.
    private func save(_ saved: NarrativeChanges.Saved) throws -> Int64 {
        var id = saved.narrative.id
        let values = try NarrativeColumns.values(of: saved.narrative)
        if id == 0 {
            try run(NarrativeColumns.insert, values)
            id = lastInsertedRowID
        } else {
            try run(NarrativeColumns.update, values + [.integer(id)])
        }
        let home = try home(of: id)
        try run(
            "UPDATE enrichments SET narrative = ? WHERE narrative IS NULL AND article IN (SELECT value FROM json_each(?))", .integer(home),
            .text(StoredList.text(saved.joining)))
        return id
    }

    /// One that was merged before stays where it is.
    private func merge(_ merge: NarrativeChanges.Merge) throws {
        guard try home(of: merge.narrative) == merge.narrative else { return }
        let home = try home(of: merge.into)
        guard home != merge.narrative else {
            throw DeskError(.store, "narrative \(merge.narrative) cannot be merged into itself")
        }
        // Those that it took in before point to the new home too: no chain is ever longer than one.
        try run("UPDATE narratives SET merged_into = ?1 WHERE id = ?2 OR merged_into = ?2", .integer(home), .integer(merge.narrative))
        try run("UPDATE enrichments SET narrative = ? WHERE narrative = ?", .integer(home), .integer(merge.narrative))
    }

    /// The narrative that took this one in; itself, when none did.
    private func home(of id: Int64) throws -> Int64 {
        try first("SELECT coalesce(merged_into, id) FROM narratives WHERE id = ?", .integer(id), make: { $0.int64(0) })
            ?? unknown(id)
    }

    private func storedNarrative(_ id: Int64) throws -> Narrative {
        let sql = "SELECT \(NarrativeColumns.all) FROM narratives WHERE id = ?"
        return try first(sql, .integer(id), make: NarrativeColumns.narrative) ?? unknown(id)
    }

    fileprivate func unknown<T>(_ id: Int64) throws -> T {
        throw DeskError(.store, "there is no narrative \(id)", hint: "`wiredesk narratives` lists those that there are.")
    }
}

/// The columns of `narratives` in the order in which they are read; all but the first and the last are written.
private enum NarrativeColumns {
    private static let written = [
        "title", "summary", "nucleus", "theme", "actors", "focus", "stage", "momentum", "article_count", "source_count", "sentiment",
        "first_at", "last_at", "peak_day", "peak_count", "dormant_at", "reactivated_at", "hot_until", "updated_at",
    ]
    static let all = (["id"] + written + ["merged_into"]).joined(separator: ", ")
    static let insert =
        "INSERT INTO narratives (\(written.joined(separator: ", "))) VALUES (\(written.map { _ in "?" }.joined(separator: ", ")))"
    static let update = "UPDATE narratives SET \(written.map { "\($0) = ?" }.joined(separator: ", ")) WHERE id = ?"

    static func values(of narrative: Narrative) throws -> [SQLValue] {
        [
            .text(narrative.title), .text(narrative.summary), .text(narrative.nucleus), .text(narrative.theme.rawValue),
            .text(try StoredList.text(narrative.actors)), .text(try StoredList.text(narrative.focus)), .text(narrative.stage.rawValue),
            .real(narrative.momentum), SQLValue(narrative.articleCount), SQLValue(narrative.sourceCount), .real(narrative.sentiment),
            SQLValue(narrative.firstAt), SQLValue(narrative.lastAt), .text(narrative.peakDay), SQLValue(narrative.peakCount),
            SQLValue(narrative.dormantAt), SQLValue(narrative.reactivatedAt), SQLValue(narrative.hotUntil), SQLValue(narrative.updatedAt),
        ]
    }

    static func narrative(_ row: SQLRow) throws -> Narrative {
        var narrative = Narrative(
            title: row.text(1), nucleus: row.text(3), theme: try row.word(4), actors: StoredList.weighted(row.text(5)),
            focus: StoredList.weighted(row.text(6)), firstAt: row.date(12), lastAt: row.date(13), updatedAt: row.date(19))
        (narrative.id, narrative.summary, narrative.stage) = (row.int64(0), row.text(2), try row.word(7))
        (narrative.momentum, narrative.sentiment) = (row.double(8), row.double(11))
        (narrative.articleCount, narrative.sourceCount) = (row.int(9), row.int(10))
        (narrative.peakDay, narrative.peakCount) = (row.text(14), row.int(15))
        (narrative.dormantAt, narrative.reactivatedAt) = (row.optionalDate(16), row.optionalDate(17))
        (narrative.hotUntil, narrative.mergedInto) = (row.optionalDate(18), row.optionalInt64(20))
        return narrative
    }
}

/// A ``NarrativeQuery`` as SQL.
private struct NarrativeSelection {
    private var conditions = ["merged_into IS NULL"]
    private(set) var values: [SQLValue] = []

    var sql: String {
        let condition = conditions.joined(separator: " AND ")
        return "SELECT \(NarrativeColumns.all) FROM narratives WHERE \(condition) ORDER BY last_at DESC, id LIMIT ?"
    }

    init(_ query: NarrativeQuery, _ db: Database) throws {
        if let stages = query.stages {
            let words = stages.map(\.rawValue).sorted()
            add("stage IN (\(words.map { _ in "?" }.joined(separator: ", ")))", words.map(SQLValue.text))
        }
        if let since = query.since { add("last_at >= ?", [SQLValue(since)]) }
        if let nucleus = query.nucleus { add("nucleus = ?", [.text(nucleus)]) }
        if query.isReactivated { conditions.append("reactivated_at IS NOT NULL") }
        if let after = query.after {
            let sql = "SELECT last_at FROM narratives WHERE id = ?"
            let last: Int64 = try db.first(sql, .integer(after), make: { $0.int64(0) }) ?? db.unknown(after)
            add("last_at <= ? AND (last_at < ? OR id > ?)", [.integer(last), .integer(last), .integer(after)])
        }
        values.append(SQLValue(max(0, query.limit)))
    }

    private mutating func add(_ condition: String, _ more: [SQLValue]) {
        conditions.append(condition)
        values += more
    }
}
