import FoundationEssentials
import Resilience
import Stores
import WireCore

/// `source_states`: one document for each source, written only by whoever read the latest revision.
extension MongoAccess {
    func sourceStates() throws -> [SourceState] { try find(.sourceStates).map(StateDocument.state) }

    func sourceState(of source: SourceID) throws -> SourceState? {
        try first(.sourceStates, ["_id": .text(source.text)]).map(StateDocument.state)
    }

    /// Writes the state under the next revision, which it returns with it. Throws ``StoreConflict`` when the document has another revision
    /// than the state was read with.
    func save(_ state: SourceState) throws -> SourceState {
        var saved = state
        saved.revision += 1
        let id = BSON.text(state.source.text)
        if state.revision == 0 {
            guard try !exists(.sourceStates, ["_id": id]) else { throw StoreConflict(source: state.source) }
            try insert(.sourceStates, [StateDocument.document(saved)])
        } else {
            let count = try update(
                .sourceStates, [.init(filter: ["_id": id, "revision": BSON(state.revision)], change: StateDocument.document(saved))])
            guard count == 1 else { throw StoreConflict(source: state.source) }
        }
        return saved
    }
}

private enum StateDocument {
    static func document(_ state: SourceState) -> BSONDocument {
        [
            "_id": .text(state.source.text), "revision": BSON(state.revision), "next_poll_at": BSON(state.nextPollAt),
            "not_before": BSON(state.notBefore), "last_poll_at": BSON(state.lastPollAt), "last_success_at": BSON(state.lastSuccessAt),
            "last_new_item_at": BSON(state.lastNewItemAt), "last_outcome": BSON(state.lastOutcome?.rawValue),
            "last_message": BSON(state.lastMessage), "last_hint": BSON(state.lastHint), "served_by": BSON(state.servedBy?.text),
            "failing_since": BSON(state.failingSince), "validators_url": BSON(state.validatorsURL), "etag": BSON(state.validators.etag),
            "last_modified": BSON(state.validators.lastModified), "moved_to": BSON(state.movedTo), "adapter_state": BSON(state.adapterState),
            "mean_gap_seconds": BSON(state.meanGapSeconds), "advised_seconds": BSON(state.advisedSeconds),
            "breaker": .document(document(state.breaker)),
        ]
    }

    private static func document(_ breaker: Breaker) -> BSONDocument {
        [
            "state": BSON(breaker.state.rawValue), "generation": BSON(breaker.generation), "failures": BSON(breaker.consecutiveFailures),
            // One character a poll, oldest first: 1 is a failure, or slow.
            "window": .text(bits(breaker.window)), "slow_window": .text(bits(breaker.slowWindow)), "times_opened": BSON(breaker.timesOpened),
            "opened_at": BSON(breaker.openedAt), "reopens_at": BSON(breaker.reopensAt), "probe_lease_until": BSON(breaker.probeLeaseUntil),
            "cause": BSON(breaker.cause),
        ]
    }

    static func state(_ document: BSONDocument) throws -> SourceState {
        var state = SourceState(source: try document.source("_id"))
        state.revision = try document.int("revision")
        state.nextPollAt = try document.optionalDate("next_poll_at")
        state.notBefore = try document.optionalDate("not_before")
        state.lastPollAt = try document.optionalDate("last_poll_at")
        state.lastSuccessAt = try document.optionalDate("last_success_at")
        state.lastNewItemAt = try document.optionalDate("last_new_item_at")
        state.lastOutcome = try document.optionalText("last_outcome").flatMap(Outcome.init)
        state.lastMessage = try document.optionalText("last_message")
        state.lastHint = try document.optionalText("last_hint")
        state.servedBy = try document.optionalText("served_by").flatMap { SourceID($0) }
        state.failingSince = try document.optionalDate("failing_since")
        state.validatorsURL = try document.optionalText("validators_url")
        state.validators = Validators(etag: try document.optionalText("etag"), lastModified: try document.optionalText("last_modified"))
        state.movedTo = try document.optionalText("moved_to")
        state.adapterState = try document.optionalText("adapter_state")
        state.meanGapSeconds = try document.optionalDouble("mean_gap_seconds")
        state.advisedSeconds = try document.optionalDouble("advised_seconds")
        state.breaker = try breaker(try document.document("breaker"))
        return state
    }

    private static func breaker(_ document: BSONDocument) throws -> Breaker {
        Breaker(
            state: Breaker.State(rawValue: try document.int("state")) ?? .closed, generation: try document.int("generation"),
            consecutiveFailures: try document.int("failures"), window: try document.text("window").utf8.map { $0 == 0x31 },
            slowWindow: try document.text("slow_window").utf8.map { $0 == 0x31 }, timesOpened: try document.int("times_opened"),
            openedAt: try document.optionalDate("opened_at"), reopensAt: try document.optionalDate("reopens_at"),
            probeLeaseUntil: try document.optionalDate("probe_lease_until"), cause: try document.optionalText("cause"))
    }

    private static func bits(_ window: [Bool]) -> String { String(decoding: window.map { $0 ? 0x31 : 0x30 }, as: UTF8.self) }
}
