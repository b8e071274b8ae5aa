public import ArgumentParser
import Foundation
import Newsroom
public import Stores
import WireCore

extension NarrativeStage: ExpressibleByArgument {}

/// `wiredesk narratives`: the stories that several sources tell.
struct NarrativesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "narratives", abstract: "Lists narratives, the latest first; with a number, one of them with its days and articles.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A narrative's number.") var id: Int64?
    @Option(help: "Only this stage: emerging, rising, hot, cooling, dormant, echo, reactivated.") var stage: NarrativeStage?
    @Option(help: "So many at most.") var limit = 20
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingErrors {
            guard limit > 0 else { throw DeskError(.usage, "--limit must be 1 or more") }
            let store = try Workspace(global).openStoreIfThere()
            if let id {
                guard let store, let narrative = try await store.narrative(id) else {
                    throw DeskError(.failure, "there is no narrative \(id)", hint: "`wiredesk narratives` lists them.")
                }
                try await show(narrative, store)
            } else {
                let query = NarrativeQuery(stages: stage.map { [$0] }, limit: min(limit, 10_000))
                let narratives = try await store?.narratives(query) ?? []
                json ? Output.line(Self.json(narratives)) : print(narratives)
            }
            try await store?.close()
        }
    }

    private func print(_ narratives: [Narrative]) {
        guard !narratives.isEmpty else {
            return Output.line("There is no narrative yet: three articles of two sources about the same make one.")
        }
        let palette = Palette()
        let now = Date()
        var table = Table(["ID", "STAGE", "ARTICLES", "SOURCES", "LAST", "ABOUT", "TITLE"], rightAligned: [0, 2, 3])
        for narrative in narratives {
            let paint: (String) -> String =
                switch narrative.stage {
                case .hot, .reactivated: palette.bad
                case .rising, .emerging: palette.good
                case .echo: palette.warn
                case .cooling, .dormant: palette.dim
                }
            table.add([
                .init(String(narrative.id), paint: palette.dim), .init(narrative.stage.rawValue, paint: paint), .init(number: narrative.articleCount),
                .init(number: narrative.sourceCount), .init(SourceLine.ago(narrative.lastAt, now)),
                .init(Self.about(narrative)),
                .init(narrative.title, paint: palette.bold),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }

    /// "Bitcoin, markets"; the theme alone where no name stands in the middle.
    private static func about(_ narrative: Narrative) -> String {
        narrative.nucleus.isEmpty ? narrative.theme.rawValue : "\(narrative.nucleus), \(narrative.theme.rawValue)"
    }

    private func show(_ narrative: Narrative, _ store: any NewsroomStore) async throws {
        let days = try await store.timeline(of: narrative.id)
        var query = EnrichedQuery(limit: min(limit, 1000))
        query.narrative = narrative.id
        let articles = try await store.enrichedArticles(query)
        guard !json else { return Output.line(Self.json(narrative, days, articles)) }
        let palette = Palette()
        Output.line(palette.bold(SafeText.line(narrative.title, limit: 300)))
        Output.line(
            "\(narrative.stage.rawValue); about \(SafeText.line(Self.about(narrative), limit: 100)); \(narrative.articleCount.counted("article")) of \(narrative.sourceCount.counted("source"))"
        )
        if !narrative.summary.isEmpty { Output.line(SafeText.line(narrative.summary, limit: 600)) }
        Output.line("")
        let most = days.map(\.articles).max() ?? 1
        for day in days.suffix(30) {
            let bar = String(repeating: "█", count: max(1, day.articles * 30 / max(1, most)))
            Output.line(
                "\(palette.dim(day.day))  \(bar) \(day.articles) of \(day.sources.counted("source")), sentiment \(Sentences.signed(day.sentiment))")
        }
        Output.line("")
        EnrichedLine.print(articles)
    }

    private static func json(_ narratives: [Narrative]) -> String {
        var json = JSONWriter(capacity: 8192)
        json.array { list in
            for narrative in narratives { list.object { narrative.write(to: &$0) } }
        }
        return json.text
    }

    private static func json(_ narrative: Narrative, _ days: [NarrativeDay], _ articles: [EnrichedArticle]) -> String {
        var json = JSONWriter(capacity: 8192)
        json.object { root in
            narrative.write(to: &root)
            root.key("timeline")
            root.array { list in
                for day in days { list.object { day.write(to: &$0) } }
            }
            root.key("members")
            root.array { list in
                for article in articles { list.object { article.write(to: &$0) } }
            }
        }
        return json.text
    }
}

/// A table of articles with what was understood of them.
enum EnrichedLine {
    static func print(_ articles: [EnrichedArticle]) {
        let palette = Palette()
        let now = Date()
        var table = Table(["ID", "AT", "SOURCE", "TIER", "READ BY", "SENTIMENT", "TITLE"], rightAligned: [0, 5])
        for article in articles {
            table.add([
                .init(String(article.id), paint: palette.dim), .init(SourceLine.ago(article.at, now)),
                .init(article.source.text, paint: palette.bold),
                .init(article.enrichment.tier.name), .init(article.enrichment.model ?? "the desk"),
                .init(Sentences.signed(article.enrichment.sentiment)),
                .init(article.title),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }
}
