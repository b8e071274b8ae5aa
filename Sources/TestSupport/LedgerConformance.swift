public import Stores

/// The contract of ``LedgerStore`` as a list of checks. Each wants two stores upon one fresh, empty ledger, as two hosts would have
/// them, and throws a ``ConformanceFailure`` when a sentence of the contract does not hold.
public enum LedgerConformance {
    /// All checks, by theme.
    public static let checks: [LedgerCheck] = reservations + settlements + readings + crowds + keysAnswersAlerts
}

/// One sentence of the contract and how to try it.
public struct LedgerCheck: Sendable, CustomStringConvertible {
    /// A sentence about behaviour.
    public let name: String
    let body: @Sendable (LedgerRig) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (LedgerRig) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// Tries the sentence through `store` (and through `other`, another door to the same ledger), then reconciles the ledger.
    public func run(on store: any LedgerStore, _ other: any LedgerStore) async throws {
        try await body(LedgerRig(store: store, other: other))
        try expectEqual(try await other.reconcileLedger(), [], "after the check sums and entries disagree")
    }
}
