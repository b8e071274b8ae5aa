import FoundationEssentials

/// Slows down whoever guesses tokens: after five failures each further one doubles the wait, from two seconds to a quarter of an hour. Pure.
struct LogInThrottle {
    private struct Record {
        var failures: Int
        var lastAt: Date
    }

    private var records: [String: Record] = [:]
    /// Failures that cost nothing: people mistype.
    static let free = 5
    static let longestWait = 900.0
    /// After so long without a failure an address begins afresh, in seconds.
    private static let forgottenAfter = 900.0
    /// Addresses that are remembered; the one that failed longest ago gives way.
    private static let most = 1024

    /// Seconds until this address may try again; nil: now.
    func wait(for address: String, at now: Date) -> Int? {
        guard let record = records[Self.network(of: address)], record.failures >= Self.free else { return nil }
        let wait = min(pow2(record.failures - Self.free + 1), Self.longestWait)
        let left = record.lastAt.addingTimeInterval(wait).timeIntervalSince(now)
        return left > 0 ? Int(left.rounded(.up)) : nil
    }

    mutating func noteFailure(of address: String, at now: Date) {
        let network = Self.network(of: address)
        var record = records[network] ?? Record(failures: 0, lastAt: now)
        if now.timeIntervalSince(record.lastAt) > Self.forgottenAfter { record.failures = 0 }
        record.failures = min(record.failures + 1, Self.free + 20)
        record.lastAt = now
        records[network] = record
        guard records.count > Self.most, let oldest = records.min(by: { $0.value.lastAt < $1.value.lastAt }) else { return }
        records[oldest.key] = nil
    }

    mutating func noteSuccess(of address: String) { records[Self.network(of: address)] = nil }

    private func pow2(_ exponent: Int) -> Double { Double(1 << min(max(exponent, 0), 20)) }

    /// One customer has at least a /64 of IPv6 addresses to come from.
    private static func network(of address: String) -> String {
        guard address.contains(":") else { return address }
        return address.split(separator: ":", omittingEmptySubsequences: false).prefix(4).joined(separator: ":")
    }
}
