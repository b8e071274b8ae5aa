public import FoundationEssentials

/// Where it is kept who changed what: one line for each change that somebody asked for over HTTP, whether it succeeded or not.
///
/// Lines are only ever added, and removed when they have aged. A method that returns has made its effect durable. Errors are ``DeskError`` with code `store`.
public protocol AuditStore: Sendable {
    /// Adds a line and returns it with its number, which is larger than any before.
    func enterAudit(_ entry: AuditEntry) async throws -> AuditEntry

    /// Lines by number, newest first. `before`: only those with a smaller number, the cursor of the next page.
    func auditEntries(before: Int64?, limit: Int) async throws -> [AuditEntry]

    /// Removes lines older than the instant, and returns how many. Numbers are not used again.
    func pruneAudit(before instant: Date) async throws -> Int
}

/// One change, or the attempt at one.
public struct AuditEntry: Sendable, Equatable {
    /// The store's number; 0 before it is stored.
    public var id: Int64 = 0
    /// Kept to the millisecond.
    public var at: Date
    /// Who: "token", "session", "local", each with the address it came from.
    public var actor: String
    /// What: "source.disable", "source.poll", "session.open", …
    public var action: String
    /// Upon what: a source's id, a key's name.
    public var subject: String?
    /// The particulars, one line.
    public var detail: String?
    /// Why it did not succeed; nil: it did.
    public var failure: String?

    public init(at: Date, actor: String, action: String, subject: String? = nil, detail: String? = nil, failure: String? = nil) {
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
        self.failure = failure
    }
}
