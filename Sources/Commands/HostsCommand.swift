import ArgumentParser
import Foundation
import Host
import Stores
import WireCore

/// `wiredesk hosts`: who is at work upon the store.
struct HostsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hosts", abstract: "Shows the hosts at work upon the store, and who does what.",
        discussion: """
            A host that stopped in good order is not listed; one that was killed, or is cut off, is listed as dead for an hour.
            Exit code 1 when no host lives.
            """)

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Print JSON: a list of objects.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let clock = SystemClock()
            let store = try workspace.openStoreIfThere()
            var roster = Roster()
            if let store { roster = try await Roster.glimpse(of: store, clock: clock) }
            try await store?.close()
            if json {
                var writer = JSONWriter()
                roster.write(to: &writer, at: clock.now())
                Output.line(writer.text)
            } else {
                print(roster, now: clock.now())
            }
            if !roster.members.contains(where: \.isAlive) { throw ExitCode(1) }
        }
    }

    private func print(_ roster: Roster, now: Date) {
        guard !roster.members.isEmpty else { return Output.line("No host is at work. `wiredesk run` starts one.") }
        let palette = Palette()
        var table = Table(
            ["HOST", "STATE", "LAST BEAT", "ROLES", "SOURCES", "POLLS/MIN", "UNDER WAY", "JOBS", "DASHBOARD"], rightAligned: [4, 5, 6])
        for member in roster.members {
            let (entry, work) = (member.entry, member.entry.work)
            table.add([
                .init("\(entry.machine) \(entry.pid)", paint: palette.bold), .init(member.standing, paint: palette.verdict(member.isAlive)),
                .init(SourceLine.ago(member.lastBeatAt, now)), .init(entry.roles.joined(separator: ",")), .init(number: work.sources),
                .init(number: work.pollsPerMinute), .init(number: work.pollsUnderWay),
                .init(work.jobs.isEmpty ? "—" : work.jobs.joined(separator: ",")),
                .init(entry.address ?? "—"),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        for member in roster.members where member.isAlive && abs(member.clockAhead) > 5 {
            let side = member.clockAhead > 0 ? "ahead of" : "behind"
            Output.line(
                palette.warn(
                    "The clock of \(SafeText.line(member.entry.machine, limit: 80)) is \(Duration.seconds(abs(member.clockAhead)).short) \(side) this machine's."
                ))
        }
    }
}
