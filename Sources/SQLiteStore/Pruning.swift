import FoundationEssentials
import GRDB
import Stores
import WireCore

/// What ages, removed in small steps: each is a transaction of its own, so that polls are filed between them.
enum Pruning {
    /// Polls kept of one source, whatever their age.
    static let pollsKept = 200
    /// How long an item stays known that its source no longer shows, after its article was pruned.
    static let daysKnown: Int64 = 30
    /// Runs kept of one job, whatever their age.
    static let jobRunsKept = 200
    /// Rows removed in one step.
    private static let rowsPerStep = 500

    /// One step: returns how many rows of its kind went, which tells whether there is more.
    struct Step: Sendable {
        /// False for what a person would not count: traces, not records.
        let isCounted: Bool
        let run: @Sendable (Database) throws -> Int
    }

    /// The steps, each to be repeated until it returns 0.
    static func steps(pollsBefore: Date, articlesBefore: Date?) -> [Step] {
        var steps = [
            Step(isCounted: true) { db in try db.removePolls(before: pollsBefore, rowsPerStep) },
            Step(isCounted: true) { db in try db.removeSurplusPolls(keeping: pollsKept, rowsPerStep) },
            Step(isCounted: false) { db in try db.removeTraces(rowsPerStep) },
        ]
        if let articlesBefore {
            steps.append(Step(isCounted: true) { db in try db.removeArticles(before: articlesBefore, rowsPerStep) })
        }
        return steps
    }

    /// The same for what the newsroom keeps.
    static func newsroomSteps(patternsBefore: Date, pricesBefore: Date, jobRunsBefore: Date, smokeBriefingsBefore: Date) -> [Step] {
        [
            Step(isCounted: true) { db in try db.remove("patterns", "id", "at < ?", before: patternsBefore, rowsPerStep) },
            Step(isCounted: true) { db in try db.remove("prices", "coin, at", "at < ?", before: pricesBefore, rowsPerStep) },
            Step(isCounted: true) { db in try db.remove("job_runs", "id", surplusRun, before: jobRunsBefore, rowsPerStep) },
            Step(isCounted: true) { db in
                let condition = "made_at < ? AND (is_smoke = 1 OR is_published = 0)"
                return try db.remove("briefings", "id", condition, before: smokeBriefingsBefore, rowsPerStep)
            },
        ]
    }

    static func auditStep(before instant: Date) -> Step {
        Step(isCounted: true) { db in try db.remove("audit", "id", "at < ?", before: instant, rowsPerStep) }
    }

    /// A run that has ended and is not among the last of its job.
    private static let surplusRun = """
        started_at < ? AND outcome <> 'running' AND (started_at, id) < (
            SELECT started_at, id FROM job_runs AS r WHERE r.job = job_runs.job ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET \(jobRunsKept - 1))
        """
}

extension Database {
    fileprivate func removePolls(before instant: Date, _ most: Int) throws -> Int {
        try remove("polls", "id", "started_at < ?", before: instant, most)
    }

    /// Removes rows that meet a condition on an instant; `key` is the table's.
    fileprivate func remove(_ table: String, _ key: String, _ condition: String, before instant: Date, _ most: Int) throws -> Int {
        try run(
            "DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) FROM \(table) WHERE \(condition) LIMIT ?)", SQLValue(instant), SQLValue(most))
        return changesCount
    }

    fileprivate func removeSurplusPolls(keeping kept: Int, _ most: Int) throws -> Int {
        try run(
            """
            DELETE FROM polls WHERE id IN (
                SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY source ORDER BY started_at DESC, id DESC) AS age FROM polls)
                WHERE age > ? LIMIT ?)
            """, SQLValue(kept), SQLValue(most))
        return changesCount
    }

    /// The sightings of pruned articles stay without one, so that an item its source still shows is not new again.
    fileprivate func removeArticles(before instant: Date, _ most: Int) throws -> Int {
        let sql = "SELECT id FROM articles WHERE first_seen_at < ? LIMIT ?"
        let aged = try rows(sql, [SQLValue(instant), SQLValue(most)]) { SQLValue.integer($0.int64(0)) }
        let today = try present()?.utcDay ?? instant.utcDay
        for id in aged {
            try run("UPDATE sightings SET article = NULL, seen_day = ? WHERE article = ?", .integer(today), id)
            try run("DELETE FROM articles WHERE id = ?", id)
        }
        return aged.count
    }

    /// Counts of past days, and what was pruned and is shown no more.
    fileprivate func removeTraces(_ most: Int) throws -> Int {
        guard let now = try present() else { return 0 }
        var removed = 0
        try run(
            "DELETE FROM source_days WHERE (source, day) IN (SELECT source, day FROM source_days WHERE day < ? LIMIT ?)",
            .integer(now.utcDay - 1), SQLValue(most))
        removed += changesCount
        try run(
            """
            DELETE FROM sightings WHERE (source, identity) IN (
                SELECT source, identity FROM sightings WHERE article IS NULL AND seen_day < ? LIMIT ?)
            """, .integer(now.utcDay - Pruning.daysKnown), SQLValue(most))
        return removed + changesCount
    }

    /// The desk's time as the polls tell it: the store has no clock.
    private func present() throws -> Date? {
        try first("SELECT max(started_at) FROM polls") { $0.optionalDate(0) } ?? nil
    }
}
