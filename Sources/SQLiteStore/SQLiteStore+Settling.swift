public import Costs
import GRDB
import Stores
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the ends of calls get from the caller into the ledger, whatever befalls the process or the disk in between.
extension SQLiteStore {
    public func journal(_ settlement: Settlement) async throws {
        try LedgerRules.check(settlement)
        if let pending = journal.write(settlement) { return post(pending) }
        let pending = journal.remember(settlement)
        do {
            _ = try await settle(settlement)
            journal.done(pending)
        } catch {
            // As long as this process lives it is tried again.
            post(pending)
            throw error
        }
    }

    /// Has it booked with what is booked next; nobody waits.
    private func post(_ pending: SettlementJournal.Pending) {
        writes.post({ db, book in _ = try db.settle(pending.settlement, book) }, done: { [journal] in journal.done(pending) })
    }

    public func endsOnTheirWay() async throws -> Set<String> {
        let deadline = ContinuousClock.now + .seconds(StoreFile.busyTimeout)
        while true {
            let sight = JournalFile.look(beside: databasePath)
            for left in sight.left {
                try await writeLedger { db, book in try db.post(left.settlements, book) }
                left.remove()
            }
            guard sight.isBeingPosted else { return sight.living.union(journal.pending) }
            guard ContinuousClock.now < deadline else {
                throw DeskError(
                    .store, "another process has been booking what a killed one left for more than \(Int(StoreFile.busyTimeout)) s", place: path,
                    hint: "It goes on by itself; `fuser \(path)` names it.")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The same for a store that is being opened. On a full disk, or beside a writer that takes its time, what was left stays for later: lists
    /// can be read all the same.
    static func postLeftBehind(beside path: String, _ pool: DatabasePool) throws {
        let deadline = ContinuousClock.now + .seconds(StoreFile.busyTimeout)
        while true {
            let sight = JournalFile.look(beside: path)
            for left in sight.left {
                do {
                    try pool.writeWithoutTransaction { db in try db.post(left.settlements) }
                } catch is DatabaseError {
                    return
                }
                left.remove()
            }
            guard sight.isBeingPosted, ContinuousClock.now < deadline else { return }
            usleep(5000)
        }
    }
}
