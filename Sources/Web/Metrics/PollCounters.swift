public import Host
import Stores
import Synchronization
import WireCore

/// What this process's polls came to, counted since it started; and how live pages learn of them.
public final class PollCounters: Sendable {
    struct Counts {
        var outcomes: [Outcome: Int] = [:]
        var attempts = 0
        var bytesOnWire = 0
        var bytesDecoded = 0
        var items = ItemCounts()
        var seconds = 0.0
    }

    private let counts = Mutex<[SourceID: Counts]>([:])
    let news: LiveNews

    public init() { news = LiveNews() }

    /// To be told of every poll: the desk's observer.
    public func note(_ report: PollReport) {
        let record = report.record
        counts.withLock { counts in
            var sums = counts[record.source] ?? Counts()
            sums.outcomes[record.outcome, default: 0] += 1
            sums.attempts += record.attempts
            sums.bytesOnWire += record.bytesOnWire
            sums.bytesDecoded += record.bytesDecoded
            sums.items.new += report.items.new
            sums.items.updated += report.items.updated
            sums.items.duplicate += report.items.duplicate
            sums.items.rejected += report.items.rejected
            sums.seconds += Double(record.durationMs) / 1000
            counts[record.source] = sums
        }
        news.tell("poll", of: record.source.text)
    }

    var all: [(SourceID, Counts)] { counts.withLock { $0.sorted { $0.key < $1.key } } }
}
