public import FoundationEssentials
import Resilience
public import Stores
import WireCore

/// How a source is doing, in the one word that a list shows.
public enum SourceStatus: String, Sendable, CaseIterable {
    /// Answers as it should.
    case well
    /// Well, but silent for longer than the registry expects. Quiet is not broken.
    case quiet
    /// Its last poll failed, its breaker still lets polls through.
    case failing
    /// Its breaker refuses polls for now.
    case resting
    /// An operator holds its breaker open (`breaker.mode` forced_open): not polled until that is changed.
    case held
    /// An operator's decision.
    case disabled
    /// Not polled yet.
    case new

    /// Judges a source by its entry and its state.
    public init(of source: SourceConfiguration, _ state: SourceState?, now: Date) {
        guard source.isEnabled(at: now) else {
            self = .disabled
            return
        }
        guard source.breaker.mode != .forcedOpen else {
            self = .held
            return
        }
        guard let state, state.lastPollAt != nil else {
            self = .new
            return
        }
        switch state.breaker.state {
        case .open, .halfOpen, .forcedOpen: self = .resting
        default:
            // A machine without network is no fault of the source's, and no news either.
            if state.failingSince != nil || state.lastOutcome == .offline {
                self = .failing
            } else if let expects = source.expects, let since = state.lastNewItemAt ?? state.lastSuccessAt,
                now.timeIntervalSince(since) > expects.seconds
            {
                self = .quiet
            } else {
                self = .well
            }
        }
    }
}
