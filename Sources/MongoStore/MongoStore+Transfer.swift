public import Stores
import WireCore

extension MongoStore: TransferStore {
    public func transferRows(_ kind: TransferKind, after cursor: TransferCursor?, limit: Int) async throws -> TransferPage {
        try await read { db in try db.transferRows(kind, after: cursor, limit: limit) }
    }

    public func transferProgress() async throws -> TransferProgress? { try await read { db in try db.transferProgress() } }

    public func beginTransfer(from source: String) async throws -> TransferProgress {
        try await writeNews { db in
            for kind in TransferKind.allCases where kind != .counters {
                if try !db.transferRows(kind, after: nil, limit: 1).rows.isEmpty { throw DeskError.occupied(by: kind) }
            }
            let progress = TransferProgress(source: source)
            try db.save(progress)
            return progress
        }
    }

    public func transferIn(_ rows: [TransferRow], of kind: TransferKind, from progress: TransferProgress, to next: TransferProgress) async throws {
        // In no transaction: one that its host was killed in would be in the way of the next for a minute. The rows first, then the progress; what
        // was written without it is written again, and is the same.
        try await writePlainly { db in
            let present = try db.transferProgress()
            if present == next { return }
            guard present == progress else { throw DeskError.interleaved }
            try db.transferIn(rows, of: kind)
            try db.save(next)
        }
    }

    public func completeTransfer() async throws { try await writeNews { db in try db.completeTransfer() } }
    public func endTransfer() async throws { try await writeNews { db in try db.endTransfer() } }
}
