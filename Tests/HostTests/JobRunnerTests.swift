import Fetch
import Foundation
import Host
import Logging
import Newsroom
import SQLiteStore
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@Suite("Runner of jobs") struct JobRunnerTests {
    /// Does what the test says, job after job.
    final class Performer: JobPerforming {
        private let state = Mutex<[(job: Job, slot: String, isLast: Bool)]>([])
        private let table: JobSchedule
        private let body: @Sendable (Job, Int) async throws -> JobResult

        init(_ table: JobSchedule, _ body: @escaping @Sendable (Job, Int) async throws -> JobResult) {
            self.table = table
            self.body = body
        }

        var runs: [(job: Job, slot: String, isLast: Bool)] { state.withLock { $0 } }
        func schedule() async -> JobSchedule { table }
        func perform(_ order: JobOrder) async throws -> JobResult {
            let number = state.withLock { runs -> Int in
                runs.append((order.job, order.slot.key, order.isLastAttempt))
                return runs.count { $0.job == order.job }
            }
            return try await body(order.job, number)
        }
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// 08:00 in New York.
    private static let morning = "2026-11-24T13:00:00Z"

    /// Only the morning briefing, and what else the test wants, by the clock.
    private static func schedule(_ edit: (inout JobSchedule) -> Void = { _ in }) throws -> JobSchedule {
        var schedule = JobSchedule(zone: try #require(TimeZone(identifier: "America/New_York")))
        for job in Job.allCases where job != .morningBriefing { schedule[job].time = .byHand }
        edit(&schedule)
        return schedule
    }

    private static func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-jobs-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/desk.db")
        try await body(store)
        try await store.close()
    }

    @Test("Audit lines go when they are older than the registry says; forever keeps them", arguments: [("\"30d\"", 1), ("\"forever\"", 2)])
    func auditAges(_ kept: String, _ left: Int) async throws {
        let now = Date(timeIntervalSince1970: 1_795_507_200)
        let text = #"{"version":1,"retention":{"audit":\#(kept)},"sources":[]}"#
        let registry = try RegistryReader.read(Array(text.utf8), file: "x")
        try await Self.withStore { store in
            for days in [31.0, 29] {
                _ = try await store.enterAudit(AuditEntry(at: now.addingTimeInterval(-days * 86_400), actor: "local", action: "source.poll"))
            }
            let exchanger = CurlExchanger()
            let delivery = Delivery(channels: [], exchanger: exchanger, store: store, clock: SystemClock(), logger: Self.logger)
            let staff = NewsroomStaff(
                store: store, models: nil, registry: { registry }, delivery: delivery, clock: HandClock(UTCTime.text(now)), logger: Self.logger)
            let slot = JobSlot(key: "2026-11-24", due: now)
            let result = try await staff.perform(JobOrder(job: .cleanup, slot: slot, run: 1, isForced: false, isLastAttempt: false))
            #expect(result == (left == 1 ? .done("1 old row removed") : .nothingToDo("nothing is old enough")))
            #expect(try await store.auditEntries(before: nil, limit: 10).count == left)
            await exchanger.shutdown()
        }
    }

    /// Lets runners work until `isDone`, 20 s at most; then stops them in good order.
    private static func run(_ runners: [JobRunner], until isDone: @escaping @Sendable () async throws -> Bool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for runner in runners { group.addTask { try await runner.run() } }
            let deadline = ContinuousClock.now + .seconds(20)
            while try await !isDone() {
                guard ContinuousClock.now < deadline else { throw DeskError(.failure, "the runners did not get there") }
                try await Task.sleep(for: .milliseconds(5))
            }
            group.cancelAll()
        }
    }

    @Test("Two hosts on one store run a slot once")
    func once() async throws {
        try await Self.withStore { store in
            let clock = AcceleratedClock(start: try #require(UTCTime.parse(Self.morning)).addingTimeInterval(-60), factor: 300)
            let performer = Performer(try Self.schedule()) { _, _ in
                try await Task.sleep(for: .milliseconds(100))
                return .done("written")
            }
            let hosts = ["a", "b"].map {
                JobRunner(performer: performer, store: store, owner: JobOwner(machine: $0, process: "1"), clock: clock, logger: Self.logger)
            }
            // Until ten minutes past eight.
            let end = try #require(UTCTime.parse(Self.morning)).addingTimeInterval(600)
            try await Self.run(hosts) { clock.now() > end }
            #expect(performer.runs.map(\.slot) == ["2026-11-24"])
            #expect(try await store.jobRuns(job: nil, limit: 10).map(\.outcome) == [.done])
        }
    }

    @Test("A failure is tried again after a pause that doubles, and given up after the last attempt, by name")
    func retries() async throws {
        try await Self.withStore { store in
            let clock = AcceleratedClock(start: try #require(UTCTime.parse(Self.morning)), factor: 3000)
            let performer = Performer(try Self.schedule()) { _, _ in throw DeskError(.failure, "no model") }
            let runner = JobRunner(performer: performer, store: store, owner: JobOwner(machine: "a", process: "1"), clock: clock, logger: Self.logger)
            try await Self.run([runner]) { try await store.jobRuns(job: nil, limit: 10).contains { $0.outcome == .givenUp } }
            let runs = try await store.jobRuns(job: "briefing_morning", limit: 10)
            #expect(runs.map(\.outcome) == [.givenUp, .failed, .failed, .failed] && runs.map(\.attempt) == [4, 3, 2, 1])
            #expect(runs.allSatisfy { $0.message.contains("no model") })
            #expect(performer.runs.map(\.isLast) == [false, false, false, true])
            let pauses = runs.compactMap { run in run.endedAt.flatMap { end in run.retryAt.map { $0.timeIntervalSince(end).rounded() } } }
            #expect(pauses == [1200, 600, 300])
        }
    }

    @Test("A slot that was done is not run again after a restart; one whose host died is")
    func restart() async throws {
        try await Self.withStore { store in
            let start = try #require(UTCTime.parse(Self.morning))
            // A host that died in the middle of its run.
            let request = JobRequest(
                job: "briefing_morning", slot: "2026-11-24", owner: "dead", now: start, lease: .seconds(600), attempts: 4)
            guard case .granted = try await store.begin(request) else { throw DeskError(.failure, "not granted") }
            let clock = AcceleratedClock(start: start.addingTimeInterval(1), factor: 3000)
            let performer = Performer(try Self.schedule()) { _, _ in .done("written") }
            for name in ["b", "c"] {
                let runner = JobRunner(
                    performer: performer, store: store, owner: JobOwner(machine: name, process: "1"), clock: clock, logger: Self.logger)
                let patience = clock.now().addingTimeInterval(1200)
                try await Self.run([runner]) { clock.now() > patience }
            }
            let runs = try await store.jobRuns(job: nil, limit: 10)
            #expect(runs.map(\.outcome) == [.done, .abandoned] && runs.map(\.owner) == ["b 1", "dead"])
            #expect(try #require(runs.first).startedAt >= start.addingTimeInterval(600))
            #expect(performer.runs.count == 1)
        }
    }

    @Test("A job that hangs holds up no other, and a shutdown calls it off and enters it")
    func hanging() async throws {
        try await Self.withStore { store in
            let clock = AcceleratedClock(start: try #require(UTCTime.parse(Self.morning)), factor: 600)
            let schedule = try Self.schedule { $0[.enrich].time = .every(.seconds(120)) }
            let performer = Performer(schedule) { job, _ in
                if job == .morningBriefing { try await Task.sleep(for: .seconds(3600)) }
                return .nothingToDo("no article waits")
            }
            let runner = JobRunner(performer: performer, store: store, owner: JobOwner(machine: "a", process: "1"), clock: clock, logger: Self.logger)
            try await Self.run([runner]) { performer.runs.count { $0.job == .enrich } >= 4 }
            let briefing = try #require(try await store.jobRuns(job: "briefing_morning", limit: 10).first)
            #expect(briefing.outcome == .failed && briefing.message == "the host stopped" && briefing.retryAt != nil)
            let slots = performer.runs.filter { $0.job == .enrich }.map(\.slot)
            #expect(Set(slots).count == slots.count)
        }
    }

    @Test("A briefing that is due together with the reading of articles waits for it")
    func order() async throws {
        try await Self.withStore { store in
            let clock = AcceleratedClock(start: try #require(UTCTime.parse(Self.morning)), factor: 60)
            let schedule = try Self.schedule {
                $0[.enrich].time = .every(.seconds(600))
                $0[.narratives].time = .every(.seconds(600))
            }
            let ended = Mutex<[Job]>([])
            let performer = Performer(schedule) { job, _ in
                try await Task.sleep(for: .milliseconds(job == .enrich ? 200 : 20))
                ended.withLock { $0.append(job) }
                return .done("")
            }
            let runner = JobRunner(performer: performer, store: store, owner: .own, clock: clock, logger: Self.logger)
            try await Self.run([runner]) { ended.withLock { $0.contains(.morningBriefing) } }
            #expect(ended.withLock { Array($0.prefix(3)) } == [.enrich, .narratives, .morningBriefing])
        }
    }

    @Test("The job of a host that beats no more is free as soon as that is known; the host cannot end it when it wakes")
    func dead() async throws {
        try await Self.withStore { store in
            let clock = HandClock(Self.morning)
            func presence(_ name: String) -> HostPresence {
                HostPresence(
                    owner: JobOwner(machine: name, process: "1:1:b"), roles: ["enrich"], version: "1", store: store, clock: clock,
                    logger: Self.logger)
            }
            let (stalled, other) = (presence("stalled"), presence("other"))
            try await stalled.enter()
            try await other.enter()
            let request = JobRequest(
                job: "briefing_morning", slot: "2026-11-24", owner: stalled.id, now: clock.now(), lease: .seconds(1800), attempts: 4)
            guard case .granted(let run) = try await store.begin(request) else { throw DeskError(.failure, "not granted") }
            let performer = Performer(try Self.schedule()) { _, _ in .done("written") }
            let runner = JobRunner(
                performer: performer, store: store, owner: JobOwner(machine: "other", process: "1:1:b"), clock: clock, logger: Self.logger,
                presence: other)
            for _ in 0..<7 {
                clock.advance(2)
                try await other.enter()
                guard case .underWay = try await runner.runNow(.morningBriefing, isForced: false) else { throw DeskError(.failure, "taken too soon") }
            }
            clock.advance(2)
            try await other.enter()
            let permit = try await runner.runNow(.morningBriefing, isForced: false)
            guard case .granted(let taken) = permit else { throw DeskError(.failure, "not taken over: \(permit)") }
            #expect(taken.outcome == .done && taken.attempt == 2)
            let runs = try await store.jobRuns(job: nil, limit: 9)
            #expect(runs.map(\.outcome) == [.done, .abandoned] && runs.last?.message == "its host was heard of no more")
            #expect(try await store.end(run.id, as: .done, message: "late", retryAt: nil, at: clock.now()) == false)
        }
    }

    @Test("A run whose slot another host took is called off within seconds, and enters nothing")
    func lost() async throws {
        try await Self.withStore { store in
            let clock = AcceleratedClock(start: try #require(UTCTime.parse(Self.morning)), factor: 60)
            let presence = HostPresence(roles: ["enrich"], version: "1", store: store, clock: clock, logger: Self.logger)
            try await presence.enter()
            let performer = Performer(try Self.schedule()) { _, _ in
                try await Task.sleep(for: .seconds(3600))
                return .done("too late")
            }
            let runner = JobRunner(
                performer: performer, store: store, owner: .own, clock: clock, logger: Self.logger, presence: presence)
            let running = Task { try await runner.runNow(.morningBriefing, isForced: false) }
            var run: JobRun?
            while await runner.jobsUnderWay != ["briefing_morning"] { await Task.yield() }
            while run == nil { run = try await store.jobRuns(job: nil, limit: 1).first }
            _ = try await store.end(try #require(run).id, as: .abandoned, message: "taken", retryAt: nil, at: clock.now())
            guard case .granted(let ended) = try await running.value else { throw DeskError(.failure, "not granted") }
            #expect(ended.outcome == .failed && ended.message.contains("under way no more"))
            let (runs, jobs) = (try await store.jobRuns(job: nil, limit: 9), await runner.jobsUnderWay)
            #expect(runs.map(\.message) == ["taken"] && jobs.isEmpty)
        }
    }

    @Test("By hand a job runs once a slot, and again when forced")
    func byHand() async throws {
        try await Self.withStore { store in
            let clock = AcceleratedClock(start: try #require(UTCTime.parse("2026-11-24T15:00:00Z")), factor: 1)
            let performer = Performer(try Self.schedule()) { _, number in .done("number \(number)") }
            let runner = JobRunner(performer: performer, store: store, owner: JobOwner(machine: "a", process: "1"), clock: clock, logger: Self.logger)
            guard case .granted(let first) = try await runner.runNow(.eveningBriefing, isForced: false) else {
                throw DeskError(.failure, "not granted")
            }
            #expect(first.outcome == .done && first.message == "number 1" && first.slot == "2026-11-24")
            guard case .alreadyDone = try await runner.runNow(.eveningBriefing, isForced: false) else { throw DeskError(.failure, "run twice") }
            guard case .granted(let second) = try await runner.runNow(.eveningBriefing, isForced: true) else {
                throw DeskError(.failure, "not forced")
            }
            #expect(second.message == "number 2")
        }
    }

    @Test("A run whose process of this machine is gone does not hold its slot; one of another machine does until its lease ends")
    func gone() async throws {
        try await Self.withStore { store in
            let clock = AcceleratedClock(start: try #require(UTCTime.parse("2026-11-24T15:00:00Z")), factor: 1)
            let performer = Performer(try Self.schedule()) { _, _ in .done("written") }
            let runner = JobRunner(performer: performer, store: store, owner: .own, clock: clock, logger: Self.logger)
            // A process number that no system gives, among those that this process sees.
            let dead = "\(JobOwner.own.machine) \((["999999999", "1"] + ProcessMark.own.split(separator: ":")[2...]).joined(separator: ":"))"
            for (owner, isGranted) in [("elsewhere 1:1:1", false), (dead, true)] {
                let slot = JobRequest(
                    job: "briefing_evening", slot: "2026-11-24", owner: owner, now: clock.now(), lease: .seconds(600), attempts: 4, isForced: true)
                guard case .granted(let run) = try await store.begin(slot) else { throw DeskError(.failure, "not granted") }
                let permit = try await runner.runNow(.eveningBriefing, isForced: false)
                if case .granted = permit { #expect(isGranted) } else { #expect(!isGranted) }
                _ = try await store.end(run.id, as: .abandoned, message: "", retryAt: nil, at: clock.now())
            }
            #expect(try await store.jobRuns(job: nil, limit: 10).contains { $0.message == "its process ended" })
        }
    }
}
