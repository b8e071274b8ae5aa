public import WireCore

/// Moves everything from one store into another, and reads both again to see that it is the same.
public struct StoreTransfer: Sendable {
    private let source: any TransferStore
    private let target: any TransferStore
    /// The source's name, without secrets: a transfer goes on only from where it began.
    private let place: String

    /// Rows read and written at a time.
    static let page = 500

    public init(from source: any TransferStore, named place: String, to target: any TransferStore) {
        self.source = source
        self.target = target
        self.place = place
    }

    /// What is told while it goes on.
    public enum Step: Sendable {
        case copied(TransferKind, rows: Int)
        case compared(TransferKind)
    }

    /// Moves what has not been moved yet. Throws `usage` when the target holds other data or a transfer from elsewhere.
    public func copy(report: @Sendable (Step) -> Void) async throws {
        var progress = try await begin()
        while !progress.isCopied {
            try Task.checkCancellation()
            let page = try await source.transferRows(progress.kind, after: progress.cursor, limit: Self.page)
            let next = progress.after(page)
            try await target.transferIn(page.rows, of: progress.kind, from: progress, to: next)
            report(.copied(progress.kind, rows: progress.rows + page.rows.count))
            progress = next
        }
        try await target.completeTransfer()
    }

    private func begin() async throws -> TransferProgress {
        guard let progress = try await target.transferProgress() else { return try await target.beginTransfer(from: place) }
        guard progress.source == place else {
            throw DeskError(
                .usage, "the target holds part of what was moved from \(progress.source)",
                hint: "Go on from there, or empty the target first.")
        }
        return progress
    }

    /// Reads every kind from both sides. The target becomes whole, for hosts to work on, when there is no difference; else it stays as it is.
    public func verify(report: @Sendable (Step) -> Void) async throws -> [TransferCheck] {
        var checks: [TransferCheck] = []
        for kind in TransferKind.allCases {
            async let wanted = Self.fingerprint(kind, of: source)
            async let found = Self.fingerprint(kind, of: target)
            checks.append(TransferCheck(kind: kind, source: try await wanted, target: try await found))
            report(.compared(kind))
        }
        if checks.allSatisfy(\.isSame) { try await target.endTransfer() }
        return checks
    }

    /// What a store says of a kind; needs no more memory than a page.
    static func fingerprint(_ kind: TransferKind, of store: any TransferStore) async throws -> TransferFingerprint {
        var fingerprint = TransferFingerprint()
        var cursor: TransferCursor?
        repeat {
            try Task.checkCancellation()
            let page = try await store.transferRows(kind, after: cursor, limit: page)
            for row in page.rows { fingerprint.add(row) }
            cursor = page.next
        } while cursor != nil
        return fingerprint
    }
}

/// A kind as both sides have it.
public struct TransferCheck: Sendable {
    public var kind: TransferKind
    public var source: TransferFingerprint
    public var target: TransferFingerprint

    public var isSame: Bool { source == target }
}

extension DeskError {
    /// For engines: the store holds something, and is no target.
    public static func occupied(by kind: TransferKind) -> DeskError {
        DeskError(
            .usage, "the target is not empty: it holds \(kind.title)",
            hint: "Name an empty one: a file that is not there yet, or another database in the address.")
    }

    /// For engines: hosts have no business here yet.
    public static func unfinished(_ progress: TransferProgress) -> DeskError {
        DeskError(
            .store, "everything is being moved here from \(progress.source), and that has not ended",
            hint: "Run `wiredesk migrate` again as it was begun: it goes on where it was. Or empty this store.")
    }

    /// For engines: somebody else writes into the same target.
    public static let interleaved = DeskError(
        .store, "the target was written by somebody else meanwhile", hint: "Let one transfer work on it at a time; run this one again.")
}
