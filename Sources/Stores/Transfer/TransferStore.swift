/// How everything that a store keeps gets out of it and into another, whatever the engines.
///
/// Writing begins upon an empty store and is remembered in it, so that a transfer that was interrupted, at any instant, goes on where it
/// was. While that memory is there the store is not whole, and no host may work on it. Errors are ``DeskError`` with code `store`.
public protocol TransferStore: Sendable {
    /// Rows of a kind behind a cursor, in an order of the engine's own that does not change. At most `limit` of them, and fewer where they
    /// are large.
    func transferRows(_ kind: TransferKind, after cursor: TransferCursor?, limit: Int) async throws -> TransferPage

    /// The transfer into this store that has not ended; nil when there is none.
    func transferProgress() async throws -> TransferProgress?

    /// Begins a transfer from `source`, a place's name without secrets. Throws when the store holds anything already.
    func beginTransfer(from source: String) async throws -> TransferProgress

    /// Writes rows and then the progress that they make, durably; after a crash in between, the same rows are written again. `progress` is what ``transferProgress()`` said last, `next`
    /// what it is to say; where it says that already, nothing changes, and where it says anything else, this throws.
    func transferIn(_ rows: [TransferRow], of kind: TransferKind, from progress: TransferProgress, to next: TransferProgress) async throws

    /// Takes those sums and numbers from the rows that follow from them; again, where it was done before.
    func completeTransfer() async throws

    /// Forgets the transfer: the store is whole.
    func endTransfer() async throws
}

/// How far a transfer has come.
public struct TransferProgress: Sendable, Equatable {
    /// Where the rows come from, without secrets.
    public var source: String
    /// The kind that is being written, or is to be written next.
    public var kind: TransferKind
    /// Behind the last row that was written; nil: before the first of this kind.
    public var cursor: TransferCursor?
    /// Rows of this kind so far.
    public var rows = 0
    /// Writings so far: grows with each.
    public var step = 0
    /// Every kind is written.
    public var isCopied = false

    public init(source: String, kind: TransferKind = TransferKind.allCases[0]) {
        self.source = source
        self.kind = kind
    }

    /// After a page of this kind.
    func after(_ page: TransferPage) -> TransferProgress {
        var next = self
        next.step += 1
        next.rows += page.rows.count
        next.cursor = page.next
        guard page.next == nil else { return next }
        next.rows = 0
        let kinds = TransferKind.allCases
        guard let index = kinds.firstIndex(of: kind), index + 1 < kinds.count else {
            next.isCopied = true
            return next
        }
        next.kind = kinds[index + 1]
        return next
    }
}
