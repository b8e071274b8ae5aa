import Costs
import Foundation
import Testing

@Suite("Ledger calendar")
struct LedgerCalendarTests {
    private func calendar(_ zone: String = "America/New_York") throws -> LedgerCalendar {
        LedgerCalendar(zone: try #require(TimeZone(identifier: zone)))
    }

    @Test(
        "The day is the zone's, not UTC's",
        arguments: [
            ("2026-11-24T04:59:59Z", "2026-11-23"), ("2026-11-24T05:00:00Z", "2026-11-24"), ("2026-07-01T03:59:59.9Z", "2026-06-30"),
            ("2026-07-01T04:00:00Z", "2026-07-01"), ("1969-12-31T23:00:00Z", "1969-12-31"), ("2027-01-01T00:30:00Z", "2026-12-31"),
        ])
    func days(instant: String, day: String) throws {
        #expect(try calendar().day(of: Fixtures.instant(instant)).text == day)
        #expect(try calendar().month(of: Fixtures.instant(instant)).text == String(day.prefix(7)))
    }

    @Test(
        "A day in New York has 24 hours, 23 in March once, 25 in November once",
        arguments: [
            ("2026-03-07", "2026-03-08T05:00:00Z", 24), ("2026-03-08", "2026-03-09T04:00:00Z", 23), ("2026-10-31", "2026-11-01T04:00:00Z", 24),
            ("2026-11-01", "2026-11-02T05:00:00Z", 25),
        ])
    func clockChanges(day: String, end: String, hours: Int) throws {
        let calendar = try calendar()
        let (start, over) = (try #require(calendar.start(of: LedgerPeriod(day))), try #require(calendar.end(of: LedgerPeriod(day))))
        #expect(over == (try Fixtures.instant(end)))
        #expect(over.timeIntervalSince(start) == Double(hours * 3600))
        #expect(calendar.day(of: start).text == day)
        #expect(calendar.day(of: over.addingTimeInterval(-1)).text == day)
        #expect(calendar.day(of: over).text > day)
    }

    @Test("Months end at local midnight and have their real number of days")
    func months() throws {
        let calendar = try calendar()
        #expect(calendar.end(of: LedgerPeriod("2026-11")) == (try Fixtures.instant("2026-12-01T05:00:00Z")))
        #expect(calendar.end(of: LedgerPeriod("2026-12")) == (try Fixtures.instant("2027-01-01T05:00:00Z")))
        #expect(calendar.start(of: LedgerPeriod("2026-11")) == (try Fixtures.instant("2026-11-01T04:00:00Z")))
        #expect(calendar.days(inMonthOf: LedgerPeriod("2026-02-11")) == 28)
        #expect(calendar.days(inMonthOf: LedgerPeriod("2028-02")) == 29)
        #expect(calendar.days(inMonthOf: LedgerPeriod("2026-12")) == 31)
        for text in ["", "2026", "2026-13", "2026-02-30", "nonsense", "2026-1"] {
            #expect(calendar.end(of: LedgerPeriod(text)) == nil, "\(text)")
            #expect(calendar.start(of: LedgerPeriod(text)) == nil, "\(text)")
        }
        #expect(calendar.days(inMonthOf: LedgerPeriod("2026-13")) == nil)
    }

    @Test(
        "Every day of two years begins where the one before it ends, in zones far apart",
        arguments: [
            "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo", "Australia/Lord_Howe",
            "GMT",
        ])
    func noGaps(zone: String) throws {
        let calendar = try calendar(zone)
        var instant = try #require(calendar.start(of: LedgerPeriod("2026-01-01")))
        for _ in 0..<730 {
            let day = calendar.day(of: instant)
            #expect(calendar.start(of: day) == instant)
            let end = try #require(calendar.end(of: day))
            #expect((82_800...90_000).contains(end.timeIntervalSince(instant)))
            instant = end
        }
        #expect(calendar.day(of: instant).text == "2028-01-01")
    }

    @Test("A month is projected by the time really gone by in its real length; the first day counts as gone by")
    func projection() throws {
        let calendar = try calendar("GMT")
        func projected(_ spent: String, _ instant: String) throws -> String {
            try calendar.projection(spent: Fixtures.money(spent), at: Fixtures.instant(instant)).dollars
        }
        #expect(try projected("5", "2026-11-16") == "10")
        #expect(try projected("0.1", "2026-06-01T00:10:00Z") == "3")
        #expect(try projected("0.1", "2026-06-01T00:00:00Z") == "3")
        #expect(try projected("0.1", "2026-06-02T00:00:00Z") == "3")
        #expect(try projected("1", "2026-02-08") == "4")
        #expect(try projected("31", "2026-12-31T23:59:59.999Z") == "31.000011574079")
        #expect(try projected("0", "2026-12-15") == "0")
        #expect(try projected("9223372.036854775807", "2026-06-01") == "276701161.10564327421")
    }

    @Test("The month of a clock change is an hour shorter")
    func shortMonth() throws {
        // March 2026 in New York: 31 days less one hour, 743 hours in all.
        let calendar = try calendar()
        let start = try #require(calendar.start(of: LedgerPeriod("2026-03")))
        let projected = calendar.projection(spent: try Fixtures.money("371.5"), at: start.addingTimeInterval(371.5 * 3600))
        #expect(projected.dollars == "743")
    }
}
