public import FoundationEssentials

/// The desk's notion of time: what hour it is and how to wait for a later one.
///
/// Logic never asks the system for the time; tests drive a manual clock, the demo an accelerated one.
public protocol DeskClock: Sendable {
    /// The present instant.
    func now() -> Date
    /// Returns at `instant` or soon after it, at once if it has passed. Throws `CancellationError` when the task is cancelled.
    func sleep(until instant: Date) async throws
    /// Waits for a span of the desk's time. Throws `CancellationError` when the task is cancelled.
    func sleep(for span: Duration) async throws
}

extension DeskClock {
    public func sleep(for span: Duration) async throws {
        try await sleep(until: now().addingTimeInterval(span.seconds))
    }
}

/// The machine's own clock.
public struct SystemClock: DeskClock {
    public init() {}
    public func now() -> Date { Date() }
    /// As long as it says, also when the machine's clock is set meanwhile.
    public func sleep(for span: Duration) async throws { try await Task.sleep(for: max(span, .zero)) }

    public func sleep(until instant: Date) async throws {
        // Slept in slices, so that a corrected system clock is noticed within a minute.
        while true {
            let left = instant.timeIntervalSince(now())
            guard left > 0 else { return try Task.checkCancellation() }
            try await Task.sleep(for: .seconds(min(left, 60)))
        }
    }
}

/// Time that runs `factor` times as fast from `start` on: a day of news in minutes.
public struct AcceleratedClock: DeskClock {
    private let start: Date
    private let realStart: ContinuousClock.Instant
    private let factor: Double

    /// `factor` 60 makes a real second a minute.
    public init(start: Date, factor: Double) {
        self.start = start
        self.factor = factor
        realStart = .now
    }

    public func now() -> Date {
        start.addingTimeInterval(realStart.duration(to: .now).seconds * factor)
    }

    public func sleep(until instant: Date) async throws {
        let left = instant.timeIntervalSince(now())
        guard left > 0 else { return try Task.checkCancellation() }
        try await Task.sleep(for: .seconds(left / factor))
    }
}
