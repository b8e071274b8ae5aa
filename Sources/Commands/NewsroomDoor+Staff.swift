import Costs
import Foundation
import Host
import Newsroom
import Stores
import Web
import WireCore

extension NewsroomDoor {
    /// The door to a host's own newsroom. What is ordered goes on behind it as an errand.
    init(staff: NewsroomStaff, jobs: JobRunner, store: any NewsroomStore, errands: Errands, clock: any DeskClock = SystemClock()) {
        self.init(
            store: store, schedule: { now in await Self.plan(staff, now) },
            order: { order in try await Self.take(order, staff, jobs, errands, now: clock.now()) })
    }

    private static func plan(_ staff: NewsroomStaff, _ now: Date) async -> [PlannedJob] {
        let schedule = await staff.schedule()
        return Job.allCases.map { PlannedJob(name: $0.rawValue, about: $0.purpose, nextAt: schedule.nextSlot(of: $0, after: now)?.due) }
    }

    /// Throws `usage` for what is being written already, or was given up and not forced.
    private static func take(_ order: Web.BriefingOrder, _ staff: NewsroomStaff, _ jobs: JobRunner, _ errands: Errands, now: Date) async throws
        -> BriefingTicket
    {
        let zone = await staff.schedule().zone
        let slot = order.slot ?? .current(at: now, zone: zone)
        let date = LedgerCalendar(zone: zone).day(of: now).text
        guard !order.isSmoke else {
            errands.begin { _ = try? await staff.brief(Newsroom.BriefingOrder(slot: slot, date: date, isSmoke: true)) }
            return BriefingTicket(id: "smoke/\(date) \(slot.rawValue)", slot: slot, message: "A smoke briefing is being written.")
        }
        let permit = try await jobs.start(slot.job, isForced: order.isForced)
        let run = permit.run
        let ticket = "\(run.job)/\(run.slot)/\(run.id)"
        switch permit {
        case .granted: return BriefingTicket(id: ticket, slot: slot, message: "The \(slot.rawValue) briefing of \(run.slot) is being written.")
        case .alreadyDone: return BriefingTicket(id: ticket, slot: slot, message: "The \(slot.rawValue) briefing of \(run.slot) was written already.")
        case .underWay: throw DeskError(.usage, "the \(slot.rawValue) briefing is being written right now", hint: "It will be there in a minute.")
        case .later, .givenUp:
            throw DeskError(.usage, "the \(slot.rawValue) briefing failed: \(run.message)", hint: "Order it with force to try again now.")
        }
    }
}
