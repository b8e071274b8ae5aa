import FoundationEssentials
public import Stores

/// The contract of ``AuditStore`` as a list of checks, each for two doors to one fresh, empty store.
public enum AuditConformance {
    public static let checks: [AuditCheck] = [
        AuditCheck("Lines come back as they were, newest first, page by page, each once") { store, other in
            var entered: [AuditEntry] = []
            for n in 0..<7 {
                var entry = AuditEntry(at: Date(timeIntervalSince1970: 1_795_507_200.25 - Double(n)), actor: "token\u{0}", action: "source.poll")
                if n % 2 == 0 { (entry.subject, entry.detail, entry.failure) = ("alpha", "'; DROP TABLE audit; --", "no") }
                entered.append(try await store.enterAudit(entry))
            }
            try expectEqual(entered.map(\.id), entered.map(\.id).sorted(), "numbers do not grow")
            var (seen, before): ([AuditEntry], Int64?) = ([], nil)
            while let page = .some(try await other.auditEntries(before: before, limit: 3)), let last = page.last {
                seen += page
                before = last.id
            }
            try expectEqual(seen, entered.reversed())
            try expectEqual(try await other.auditEntries(before: nil, limit: 0), [])
        }
    ]
}

/// One sentence of the contract and how to try it.
public struct AuditCheck: Sendable, CustomStringConvertible {
    /// A sentence about behaviour.
    public let name: String
    let body: @Sendable (any AuditStore, any AuditStore) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any AuditStore, any AuditStore) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    public func run(on store: any AuditStore, _ other: any AuditStore) async throws { try await body(store, other) }
}
