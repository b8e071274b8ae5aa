import FoundationEssentials
public import Resilience
public import Stores
public import WireCore

/// What one poll came to, for whoever asked for it. Its JSON form is a contract.
public struct PollReport: Sendable {
    public var record: PollRecord
    public var state: SourceState
    /// What the poll's documents had to be forgiven.
    public var notes: [String]
    /// The items' counts of whoever delivered: the source itself or its fallback.
    public var items: ItemCounts
    /// True when nobody was asked: the breaker or the server's own wish stood in the way. `state.nextPollAt` is then when that ends;
    /// nil when only an operator can end it.
    public var wasRefused: Bool
    /// True when nobody was asked because another process is polling the source, or has just polled it.
    public var isElsewhere = false
    /// What its fallbacks came to, as far as they were asked.
    public var fallbacks: [PollReport] = []
    public var transition: Breaker.Transition?

    public init(
        record: PollRecord, state: SourceState, notes: [String] = [], items: ItemCounts? = nil, wasRefused: Bool = false,
        transition: Breaker.Transition? = nil
    ) {
        self.record = record
        self.state = state
        self.notes = notes
        self.items = items ?? record.items
        self.wasRefused = wasRefused
        self.transition = transition
    }

    /// True when the source answered as it should, or a ceiling ended a poll that kept what it read.
    public var isHealthy: Bool { record.isWell }

    /// The contract's members; the caller opens and closes the object, so that it can add its own.
    public func write(to json: inout JSONWriter) {
        json.member("source", record.source.text)
        json.member("outcome", record.outcome.rawValue)
        json.member("message", record.message)
        json.member("hint", orNull: record.hint)
        json.member("servedBy", orNull: record.servedBy?.text)
        json.member("attempts", record.attempts)
        json.member("pages", record.pages)
        json.member("redirects", record.redirects)
        json.member("bytesOnWire", record.bytesOnWire)
        json.member("bytesDecoded", record.bytesDecoded)
        json.key("items")
        items.write(to: &json)
        json.member("durationMs", record.durationMs)
        json.key("evidence")
        record.evidence.write(to: &json)
        json.key("breaker")
        json.object { state.breaker.write(to: &$0) }
        json.member("nextPollAt", orNull: state.nextPollAt.map(UTCTime.text))
        json.member("end", record.end)
        json.member("startedAt", UTCTime.text(record.startedAt))
        if !notes.isEmpty {
            json.key("notes")
            json.array { list in notes.forEach { list.string($0) } }
        }
    }
}

extension ItemCounts {
    /// As one JSON object.
    public func write(to json: inout JSONWriter) {
        json.object {
            $0.member("seen", seen)
            $0.member("new", new)
            $0.member("updated", updated)
            $0.member("duplicate", duplicate)
            $0.member("rejected", rejected)
        }
    }
}

extension Evidence {
    /// As one JSON object; what was not seen is null.
    public func write(to json: inout JSONWriter) {
        json.object {
            $0.member("status", orNull: status)
            $0.member("contentType", orNull: contentType)
            $0.member("firstBytes", orNull: firstBytes)
        }
    }
}

extension Breaker {
    /// The members that a person and a dashboard want.
    public func write(to json: inout JSONWriter) {
        json.member("state", state.name)
        json.member("stateNumber", state.rawValue)
        json.member("failures", consecutiveFailures)
        json.member("timesOpened", timesOpened)
        json.member("openedAt", orNull: openedAt.map(UTCTime.text))
        json.member("reopensAt", orNull: reopensAt.map(UTCTime.text))
        json.member("cause", orNull: state == .closed ? nil : cause)
    }
}
