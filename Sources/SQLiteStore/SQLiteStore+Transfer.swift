import GRDB
public import Stores
import WireCore

extension SQLiteStore: TransferStore {
    public func transferRows(_ kind: TransferKind, after cursor: TransferCursor?, limit: Int) async throws -> TransferPage {
        try await read { db in try db.transferRows(kind, after: cursor, limit: limit) }
    }

    public func transferProgress() async throws -> TransferProgress? { try await read { db in try db.transferProgress() } }

    public func beginTransfer(from source: String) async throws -> TransferProgress {
        try await write { db in
            for kind in TransferKind.allCases {
                guard let table = TransferTable.of(kind) else { continue }
                if try db.first("SELECT 1 FROM \(table.name) LIMIT 1", make: { $0.int64(0) }) != nil { throw DeskError.occupied(by: kind) }
            }
            let progress = TransferProgress(source: source)
            try db.save(progress)
            return progress
        }
    }

    public func transferIn(_ rows: [TransferRow], of kind: TransferKind, from progress: TransferProgress, to next: TransferProgress) async throws {
        try await writeUnlinked { db in
            let present = try db.transferProgress()
            if present == next { return }
            guard present == progress else { throw DeskError.interleaved }
            try db.transferIn(rows, of: kind)
            try db.save(next)
        }
    }

    public func completeTransfer() async throws {
        try await write { db in try db.run("UPDATE answer_size SET bytes = (SELECT coalesce(sum(size), 0) FROM answers)") }
    }

    public func endTransfer() async throws { try await write { db in try db.run("DELETE FROM transfer") } }
}
