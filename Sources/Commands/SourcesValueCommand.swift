import ArgumentParser
import Costs
import Foundation
import Host
import LLM
import Stores
import WireCore

/// `sources value`: what a source delivers, and what it costs.
struct SourcesValueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "value", abstract: "What each source delivers (new articles, duplicates, citations in briefings) and what its articles cost.",
        discussion: """
            New and duplicate items are those of the polls that are kept, the last 200 of each source. Model costs are those of the source's own
            articles; what a briefing costs belongs to none.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "So many days back, today included.") var days = 30
    @Flag(help: "Print JSON: a list of objects.") var json = false

    /// What one source came to.
    private struct Value {
        var source: SourceID
        var polls = 0
        var items = ItemCounts()
        var byModel = 0
        var simple = 0
        var cited = 0
        var calls = 0
        var cost = MoneySum()

        /// Cost for each citation; nil when there is none.
        var perCitation: MoneySum? { cited > 0 ? MoneySum(picodollars: cost.picodollars / Int128(cited)) : nil }
    }

    func run() async throws {
        try await reportingErrors {
            guard (1...3660).contains(days) else { throw DeskError(.usage, "--days must be from 1 to 3660") }
            let workspace = try Workspace(global)
            let registry = try workspace.registry()
            let now = Date()
            var values = Dictionary(registry.sources.map { ($0.id, Value(source: $0.id)) }) { first, _ in first }
            if let store = try workspace.openStoreIfThere() {
                try await collect(&values, store, registry, now)
                try await store.close()
            }
            let rows = values.values.sorted { ($1.cited, $1.items.new, $0.source.text) < ($0.cited, $0.items.new, $1.source.text) }
            json ? Output.line(Self.json(rows)) : print(rows)
        }
    }

    private func collect(_ values: inout [SourceID: Value], _ store: any WholeStore, _ registry: Registry, _ now: Date) async throws {
        let calendar = registry.gateway.configuration.plan.calendar
        let last = calendar.day(of: now)
        let first = calendar.day(of: (calendar.start(of: last) ?? now).addingTimeInterval(-Double(days - 1) * 86_400))
        let since = calendar.start(of: first) ?? now.addingTimeInterval(-Double(days) * 86_400)
        for source in registry.sources {
            for poll in try await store.polls(of: source.id, limit: 200) where poll.startedAt >= since {
                values[source.id]?.polls += 1
                values[source.id]?.items.new += poll.items.new
                values[source.id]?.items.duplicate += poll.items.duplicate
                values[source.id]?.items.updated += poll.items.updated
            }
        }
        for count in try await store.processingCounts(from: since, to: now) {
            values[count.source, default: Value(source: count.source)].byModel += count.model
            values[count.source, default: Value(source: count.source)].simple += count.simple
        }
        for (source, cited) in try await store.citations(from: since, to: now) {
            values[source, default: Value(source: source)].cited += cited
        }
        for total in try await store.dailyTotals(from: first, to: last) {
            guard let source = total.source else { continue }
            var value = values[source] ?? Value(source: source)
            value.calls += total.calls
            value.cost = value.cost + total.cost
            values[source] = value
        }
    }

    private func print(_ rows: [Value]) {
        let palette = Palette()
        var table = Table(
            ["SOURCE", "NEW", "DUPLICATE", "READ BY MODEL", "BY THE DESK", "CITED", "CALLS", "COST", "A CITATION"],
            rightAligned: [1, 2, 3, 4, 5, 6, 7, 8])
        for row in rows {
            table.add([
                .init(row.source.text, paint: palette.bold), .init(number: row.items.new), .init(number: row.items.duplicate),
                .init(number: row.byModel),
                .init(number: row.simple), .init(number: row.cited), .init(number: row.calls), .init("$" + row.cost.text(decimals: 4)),
                .init(row.perCitation.map { "$" + $0.text(decimals: 4) } ?? "—"),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        Output.line(palette.dim("Of the last \(days.counted("day"))."))
    }

    private static func json(_ rows: [Value]) -> String {
        var json = JSONWriter(capacity: 4096)
        json.array { list in
            for row in rows {
                list.object {
                    $0.member("source", row.source.text)
                    $0.member("polls", row.polls)
                    $0.member("new", row.items.new)
                    $0.member("duplicate", row.items.duplicate)
                    $0.member("updated", row.items.updated)
                    $0.member("readByModel", row.byModel)
                    $0.member("readByDesk", row.simple)
                    $0.member("cited", row.cited)
                    $0.member("calls", row.calls)
                    $0.member("costUSD", row.cost.dollars)
                    $0.member("costPerCitationUSD", orNull: row.perCitation?.dollars)
                }
            }
        }
        return json.text
    }
}
