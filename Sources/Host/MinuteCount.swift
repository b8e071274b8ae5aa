import FoundationEssentials

/// Counts what happened within the last minute, to the second, in a fixed room. Pure.
struct MinuteCount: Sendable {
    private var counts = [Int](repeating: 0, count: 60)
    /// The second, since 1970, that was counted last.
    private var last = 0

    /// Counts one at `now`; what a clock that was put back calls the past counts for the present.
    mutating func add(at now: Date) {
        advance(to: now)
        counts[last % 60] += 1
    }

    /// How many within the sixty seconds up to `now`.
    mutating func count(at now: Date) -> Int {
        advance(to: now)
        return counts.reduce(0, +)
    }

    private mutating func advance(to now: Date) {
        let second = Int(now.timeIntervalSince1970.rounded(.down))
        guard second > last else { return }
        for passed in 1...min(second - last, 60) { counts[(last + passed) % 60] = 0 }
        last = second
    }
}
