package import FoundationEssentials

/// Instants as the engines keep them: milliseconds since 1970 UTC, rounded to the nearest.
extension Date {
    package init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// Clamped to about 285,000 years around 1970, far within an `Int64`.
    package var milliseconds: Int64 {
        let span = timeIntervalSince1970
        guard !span.isNaN else { return 0 }
        return Int64((min(max(span, -9e12), 9e12) * 1000).rounded())
    }

    /// Days since 1970-01-01 UTC, rounded down.
    package var utcDay: Int64 { Int64((Double(milliseconds) / 86_400_000).rounded(.down)) }
}
