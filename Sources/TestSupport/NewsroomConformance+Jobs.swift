import FoundationEssentials
import Stores
import WireCore

/// Runs of jobs.
extension NewsroomConformance {
    static let jobs: [NewsroomCheck] = [
        NewsroomCheck("A granted run is entered as running, with a lease, and ends once") { rig in
            let run = try await rig.begun(rig.request("enrich", "1", at: 0.25))
            let wanted = JobRun(id: run.id, job: "enrich", slot: "1", attempt: 1, startedAt: rig.at(0.25), owner: "host-1", leaseUntil: rig.at(60.25))
            try expectEqual(run, wanted)
            try expectEqual(try await rig.other.jobRuns(job: nil, limit: 9), [wanted])
            try expectEqual(try await rig.end(run, as: .failed, at: 5, retryAt: 9), true)
            try expectEqual(try await rig.end(run, as: .done, at: 6), false, "a second end")
            var ended = wanted
            (ended.outcome, ended.message, ended.endedAt, ended.retryAt) = (.failed, "failed", rig.at(5), rig.at(9))
            try expectEqual(try await rig.other.jobRuns(job: "enrich", limit: 9), [ended])
            try expectEqual(try await rig.other.end(999, as: .done, message: "", retryAt: nil, at: rig.at(7)), false, "an unknown run")
            try await rig.expectError { _ = try await rig.end(run, as: .running, at: 8) }
        },
        NewsroomCheck("A slot that was done, or had nothing to do, is not run again; another slot is") { rig in
            for (slot, outcome) in [("1", JobOutcome.done), ("2", .nothingToDo)] {
                let run = try await rig.ran(rig.request("brief", slot), as: outcome)
                try expectEqual(try await rig.other.begin(rig.request("brief", slot, at: 1e6)), .alreadyDone(run))
            }
            try await rig.ran(rig.request("brief", "3"), as: .done)
            try await rig.ran(rig.request("enrich", "1"), as: .done)
        },
        NewsroomCheck("A run by hand that found nothing before its slot was due leaves the slot as it was, and was no attempt") { rig in
            func request(at seconds: Double, due: Double) -> JobRequest {
                var request = rig.request("brief", "1", at: seconds, attempts: 1)
                request.due = rig.at(due)
                return request
            }
            try await rig.ran(request(at: 0, due: 0), as: .nothingToDo)
            let run = try await rig.begun(request(at: 500, due: 400))
            try expectEqual(run.attempt, 1)
            try expectEqual(try await rig.end(run, as: .nothingToDo, at: 501), true)
            guard case .alreadyDone = try await rig.other.begin(request(at: 600, due: 400)) else {
                throw ConformanceFailure(description: "the slot is not done")
            }
        },
        NewsroomCheck("While a run is under way no other of that job begins, whatever its slot, not even by hand; other jobs do") { rig in
            let run = try await rig.begun(rig.request("brief", "1"))
            for slot in ["1", "2"] {
                for isForced in [false, true] {
                    try expectEqual(try await rig.other.begin(rig.request("brief", slot, at: 59.999, isForced: isForced)), .underWay(run))
                }
            }
            _ = try await rig.begun(rig.request("enrich", "1"))
        },
        NewsroomCheck("A run whose lease ran out is abandoned: it counts as an attempt, and its late end changes nothing") { rig in
            let dead = try await rig.begun(rig.request("brief", "1", at: 0))
            let next = try await rig.begun(rig.request("brief", "1", at: 60))
            try expectEqual(next.attempt, 2)
            try expect(next.id > dead.id, "run \(next.id) came after \(dead.id)")
            try expectEqual(try await rig.end(dead, as: .done, at: 61), false)
            let runs = try await rig.other.jobRuns(job: "brief", limit: 9)
            try expectEqual(runs.map(\.outcome), [.running, .abandoned])
            try expectEqual(runs.map(\.endedAt), [nil, rig.at(60)])
            try expectEqual(try await rig.end(next, as: .done, at: 62), true)
        },
        NewsroomCheck("A request for another slot notices an abandoned run too") { rig in
            let dead = try await rig.begun(rig.request("enrich", "1", at: 0))
            _ = try await rig.begun(rig.request("enrich", "2", at: 100))
            try expectEqual(try await rig.other.jobRuns(job: nil, limit: 9).last?.outcome, .abandoned)
            try expectEqual(try await rig.end(dead, as: .done, at: 101), false)
        },
        NewsroomCheck("A run that outlived its lease may still end while nobody took the job") { rig in
            let run = try await rig.begun(rig.request("brief", "1", at: 0))
            try expectEqual(try await rig.end(run, as: .done, at: 500), true)
            guard case .alreadyDone = try await rig.store.begin(rig.request("brief", "1", at: 501)) else {
                throw ConformanceFailure(description: "the slot is not done")
            }
        },
        NewsroomCheck("A failed slot waits until it is due again, at that very instant, then counts its attempts, then is given up") { rig in
            let first = try await rig.ran(rig.request(at: 0), as: .failed, retryAt: 100)
            try expectEqual(try await rig.other.begin(rig.request(at: 99.999)), .later(first))
            let second = try await rig.ran(rig.request(at: 100), as: .failed)
            try expectEqual(second.attempt, 2)
            let third = try await rig.ran(rig.request(at: 101), as: .failed, retryAt: 110)
            try expectEqual(try await rig.other.begin(rig.request(at: 200)), .givenUp(third))
            try expectEqual(try await rig.begun(rig.request(at: 200, attempts: 4)).attempt, 4, "who allows more may try more")
        },
        NewsroomCheck("A slot that was given up stays so") { rig in
            let last = try await rig.ran(rig.request(at: 0), as: .givenUp)
            try expectEqual(try await rig.other.begin(rig.request(at: 1e6)), .givenUp(last))
        },
        NewsroomCheck("A slot whose every attempt was abandoned is given up") { rig in
            _ = try await rig.begun(rig.request(at: 0, attempts: 2))
            let second = try await rig.begun(rig.request(at: 100, attempts: 2))
            guard case .givenUp(let run) = try await rig.other.begin(rig.request(at: 200, attempts: 2)) else {
                throw ConformanceFailure(description: "a third attempt was not refused")
            }
            try expectEqual(run.id, second.id)
            try expectEqual(run.outcome, .abandoned)
        },
        NewsroomCheck("By hand a slot is run whatever became of it; what was done before stays done") { rig in
            for (slot, outcome) in [("1", JobOutcome.done), ("2", .givenUp), ("3", .failed)] {
                let before = try await rig.ran(rig.request("brief", slot, at: 0, attempts: 1), as: outcome, retryAt: outcome == .failed ? 999 : nil)
                let forced = try await rig.ran(rig.request("brief", slot, at: 10, attempts: 1, isForced: true), as: .failed)
                try expectEqual(forced.attempt, 2)
                let permit = try await rig.other.begin(rig.request("brief", slot, at: 20, attempts: 1))
                try expectEqual(permit, outcome == .done ? .alreadyDone(before) : .givenUp(forced))
            }
        },
        NewsroomCheck("What a run writes is refused once the run has ended, or another has taken its job, and leaves nothing behind") { rig in
            func write(_ title: String, under run: JobRun) async throws {
                var changes = NarrativeChanges()
                changes.saved = [.init(rig.narrative(title))]
                changes.run = run.id
                _ = try await rig.store.save(changes)
            }
            func expectLost(_ run: JobRun) async throws {
                do {
                    try await write("late", under: run)
                } catch let lost as RunLost {
                    return try expectEqual(lost.run, run.id)
                }
                throw ConformanceFailure(description: "no RunLost was thrown")
            }
            let first = try await rig.begun(rig.request("narratives", "1", at: 0))
            try await write("in time", under: first)
            try expectEqual(try await rig.other.isUnderWay(first.id), true)
            // Its lease has run out; nobody has asked for the job yet.
            try await write("in time, too", under: first)
            let second = try await rig.begun(rig.request("narratives", "1", at: 60))
            try expectEqual(try await rig.other.isUnderWay(first.id), false)
            try await expectLost(first)
            try await write("by the other", under: second)
            try expectEqual(try await rig.end(second, as: .done, at: 61), true)
            try await expectLost(second)
            // Nor may it take claims from the hands of others.
            try await rig.articles("a")
            let claim = try await rig.claimed(at: 62)
            do {
                _ = try await rig.store.releaseAllClaims(run: first.id)
                throw ConformanceFailure(description: "a lost run released claims")
            } catch is RunLost {}
            try expectEqual(try await rig.store.file([rig.enrichment(claim.articles[0].id)], claim: claim.number), 1)
            try expectEqual(Set(try await rig.titles()), ["in time", "in time, too", "by the other"])
        },
        NewsroomCheck("Runs are listed by start, newest first, of one job or of all; the last run of each job is found") { rig in
            for (job, slot, second) in [("b", "1", 1.0), ("a", "1", 2), ("b", "2", 3), ("a", "2", 4)] {
                try await rig.ran(rig.request(job, slot, at: second), as: .done)
            }
            try expectEqual(try await rig.other.jobRuns(job: nil, limit: 3).map { $0.job + $0.slot }, ["a2", "b2", "a1"])
            try expectEqual(try await rig.other.jobRuns(job: "b", limit: 9).map(\.slot), ["2", "1"])
            try expectEqual(try await rig.other.lastJobRuns().map { $0.job + $0.slot }, ["a2", "b2"])
        },
    ]
}
