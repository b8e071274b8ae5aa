import FoundationEssentials
import Resilience
import WireCore

/// When to ask next: pure arithmetic over what was observed, what was asked for and what the registry allows.
enum Pace {
    /// Jitter of every interval, as a share to both sides.
    static let jitter = 0.05

    /// What a document shows of its source's habits.
    struct Observation: Sendable, Equatable {
        /// Mean seconds between the latest items.
        var meanGap: Double
        /// Seconds from the oldest to the newest item: whoever looks more rarely loses some.
        var span: Double
    }

    /// Reads the habits off the publication times, of which the latest 20 count; nil for fewer than three or all alike.
    /// Times in the future are left out.
    static func observe(_ items: [Item], now: Date) -> Observation? {
        let times = items.compactMap { $0.publishedAt?.timeIntervalSince1970 }.filter { $0 <= now.timeIntervalSince1970 + 60 }.sorted(by: >)
        let latest = times.prefix(20)
        guard latest.count >= 3, let newest = latest.first, let oldest = latest.last, let first = times.last, newest > oldest else { return nil }
        return Observation(meanGap: (newest - oldest) / Double(latest.count - 1), span: newest - first)
    }

    /// The interval between two polls that go well: half the mean gap between items, no longer than half of what a document spans,
    /// no shorter than the document and its headers ask for, all within the policy's bounds. A fixed interval is taken as it is.
    static func interval(_ policy: IntervalPolicy, meanGap: Double?, span: Double?, advised: Double?) -> Duration {
        switch policy {
        case .fixed(let interval): return interval
        case .adaptive(let least, let most):
            var seconds = (meanGap ?? least.seconds * 4) / 2
            if let advised { seconds = max(seconds, advised) }
            if let span, span > 0 { seconds = min(seconds, max(span / 2, least.seconds)) }
            return .seconds(min(max(seconds, least.seconds), most.seconds))
        }
    }
}
