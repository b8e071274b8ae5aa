import ArgumentParser
import Fetch
import Host
import SourcePlugins
import Stores
import WireCore

/// `wiredesk poll`: asks sources now, as the host would.
struct PollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "poll", abstract: "Polls sources now, files what they bring, and says what came of it.",
        discussion: "Exit code 1 when a polled source is unhealthy. With --json one object per source and line.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "Ids of sources.", completion: .custom { _, _, _ in Completion.sourceIDs() }) var ids: [String] = []
    @Flag(help: "All sources that are not disabled.") var all = false
    @Flag(help: "Pass over an open breaker or a disabling.") var force = false
    @Flag(help: "Print JSON.") var json = false

    /// Sources polled at a time.
    private static let width = 16

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let registry = try workspace.registry()
            let sources = try chosen(registry)
            let fetcher = try workspace.fetcher(registry)
            let store = try workspace.openStore()
            let poller = SourcePoller(
                store: store, fetcher: fetcher, clock: SystemClock(), environment: workspace.environment, logger: workspace.logger)
            let reports = try await poll(sources, registry, poller)
            await fetcher.shutdown()
            try await store.close()
            if !json { print(reports) }
            if reports.contains(where: { !$0.isHealthy }) { throw ExitCode(1) }
        }
    }

    private func chosen(_ registry: Registry) throws -> [SourceConfiguration] {
        guard all || !ids.isEmpty else {
            throw DeskError(.usage, "no source is named", hint: "`wiredesk poll ID…` or `wiredesk poll --all`.")
        }
        let now = SystemClock().now()
        if all { return registry.sources.filter { force || $0.isEnabled(at: now) } }
        var named: Set<String> = []
        return try ids.filter { named.insert($0).inserted }.map { id in
            let source = try registry.source(named: id)
            guard force || source.isEnabled(at: now) else {
                let disabled = source.disabled
                let why = [disabled?.reason.map { "“\(SafeText.line($0, limit: 200))”" }, disabled?.until.map { "until \(UTCTime.text($0))" }]
                    .compactMap { $0 }
                throw DeskError(
                    .usage, "\(source.id) is disabled\(why.isEmpty ? "" : ": " + why.joined(separator: ", "))",
                    hint: "`wiredesk sources enable \(source.id)` brings it back; --force polls it all the same.")
            }
            return source
        }
    }

    private func poll(_ sources: [SourceConfiguration], _ registry: Registry, _ poller: SourcePoller) async throws -> [PollReport] {
        let progress = Progress(total: sources.count, isShown: !json && sources.count > 1)
        let manner: SourcePoller.Manner = force ? .forced : .regular
        return try await withThrowingTaskGroup(of: (Int, PollReport).self) { group in
            var reports = [PollReport?](repeating: nil, count: sources.count)
            var next = 0
            func start() {
                let index = next
                next += 1
                group.addTask { (index, try await Self.poll(sources[index], registry, poller, manner)) }
            }
            while next < min(Self.width, sources.count) { start() }
            while let (index, report) = try await group.next() {
                reports[index] = report
                progress.step(sources[index].id.text)
                if json { Output.line(Self.json(report)) }
                if next < sources.count { start() }
            }
            progress.end()
            return reports.compactMap { $0 }
        }
    }

    private static func poll(
        _ source: SourceConfiguration, _ registry: Registry, _ poller: SourcePoller, _ manner: SourcePoller.Manner
    ) async throws -> PollReport {
        do {
            return try await poller.poll(source, in: registry, manner)
        } catch let lost as LeaseLost {
            throw DeskError(
                .store, lost.description, hint: "This process stood still for too long. The other poll is filed; this one may be tried again.")
        } catch let error as NotBegun {
            throw error.cause
        }
    }

    private static func json(_ report: PollReport) -> String {
        var writer = JSONWriter()
        writer.object { report.write(to: &$0) }
        return writer.text
    }

    private func print(_ reports: [PollReport]) {
        let palette = Palette()
        var table = Table(["SOURCE", "OUTCOME", "ITEMS", "NEW", "TIME", "WHAT HAPPENED"], rightAligned: [2, 3, 4])
        for report in reports {
            let name = Table.Cell(report.record.source.text, paint: palette.bold)
            table.add([name] + report.record.cells(items: report.items, palette.verdict(report.isHealthy)))
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        for report in reports where !report.isHealthy {
            guard let hint = report.record.hint else { continue }
            Output.line("\n\(palette.bold(report.record.source.text)): \(SafeText.line(hint))")
        }
    }
}

extension PollRecord {
    /// Outcome, items, new ones, time and message, for the tables that show polls.
    func cells(items: ItemCounts, _ paint: @escaping (String) -> String) -> [Table.Cell] {
        let time = Duration.milliseconds(durationMs).short
        return [
            Table.Cell(outcome.rawValue, paint: paint), Table.Cell(number: items.seen), Table.Cell(number: items.new), Table.Cell(time),
            Table.Cell(message),
        ]
    }
}

/// A line that shows on a terminal how far long work has come, and leaves nothing behind.
struct Progress {
    private let total: Int
    private let isShown: Bool
    private let count = Counter()

    private final class Counter { var value = 0 }

    init(total: Int, isShown: Bool) {
        self.total = total
        self.isShown = isShown && Output.isTerminal(2)
    }

    func step(_ what: String) {
        count.value += 1
        guard isShown else { return }
        Output.progress("\r\u{1B}[K\(count.value)/\(total) \(SafeText.line(what, limit: 60))")
    }

    func end() { if isShown { Output.progress("\r\u{1B}[K") } }
}
