public import WireCore

/// The hard bounds of one program's run, all that it starts included.
public struct ProcessBounds: Sendable {
    /// It ends by then, killed if need be.
    public var deadline: ContinuousClock.Instant
    /// From its start to its first line of output. Nil: the deadline.
    public var startUp: Duration?
    /// CPU time of all its processes together.
    public var cpuTime = Duration.seconds(30)
    /// Memory of all its processes together, and data of each.
    public var memory = ByteCount.mebibytes(512)
    /// Bytes of its output.
    public var output = ByteCount.mebibytes(32)
    /// Bytes of a line.
    public var line = ByteCount.mebibytes(1)
    /// Processes at a time.
    public var processes = 32
    /// Bytes of a file that it writes.
    public var file = ByteCount.mebibytes(64)
    /// How long it may take to end once it is asked to.
    public var grace = Duration.seconds(1)
    /// False: without a control group, as on machines where none can be made. For tests.
    var usesControlGroup = true

    public init(deadline: ContinuousClock.Instant) { self.deadline = deadline }
}

/// A bound that a program ran into.
public enum ProcessBound: String, Sendable, Equatable {
    case startUp, wallTime, cpuTime, memory, output, line, processes
}

/// How a program ended.
public enum ProcessEnd: Sendable, Equatable {
    /// By itself, with this status.
    case exited(Int)
    /// By this signal, which is not ours.
    case signalled(Int)
    /// It was killed at a bound.
    case bound(ProcessBound)
    /// It was killed because it did not end when it was asked to.
    case killed
    /// It could not be started.
    case notStarted(ProcessFault)
}

/// Why a program could not be started.
public struct ProcessFault: Error, Sendable, Equatable {
    /// One line for people.
    public var message: String
    /// True when the program is not there or cannot be run, rather than the machine being short of something.
    public var isConfiguration: Bool
}

/// What is known of a run at its end.
public struct ProcessReport: Sendable {
    public var end: ProcessEnd
    /// The end of what it wrote to its standard error, 16 KiB at most.
    public var errors: [UInt8] = []
    /// Bytes of its output.
    public var outputBytes = 0
    /// True when its output ended in the middle of a line.
    public var endsInHalfLine = false
    /// CPU time of all its processes that ended in order.
    public var cpuTime = Duration.zero
    /// True when processes that it had started outlived it and were killed.
    public var leftProcesses = false

    public init(end: ProcessEnd) { self.end = end }
}
