import FoundationEssentials
import Host
import Hummingbird
import Newsroom
import Stores
import WireCore

/// Articles: search, filters, one by one.
struct ArticlesPage {
    let parts: DeskParts
    let frame: PageFrame
    private static let rows = 50

    var routes: [Route] {
        [
            Route(.get, "/articles", .read) { request in try await list(request) },
            Route(.get, "/articles/{id}", .read) { request in try await one(request) },
        ]
    }

    private func list(_ request: WebRequest) async throws -> Response {
        let words = request.query.text("q") ?? ""
        let source = try request.filter("source", due: "a source's id") { SourceID($0) }
        let since = try request.filter("since", due: "a time such as 24h or 7d") { Duration(parsing: $0) }
        var query = ArticleQuery(source: source, since: since.map { parts.now.addingTimeInterval(-$0.seconds) }, limit: Self.rows)
        query.words = words.split(separator: " ").prefix(10).map { String($0.prefix(100)) }
        query.before = try request.number("before")
        let articles = try await parts.store.articles(query)
        let sources = await parts.desk.currentRegistry.sources.map(\.id.text)
        return frame.page("Articles", at: "/articles", request) { main in
            main.title("Articles", "What was taken in, newest first.")
            writeFilter(words, source, request.query["since"] ?? "", sources, to: &main)
            main.element("section", .class("card flush"), .id("list"), query.before == nil ? .flag("data-fresh") : nil) { section in
                guard !articles.isEmpty else {
                    return words.isEmpty && source == nil && since == nil
                        ? section.empty("No article is stored yet.", "They come with the first polls: see Sources.")
                        : section.empty("No article matches.", "Use fewer words, another source or a longer time.")
                }
                Self.write(articles, now: parts.now, withSource: true, to: &section)
            }
            guard articles.count == Self.rows, let last = articles.last else { return }
            let fields = [("q", words), ("source", source?.text ?? ""), ("since", request.query["since"] ?? ""), ("before", String(last.id))]
            main.more("/articles?" + fields.map { "\($0)=\(PercentEscapes.encoded($1))" }.joined(separator: "&"))
        }
    }

    private func writeFilter(_ words: String, _ source: SourceID?, _ since: String, _ sources: [String], to html: inout HTML) {
        html.element("form", .class("filter"), .init("method", "get"), .init("action", "/articles"), .init("role", "search")) { form in
            form.element("label") { label in
                label.text("Words ")
                label.void("input", .init("type", "search"), .init("name", "q"), .init("value", words), .init("maxlength", "200"))
            }
            form.element("label") { label in
                label.text("Source ")
                label.element("select", .init("name", "source")) { select in
                    select.element("option", .init("value", ""), text: "all")
                    for name in sources.prefix(500) {
                        select.element("option", .init("value", name), name == source?.text ? .flag("selected") : nil, text: name)
                    }
                }
            }
            form.element("label") { label in
                label.text("Seen ")
                label.element("select", .init("name", "since")) { select in
                    for (value, name) in [("", "ever"), ("1h", "last hour"), ("24h", "last 24 h"), ("7d", "last 7 days"), ("30d", "last 30 days")] {
                        select.element("option", .init("value", value), value == since ? .flag("selected") : nil, text: name)
                    }
                }
            }
            form.element("button", text: "Show")
        }
    }

    /// Articles as a table.
    static func write(_ articles: [Article], now: Date, withSource: Bool, to html: inout HTML) {
        let columns =
            [HTML.Column("Seen", .minor)] + (withSource ? [HTML.Column("Source", .minor)] : []) + [
                HTML.Column("Title", isLong: true), HTML.Column("Published", .minor),
            ]
        html.table("Articles, newest first", columns, articles) { article, row in
            row.cell { $0.ago(article.firstSeenAt, now) }
            if withSource { row.cell { $0.link("/sources/\(article.source)", article.source.text) } }
            row.cell { cell in
                cell.link("/articles/\(article.id)", article.shownTitle)
                for other in article.alsoIn.prefix(5) { cell.element("span", .class("tag"), text: "also \(other)") }
                if article.nearDuplicateOf != nil { cell.element("span", .class("tag"), text: "resembles another") }
                cell.element("div", .class("remark narrow-only")) { line in
                    if withSource { line.text("\(article.source), ") }
                    line.ago(article.firstSeenAt, now)
                }
            }
            row.cell { cell in if let date = article.item.publishedAt { cell.ago(date, now) } else { cell.text("—") } }
        }
    }

    private func one(_ request: WebRequest) async throws -> Response {
        let id = Int64(request.parameters["id"] ?? "") ?? 0
        guard let article = try await parts.article(id) else {
            throw Problem.notFound("there is no such article", hint: "It may have aged: see retention in the registry.")
        }
        let enriched = try await parts.newsroom?.store.enrichedArticles(ids: [id]).first
        let narrative: Narrative? = if let number = enriched?.narrative { try await parts.newsroom?.store.narrative(number) } else { nil }
        return frame.page(article.shownTitle, at: "/articles", request, isLive: false) { main in
            main.title(article.shownTitle, "Article \(article.id) of \(article.source)")
            main.element("div", .class("columns")) { columns in
                columns.element("div", .class("column")) { column in
                    column.section("Summary") { section in
                        guard let summary = enriched?.enrichment.summary ?? article.item.summary, !summary.isEmpty else {
                            return section.empty("The source gives no summary.")
                        }
                        section.element("p", .class("prose")) { $0.outside(summary, limit: 4000) }
                    }
                    if let enriched { column.section("What the desk understood") { Self.write(enriched, narrative, to: &$0) } }
                }
                columns.element("div", .class("column narrow")) { column in
                    column.section("Facts") { writeFacts(article, to: &$0) }
                }
            }
        }
    }

    private func writeFacts(_ article: Article, to html: inout HTML) {
        html.element("dl", .class("facts")) { list in
            list.fact("Read it at") { $0.outsideLink(article.item.url, article.item.url ?? "no address") }
            list.fact("Source") { $0.link("/sources/\(article.source)", article.source.text) }
            if !article.alsoIn.isEmpty { list.fact("Also in") { $0.text(article.alsoIn.map(\.text).joined(separator: ", ")) } }
            if let author = article.item.author { list.fact("By") { $0.outside(author, limit: 200) } }
            list.fact("First seen") { $0.instant(article.firstSeenAt) }
            list.fact("Published") { cell in if let date = article.item.publishedAt { cell.instant(date) } else { cell.text("not said") } }
            if let changed = article.changedAt { list.fact("Changed") { $0.instant(changed) } }
            if let near = article.nearDuplicateOf { list.fact("Resembles") { $0.link("/articles/\(near)", "article \(near)") } }
            if !article.item.categories.isEmpty {
                list.fact("Categories") { $0.outside(article.item.categories.prefix(20).joined(separator: ", "), limit: 600) }
            }
        }
    }

    private static func write(_ article: EnrichedArticle, _ narrative: Narrative?, to html: inout HTML) {
        let enrichment = article.enrichment
        html.element("dl", .class("facts")) { list in
            list.fact("Relevance") { $0.text(enrichment.tier.name) }
            list.fact("Theme") { $0.text(enrichment.theme.rawValue) }
            list.fact("Sentiment") { $0.text(Sentences.signed(enrichment.sentiment)) }
            list.fact("Read by") { $0.outside(enrichment.model ?? "the desk's own reader") }
            if let note = enrichment.note { list.fact("Note") { $0.outside(note) } }
            if let narrative { list.fact("Narrative") { $0.link("/narratives/\(narrative.id)", narrative.title) } }
            if !enrichment.mentions.isEmpty { list.fact("Speaks of") { $0.tags(enrichment.mentions.prefix(20).map(\.name)) } }
        }
    }
}
