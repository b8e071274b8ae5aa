public import Foundation
import WireCore

/// The days and months of the desk's time zone: which one an instant lies in, and when it begins and ends.
///
/// A day lasts from local midnight to local midnight, 23 or 25 hours where the clocks are put forward or back; where a midnight is
/// skipped, from the first instant that bears the new date.
public struct LedgerCalendar: Sendable, Hashable {
    public var zone: TimeZone

    public init(zone: TimeZone) { self.zone = zone }

    /// The day that an instant lies in, "2026-11-24".
    public func day(of instant: Date) -> LedgerPeriod { Self.period(day: localDay(of: instant)) }

    /// The month that an instant lies in, "2026-11".
    public func month(of instant: Date) -> LedgerPeriod { day(of: instant).month }

    /// The first instant of a day or month; nil for a text that is neither.
    public func start(of period: LedgerPeriod) -> Date? { Self.days(of: period).map { firstInstant(of: $0.lowerBound) } }

    /// The instant at which a day or month is over, which is the first of the next; nil for a text that is neither.
    public func end(of period: LedgerPeriod) -> Date? { Self.days(of: period).map { firstInstant(of: $0.upperBound) } }

    /// How many days the month of `period` has: 28 to 31; nil for a text that is neither day nor month.
    public func days(inMonthOf period: LedgerPeriod) -> Int? { Self.days(of: period.month)?.count }

    /// What the month of `instant` will have cost if it goes on as it began: `spent` × the month's length ÷ the time gone by in it.
    ///
    /// Lengths are real ones in whole seconds, changes of the clocks included; rounded up to a picodollar. In the first 24 hours of a month
    /// a whole day counts as gone by, so that the first call of a month is never projected to more than a month of such days:
    /// $0.10 spent by 00:10 on June 1st is projected to $3.00.
    public func projection(spent: Money, at instant: Date) -> MoneySum {
        let month = month(of: instant)
        guard let start = start(of: month), let end = end(of: month) else { return MoneySum(spent) }
        let length = Int128(Self.seconds(end) - Self.seconds(start))
        let gone = min(max(Int128(Self.seconds(instant) - Self.seconds(start)), 86_400), length)
        let (whole, rest) = (Int128(spent.picodollars) * length).quotientAndRemainder(dividingBy: gone)
        return MoneySum(picodollars: rest > 0 ? whole + 1 : whole)
    }

    // MARK: - Days counted from 1970-01-01

    /// Whole seconds since 1970, rounded down; instants beyond the years 0–9999 are moved to their edge.
    private static func seconds(_ instant: Date) -> Int {
        let raw = instant.timeIntervalSince1970
        return raw.isNaN ? 0 : Int(min(max(raw, -62_167_000_000), 253_402_000_000).rounded(.down))
    }

    private func localDay(of instant: Date) -> Int { localDay(ofSecond: Self.seconds(instant)) }

    private func localDay(ofSecond second: Int) -> Int {
        let local = second + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
        return local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
    }

    /// Found by halving the two days round that day's midnight in UTC: no zone is a whole day away from it.
    private func firstInstant(of day: Int) -> Date {
        var (before, from) = (day * 86_400 - 86_400, day * 86_400 + 86_400)
        while from - before > 1 {
            let middle = (before + from) / 2
            if localDay(ofSecond: middle) < day { before = middle } else { from = middle }
        }
        return Date(timeIntervalSince1970: Double(from))
    }

    private static func period(day: Int) -> LedgerPeriod {
        LedgerPeriod(String(UTCTime.text(Date(timeIntervalSince1970: Double(day) * 86_400)).prefix(10)))
    }

    /// The days of a day (one) or a month.
    private static func days(of period: LedgerPeriod) -> Range<Int>? {
        let text = period.isMonth ? period.text + "-01" : period.text
        guard text.utf8.count == 10, let first = UTCTime.parse(text) else { return nil }
        let day = seconds(first) / 86_400
        guard period.isMonth else { return day..<day + 1 }
        let (year, month, _) = UTCTime.civil(days: day)
        return day..<(month == 12 ? UTCTime.days(year: year + 1, month: 1, day: 1) : UTCTime.days(year: year, month: month + 1, day: 1))
    }
}
