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
        },
        AuditCheck("Lines that have aged go, that of the instant itself stays, and no number is given again") { store, other in
            let instant = Date(timeIntervalSince1970: 1_795_507_200)
            for second in [0.0, -0.001, -86_400] {
                _ = try await store.enterAudit(AuditEntry(at: instant.addingTimeInterval(second), actor: "local", action: "source.poll"))
            }
            let last = try await store.enterAudit(AuditEntry(at: instant.addingTimeInterval(-1), actor: "local", action: "source.enable"))
            try expectEqual(try await store.pruneAudit(before: instant), 3)
            try expectEqual(try await store.pruneAudit(before: instant), 0)
            try expectEqual(try await other.auditEntries(before: nil, limit: 10).map(\.at), [instant])
            let next = try await other.enterAudit(AuditEntry(at: instant, actor: "local", action: "source.poll"))
            try expect(next.id > last.id, "the number of a removed line is given again")
        },
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
