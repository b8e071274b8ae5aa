import FoundationEssentials
import Resilience
import Stores
import WireCore

/// What follows from a poll: the source's next state, its record, and what the log should say. Pure.
struct PollSettlement {
    var state: SourceState
    var record: PollRecord
    var transition: Breaker.Transition?

    /// `unit` and `jitterUnit` are random numbers of 0–1.
    init(
        _ reading: PollReading, of source: SourceConfiguration, state before: SourceState, generation: Int, startedAt: Date,
        durationMs: Int, now: Date, unit: Double, jitterUnit: Double
    ) {
        state = before
        record = PollRecord(source: source.id, startedAt: startedAt, outcome: reading.outcome)
        let slow = Duration.milliseconds(durationMs) >= source.breaker.slowPoll
        transition = state.breaker.record(
            reading.outcome.breakerEffect, generation: generation, slow: slow, at: now, retryAfter: reading.retryAt,
            cause: "\(reading.outcome.rawValue): \(reading.message)", source.breaker, unit: unit)
        remember(reading, startedAt: startedAt, now: now)
        schedule(reading, source, now: now, jitterUnit: jitterUnit)
        fillRecord(reading, durationMs: durationMs)
    }

    private mutating func remember(_ reading: PollReading, startedAt: Date, now: Date) {
        state.lastPollAt = startedAt
        state.lastOutcome = reading.outcome
        state.lastMessage = reading.message
        state.lastHint = reading.hint
        if reading.outcome.isSuccess || reading.outcome == .ceiling {
            state.lastSuccessAt = now
            state.failingSince = nil
            state.servedBy = state.source
        } else if reading.outcome != .offline {
            state.failingSince = state.failingSince ?? startedAt
        }
        if let validators = reading.validators {
            state.validators = validators
            state.validatorsURL = reading.validatorsURL
        }
        if let bookmark = reading.adapterState { state.adapterState = bookmark }
        if reading.outcome != .offline, reading.pages > 0 || reading.outcome == .notModified { state.movedTo = reading.movedTo }
        if reading.pages > 0 { state.advisedSeconds = reading.advisedInterval?.seconds }
        if let observed = Pace.observe(reading.items, now: now) { state.meanGapSeconds = observed.meanGap }
    }

    private mutating func schedule(_ reading: PollReading, _ source: SourceConfiguration, now: Date, jitterUnit: Double) {
        if state.breaker.state == .open, let reopensAt = state.breaker.reopensAt {
            state.nextPollAt = reopensAt
            return
        }
        var interval = Pace.interval(
            source.interval, meanGap: state.meanGapSeconds, span: Pace.observe(reading.items, now: now)?.span,
            advised: state.advisedSeconds)
        // A machine that comes back to its network should notice soon, whatever the interval.
        if reading.outcome == .offline { interval = min(interval, .seconds(60)) }
        let next = now.addingTimeInterval(interval.jittered(by: Pace.jitter, unit: jitterUnit).seconds)
        state.nextPollAt = max(next, reading.retryAt ?? next)
    }

    private mutating func fillRecord(_ reading: PollReading, durationMs: Int) {
        record.durationMs = durationMs
        record.message = reading.message
        record.hint = reading.hint
        record.servedBy = reading.outcome.isSuccess || reading.outcome == .ceiling ? state.source : nil
        record.attempts = reading.attempts
        record.pages = reading.pages
        record.redirects = reading.redirects
        record.bytesOnWire = reading.bytesOnWire
        record.bytesDecoded = reading.bytesDecoded
        record.items.seen = reading.items.count + reading.rejected
        record.items.rejected = reading.rejected
        record.evidence = reading.evidence
        record.breaker = state.breaker.state
        record.end = reading.end.rawValue
    }
}
