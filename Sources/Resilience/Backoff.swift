internal import WireCore

/// Waiting between tries: exponential with full jitter, so that many hosts that failed together do not come back together.
///
/// Source: Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), "full jitter".
public struct Backoff: Sendable, Equatable {
    /// The upper bound of the first wait.
    public var base: Duration
    /// No wait is longer.
    public var most: Duration

    public init(base: Duration = .milliseconds(500), most: Duration = .seconds(8)) {
        self.base = base
        self.most = most
    }

    /// The wait before try `attempt` (2 is the first retry); `unit` is a random number of 0–1.
    public func delay(before attempt: Int, unit: Double) -> Duration {
        let doublings = max(0, min(attempt - 2, 20))
        let bound = min(base * (1 << doublings), most)
        return .seconds(bound.seconds * unit)
    }
}

extension Duration {
    /// This span, longer or shorter by up to `share` of it; `unit` is a random number of 0–1.
    public func jittered(by share: Double, unit: Double) -> Duration {
        .seconds(seconds * (1 + share * (2 * unit - 1)))
    }
}
