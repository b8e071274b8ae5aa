import ArgumentParser
import Foundation
import Host
import Stores
import WireCore

/// `wiredesk articles`: what has been taken in.
struct ArticlesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "articles", abstract: "Lists stored articles, newest first.",
        discussion: "A table shows 30 unless --limit says otherwise; --json gives all, as one list.")

    @OptionGroup var global: GlobalOptions
    @Option(help: "Only this source's.", completion: .custom { _, _, _ in Completion.sourceIDs() }) var source: String?
    @Option(help: "First seen since: an instant (2026-11-24T08:00Z) or a span back from now (6h).") var since: String?
    @Option(help: "Words that all occur in title or summary.") var search: String?
    @Option(help: "How many at most.") var limit: Int?
    @Flag(help: "With the articles' HTML (JSON only).") var content = false
    @Flag(help: "Print JSON: a list of objects.") var json = false

    /// Articles read from the store at a time.
    private static let page = 500

    func run() async throws {
        try await reportingErrors {
            if let limit, limit < 1 { throw DeskError(.usage, "--limit must be 1 or more") }
            let workspace = try Workspace(global)
            guard let store = try workspace.openStoreIfThere() else {
                if json { return Output.line("[]") }
                return Output.line("Nothing is stored yet in \(SafeText.line(workspace.storePlace)): `wiredesk run` or `wiredesk poll --all` begins.")
            }
            var query = ArticleQuery(limit: Self.page)
            query.source = try sourceID()
            query.since = try since.map(instant)
            query.words = search?.split(separator: " ").map(String.init) ?? []
            query.withContent = content && json
            if json { try await printJSON(query, store) } else { try await printTable(query, store) }
            try await store.close()
        }
    }

    private func sourceID() throws -> SourceID? {
        guard let source else { return nil }
        // Articles of a source that has left the registry can still be asked for.
        guard let id = SourceID(source) else {
            throw DeskError(.usage, "“\(SafeText.line(source, limit: 80))” is no source id", hint: SourceID.rule)
        }
        return id
    }

    private func instant(_ text: String) throws -> Date {
        if let span = Duration(parsing: text) { return Date().addingTimeInterval(-span.seconds) }
        guard let date = UTCTime.parse(text) else {
            throw DeskError(.usage, "--since “\(SafeText.line(text, limit: 40))” is neither an instant nor a span", hint: "Write 2026-11-24 or 6h.")
        }
        return date
    }

    /// Streams the list page by page, so that a million articles need no more memory than a page.
    private func printJSON(_ query: ArticleQuery, _ store: any DeskStore) async throws {
        var query = query
        var left = limit ?? .max
        var separator = "["
        while left > 0 {
            query.limit = min(left, Self.page)
            let articles = try await store.articles(query)
            var text = ""
            for article in articles {
                var writer = JSONWriter(capacity: 1024)
                writer.object { article.write(to: &$0) }
                text += separator + "\n" + writer.text
                separator = ","
            }
            Output.text(text)
            left -= articles.count
            guard articles.count == query.limit, let last = articles.last else { break }
            query.before = last.id
        }
        Output.line(separator == "[" ? "[]" : "\n]")
    }

    private func printTable(_ query: ArticleQuery, _ store: any DeskStore) async throws {
        var query = query
        query.limit = limit ?? 30
        let articles = try await store.articles(query)
        let palette = Palette()
        var table = Table(["ID", "SEEN", "PUBLISHED", "SOURCE", "TITLE"], rightAligned: [0])
        let now = Date()
        for article in articles {
            let mark = article.nearDuplicateOf.map { "  ≈ \($0)" } ?? ""
            table.add([
                .init(String(article.id), paint: palette.dim), .init(SourceLine.ago(article.firstSeenAt, now)),
                .init(article.item.publishedAt.map(UTCTime.text) ?? "—"), .init(article.source.text, paint: palette.bold),
                .init((article.item.title ?? article.item.url ?? "(no title)") + mark),
            ])
        }
        guard !articles.isEmpty else { return Output.line("No article matches.") }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }
}
