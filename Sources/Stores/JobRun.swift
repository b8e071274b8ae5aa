public import FoundationEssentials

/// What a run of a job came to.
public enum JobOutcome: String, Sendable, Codable, CaseIterable {
    case running
    case done
    /// There was nothing to do.
    case nothingToDo = "nothing_to_do"
    /// Failed; it is tried again.
    case failed
    /// Failed for the last time.
    case givenUp = "given_up"
    /// The process that ran it died; its lease ran out.
    case abandoned
}

/// One run of a job for one slot.
public struct JobRun: Sendable, Equatable {
    /// The store's number, growing: the fencing number of the run.
    public var id: Int64
    /// The job's name, "enrich".
    public var job: String
    /// What is done once: "2026-11-24 morning", or the start of an interval.
    public var slot: String
    /// From 1.
    public var attempt: Int
    public var startedAt: Date
    public var endedAt: Date?
    public var outcome: JobOutcome
    /// One line: what was done, or why not.
    public var message: String
    /// When it is tried again.
    public var retryAt: Date?
    /// Which host runs it, and until when it may.
    public var owner: String
    public var leaseUntil: Date

    public init(
        id: Int64 = 0, job: String, slot: String, attempt: Int, startedAt: Date, endedAt: Date? = nil, outcome: JobOutcome = .running,
        message: String = "", retryAt: Date? = nil, owner: String, leaseUntil: Date
    ) {
        self.id = id
        self.job = job
        self.slot = slot
        self.attempt = attempt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.outcome = outcome
        self.message = message
        self.retryAt = retryAt
        self.owner = owner
        self.leaseUntil = leaseUntil
    }
}

/// What a run wanted to write came too late: the run has ended, or another host has taken its slot. Nothing was written.
public struct RunLost: Error, StoreRefusal, Equatable, CustomStringConvertible {
    public var run: Int64
    public init(run: Int64) { self.run = run }

    public var description: String { "the job's run \(run) is under way no more: another host took its slot" }
}

/// A host's wish to run a job's slot.
public struct JobRequest: Sendable {
    public var job: String
    public var slot: String
    public var owner: String
    public var now: Date
    /// How long the run may take; after that another host may take the slot.
    public var lease: Duration
    /// Runs of one slot at most; the last failure gives up.
    public var attempts: Int
    /// True: by hand, whatever became of the slot before; only a run under way still stands in the way.
    public var isForced = false
    /// When the slot is due: a run that began earlier, by hand, and found nothing to do leaves the slot as it was. Nil: it counts.
    public var due: Date?

    public init(
        job: String, slot: String, owner: String, now: Date, lease: Duration, attempts: Int, isForced: Bool = false, due: Date? = nil
    ) {
        self.job = job
        self.slot = slot
        self.owner = owner
        self.now = now
        self.lease = lease
        self.attempts = attempts
        self.isForced = isForced
        self.due = due
    }
}

/// The answer to such a wish.
public enum JobPermit: Sendable, Equatable {
    /// Go: the run is entered as running.
    case granted(JobRun)
    /// The slot was done, or had nothing to do when it was due.
    case alreadyDone(JobRun)
    /// Somebody runs this job now (for whatever slot).
    case underWay(JobRun)
    /// It failed and is not due again yet.
    case later(JobRun)
    /// All its attempts have failed.
    case givenUp(JobRun)
}
