import Foundation
import Newsroom
import Testing
import WireCore

@Suite("Schedule of jobs") struct JobScheduleTests {
    private static func instant(_ text: String) throws -> Date { try #require(UTCTime.parse(text)) }
    private static func newYork() throws -> JobSchedule { JobSchedule(zone: try #require(TimeZone(identifier: "America/New_York"))) }

    @Test(
        "Eight in the morning in New York is 13:00 UTC in winter and 12:00 in summer",
        arguments: [("2026-11-24T13:00:00Z", "2026-11-24"), ("2026-07-01T12:00:00Z", "2026-07-01")])
    func morning(due: String, key: String) throws {
        let schedule = try Self.newYork()
        let due = try Self.instant(due)
        #expect(schedule.dueSlot(of: .morningBriefing, at: due) == JobSlot(key: key, due: due))
        #expect(schedule.dueSlot(of: .morningBriefing, at: due.addingTimeInterval(-1))?.key != key)
        #expect(schedule.nextSlot(of: .morningBriefing, after: due.addingTimeInterval(-1)) == JobSlot(key: key, due: due))
    }

    @Test("Eight in the evening belongs to that evening's date, though in UTC the next day has begun")
    func evening() throws {
        let slot = try Self.newYork().dueSlot(of: .eveningBriefing, at: try Self.instant("2026-11-25T01:30:00Z"))
        #expect(slot == JobSlot(key: "2026-11-24", due: try Self.instant("2026-11-25T01:00:00Z")))
    }

    @Test("A day of 23 hours has every slot once, and a time that its clocks skip comes right after the gap")
    func shortDay() throws {
        var schedule = try Self.newYork()
        schedule[.cleanup] = JobPlan(.daily(WallTime(hour: 2, minute: 30)), catchUp: .seconds(3600), lease: .seconds(60))
        // On 8 March 2026 the clocks go from 02:00 EST to 03:00 EDT at 07:00 UTC.
        let midnight = try Self.instant("2026-03-08T05:00:00Z")
        #expect(schedule.nextSlot(of: .cleanup, after: midnight) == JobSlot(key: "2026-03-08", due: try Self.instant("2026-03-08T07:00:00Z")))
        #expect(try Self.keys(of: .cleanup, schedule, from: "2026-03-07T05:00:00Z", hours: 71) == ["2026-03-07", "2026-03-08", "2026-03-09"])
        #expect(try Self.keys(of: .morningBriefing, schedule, from: "2026-03-08T05:00:00Z", hours: 23) == ["2026-03-08"])
    }

    @Test("A day of 25 hours has every slot once, at the first of two equal times")
    func longDay() throws {
        var schedule = try Self.newYork()
        schedule[.cleanup] = JobPlan(.daily(WallTime(hour: 1, minute: 30)), catchUp: .seconds(3600), lease: .seconds(60))
        // On 1 November 2026 the clocks go from 02:00 EDT back to 01:00 EST at 06:00 UTC: 01:30 is 05:30 UTC and 06:30 UTC.
        let midnight = try Self.instant("2026-11-01T04:00:00Z")
        #expect(schedule.nextSlot(of: .cleanup, after: midnight) == JobSlot(key: "2026-11-01", due: try Self.instant("2026-11-01T05:30:00Z")))
        #expect(try Self.keys(of: .cleanup, schedule, from: "2026-10-31T04:00:00Z", hours: 73) == ["2026-10-31", "2026-11-01", "2026-11-02"])
        #expect(try Self.keys(of: .eveningBriefing, schedule, from: "2026-11-01T04:00:00Z", hours: 25) == ["2026-11-01"])
    }

    /// The keys that become due in a span, looked at every ten minutes.
    private static func keys(of job: Job, _ schedule: JobSchedule, from: String, hours: Int) throws -> [String] {
        let start = try instant(from)
        var keys: [String] = []
        for minute in stride(from: 0, to: hours * 60, by: 10) {
            let now = start.addingTimeInterval(Double(minute) * 60)
            if let slot = schedule.dueSlot(of: job, at: now), slot.due >= start, keys.last != slot.key { keys.append(slot.key) }
        }
        return keys
    }

    @Test("A briefing that is more than three hours late is left out")
    func catchUp() throws {
        let schedule = try Self.newYork()
        let due = try Self.instant("2026-11-24T13:00:00Z")
        #expect(schedule.dueSlot(of: .morningBriefing, at: due.addingTimeInterval(3 * 3600))?.key == "2026-11-24")
        #expect(schedule.dueSlot(of: .morningBriefing, at: due.addingTimeInterval(3 * 3600 + 1)) == nil)
    }

    @Test("Cleaning up is due on Sundays at three")
    func weekly() throws {
        let schedule = try Self.newYork()
        // 2026-11-29 is a Sunday.
        let next = try #require(schedule.nextSlot(of: .cleanup, after: try Self.instant("2026-11-24T12:00:00Z")))
        #expect(next == JobSlot(key: "2026-11-29", due: try Self.instant("2026-11-29T08:00:00Z")))
        #expect(schedule.nextSlot(of: .cleanup, after: next.due)?.key == "2026-12-06")
    }

    @Test("A job that runs every few minutes has a slot for each of them, and only the present one is due")
    func every() throws {
        let schedule = try Self.newYork()
        let now = try Self.instant("2026-11-24T12:03:59Z")
        #expect(schedule.dueSlot(of: .enrich, at: now)?.key == "2026-11-24T12:02:00Z")
        #expect(schedule.nextSlot(of: .enrich, after: now)?.key == "2026-11-24T12:04:00Z")
    }

    @Test("The afternoon briefing is due never, and by hand once a local day")
    func byHand() throws {
        let schedule = try Self.newYork()
        let now = try Self.instant("2026-11-25T03:00:00Z")
        #expect(schedule.dueSlot(of: .afternoonBriefing, at: now) == nil)
        #expect(schedule.nextSlot(of: .afternoonBriefing, after: now) == nil)
        #expect(schedule.slotByHand(of: .afternoonBriefing, at: now).key == "2026-11-24")
    }

    @Test("Every job has a plan whose lease and attempts bound it", arguments: Job.allCases)
    func plans(job: Job) throws {
        let plan = try Self.newYork()[job]
        #expect(plan.attempts >= 1 && plan.lease > .zero && plan.lease <= .seconds(3600))
        #expect(plan.pause(afterAttempt: plan.attempts) == nil)
        #expect(plan.pause(afterAttempt: 1) == plan.retryAfter)
        #expect(plan.pause(afterAttempt: 2) == plan.retryAfter * 2)
    }

    @Test(
        "A time of day is read as a clock shows it",
        arguments: [("8:00", true), ("08:00", true), ("23:59", true), ("24:00", false), ("8", false), ("-1:00", false), ("８:00", false), ("", false)])
    func wallTime(text: String, isRead: Bool) { #expect((WallTime(parsing: text) != nil) == isRead) }
}
