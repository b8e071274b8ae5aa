import Foundation
public import Logging
public import Newsroom
public import ServiceLifecycle
public import Stores
public import WireCore

/// Does a job's work. It is called on no thread of its own and gives way now and then, so that polls go before.
public protocol JobPerforming: Sendable {
    /// Throws what went wrong; the runner notes it and tries again.
    func perform(_ order: JobOrder) async throws -> JobResult
    /// The table that says what is due.
    func schedule() async -> JobSchedule
}

/// What a runner wants done.
public struct JobOrder: Sendable {
    public var job: Job
    public var slot: JobSlot
    /// The run's fencing number: what is written under it is refused when the run is another's.
    public var run: Int64
    /// True: by hand, whatever became of the slot before.
    public var isForced: Bool
    /// True: what fails now is given up.
    public var isLastAttempt: Bool

    public init(job: Job, slot: JobSlot, run: Int64, isForced: Bool, isLastAttempt: Bool) {
        self.job = job
        self.slot = slot
        self.run = run
        self.isForced = isForced
        self.isLastAttempt = isLastAttempt
    }
}

/// Who runs a job: a process of a machine.
public struct JobOwner: Sendable, Equatable {
    public var machine: String
    /// As ``WireCore/ProcessMark`` marks it.
    public var process: String

    /// This process on this machine.
    public static var own: JobOwner { JobOwner(machine: ProcessInfo.processInfo.hostName, process: ProcessMark.own) }

    public init(machine: String, process: String) {
        self.machine = machine
        self.process = process
    }

    /// As the store has it, "desk-1 4711:88231:0a1b…".
    init?(_ text: String) {
        guard let blank = text.lastIndex(of: " ") else { return nil }
        self.init(machine: String(text[..<blank]), process: String(text[text.index(after: blank)...]))
    }

    var text: String { "\(machine) \(process)" }

}

extension JobOwner {
    /// True when the process of this text, as the store has it, has surely ended; of another machine's that is not known.
    static func hasEnded(_ text: String) -> Bool { JobOwner(text).map { ProcessMark.isGone($0.process) } ?? false }
}

/// Runs jobs by the clock: each slot once, over all hosts that share the store, each job at most once at a time.
///
/// What may run is decided by the store in one transaction (``Stores/NewsroomStore/begin(_:)``); this service only asks when something is due.
/// A failed run is tried again after a pause that doubles, as often as the job's plan allows, and then given up until the next slot.
public actor JobRunner: Service {
    private let performer: any JobPerforming
    private let store: any NewsroomStore
    private let owner: JobOwner
    private let clock: any DeskClock
    private let logger: Logger
    /// What this host knows of others; nil for a command line, which knows of none.
    private let presence: HostPresence?

    private var underWay: Set<Job> = []
    private var performing: [String] = []
    /// Slots that need no more asking.
    private var settled: [Job: String] = [:]
    /// Not asked before then.
    private var notBefore: [Job: Date] = [:]
    private var sleeper: Task<Void, Never>?
    private let errands = Errands()

    /// `owner` names this process among others that share the store; `presence` tells who of those is dead.
    public init(
        performer: any JobPerforming, store: any NewsroomStore, owner: JobOwner, clock: any DeskClock, logger: Logger, presence: HostPresence? = nil
    ) {
        self.presence = presence
        self.performer = performer
        self.store = store
        self.owner = owner
        self.clock = clock
        self.logger = logger
    }

    /// Runs what is due until the task is cancelled or a graceful shutdown begins; a run under way is then called off and entered as failed, to
    /// be taken up by the next start.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    let schedule = await self.performer.schedule()
                    // One reading for both: what falls due between two would wait for the next minute.
                    let now = self.clock.now()
                    for (job, slot) in await self.due(schedule, at: now) {
                        group.addTask(priority: .utility) { await self.work(job, slot, schedule[job]) }
                    }
                    await self.sleep(schedule, after: now)
                }
            }
        }
    }

    /// What is due and may be asked for now, and nothing while this host may not begin anything; marks it as under way.
    private func due(_ schedule: JobSchedule, at now: Date) -> [(Job, JobSlot)] {
        guard presence?.isCurrent(at: now) ?? true else { return [] }
        return Job.allCases.compactMap { job in
            guard !underWay.contains(job), underWay.isDisjoint(with: job.waitsFor), notBefore[job].map({ $0 <= now }) ?? true,
                let slot = schedule.dueSlot(of: job, at: now),
                settled[job] != slot.key
            else { return nil }
            underWay.insert(job)
            return (job, slot)
        }
    }

    /// Sleeps until something may be due, or a job ends.
    private func sleep(_ schedule: JobSchedule, after now: Date) async {
        // At least once a minute of the desk's time, for a schedule that was changed; soon when this host may begin nothing now.
        var wake = now.addingTimeInterval(presence?.isCurrent(at: now) ?? true ? 60 : HostPresence.pace.seconds)
        for job in Job.allCases where !underWay.contains(job) {
            if let next = schedule.nextSlot(of: job, after: now) { wake = min(wake, next.due) }
            if let retry = notBefore[job], retry > now { wake = min(wake, retry) }
        }
        let sleep = Task { [clock] in _ = try? await clock.sleep(until: wake) }
        sleeper = sleep
        await withTaskCancellationHandler {
            await sleep.value
        } onCancel: {
            sleep.cancel()
        }
    }

    private func work(_ job: Job, _ slot: JobSlot, _ plan: JobPlan) async {
        do {
            let permit = try await ask(job, slot, plan, isForced: false)
            switch permit {
            case .granted(let run):
                let ended = await perform(job, slot, run, plan, isForced: false)
                settle(job, slot, ended)
            case .alreadyDone, .givenUp: settled[job] = slot.key
            case .later(let run): notBefore[job] = run.retryAt ?? clock.now().addingTimeInterval(30)
            case .underWay(let run):
                // It may be killed: then its slot is free as soon as that is known.
                notBefore[job] = min(run.leaseUntil, clock.now().addingTimeInterval(Self.lookAgain))
            }
        } catch {
            notBefore[job] = clock.now().addingTimeInterval(60)
            logger.error(
                "a job could not be begun", metadata: ["job": "\(job.rawValue)", "error": "\(SafeText.line(String(describing: error), limit: 300))"])
        }
        underWay.remove(job)
        sleeper?.cancel()
    }

    /// When a job that another runs is asked for again, and how often a run makes sure that it still is its own, in seconds.
    private static let lookAgain = 5.0

    private func settle(_ job: Job, _ slot: JobSlot, _ run: JobRun) {
        switch run.outcome {
        case .failed: notBefore[job] = run.retryAt
        default:
            notBefore[job] = nil
            settled[job] = slot.key
        }
    }

    /// A run whose host is known to be dead, or whose process of this machine is gone, does not hold its slot until its lease ends.
    private func ask(_ job: Job, _ slot: JobSlot, _ plan: JobPlan, isForced: Bool) async throws -> JobPermit {
        let request = JobRequest(
            job: job.rawValue, slot: slot.key, owner: owner.text, now: clock.now(), lease: plan.lease, attempts: plan.attempts, isForced: isForced,
            due: slot.due)
        let permit = try await store.begin(request)
        guard case .underWay(let run) = permit else { return permit }
        let hasEnded = JobOwner.hasEnded(run.owner)
        guard hasEnded || presence?.roster[run.owner]?.isAlive == false else { return permit }
        let message = hasEnded ? "its process ended" : "its host was heard of no more"
        _ = try await store.end(run.id, as: .abandoned, message: message, retryAt: nil, at: clock.now())
        return try await store.begin(request)
    }

    /// The jobs that this host runs, by name.
    public var jobsUnderWay: [String] { performing.sorted() }

    /// Does the work and enters how it ended.
    private func perform(_ job: Job, _ slot: JobSlot, _ run: JobRun, _ plan: JobPlan, isForced: Bool) async -> JobRun {
        var run = run
        performing.append(job.rawValue)
        defer { performing.firstIndex(of: job.rawValue).map { _ = performing.remove(at: $0) } }
        do {
            let order = JobOrder(job: job, slot: slot, run: run.id, isForced: isForced, isLastAttempt: run.attempt >= plan.attempts)
            switch try await performWhileHeld(order) {
            case .done(let message): (run.outcome, run.message) = (.done, message)
            case .nothingToDo(let message): (run.outcome, run.message) = (.nothingToDo, message)
            }
        } catch let lost as RunLost {
            // Its end has been entered by whoever took it.
            logger.warning("\(lost)", metadata: ["job": "\(job.rawValue)", "slot": "\(slot.key)"])
            (run.outcome, run.message, run.retryAt) = (.failed, "\(lost)", clock.now().addingTimeInterval(Self.lookAgain))
            return run
        } catch is CancellationError {
            (run.outcome, run.message, run.retryAt) = (.failed, "the host stopped", clock.now())
        } catch {
            let pause = isForced ? nil : plan.pause(afterAttempt: run.attempt)
            (run.outcome, run.message) = (pause == nil ? .givenUp : .failed, SafeText.line(String(describing: error), limit: 500))
            run.retryAt = pause.map { clock.now().addingTimeInterval($0.seconds) }
        }
        run.endedAt = clock.now()
        await enter(run)
        return run
    }

    /// Calls the work off when the run is this process's no more: it stood still for so long that another host took the slot.
    private func performWhileHeld(_ order: JobOrder) async throws -> JobResult {
        try await withThrowingTaskGroup(of: JobResult.self) { group in
            group.addTask { [performer] in try await performer.perform(order) }
            if presence != nil { group.addTask { [store, clock] in try await Self.loss(of: order.run, store, clock) } }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// Looks at the run now and then; ends by throwing.
    private static func loss(of run: Int64, _ store: any NewsroomStore, _ clock: any DeskClock) async throws -> JobResult {
        while true {
            try await clock.sleep(for: .seconds(lookAgain))
            // A store that fails is the work's own trouble.
            if let isHeld = try? await store.isUnderWay(run), !isHeld { throw RunLost(run: run) }
        }
    }

    private func enter(_ run: JobRun) async {
        var facts: Logger.Metadata = ["job": "\(run.job)", "slot": "\(run.slot)", "message": "\(SafeText.line(run.message, limit: 300))"]
        if let retry = run.retryAt { facts["retry"] = "\(UTCTime.text(retry))" }
        let level: Logger.Level =
            switch run.outcome {
            case .nothingToDo: .debug
            case .failed, .givenUp: .warning
            default: .info
            }
        logger.log(level: level, "job \(run.outcome.rawValue)", metadata: facts)
        // Apart from this task, which a shutdown has cancelled by then: how it ended is entered all the same.
        let entered = await Task { [store, clock] in
            try await store.end(run.id, as: run.outcome, message: run.message, retryAt: run.retryAt, at: run.endedAt ?? clock.now())
        }.result
        switch entered {
        case .success(true): break
        case .success(false):
            logger.warning("a job took longer than its lease, and another host has taken its slot", metadata: ["job": "\(run.job)"])
        case .failure(let error):
            logger.error(
                "how a job ended could not be entered",
                metadata: ["job": "\(run.job)", "error": "\(SafeText.line(String(describing: error), limit: 300))"])
        }
    }

    /// Runs what is due now, one after the other, and returns when it is done; for a clock that is set by hand.
    public func runDue() async {
        let schedule = await performer.schedule()
        // What waits for another is due once that has ended.
        while case let jobs = due(schedule, at: clock.now()), !jobs.isEmpty {
            for (job, slot) in jobs { await work(job, slot, schedule[job]) }
        }
    }

    /// Begins a job now, by hand, and returns while it runs; its end is entered as always. ``finish(within:)`` waits for it.
    public func start(_ job: Job, isForced: Bool) async throws -> JobPermit {
        let (permit, slot, plan) = try await askByHand(job, isForced: isForced)
        if case .granted(let run) = permit {
            errands.begin { _ = await self.perform(job, slot, run, plan, isForced: isForced) }
        }
        return permit
    }

    /// Waits for what was begun by hand, and calls off what has not ended in time.
    public func finish(within time: Duration = .seconds(3)) async { await errands.finish(within: time) }

    /// Runs a job now, by hand. `isForced`: whatever became of its slot before. Throws when the store fails.
    public func runNow(_ job: Job, isForced: Bool) async throws -> JobPermit {
        let (permit, slot, plan) = try await askByHand(job, isForced: isForced)
        guard case .granted(let run) = permit else { return permit }
        return .granted(await perform(job, slot, run, plan, isForced: isForced))
    }

    private func askByHand(_ job: Job, isForced: Bool) async throws -> (JobPermit, JobSlot, JobPlan) {
        let schedule = await performer.schedule()
        let slot = schedule.slotByHand(of: job, at: clock.now())
        return (try await ask(job, slot, schedule[job], isForced: isForced), slot, schedule[job])
    }
}
