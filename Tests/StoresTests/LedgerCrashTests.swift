import Costs
import FoundationEssentials
import SQLiteStore
import Stores
import Testing

@Suite("kill -9 amid calls")
struct LedgerCrashTests {
    @Test("Whenever kill -9 comes, what the ledger acknowledged is booked exactly once, and sums and entries agree", .timeLimit(.minutes(2)))
    func killedAtRandom() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/desk.sqlite"
            var acknowledged: [Acknowledged] = []
            for round in 0..<15 {
                let lines = try CrashWriter.run("LedgerCrashWriter", storePath: path, round: round, killAfterLines: .random(in: 1...800))
                acknowledged += try lines.map(Acknowledged.init)
                let store = try SQLiteStore(path: path)
                #expect(try await store.reconcileLedger() == [], "round \(round)")
                try await expectEachOnce(acknowledged, store)
                try await settleOpen(store)
                try await store.close()
            }
            #expect(acknowledged.count > 15)
            let store = try SQLiteStore(path: path)
            #expect(try await store.check() == [])
            try await store.close()
        }
    }

    private func expectEachOnce(_ acknowledged: [Acknowledged], _ store: SQLiteStore) async throws {
        let entries = try await store.entries(LedgerQuery(limit: .max))
        let byID = Dictionary(grouping: entries, by: \.id)
        #expect(byID.count == entries.count, "an entry is there twice")
        let lost = acknowledged.filter { !$0.isKept(by: byID[$0.id]?.first) }
        #expect(lost.isEmpty, "\(lost.count) of \(acknowledged.count) acknowledged steps are lost, \(lost.first?.id ?? "") first")
        let ended = entries.count { $0.status != .reserved && $0.status != .released }
        let calls = try await store.totals(of: LedgerPeriod("2026-11")).reduce(0) { $0 + $1.calls }
        #expect(calls == ended)
        let held = try await store.openReservations().reduce(MoneySum()) { $0 + $1.bound }
        let standing = try await store.standing(of: .desk, in: LedgerPeriod("2026-11-24"))
        #expect(MoneySum(standing.reserved) == held)
    }

    /// What start-up does with reservations that a crash has left.
    private func settleOpen(_ store: SQLiteStore) async throws {
        for entry in try await store.openReservations() {
            _ = try await store.settle(
                Settlement(id: entry.id, at: entry.at, status: .estimated, cost: entry.bound, priceFrom: entry.priceFrom, note: "abandoned"))
        }
        #expect(try await store.standing(of: .desk, in: LedgerPeriod("2026-11")).reserved == .zero)
        #expect(try await store.reconcileLedger() == [])
    }
}

/// A step that the child was told is done.
private struct Acknowledged {
    struct Malformed: Error {
        var line: String
    }

    var status: EntryStatus
    var id: String
    var cost: Int64?

    init(_ line: String) throws {
        let words = line.split(separator: " ")
        guard words.count >= 2, let status = EntryStatus(rawValue: String(words[0])) else { throw Malformed(line: line) }
        (self.status, id) = (status, String(words[1]))
        cost = words.count > 2 ? Int64(words[2]) : nil
    }

    /// A reservation may have come to its end; an end is for ever.
    func isKept(by entry: LedgerEntry?) -> Bool {
        guard let entry else { return false }
        return status == .reserved || (entry.status == status && entry.cost.picodollars == cost)
    }
}
