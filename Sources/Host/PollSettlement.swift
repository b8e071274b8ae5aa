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
        remember(reading, startedAt: startedAt, now: now)
        let regular = regularPoll(after: reading, source, now: now, jitterUnit: jitterUnit)
        let slow = Duration.milliseconds(durationMs) >= source.breaker.slowPoll
        transition = state.breaker.record(
            reading.breakerEffect, generation: generation, slow: slow, at: now, retryAfter: reading.retryAt, nextPoll: regular,
            cause: "\(reading.outcome.rawValue): \(reading.message)", source.breaker, unit: unit)
        schedule(regular, source, now: now, jitterUnit: jitterUnit)
        fillRecord(reading, durationMs: durationMs)
    }

    private mutating func remember(_ reading: PollReading, startedAt: Date, now: Date) {
        state.lastPollAt = startedAt
        state.lastOutcome = reading.outcome
        state.lastMessage = reading.message
        state.lastHint = reading.hint
        if reading.isWell {
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
        // Where nobody answered, what the server asked for earlier still holds.
        if reading.retryAt != nil || reading.evidence.status != nil { state.notBefore = reading.retryAt }
    }

    /// When the next poll is due where no breaker stands in the way.
    private func regularPoll(after reading: PollReading, _ source: SourceConfiguration, now: Date, jitterUnit: Double) -> Date {
        var interval = Pace.interval(
            source.interval, meanGap: state.meanGapSeconds, span: Pace.observe(reading.items, now: now)?.span,
            advised: state.advisedSeconds)
        // A machine that comes back to its network should notice soon, whatever the interval.
        if reading.outcome == .offline { interval = min(interval, .seconds(60)) }
        let next = now.addingTimeInterval(interval.jittered(by: Pace.jitter, unit: jitterUnit).seconds)
        return max(next, state.notBefore ?? next)
    }

    /// An open breaker postpones the next poll and never hastens it: where its open time is shorter than the interval, the interval
    /// decides. Of an adaptive one the lower bound does, so that a source which publishes rarely is not slow to be found mended.
    private mutating func schedule(_ regular: Date, _ source: SourceConfiguration, now: Date, jitterUnit: Double) {
        guard state.breaker.state == .open, let reopensAt = state.breaker.reopensAt else {
            state.nextPollAt = Self.wholeMilliseconds(regular)
            return
        }
        let earliest = now.addingTimeInterval(source.interval.least.jittered(by: Pace.jitter, unit: jitterUnit).seconds)
        state.nextPollAt = Self.wholeMilliseconds(max(reopensAt, min(regular, earliest)))
    }

    /// Rounded up: stores keep no more than milliseconds, and a poll that is due a breath before its breaker's stored time is refused.
    private static func wholeMilliseconds(_ date: Date) -> Date {
        Date(timeIntervalSince1970: (date.timeIntervalSince1970 * 1000).rounded(.up) / 1000)
    }

    private mutating func fillRecord(_ reading: PollReading, durationMs: Int) {
        record.durationMs = durationMs
        record.message = reading.message
        record.hint = reading.hint
        record.servedBy = reading.isWell ? state.source : nil
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
