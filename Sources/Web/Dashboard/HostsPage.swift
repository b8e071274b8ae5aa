import FoundationEssentials
import Host
import Hummingbird
import Stores
import WireCore

/// The hosts at work upon the store, and who does what.
struct HostsPage {
    let parts: DeskParts
    let frame: PageFrame

    var routes: [Route] { [Route(.get, "/hosts", .read) { request in try await show(request) }] }

    private func show(_ request: WebRequest) async throws -> Response {
        let now = parts.now
        let members = try await parts.roster().members
        let living = members.filter(\.isAlive)
        return frame.page("Hosts", at: "/hosts", request) { main in
            main.title("Hosts", "Who is at work upon this desk's store, and who does what.")
            main.element("div", .class("tiles"), .id("tiles"), .flag("data-fresh")) { tiles in
                let dead = members.count - living.count
                tiles.tile(
                    "Hosts", String(living.count), dead == 0 ? "all alive" : "\(dead) dead within the last hour",
                    tone: living.isEmpty || dead > 0 ? .bad : .good)
                let pollers = living.filter { $0.entry.roles.contains("poll") }
                tiles.tile(
                    "Sources", Figures.grouped(pollers.reduce(0) { $0 + $1.entry.work.sources }),
                    pollers.isEmpty ? "no host polls" : "shared by \(pollers.count.counted("host"))", tone: pollers.isEmpty ? .bad : nil)
                tiles.tile("Polls a minute", Figures.grouped(living.reduce(0) { $0 + $1.entry.work.pollsPerMinute }), "of all hosts together")
            }
            main.section("Hosts", id: "hosts") { section in
                guard !members.isEmpty else { return section.empty("No host is at work.", "`wiredesk run` starts one.") }
                Self.write(members, own: parts.presence?.id, now: now, to: &section)
            }
        }
    }

    private static func write(_ members: [Roster.Member], own: String?, now: Date, to html: inout HTML) {
        let columns: [HTML.Column] = [
            .init("Host"), .init("State"), .init("Last beat"), .init("Does", .minor), .init("Sources", isNumber: true),
            .init("Polls a minute", isNumber: true, .minor), .init("Under way", isNumber: true, .minor), .init("Jobs", .minor),
            .init("Clock", .minor),
            .init("Up since", .minor),
        ]
        html.table("Hosts, the oldest first", columns, members) { member, row in
            let (entry, work) = (member.entry, member.entry.work)
            row.cell { cell in
                cell.outside("\(entry.machine) \(entry.pid)", limit: 80)
                if entry.id == own { cell.element("span", .class("dim"), text: " this one") }
            }
            row.cell { $0.pill(member.isAlive ? .good : .bad, member.standing) }
            row.cell { $0.ago(member.lastBeatAt, now) }
            row.text(entry.roles.joined(separator: ", "), limit: 80)
            row.number(work.sources)
            row.number(work.pollsPerMinute)
            row.number(work.pollsUnderWay)
            row.text(work.jobs.isEmpty ? "—" : work.jobs.joined(separator: ", "), limit: 120)
            row.text(clock(member))
            row.cell { $0.ago(entry.startedAt, now) }
        }
    }

    /// How far a host's clock is from this one's, where it is worth a word.
    private static func clock(_ member: Roster.Member) -> String {
        guard member.isAlive else { return "—" }
        guard abs(member.clockAhead) > 5 else { return "as here" }
        return Duration.seconds(abs(member.clockAhead)).short + (member.clockAhead > 0 ? " ahead" : " behind")
    }
}
