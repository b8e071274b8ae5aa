import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How long one document may be read: until the caller's deadline, and never beyond the ceiling on the CPU time of this thread.
///
/// Looked at between pieces of a document; no step between two looks takes more than some tens of milliseconds.
struct ReadingTime {
    private let deadline: ContinuousClock.Instant?
    private let ceiling: Duration
    private let start = Self.cpuTime()

    init(_ limits: FeedLimits) {
        deadline = limits.deadline
        ceiling = limits.time
    }

    /// True when the reading must end.
    var isOver: Bool {
        if let deadline, ContinuousClock.now >= deadline { return true }
        return Self.cpuTime() - start >= ceiling
    }

    /// For a reading that was ended.
    var error: FeedError {
        if let deadline, ContinuousClock.now >= deadline {
            return FeedError(.timeout, "the time was up before the document was read to its end")
        }
        return FeedError(
            .timeout, "reading the document takes more than \(ceiling.components.seconds) seconds of computing time",
            hint: "No honest document does: look at it before you trust its source.")
    }

    /// Of the thread that reads; a reading stays on the one that it began on.
    private static func cpuTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
