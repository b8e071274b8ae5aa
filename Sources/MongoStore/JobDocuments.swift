import FoundationEssentials
import Stores
import WireCore

/// `job_runs`. An index lets one run of a job be under way, on however many hosts.
extension MongoAccess {
    func begin(_ request: JobRequest) throws -> JobPermit {
        // Hosts that ask for the same job at once meet here: one of them looks again, and sees what became of the other's run.
        _ = try next("job " + request.job)
        if let running = try run(["job": .text(request.job), "outcome": "running"]) {
            guard running.leaseUntil <= request.now else { return .underWay(running) }
            try abandon(running)
        }
        let slot: BSONDocument = ["job": .text(request.job), "slot": .text(request.slot)]
        let last = try run(slot)
        if !request.isForced {
            // What is done stays done, even if it was tried again by hand and that failed.
            var nothing: BSONDocument = ["outcome": "nothing_to_do"]
            if let due = request.due { nothing = nothing + ["started_at": ["$gte": BSON(due)]] }
            if let done = try run(slot + ["$or": [["outcome": "done"], .document(nothing)]]) { return .alreadyDone(done) }
            if let last, let refusal = refusal(last, request) { return refusal }
        }
        // One that had nothing to do was no attempt.
        return .granted(try start(request, attempt: last.map { $0.outcome == .nothingToDo ? 1 : $0.attempt + 1 } ?? 1))
    }

    func end(_ run: Int64, as outcome: JobOutcome, message: String, retryAt: Date?, at instant: Date) throws -> Bool {
        guard outcome != .running else { throw DeskError(.store, "job run \(run) cannot end as running") }
        let end: BSONDocument = [
            "outcome": .text(outcome.rawValue), "message": .text(message), "retry_at": BSON(retryAt), "ended_at": BSON(instant),
        ]
        return try update(.jobRuns, ["_id": .int(run), "outcome": "running"], ["$set": .document(end)]) == 1
    }

    func isUnderWay(_ run: Int64) throws -> Bool { try exists(.jobRuns, ["_id": .int(run), "outcome": "running"]) }

    /// To be called in the transaction that writes for the run. It writes to the run itself, so that whoever ends the run meanwhile is in the
    /// way, or finds this in its own.
    func requireUnderWay(_ run: Int64?) throws {
        guard let run else { return }
        let isHeld = try update(.jobRuns, ["_id": .int(run), "outcome": "running"], ["$inc": ["writes": 1]]) == 1
        guard isHeld else { throw RunLost(run: run) }
    }

    func jobRuns(job: String?, limit: Int) throws -> [JobRun] {
        let filter: BSONDocument = job.map { ["job": .text($0)] } ?? [:]
        return try find(.jobRuns, filter, sort: ["started_at": -1, "_id": -1], limit: max(0, limit)).map(JobDocument.run)
    }

    /// By job.
    func lastJobRuns() throws -> [JobRun] {
        let last: [BSONDocument] = [
            ["$sort": ["job": 1, "started_at": -1, "_id": -1]], ["$group": ["_id": "$job", "last": ["$first": "$$ROOT"]]], ["$sort": ["_id": 1]],
        ]
        return try aggregate(.jobRuns, last).map { try JobDocument.run(try $0.document("last")) }
    }

    /// Removes runs that have ended before an instant and are not among the last of their job.
    func removeSurplusRuns(before instant: Date) throws -> Int {
        let crowded = try aggregate(
            .jobRuns, [["$group": ["_id": "$job", "n": ["$sum": 1]]], ["$match": ["n": ["$gt": BSON(Pruning.jobRunsKept)]]]])
        return try crowded.reduce(0) { removed, group in
            let job = BSON.text(try group.text("_id"))
            let kept = try find(
                .jobRuns, ["job": job], sort: ["started_at": -1, "_id": -1], limit: Pruning.jobRunsKept, only: ["started_at"])
            guard let edge = kept.last, let start = edge["started_at"], let id = edge["_id"] else { return removed }
            let isBehind: BSON = [["started_at": ["$lt": start]], ["started_at": start, "_id": ["$lt": id]]]
            return removed
                + (try removeSome(
                    .jobRuns, ["job": job, "started_at": ["$lt": BSON(instant)], "outcome": ["$ne": "running"], "$or": isBehind]))
        }
    }

    // MARK: - Steps

    /// The last by number that meets the filter.
    private func run(_ filter: BSONDocument) throws -> JobRun? { try first(.jobRuns, filter, sort: ["_id": -1]).map(JobDocument.run) }

    private func refusal(_ last: JobRun, _ request: JobRequest) -> JobPermit? {
        if last.outcome == .nothingToDo { return nil }
        if last.outcome == .givenUp || last.attempt >= request.attempts { return .givenUp(last) }
        if let retryAt = last.retryAt, retryAt > request.now { return .later(last) }
        return nil
    }

    /// The run ended with its lease, as far as anybody knows.
    private func abandon(_ run: JobRun) throws {
        let end: BSONDocument = [
            "outcome": .text(JobOutcome.abandoned.rawValue), "message": "its host ended, or took longer than it may",
            "ended_at": BSON(run.leaseUntil),
        ]
        try update(.jobRuns, ["_id": .int(run.id)], ["$set": .document(end)])
    }

    private func start(_ request: JobRequest, attempt: Int) throws -> JobRun {
        let run = JobRun(
            id: try draw("job_runs", 1)?.lowerBound ?? 0, job: request.job, slot: request.slot, attempt: attempt, startedAt: request.now.kept,
            owner: request.owner, leaseUntil: request.now.addingTimeInterval(request.lease.seconds).kept)
        try insert(.jobRuns, [JobDocument.document(run)])
        return run
    }
}

private enum JobDocument {
    static func document(_ run: JobRun) -> BSONDocument {
        [
            "_id": .int(run.id), "job": .text(run.job), "slot": .text(run.slot), "attempt": BSON(run.attempt), "started_at": BSON(run.startedAt),
            "ended_at": BSON(run.endedAt), "outcome": .text(run.outcome.rawValue), "message": .text(run.message), "retry_at": BSON(run.retryAt),
            "owner": .text(run.owner), "lease_until": BSON(run.leaseUntil),
        ]
    }

    static func run(_ document: BSONDocument) throws -> JobRun {
        JobRun(
            id: try document.int64("_id"), job: try document.text("job"), slot: try document.text("slot"), attempt: try document.int("attempt"),
            startedAt: try document.date("started_at"), endedAt: try document.optionalDate("ended_at"), outcome: try document.word("outcome"),
            message: try document.text("message"), retryAt: try document.optionalDate("retry_at"), owner: try document.text("owner"),
            leaseUntil: try document.date("lease_until"))
    }
}
