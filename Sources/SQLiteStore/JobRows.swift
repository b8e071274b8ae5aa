import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `job_runs`. An index lets one run of a job be under way, in however many processes.
extension Database {
    func begin(_ request: JobRequest) throws -> JobPermit {
        if let running = try runUnderWay(of: request.job) {
            guard running.leaseUntil <= request.now else { return .underWay(running) }
            try abandon(running)
        }
        let last = try lastRun(of: request)
        if !request.isForced {
            if let done = try runThatDid(request) { return .alreadyDone(done) }
            if let last, let refusal = refusal(last, request) { return refusal }
        }
        // One that had nothing to do was no attempt.
        return .granted(try start(request, attempt: last.map { $0.outcome == .nothingToDo ? 1 : $0.attempt + 1 } ?? 1))
    }

    func end(_ run: Int64, as outcome: JobOutcome, message: String, retryAt: Date?, at instant: Date) throws -> Bool {
        guard outcome != .running else { throw DeskError(.store, "job run \(run) cannot end as running") }
        try self.run(
            "UPDATE job_runs SET outcome = ?, message = ?, retry_at = ?, ended_at = ? WHERE id = ? AND outcome = 'running'",
            .text(outcome.rawValue), .text(message), SQLValue(retryAt), SQLValue(instant), .integer(run))
        return changesCount == 1
    }

    func isUnderWay(_ run: Int64) throws -> Bool {
        try first("SELECT 1 FROM job_runs WHERE id = ? AND outcome = 'running'", .integer(run)) { _ in true } ?? false
    }

    /// To be called in the transaction that writes for the run.
    func requireUnderWay(_ run: Int64?) throws {
        if let run, try !isUnderWay(run) { throw RunLost(run: run) }
    }

    func jobRuns(job: String?, limit: Int) throws -> [JobRun] {
        let condition = job == nil ? "" : "WHERE job = ?"
        let values = job.map { [SQLValue.text($0)] } ?? []
        return try rows(
            "\(JobColumns.select) \(condition) ORDER BY started_at DESC, id DESC LIMIT ?", values + [SQLValue(max(0, limit))], JobColumns.run)
    }

    /// By job.
    func lastJobRuns() throws -> [JobRun] {
        let sql = """
            WITH RECURSIVE jobs (job) AS (
                SELECT min(job) FROM job_runs
                UNION ALL
                SELECT (SELECT min(job) FROM job_runs WHERE job > jobs.job) FROM jobs WHERE job IS NOT NULL)
            \(JobColumns.select) WHERE id IN (
                SELECT (SELECT id FROM job_runs AS r WHERE r.job = jobs.job ORDER BY started_at DESC, id DESC LIMIT 1) FROM jobs)
            ORDER BY job
            """
        return try rows(sql, [], JobColumns.run)
    }

    // MARK: - Steps

    private func runUnderWay(of job: String) throws -> JobRun? {
        try first("\(JobColumns.select) WHERE job = ? AND outcome = 'running'", .text(job), make: JobColumns.run)
    }

    private func lastRun(of request: JobRequest) throws -> JobRun? {
        try first(
            "\(JobColumns.select) WHERE job = ? AND slot = ? ORDER BY id DESC LIMIT 1", .text(request.job), .text(request.slot),
            make: JobColumns.run)
    }

    /// What is done stays done, even if it was tried again by hand and that failed.
    private func runThatDid(_ request: JobRequest) throws -> JobRun? {
        try first(
            """
            \(JobColumns.select) WHERE job = ? AND slot = ?
            AND (outcome = 'done' OR outcome = 'nothing_to_do' AND started_at >= ?) ORDER BY id DESC LIMIT 1
            """,
            .text(request.job), .text(request.slot), .integer(request.due?.milliseconds ?? .min), make: JobColumns.run)
    }

    private func refusal(_ last: JobRun, _ request: JobRequest) -> JobPermit? {
        if last.outcome == .nothingToDo { return nil }
        if last.outcome == .givenUp || last.attempt >= request.attempts { return .givenUp(last) }
        if let retryAt = last.retryAt, retryAt > request.now { return .later(last) }
        return nil
    }

    /// The run ended with its lease, as far as anybody knows.
    private func abandon(_ run: JobRun) throws {
        try self.run(
            "UPDATE job_runs SET outcome = 'abandoned', message = ?, ended_at = lease_until WHERE id = ?",
            .text("its host ended, or took longer than it may"), .integer(run.id))
    }

    private func start(_ request: JobRequest, attempt: Int) throws -> JobRun {
        var run = JobRun(
            job: request.job, slot: request.slot, attempt: attempt, startedAt: Date(milliseconds: request.now.milliseconds),
            owner: request.owner, leaseUntil: Date(milliseconds: request.now.addingTimeInterval(request.lease.seconds).milliseconds))
        try self.run(
            """
            INSERT INTO job_runs (job, slot, attempt, started_at, outcome, message, owner, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(run.job), .text(run.slot), SQLValue(attempt), SQLValue(run.startedAt), .text(run.outcome.rawValue), .text(run.message),
            .text(run.owner), SQLValue(run.leaseUntil))
        run.id = lastInsertedRowID
        return run
    }
}

private enum JobColumns {
    static let select = """
        SELECT id, job, slot, attempt, started_at, ended_at, outcome, message, retry_at, owner, lease_until FROM job_runs
        """

    static func run(_ row: SQLRow) throws -> JobRun {
        JobRun(
            id: row.int64(0), job: row.text(1), slot: row.text(2), attempt: row.int(3), startedAt: row.date(4), endedAt: row.optionalDate(5),
            outcome: try row.word(6), message: row.text(7), retryAt: row.optionalDate(8), owner: row.text(9), leaseUntil: row.date(10))
    }
}
