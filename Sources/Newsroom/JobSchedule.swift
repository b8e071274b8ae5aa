import Costs
public import Foundation
import WireCore

/// A time of day, as a clock on the wall shows it.
public struct WallTime: Sendable, Hashable, CustomStringConvertible {
    /// 0–23 and 0–59.
    public var hour: Int
    public var minute: Int

    public init(hour: Int, minute: Int) {
        self.hour = min(max(hour, 0), 23)
        self.minute = min(max(minute, 0), 59)
    }

    /// "08:00". Nil for anything else.
    public init?(parsing text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        self.init(hour: hour, minute: minute)
    }

    public var description: String { (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)" }
}

/// When a job runs.
public enum JobTime: Sendable, Hashable {
    /// At every whole multiple of a span since 1970, UTC. A second at least.
    case every(Duration)
    /// At a time of each local day.
    case daily(WallTime)
    /// At a time of one day of the week, 1 (Monday) to 7.
    case weekly(weekday: Int, WallTime)
    /// Only when somebody asks.
    case byHand
}

/// How one job is run.
public struct JobPlan: Sendable, Hashable {
    public var time: JobTime
    /// A slot that is overdue by more is left out: yesterday's briefing is not written today.
    public var catchUp: Duration
    /// How long a run may take; then another host may take its slot.
    public var lease: Duration
    /// Runs of one slot at most.
    public var attempts: Int
    /// The pause before the second attempt; it doubles from attempt to attempt.
    public var retryAfter: Duration

    public init(_ time: JobTime, catchUp: Duration, lease: Duration, attempts: Int = 3, retryAfter: Duration = .seconds(60)) {
        self.time = time
        self.catchUp = catchUp
        self.lease = lease
        self.attempts = attempts
        self.retryAfter = retryAfter
    }

    /// The pause after a failed attempt, counted from 1; nil when that was the last.
    public func pause(afterAttempt attempt: Int) -> Duration? {
        attempt < attempts ? retryAfter * (1 << min(max(attempt, 1) - 1, 10)) : nil
    }
}

/// What a job does once.
public struct JobSlot: Sendable, Hashable {
    /// "2026-11-24", or an instant for jobs that run several times a day.
    public var key: String
    public var due: Date

    public init(key: String, due: Date) {
        self.key = key
        self.due = due
    }
}

/// When everything is done: one table, in one time zone.
///
/// A daily slot is a local date: its key names the date, so that a day has one slot whatever the clocks do. On a day whose clocks skip the
/// time, the slot is due at the first instant after the gap; on one that shows the time twice, at the first of the two.
public struct JobSchedule: Sendable, Hashable {
    public var zone: TimeZone
    private var plans: [Job: JobPlan] = [:]

    /// The shipped schedule.
    public init(zone: TimeZone, morning: WallTime = WallTime(hour: 8, minute: 0), evening: WallTime = WallTime(hour: 20, minute: 0)) {
        self.zone = zone
        for job in Job.allCases { plans[job] = Self.shipped(job, morning: morning, evening: evening) }
    }

    private static func shipped(_ job: Job, morning: WallTime, evening: WallTime) -> JobPlan {
        func often(_ minutes: Int, lease: Int) -> JobPlan {
            JobPlan(.every(.seconds(minutes * 60)), catchUp: .seconds(minutes * 60), lease: .seconds(lease * 60))
        }
        func briefing(_ time: JobTime) -> JobPlan {
            // Three hours late is still this morning's news.
            JobPlan(time, catchUp: .seconds(3 * 3600), lease: .seconds(30 * 60), attempts: 4, retryAfter: .seconds(300))
        }
        return switch job {
        case .enrich: often(2, lease: 20)
        case .narratives: often(10, lease: 10)
        case .consolidate: often(60, lease: 10)
        case .watch: often(5, lease: 10)
        case .morningBriefing: briefing(.daily(morning))
        case .afternoonBriefing: briefing(.byHand)
        case .eveningBriefing: briefing(.daily(evening))
        case .cleanup:
            JobPlan(.weekly(weekday: 7, WallTime(hour: 3, minute: 0)), catchUp: .seconds(6 * 86_400), lease: .seconds(30 * 60))
        }
    }

    /// How a job is run.
    public subscript(_ job: Job) -> JobPlan {
        get { plans[job] ?? JobPlan(.byHand, catchUp: .zero, lease: .seconds(600)) }
        set { plans[job] = newValue }
    }

    /// The slot that is due at `now`: the latest that began by then, unless it is overdue by more than the plan allows.
    public func dueSlot(of job: Job, at now: Date) -> JobSlot? {
        guard let slot = lastSlot(of: job, by: now), now.timeIntervalSince(slot.due) <= self[job].catchUp.seconds else { return nil }
        return slot
    }

    /// The first slot behind `now`; nil for what runs only by hand.
    public func nextSlot(of job: Job, after now: Date) -> JobSlot? {
        switch self[job].time {
        case .byHand: return nil
        case .every(let span): return slot(every: span, number: number(every: span, at: now) + 1)
        case .daily(let time): return nextDaily(time, weekday: nil, after: now)
        case .weekly(let weekday, let time): return nextDaily(time, weekday: weekday, after: now)
        }
    }

    /// The slot that a run by hand at `now` fills: today's where the job has one a day, else one of its own.
    public func slotByHand(of job: Job, at now: Date) -> JobSlot {
        switch self[job].time {
        case .daily, .byHand: JobSlot(key: calendar.day(of: now).text, due: now)
        case .every, .weekly: JobSlot(key: UTCTime.text(now) + " by hand", due: now)
        }
    }

    private var calendar: LedgerCalendar { LedgerCalendar(zone: zone) }

    private func lastSlot(of job: Job, by now: Date) -> JobSlot? {
        switch self[job].time {
        case .byHand: return nil
        case .every(let span): return slot(every: span, number: number(every: span, at: now))
        case .daily(let time): return lastDaily(time, weekday: nil, by: now)
        case .weekly(let weekday, let time): return lastDaily(time, weekday: weekday, by: now)
        }
    }

    // MARK: - Spans

    private func number(every span: Duration, at now: Date) -> Int {
        Int((now.timeIntervalSince1970 / max(1, span.seconds)).rounded(.down))
    }

    private func slot(every span: Duration, number: Int) -> JobSlot {
        let due = Date(timeIntervalSince1970: Double(number) * max(1, span.seconds))
        return JobSlot(key: UTCTime.text(due), due: due)
    }

    // MARK: - Local days

    private func lastDaily(_ time: WallTime, weekday: Int?, by now: Date) -> JobSlot? {
        var day = calendar.day(of: now)
        for _ in 0..<9 {
            if let slot = slot(on: day, time, weekday), slot.due <= now { return slot }
            guard let start = calendar.start(of: day) else { return nil }
            day = calendar.day(of: start.addingTimeInterval(-1))
        }
        return nil
    }

    private func nextDaily(_ time: WallTime, weekday: Int?, after now: Date) -> JobSlot? {
        var day = calendar.day(of: now)
        for _ in 0..<9 {
            if let slot = slot(on: day, time, weekday), slot.due > now { return slot }
            guard let end = calendar.end(of: day) else { return nil }
            day = calendar.day(of: end)
        }
        return nil
    }

    private func slot(on day: LedgerPeriod, _ time: WallTime, _ weekday: Int?) -> JobSlot? {
        guard let midnight = UTCTime.parse(day.text + "T00:00:00Z"), weekday.map({ $0 == Self.weekday(of: midnight) }) ?? true,
            let due = instant(of: time, on: day, midnight: midnight)
        else { return nil }
        return JobSlot(key: day.text, due: due)
    }

    /// The first instant of a local day at which its clock shows `time` or, where the clock skips it, more.
    func instant(of time: WallTime, on day: LedgerPeriod, midnight: Date) -> Date? {
        guard let start = calendar.start(of: day), let end = calendar.end(of: day) else { return nil }
        let shown = midnight.addingTimeInterval(Double(time.hour * 3600 + time.minute * 60))
        let offsets = Set([start, end.addingTimeInterval(-1)].map { zone.secondsFromGMT(for: $0) })
        let exact = offsets.map { shown.addingTimeInterval(-Double($0)) }.filter { instant in
            Double(zone.secondsFromGMT(for: instant)) == shown.timeIntervalSince(instant) && instant >= start && instant < end
        }
        if let first = exact.min() { return first }
        // The clock skips the time: halve the day down to the second at which it shows more.
        var (before, from) = (0, Int(end.timeIntervalSince(start)))
        while from - before > 1 {
            let middle = (before + from) / 2
            let instant = start.addingTimeInterval(Double(middle))
            if instant.addingTimeInterval(Double(zone.secondsFromGMT(for: instant))) < shown { before = middle } else { from = middle }
        }
        let first = start.addingTimeInterval(Double(from))
        return first < end ? first : nil
    }

    /// 1 (Monday) to 7; 1970-01-01 was a Thursday.
    private static func weekday(of midnight: Date) -> Int {
        let days = Int((midnight.timeIntervalSince1970 / 86_400).rounded(.down))
        return ((days + 3) % 7 + 7) % 7 + 1
    }
}
