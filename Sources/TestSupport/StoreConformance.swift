// TestSupport: what several test targets share. StoreConformance is the contract of Stores as checks that any engine can run;
// StoreConformance+States, +Leases, +Items, +Lists and +Upkeep hold them by theme, StoreRig the tools they use. LedgerConformance
// and LedgerRig are the same for money.

public import Stores

/// The contract of ``DeskStore`` as a list of checks. Each wants a fresh, empty store and throws a ``ConformanceFailure`` when a
/// sentence of the contract does not hold.
public enum StoreConformance {
    /// All checks, by theme.
    public static let checks: [StoreCheck] = states + leases + items + resemblances + ceilings + lists + upkeep
}

/// One sentence of the contract and how to try it.
public struct StoreCheck: Sendable, CustomStringConvertible {
    /// A sentence about behaviour.
    public let name: String
    let body: @Sendable (StoreRig) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (StoreRig) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// Tries the sentence on a fresh store, then asks the store to check itself.
    public func run(on store: any DeskStore) async throws {
        try await body(StoreRig(store: store))
        try expectEqual(try await store.check(), [], "after the check the store finds fault with itself")
    }
}

/// What a store did not do.
public struct ConformanceFailure: Error, CustomStringConvertible {
    public let description: String
}

func expect(_ condition: Bool, _ complaint: @autoclosure () -> String, line: Int = #line, file: StaticString = #fileID) throws {
    if !condition { throw ConformanceFailure(description: "\(file):\(line): \(complaint())") }
}

func expectEqual<T: Equatable>(
    _ seen: T, _ wanted: T, _ complaint: @autoclosure () -> String = "", line: Int = #line, file: StaticString = #fileID
) throws {
    try expect(seen == wanted, "\(complaint()): got \(seen), expected \(wanted)", line: line, file: file)
}

func expectConflict(line: Int = #line, file: StaticString = #fileID, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch is StoreConflict {
        return
    }
    throw ConformanceFailure(description: "\(file):\(line): no StoreConflict was thrown")
}
