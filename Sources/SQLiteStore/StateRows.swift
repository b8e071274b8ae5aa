import FoundationEssentials
import GRDB
import Resilience
import Stores
import WireCore

/// `source_states`: one row for each source, written only by whoever read the latest revision.
extension Database {
    func sourceStates() throws -> [SourceState] {
        try rows("SELECT \(StateColumns.all) FROM source_states", [], StateColumns.state)
    }

    func sourceStates(of sources: [SourceID]) throws -> [SourceState] {
        try rows(
            "SELECT \(StateColumns.all) FROM source_states WHERE source IN (SELECT value FROM json_each(?))",
            [.text(StoredList.text(sources.map(\.text)))],
            StateColumns.state)
    }

    func sourceState(of source: SourceID) throws -> SourceState? {
        try first("SELECT \(StateColumns.all) FROM source_states WHERE source = ?", .text(source.text), make: StateColumns.state)
    }

    /// Writes the state under the next revision, which it returns with it. Throws ``StoreConflict`` when the row has another revision
    /// than the state was read with, and ``LeaseLost`` when it does not hold this `lease`.
    func save(_ state: SourceState, under lease: Int? = nil) throws -> SourceState {
        var saved = state
        saved.revision += 1
        let values = StateColumns.values(of: saved)
        if state.revision == 0, lease == nil {
            try run(StateColumns.insert, values)
        } else {
            let key: [SQLValue] = [.text(state.source.text), SQLValue(state.revision)]
            try run(StateColumns.update + (lease == nil ? "" : " AND lease_number = ?"), values + key + (lease.map { [SQLValue($0)] } ?? []))
        }
        guard changesCount == 1 else {
            let present = try sourceState(of: state.source)?.lease
            guard let lease, present?.number != lease else { throw StoreConflict(source: state.source) }
            throw LeaseLost(source: state.source, number: lease, holder: present?.holder)
        }
        return saved
    }
}

/// The columns of `source_states` in the order in which they are written and read.
private enum StateColumns {
    private static let names = [
        "source", "revision", "next_poll_at", "last_poll_at", "last_success_at", "last_new_item_at", "last_outcome",
        "last_message",
        "last_hint", "served_by", "failing_since", "validators_url", "etag", "last_modified", "moved_to", "adapter_state",
        "mean_gap_seconds", "advised_seconds", "breaker_state", "breaker_generation", "breaker_failures", "breaker_window",
        "breaker_slow_window", "breaker_times_opened", "breaker_opened_at", "breaker_reopens_at", "breaker_probe_lease_until",
        "breaker_cause", "not_before", "lease_holder", "lease_number", "lease_until",
    ]
    static let all = names.joined(separator: ", ")
    static let insert = """
        INSERT INTO source_states (\(all)) VALUES (\(names.map { _ in "?" }.joined(separator: ", "))) ON CONFLICT DO NOTHING
        """
    static let update = """
        UPDATE source_states SET \(names.map { "\($0) = ?" }.joined(separator: ", ")) WHERE source = ? AND revision = ?
        """

    static func values(of state: SourceState) -> [SQLValue] {
        let breaker = state.breaker
        return [
            .text(state.source.text), SQLValue(state.revision), SQLValue(state.nextPollAt), SQLValue(state.lastPollAt),
            SQLValue(state.lastSuccessAt), SQLValue(state.lastNewItemAt), SQLValue(state.lastOutcome?.rawValue),
            SQLValue(state.lastMessage), SQLValue(state.lastHint), SQLValue(state.servedBy?.text), SQLValue(state.failingSince),
            SQLValue(state.validatorsURL), SQLValue(state.validators.etag), SQLValue(state.validators.lastModified),
            SQLValue(state.movedTo), SQLValue(state.adapterState), SQLValue(state.meanGapSeconds), SQLValue(state.advisedSeconds),
            SQLValue(breaker.state.rawValue), SQLValue(breaker.generation), SQLValue(breaker.consecutiveFailures),
            .text(bits(breaker.window)), .text(bits(breaker.slowWindow)), SQLValue(breaker.timesOpened),
            SQLValue(breaker.openedAt),
            SQLValue(breaker.reopensAt), SQLValue(breaker.probeLeaseUntil), SQLValue(breaker.cause), SQLValue(state.notBefore),
            SQLValue(state.lease?.holder), SQLValue(state.lease?.number), SQLValue(state.lease?.until),
        ]
    }

    static func state(_ row: SQLRow) throws -> SourceState {
        var state = SourceState(source: try row.source(0))
        state.revision = row.int(1)
        state.nextPollAt = row.optionalDate(2)
        state.lastPollAt = row.optionalDate(3)
        state.lastSuccessAt = row.optionalDate(4)
        state.lastNewItemAt = row.optionalDate(5)
        state.lastOutcome = row.optionalText(6).flatMap(Outcome.init)
        state.lastMessage = row.optionalText(7)
        state.lastHint = row.optionalText(8)
        state.servedBy = row.optionalText(9).flatMap { SourceID($0) }
        state.failingSince = row.optionalDate(10)
        state.validatorsURL = row.optionalText(11)
        state.validators = Validators(etag: row.optionalText(12), lastModified: row.optionalText(13))
        state.movedTo = row.optionalText(14)
        state.adapterState = row.optionalText(15)
        state.meanGapSeconds = row.optionalDouble(16)
        state.advisedSeconds = row.optionalDouble(17)
        state.breaker = breaker(row)
        state.notBefore = row.optionalDate(28)
        if let holder = row.optionalText(29), let number = row.optionalInt(30), let until = row.optionalDate(31) {
            state.lease = SourceLease(holder: holder, number: number, until: until)
        }
        return state
    }

    private static func breaker(_ row: SQLRow) -> Breaker {
        Breaker(
            state: Breaker.State(rawValue: row.int(18)) ?? .closed, generation: row.int(19), consecutiveFailures: row.int(20),
            window: row.text(21).utf8.map { $0 == 0x31 }, slowWindow: row.text(22).utf8.map { $0 == 0x31 },
            timesOpened: row.int(23),
            openedAt: row.optionalDate(24), reopensAt: row.optionalDate(25), probeLeaseUntil: row.optionalDate(26),
            cause: row.optionalText(27))
    }

    private static func bits(_ window: [Bool]) -> String { String(decoding: window.map { $0 ? 0x31 : 0x30 }, as: UTF8.self) }
}

extension SQLRow {
    /// A source's id. Throws when the column holds none: somebody else has written to the file.
    func source(_ column: Int32) throws -> SourceID {
        guard let source = SourceID(text(column)) else {
            throw DeskError(
                .store, "the store holds a source named \"\(SafeText.line(text(column), limit: 80))\", which is no source id",
                hint: "Was the file edited by hand? Restore it from a backup, or move it away to start afresh.")
        }
        return source
    }
}
