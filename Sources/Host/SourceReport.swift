import Fetch
public import FoundationEssentials
import Resilience
public import Stores
public import WireCore

/// A source as lists show it: its entry, its state and what follows from both.
public struct SourceReport: Sendable {
    public let source: SourceConfiguration
    /// Nil before its first poll.
    public let state: SourceState?
    /// How many articles of it are stored.
    public let articles: Int
    public let now: Date

    public init(source: SourceConfiguration, state: SourceState?, articles: Int, now: Date) {
        self.source = source
        self.state = state
        self.articles = articles
        self.now = now
    }

    public var status: SourceStatus { SourceStatus(of: source, state, now: now) }

    /// Nil when it is not going to be polled unless an operator changes something.
    public var nextPollAt: Date? { source.isEnabled(at: now) && status != .held ? state?.nextPollAt : nil }

    /// What is worth saying about it in one line; empty when nothing is.
    public var remark: String {
        switch status {
        case .held:
            return "the registry holds its breaker open (breaker.mode forced_open); not polled until that is changed"
        case .disabled:
            let disabled = source.disabled
            let until = disabled?.until.map { "until \(UTCTime.text($0))" }
            return ([disabled?.reason, disabled?.by.map { "by \($0)" }, until].compactMap { $0 }).joined(
                separator: ", ")
        case .failing, .resting:
            let since = state?.failingSince.map { "for \(Duration.seconds(max(0, now.timeIntervalSince($0))).short): " } ?? ""
            let served = state?.servedBy.flatMap { $0 == source.id ? nil : "; served by \($0)" } ?? ""
            return "\(since)\(state?.lastOutcome?.rawValue ?? ""), \(state?.lastMessage ?? "")\(served)"
        case .quiet:
            return "nothing new for longer than \(source.expects?.short ?? "expected")"
        case .well, .new:
            return state?.movedTo.map { "has moved for good to \($0)" } ?? ""
        }
    }

    /// The contract's members; the caller opens and closes the object.
    public func write(to json: inout JSONWriter) {
        json.member("id", source.id.text)
        json.member("kind", source.kind.name)
        json.member("url", redactedURL(source.url))
        json.member("status", status.rawValue)
        json.member("enabled", source.isEnabled(at: now))
        if let disabled = source.disabled {
            json.key("disabled")
            json.object {
                $0.member("by", orNull: disabled.by)
                $0.member("reason", orNull: disabled.reason)
                $0.member("at", orNull: disabled.at.map(UTCTime.text))
                $0.member("until", orNull: disabled.until.map(UTCTime.text))
            }
        }
        json.member("interval", source.interval.text)
        json.member("fallback", orNull: source.fallback?.text)
        json.member("lastOutcome", orNull: state?.lastOutcome?.rawValue)
        json.member("message", orNull: state?.lastMessage)
        json.member("hint", orNull: state?.lastHint)
        json.member("lastPollAt", orNull: state?.lastPollAt.map(UTCTime.text))
        json.member("nextPollAt", orNull: nextPollAt.map(UTCTime.text))
        json.member("lastSuccessAt", orNull: state?.lastSuccessAt.map(UTCTime.text))
        json.member("lastNewItemAt", orNull: state?.lastNewItemAt.map(UTCTime.text))
        json.member("failingSince", orNull: state?.failingSince.map(UTCTime.text))
        json.member("servedBy", orNull: state?.servedBy?.text)
        json.member("movedTo", orNull: state?.movedTo)
        json.member("articles", articles)
        json.key("breaker")
        json.object { (state?.breaker ?? Breaker()).write(to: &$0) }
        json.key("tags")
        json.array { list in source.tags.forEach { list.string($0) } }
    }
}
