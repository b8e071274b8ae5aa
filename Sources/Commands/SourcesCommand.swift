import ArgumentParser
import Fetch
import Foundation
import Host
import Resilience
import Stores
import WireCore

/// `wiredesk sources`: what is in the registry, and how it is doing.
struct SourcesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources",
        abstract: "Lists, shows, adds, removes, enables, disables, imports and exports sources, and tells what each is worth.",
        subcommands: [
            SourcesListCommand.self, SourcesShowCommand.self, SourcesAddCommand.self, SourcesRemoveCommand.self,
            SourcesEnableCommand.self, SourcesDisableCommand.self, SourcesImportCommand.self, SourcesExportCommand.self,
            SourcesPublishCommand.self, SourcesValueCommand.self,
        ],
        defaultSubcommand: SourcesListCommand.self)
}

/// `wiredesk sources list`.
struct SourcesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Shows every source and how it is doing.")

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Print JSON: a list of objects.") var json = false
    @Option(help: "Only sources with this tag.") var tag: String?
    @Flag(help: "Only sources that are not well.") var sick = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let registry = try workspace.registry()
            let store = try workspace.openStoreIfThere()
            let states = try await store?.sourceStates() ?? [:]
            let counts = try await store?.articleCounts() ?? [:]
            try await store?.close()
            let now = SystemClock().now()
            var lines = registry.sources.map { source in
                SourceLine(source: source, state: states[source.id], articles: counts[source.id] ?? 0, now: now)
            }
            if let tag { lines.removeAll { !$0.source.tags.contains(tag) } }
            if sick { lines.removeAll { [.well, .quiet, .new].contains($0.status) } }
            if json { Output.line(SourceLine.json(lines)) } else { print(lines, now) }
        }
    }

    private func print(_ lines: [SourceLine], _ now: Date) {
        let palette = Palette()
        var table = Table(["SOURCE", "STATE", "LAST POLL", "NEXT", "ARTICLES", "REMARK"], rightAligned: [4])
        for line in lines { table.add(line.cells(palette)) }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        let counts = SourceStatus.allCases.compactMap { status in
            let count = lines.count { $0.status == status }
            return count == 0 ? nil : "\(count) \(status.rawValue)"
        }
        Output.line(palette.dim("\(lines.count.counted("source"))\(counts.isEmpty ? "" : ": ")\(counts.joined(separator: ", "))"))
        if let sick = lines.first(where: { $0.status == .resting || $0.status == .failing }) {
            Output.line(palette.dim("Why one fails: wiredesk diagnose \(sick.source.id)"))
        }
    }
}

/// A source's row in a list.
struct SourceLine {
    let report: SourceReport

    init(source: SourceConfiguration, state: SourceState?, articles: Int, now: Date) {
        report = SourceReport(source: source, state: state, articles: articles, now: now)
    }

    var source: SourceConfiguration { report.source }
    var state: SourceState? { report.state }
    var articles: Int { report.articles }
    var status: SourceStatus { report.status }
    var nextPollAt: Date? { report.nextPollAt }

    func cells(_ palette: Palette) -> [Table.Cell] {
        let paint: (String) -> String =
            switch status {
            case .well: palette.good
            case .failing, .resting: palette.bad
            case .quiet, .held: palette.warn
            case .disabled, .new: palette.dim
            }
        return [
            .init(source.id.text, paint: palette.bold), .init(status.rawValue, paint: paint),
            .init(state?.lastPollAt.map { Self.ago($0, report.now) } ?? "never"), .init(next), .init(number: articles),
            .init(SafeText.line(report.remark, limit: 1000)),
        ]
    }

    private var next: String {
        guard let next = nextPollAt else { return "—" }
        return next > report.now ? "in \(Duration.seconds(next.timeIntervalSince(report.now)).short)" : "due"
    }

    static func ago(_ date: Date, _ now: Date) -> String { "\(Duration.seconds(max(0, now.timeIntervalSince(date))).short) ago" }

    static func json(_ lines: [SourceLine]) -> String {
        var writer = JSONWriter(capacity: 4096)
        writer.array { list in
            for line in lines { list.object { line.report.write(to: &$0) } }
        }
        return writer.text
    }
}

/// `wiredesk sources show`.
struct SourcesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one source: its entry, its state, its last polls.",
        discussion: "With --effective: every value that is in force, and where it was said.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The source's id.", completion: .custom { _, _, _ in Completion.sourceIDs() }) var id: String
    @Flag(help: "Every value with its origin.") var effective = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let registry = try workspace.registry()
            let source = try registry.source(named: id)
            if effective { return show(registry.origins[source.id] ?? [], workspace.registryFile.path) }
            let store = try workspace.openStoreIfThere()
            let state = try await store?.sourceState(of: source.id)
            let count = try await store?.articleCounts()[source.id] ?? 0
            let polls = try await store?.polls(of: source.id, limit: 10) ?? []
            try await store?.close()
            let line = SourceLine(source: source, state: state, articles: count, now: SystemClock().now())
            if json { return Output.line(SourceLine.json([line])) }
            print(line, polls, registry.origins[source.id] ?? [])
        }
    }

    private func show(_ values: [EffectiveValue], _ file: String) {
        if json {
            var writer = JSONWriter()
            writer.array { list in
                for value in values {
                    list.object {
                        $0.member("key", value.key)
                        $0.member("value", value.value)
                        $0.member("origin", value.origin.text)
                    }
                }
            }
            return Output.line(writer.text)
        }
        let palette = Palette()
        var table = Table(["KEY", "VALUE", "SAID IN \(file)"])
        for value in values {
            let isBuiltIn = value.origin == .builtIn
            table.add([.init(value.key, paint: palette.bold), .init(value.value), .init(value.origin.text, paint: isBuiltIn ? palette.dim : { $0 })])
        }
        Output.text(table.rendered(palette, width: nil))
    }

    private func print(_ line: SourceLine, _ polls: [PollRecord], _ values: [EffectiveValue]) {
        let palette = Palette()
        let source = line.source
        var facts: [(String, String)] = [
            ("id", source.id.text), ("kind", source.kind.name), ("url", redactedURL(source.url)), ("state", line.status.rawValue),
            ("interval", source.interval.text), ("articles", String(line.articles)),
        ]
        if let fallback = source.fallback { facts.append(("fallback", fallback.text)) }
        if let note = source.note { facts.append(("note", note)) }
        if let state = line.state {
            if let message = state.lastMessage { facts.append(("last poll", "\(state.lastOutcome?.rawValue ?? ""): \(message)")) }
            if let hint = state.lastHint { facts.append(("what to do", hint)) }
            facts.append(("breaker", state.breaker.state.name + (state.breaker.reopensAt.map { ", until \(UTCTime.text($0))" } ?? "")))
            if let next = line.nextPollAt { facts.append(("next poll", UTCTime.text(next))) }
        }
        for (key, value) in facts {
            Output.line(palette.dim(key.padding(toLength: 11, withPad: " ", startingAt: 0)) + SafeText.line(value, limit: 1000))
        }
        guard !polls.isEmpty else { return }
        var table = Table(["POLLED AT", "OUTCOME", "ITEMS", "NEW", "TIME", "WHAT HAPPENED"], rightAligned: [2, 3, 4])
        for poll in polls {
            table.add([Table.Cell(UTCTime.text(poll.startedAt))] + poll.cells(items: poll.items, palette.verdict(poll.isWell)))
        }
        Output.line("")
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }
}
