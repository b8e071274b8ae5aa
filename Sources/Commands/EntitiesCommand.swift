public import ArgumentParser
import Foundation
public import Newsroom
import Stores
import WireCore

extension SignalWindow: ExpressibleByArgument {}

/// `wiredesk signals`: what is talked about more than usual.
struct SignalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals", abstract: "Shows who and what is in the news, by weight, and what stands out.",
        discussion: "The score is 40 % mentions, 40 % growth against the span before (300 % counts in full) and 20 % variety of sources.")

    @OptionGroup var global: GlobalOptions
    @Option(help: "24h, 7d or 30d.") var window = SignalWindow.day
    @Option(help: "So many at most.") var limit = 20
    @Flag(help: "Print JSON: one object.") var json = false

    func run() async throws {
        try await reportingErrors {
            guard limit > 0 else { throw DeskError(.usage, "--limit must be 1 or more") }
            let now = Date()
            let store = try Workspace(global).openStoreIfThere()
            var signals: [Signal] = []
            var patterns: [Pattern] = []
            if let store {
                signals = try await NarrativeDesk(store: store).signals(window: window, now: now, limit: min(limit, 1000))
                patterns = try await store.patterns(since: now.addingTimeInterval(-2 * 86_400), limit: 50)
                try await store.close()
            }
            json ? Output.line(Self.json(signals, patterns)) : print(signals, patterns)
        }
    }

    private func print(_ signals: [Signal], _ patterns: [Pattern]) {
        let palette = Palette()
        guard !signals.isEmpty else {
            return Output.line("No article of the last \(window.rawValue) has been read yet; `wiredesk jobs` shows when that is due.")
        }
        var table = Table(["SCORE", "NAME", "TREND", "ARTICLES", "BEFORE", "SOURCES", "SENTIMENT", "IN"], rightAligned: [0, 3, 4, 5, 6])
        for signal in signals {
            table.add([
                .init(String(Int(signal.score.rounded()))), .init(signal.entity, paint: palette.bold), .init(signal.trend.label),
                .init(number: signal.mentions), .init(number: signal.earlierMentions), .init(number: signal.sources),
                .init(Sentences.signed(signal.sentiment)),
                .init(signal.isEmerging ? "no narrative" : signal.narratives.count.counted("narrative")),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        guard !patterns.isEmpty else { return }
        Output.line("")
        for pattern in patterns {
            Output.line(
                "\(palette.warn(pattern.kind.rawValue.replacing("_", with: " ").padding(toLength: 15, withPad: " ", startingAt: 0))) \(SafeText.line(pattern.message, limit: 300))"
            )
        }
    }

    private static func json(_ signals: [Signal], _ patterns: [Pattern]) -> String {
        var json = JSONWriter(capacity: 8192)
        json.object { root in
            root.key("signals")
            root.array { list in
                for signal in signals { list.object { signal.write(to: &$0) } }
            }
            root.key("patterns")
            root.array { list in
                for pattern in patterns { list.object { pattern.write(to: &$0) } }
            }
        }
        return json.text
    }
}

/// `wiredesk entities`: the names in the news.
struct EntitiesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entities", abstract: "Lists the names in the news; with a name, the articles that mention it.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A name, as the list shows it; any spelling of a known one.") var name: String?
    @Option(help: "24h, 7d or 30d.") var window = SignalWindow.week
    @Option(help: "So many at most.") var limit = 30
    @Flag(help: "Print JSON: a list of objects.") var json = false

    func run() async throws {
        try await reportingErrors {
            guard limit > 0 else { throw DeskError(.usage, "--limit must be 1 or more") }
            let now = Date()
            let from = now.addingTimeInterval(-window.seconds)
            let store = try Workspace(global).openStoreIfThere()
            if let name {
                var query = EnrichedQuery(from: from, to: now, limit: min(limit, 1000))
                query.entity = EntityNames.canonical(name)
                let articles = try await store?.enrichedArticles(query) ?? []
                show(articles, name: query.entity ?? name)
            } else {
                let entities = try await store?.entityStatistics(from: from, to: now, tierAtMost: .normal, limit: min(limit, 1000)) ?? []
                print(entities, now)
            }
            try await store?.close()
        }
    }

    private func show(_ articles: [EnrichedArticle], name: String) {
        if json {
            var writer = JSONWriter(capacity: 8192)
            writer.array { list in
                for article in articles { list.object { article.write(to: &$0) } }
            }
            return Output.line(writer.text)
        }
        guard !articles.isEmpty else { return Output.line("No article of the last \(window.rawValue) mentions “\(SafeText.line(name, limit: 60))”.") }
        EnrichedLine.print(articles)
    }

    private func print(_ entities: [EntityStatistic], _ now: Date) {
        if json {
            var writer = JSONWriter(capacity: 8192)
            writer.array { list in
                for entity in entities { list.object { entity.write(to: &$0) } }
            }
            return Output.line(writer.text)
        }
        guard !entities.isEmpty else {
            return Output.line("No article of the last \(window.rawValue) has been read yet; `wiredesk jobs` shows when that is due.")
        }
        let palette = Palette()
        var table = Table(["NAME", "KIND", "TICKER", "ARTICLES", "SOURCES", "SENTIMENT", "FIRST MET"], rightAligned: [3, 4, 5])
        for entity in entities {
            table.add([
                .init(entity.name, paint: palette.bold), .init(entity.kind.rawValue), .init(entity.ticker ?? ""), .init(number: entity.mentions),
                .init(number: entity.sources), .init(Sentences.signed(entity.sentiment)), .init(SourceLine.ago(entity.firstAt, now)),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }
}

/// `wiredesk alerts`: what people were told.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Lists what was raised, newest first, and over which channels it went out.")

    @OptionGroup var global: GlobalOptions
    @Option(help: "So many at most.") var limit = 30
    @Flag(help: "Print JSON: a list of objects.") var json = false

    func run() async throws {
        try await reportingErrors {
            guard limit > 0 else { throw DeskError(.usage, "--limit must be 1 or more") }
            let store = try Workspace(global).openStoreIfThere()
            let alerts = try await store?.raisedAlerts(limit: min(limit, 10_000)) ?? []
            try await store?.close()
            json ? Output.line(Self.json(alerts)) : print(alerts)
        }
    }

    private func print(_ alerts: [RaisedAlert]) {
        guard !alerts.isEmpty else { return Output.line("No alert was ever raised.") }
        let palette = Palette()
        let now = Date()
        var table = Table(["RAISED", "SENT BY", "WHAT"])
        for alert in alerts {
            let channels = alert.deliveredTo.isEmpty ? "log only" : alert.deliveredTo.joined(separator: ", ")
            table.add([
                .init(SourceLine.ago(alert.at, now)), .init(channels, paint: alert.deliveredTo.isEmpty ? palette.dim : { $0 }), .init(alert.message),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }

    private static func json(_ alerts: [RaisedAlert]) -> String {
        var json = JSONWriter(capacity: 4096)
        json.array { list in
            for alert in alerts {
                list.object {
                    $0.member("id", alert.id)
                    $0.member("message", alert.message)
                    $0.member("at", UTCTime.text(alert.at))
                    $0.key("deliveredTo")
                    $0.array { inner in alert.deliveredTo.forEach { inner.string($0) } }
                }
            }
        }
        return json.text
    }
}
