import FoundationEssentials
import Resilience
import Stores
import WireCore

/// `source_states`: one document for each source, written only by whoever read the latest revision.
extension MongoAccess {
    func sourceStates() throws -> [SourceState] { try find(.sourceStates).map(StateDocument.state) }

    func sourceStates(of sources: [SourceID]) throws -> [SourceState] {
        var found: [SourceState] = []
        for start in stride(from: 0, to: sources.count, by: 5000) {
            let ids = BSON.list(sources[start..<min(start + 5000, sources.count)].map { .text($0.text) })
            found += try find(.sourceStates, ["_id": ["$in": ids]]).map(StateDocument.state)
        }
        return found
    }

    func sourceState(of source: SourceID) throws -> SourceState? {
        try first(.sourceStates, ["_id": .text(source.text)]).map(StateDocument.state)
    }

    /// Writes the state under the next revision, which it returns with it. Throws ``StoreConflict`` when the document has another revision
    /// than the state was read with, and ``LeaseLost`` when it does not hold this `lease`.
    func save(_ state: SourceState, under lease: Int? = nil) throws -> SourceState {
        var saved = state
        saved.revision += 1
        let id = BSON.text(state.source.text)
        if state.revision == 0, lease == nil {
            guard try !exists(.sourceStates, ["_id": id]) else { throw StoreConflict(source: state.source) }
            try insert(.sourceStates, [StateDocument.document(saved)])
        } else {
            var filter: BSONDocument = ["_id": id, "revision": BSON(state.revision)]
            if let lease { filter["lease.number"] = BSON(lease) }
            guard try update(.sourceStates, [.init(filter: filter, change: StateDocument.document(saved))]) == 1 else {
                let present = try sourceState(of: state.source)?.lease
                guard let lease, present?.number != lease else { throw StoreConflict(source: state.source) }
                throw LeaseLost(source: state.source, number: lease, holder: present?.holder)
            }
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
            "lease": state.lease.map { ["holder": .text($0.holder), "number": BSON($0.number), "until": BSON($0.until)] } ?? .null,
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
        if case .document(let lease) = document["lease"] {
            state.lease = SourceLease(holder: try lease.text("holder"), number: try lease.int("number"), until: try lease.date("until"))
        }
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
