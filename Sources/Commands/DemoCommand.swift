import ArgumentParser
import Demo
import Foundation
import Host
import LLM
import Logging
import Resilience
import ServiceLifecycle
import Stores
import Web
import WireCore

/// `wiredesk demo`: a newsroom on this machine, and a host at work on it.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Plays a day of news on this machine: thirteen sources, some of them sick.",
        discussion: """
            Needs no network, no key and no configuration; everything listens on 127.0.0.1 and is gone afterwards. The transfers, the store
            and the host are real, only time runs faster. --once plays one day, checks what should have happened, and exits 0 if it did.
            """)

    @Flag(help: "Play one day, report, and end.") var once = false
    @Flag(help: "Replay a week of news in seconds: enrichment, narratives, fourteen briefings; report, and end.") var week = false
    @Flag(help: "Print the report as JSON.") var json = false
    @Option(help: ArgumentHelp("Keep the desk's data in this folder, to look at it afterwards with --data DIR.", valueName: "dir")) var keep: String?
    @Option(help: "Where the dashboard is served; not with --once and --week.") var listen = "127.0.0.1:0"
    @Option(help: "The world's seed: equal seeds, equal news.") var seed: UInt64 = 1
    @Option(help: "How many times as fast as real time (default 120; with --once 2160: a day in 40 s).") var speed: Double?

    func run() async throws {
        try await reportingErrors {
            guard speed.map({ (1...20_000).contains($0) }) ?? true else { throw DeskError(.usage, "--speed must be from 1 to 20000") }
            guard !(once && week) else { throw DeskError(.usage, "--once and --week are two demos", hint: "Give one of them.") }
            let folder = try self.folder()
            defer { if keep == nil { try? FileManager.default.removeItem(atPath: folder) } }
            if week { return try await playWeek(in: folder) }
            var options = DemoDay.Options()
            options.seed = seed
            options.factor = speed ?? (once ? 2160 : 120)
            options.hours = once ? 24 : nil
            let day = try DemoDay(options: options, folder: folder, logger: LineLogHandler.logger(level: .critical))
            let screen = DemoScreen(day: day, isQuiet: json)
            let address = try ListenAddress(parsing: listen)
            try address.check(against: nil)
            var show: (@Sendable (DemoHost) throws -> any Service)?
            if !once { show = { host in try Self.dashboard(of: host, at: address, screen) } }
            let report = try await stoppable { [show] in
                try await day.play(
                    ready: { await screen.begin(port: $0, registry: $1, once: once) }, observer: { screen.note($0) },
                    show: show)
            }
            try await day.store.close()
            if json { Output.line(Self.json(report)) } else { Self.print(report, isWhole: once) }
            if once, !report.isGood { throw ExitCode(1) }
        }
    }

    /// The dashboard of the demo's host, on its time.
    private static func dashboard(of host: DemoHost, at address: ListenAddress, _ screen: DemoScreen) throws -> any Service {
        let logger = LineLogHandler.logger(level: .critical)
        let file = RegistryFile(path: host.registryPath)
        let polls = screen.polls
        let parts = DeskParts(
            desk: host.desk, store: host.store,
            newsroom: NewsroomDoor(staff: host.staff, jobs: host.jobs, store: host.store, errands: Errands(), clock: host.clock),
            actions: SourceActions(file: file, desk: host.desk, fetcher: host.fetcher, store: host.store, clock: host.clock, environment: [:]),
            restingModels: { host.gateway.restingModels }, clock: host.clock, logger: logger)
        return try WebServer(
            address: address, isOptional: false, parts: parts, token: nil,
            gateway: GatewayRoutes(gateway: host.gateway, store: host.store, clock: host.clock), polls: polls,
            onListening: { screen.dashboard(at: $0) })
    }

    /// Where the data goes: a folder of its own, or an empty one that the caller names.
    private func folder() throws -> String {
        guard let keep else { return FileManager.default.temporaryDirectory.appendingPathComponent("wiredesk-demo-\(getpid())").path }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: keep), !names.isEmpty {
            throw DeskError(.usage, "the folder is not empty", place: keep, hint: "Name an empty one, or one that is not there yet.")
        }
        return keep
    }

    private func playWeek(in folder: String) async throws {
        let week = try DemoWeek(seed: seed, folder: folder, logger: LineLogHandler.logger(level: .critical))
        let isQuiet = json
        let palette = Palette()
        if !isQuiet { Output.line("\(palette.bold("A week of news")), filed half hour by half hour and read by the newsroom …\n") }
        let start = ContinuousClock.now
        let report = try await stoppable {
            try await week.play { line in if !isQuiet { Output.line("\(palette.dim("briefing"))  \(SafeText.line(line, limit: 200))") } }
        }
        try await week.store.close()
        if json {
            Output.line(Self.json(report))
        } else {
            Output.line("\n\(report.articles.counted("article")) in \(start.duration(to: .now).short)\n")
            Self.print(report.checks, isGood: report.isGood)
            if let keep {
                Output.line(
                    "\nLook at it: wiredesk brief list --data \(keep); wiredesk narratives --data \(keep)\n"
                        + "What it would have cost before: wiredesk costs what-if --data \(keep) --model claude-3-5-haiku --model briefing_generation=claude-3-5-sonnet"
                )
            }
        }
        if !report.isGood { throw ExitCode(1) }
    }

    /// Ends the play in good order on SIGINT and SIGTERM.
    private func stoppable(_ play: @escaping @Sendable () async throws -> DemoReport) async throws -> DemoReport {
        let task = Task { try await play() }
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { task.cancel() }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        return try await task.value
    }

    private static func print(_ report: DemoReport, isWhole: Bool) {
        let palette = Palette()
        var table = Table(["SOURCE", "STATE", "POLLS", "REQUESTS", "ARTICLES", "IN THE WORLD IT"], rightAligned: [2, 3, 4])
        for row in report.rows {
            let isSick = row.status == .resting || row.status == .failing
            table.add([
                Table.Cell(row.id.text, paint: palette.bold), Table.Cell(row.status.rawValue, paint: palette.verdict(!isSick)),
                Table.Cell(number: row.polls), Table.Cell(number: row.requests), Table.Cell(number: row.articles), Table.Cell(row.note),
            ])
        }
        Output.text("\n" + table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        guard isWhole else { return }
        Output.line("")
        print(report.checks, isGood: report.isGood)
    }

    private static func print(_ checks: [DemoReport.Check], isGood: Bool) {
        let palette = Palette()
        for check in checks {
            Output.line("\(check.ok ? palette.good("✓") : palette.bad("✗")) \(check.name)  \(palette.dim(check.detail))")
        }
        Output.line(isGood ? "\nEverything that should have happened did." : "\nNot everything that should have happened did.")
    }

    private static func json(_ report: DemoReport) -> String {
        var json = JSONWriter(capacity: 4096)
        json.object { root in
            root.member("ok", report.isGood)
            root.member("articles", report.articles)
            root.member("endedAt", UTCTime.text(report.end))
            root.key("checks")
            root.array { list in
                for check in report.checks {
                    list.object {
                        $0.member("name", check.name)
                        $0.member("ok", check.ok)
                        $0.member("detail", check.detail)
                    }
                }
            }
            root.key("sources")
            root.array { list in
                for row in report.rows {
                    list.object {
                        $0.member("id", row.id.text)
                        $0.member("status", row.status.rawValue)
                        $0.member("polls", row.polls)
                        $0.member("requests", row.requests)
                        $0.member("articles", row.articles)
                        $0.member("lastOutcome", orNull: row.state?.lastOutcome?.rawValue)
                        $0.member("servedBy", orNull: row.state?.servedBy?.text)
                    }
                }
            }
        }
        return json.text
    }
}

/// What a person sees while the demo plays: lines for what is worth telling, and on a terminal a clock.
private final class DemoScreen: Sendable {
    private let day: DemoDay
    private let isQuiet: Bool
    private let palette = Palette()
    /// What the dashboard tells of the polls.
    let polls = PollCounters()

    init(day: DemoDay, isQuiet: Bool) {
        self.day = day
        self.isQuiet = isQuiet
    }

    func begin(port: Int, registry: Registry, once: Bool) async {
        guard !isQuiet else { return }
        Output.line("\(palette.bold("A newsroom on this machine:")) \(registry.sources.count) sources at http://127.0.0.1:\(port)/")
        Output.line("What to look at:")
        Output.line("  coindesk-api turns to HTML at 200 at 08:00: it is named, rests behind its breaker, and coindesk serves")
        Output.line("  messari is a bot wall: asked ever more rarely; thedefiant is slow; bitcoincom has broken entries")
        Output.line("  and the other sources never notice")
        Output.line("  two briefings a day, narratives and signals come of it; the model is the demo's own, and talks nonsense now and then")
        Output.line(once ? "Playing one day …\n" : "Ctrl-C ends it.\n")
    }

    func dashboard(at url: String) {
        guard !isQuiet else { return }
        Output.line(palette.bold("The dashboard: ") + url)
    }

    func note(_ report: PollReport) {
        polls.note(report)
        guard !isQuiet else { return }
        let time = UTCTime.text(day.clock.now()).dropFirst(11).prefix(5)
        let isNews = report.items.new > 0 || report.transition != nil || !report.isHealthy && !report.wasRefused
        guard isNews else { return }
        let name = report.record.source.text.padding(toLength: 16, withPad: " ", startingAt: 0)
        let what: String
        if let transition = report.transition, transition.to != .closed {
            what = palette.bad("breaker \(transition.to.name)") + "  \(SafeText.line(report.record.message, limit: 90))"
        } else if report.isHealthy {
            what = "\(palette.good("+\(report.items.new)"))\(report.items.duplicate > 0 ? ", \(report.items.duplicate) known from elsewhere" : "")"
        } else {
            what = palette.warn(report.record.outcome.rawValue) + "  \(SafeText.line(report.record.message, limit: 90))"
        }
        Output.line("\(palette.dim(String(time)))  \(palette.bold(name))  \(what)")
    }

}
