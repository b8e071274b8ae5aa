public import Costs
public import WireCore

/// How the gateway works, whatever the call.
public struct GatewayConfiguration: Sendable, Equatable {
    /// Zone, hard limits and alert thresholds.
    public var plan = BudgetPlan()
    /// The longest that one call may take, retries and waiting included.
    public var deadline = Duration.seconds(600)
    /// How long a call waits for money that is reserved by others before it is told so.
    public var patience = Duration.seconds(2)
    /// Attempts of one call over all models of its chain.
    public var attempts = 6
    /// The longest `retry-after` that is waited for; a longer one is passed on.
    public var longestRetryAfter = Duration.seconds(20)
    /// Calls under way at one provider; further ones wait.
    public var callsPerProvider = 128
    /// How long the provider is heard out after the caller has gone.
    public var drainFor = Duration.seconds(60)
    /// How long the caller of a stream may take nothing of it before it counts as gone.
    public var readerPatience = Duration.seconds(60)
    /// Answers are kept so long; zero: never.
    public var keepAnswersFor = Duration.seconds(168 * 3600)
    /// All kept answers together.
    public var cacheSize = ByteCount.mebibytes(64)
    /// One kept answer.
    public var largestKeptAnswer = ByteCount.mebibytes(1)
    /// The largest answer of a provider.
    public var answerBytes = ByteCount.mebibytes(32)

    public init() {}
}
