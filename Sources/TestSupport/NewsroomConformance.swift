public import Stores

/// The contract of ``NewsroomStore`` as a list of checks. Each wants two stores that share one fresh, empty place, as two hosts would have
/// them, and throws a ``ConformanceFailure`` when a sentence of the contract does not hold.
public enum NewsroomConformance {
    /// All checks, by theme.
    public static let checks: [NewsroomCheck] =
        claims + batches + readings + statistics + narratives + patterns + briefings + jobs + alertsAndPrices + age + newsroomCrowds
}

/// One sentence of the contract and how to try it.
public struct NewsroomCheck: Sendable, CustomStringConvertible {
    /// A sentence about behaviour.
    public let name: String
    let body: @Sendable (NewsroomRig) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (NewsroomRig) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// Tries the sentence through `store` (and through `other`, another door to the same file), then asks the store to check itself.
    public func run(on store: any WholeStore, _ other: any WholeStore) async throws {
        try await body(NewsroomRig(store: store, other: other))
        try expectEqual(try await other.check(), [], "after the check the store finds fault with itself")
    }
}
