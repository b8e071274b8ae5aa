import Costs
import FoundationEssentials
import Hummingbird
import Stores
import WireCore

/// Briefings: the latest, earlier ones, what they cite, what they cost; and ordering one.
struct BriefingPage {
    let parts: DeskParts
    let frame: PageFrame
    private static let rows = 20

    var routes: [Route] {
        [
            Route(.get, "/briefing", .read) { request in try await latest(request) },
            Route(.get, "/briefing/{id}", .read) { request in try await one(request) },
            Route(.post, "/briefing/order", .change) { request in try await order(request) },
        ]
    }

    private func latest(_ request: WebRequest) async throws -> Response {
        guard let newsroom = parts.newsroom else { return NoNewsroom.page("Briefing", "/briefing", frame, request) }
        var query = BriefingQuery(limit: Self.rows)
        query.includesSmoke = true
        query.before = try request.number("before")
        let all = try await newsroom.store.briefings(query)
        let latest = query.before == nil ? all.first { !$0.isSmoke } : nil
        let cited = try await citations(of: latest, newsroom)
        return frame.page("Briefing", at: "/briefing", request) { main in
            main.title("Briefing", "The news of the hours before, written for each slot of the desk's day.") { title in
                if newsroom.order != nil { writeOrder(request, to: &title) }
            }
            main.element("div", .class("columns")) { columns in
                columns.element("div", .class("column")) { column in
                    if let latest {
                        write(latest, cited, to: &column)
                    } else if query.before == nil {
                        column.section("Latest") {
                            $0.empty("There is no briefing yet.", "They are written each morning and evening, or ordered here.")
                        }
                    }
                }
                columns.element("div", .class("column narrow")) { column in
                    column.section("Earlier", id: "earlier") { section in
                        guard !all.isEmpty else { return section.empty("None.") }
                        section.element("ul", .class("headlines")) { list in
                            for briefing in all { list.element("li") { Self.writeLine(briefing, to: &$0) } }
                        }
                        section.more(all.count == Self.rows ? all.last.map { "/briefing?before=\($0.id)" } : nil)
                    }
                }
            }
        }
    }

    private func one(_ request: WebRequest) async throws -> Response {
        let newsroom = try parts.theNewsroom()
        guard let briefing = try await newsroom.store.briefing(Int64(request.parameters["id"] ?? "") ?? 0) else {
            throw Problem.notFound("there is no such briefing")
        }
        let cited = try await citations(of: briefing, newsroom)
        return frame.page(briefing.content.headline, at: "/briefing", request, isLive: false) { main in
            main.title("Briefing", "\(briefing.date), \(briefing.slot.rawValue)") { $0.link("/briefing", "All briefings", .class("button")) }
            write(briefing, cited, to: &main)
        }
    }

    private func order(_ request: WebRequest) async throws -> Response {
        let form = try request.form()
        let order = BriefingOrder(
            slot: form.text("slot").flatMap(BriefingSlot.init), isForced: true, isSmoke: form.text("smoke") != nil)
        _ = try await parts.order(order, by: request.visitor)
        return .redirect(to: "/briefing?done=ordered")
    }

    private func citations(of briefing: Briefing?, _ newsroom: NewsroomDoor) async throws -> [Int64: EnrichedArticle] {
        guard let briefing else { return [:] }
        let articles = try await newsroom.store.enrichedArticles(ids: Array(briefing.cited.prefix(200)))
        return Dictionary(articles.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: - Writing

    private func writeOrder(_ request: WebRequest, to html: inout HTML) {
        html.element("form", .init("method", "post"), .init("action", "/briefing/order"), .class("filter")) { form in
            form.hidden(SameOrigin.formField, request.visitor.formToken ?? "")
            form.element("label") { label in
                label.text("Slot ")
                label.element("select", .init("name", "slot")) { select in
                    select.element("option", .init("value", ""), text: "by the hour")
                    for slot in BriefingSlot.allCases { select.element("option", .init("value", slot.rawValue), text: slot.rawValue) }
                }
            }
            form.element("label") { label in
                label.void("input", .init("type", "checkbox"), .init("name", "smoke"), .init("value", "1"))
                label.text(" only a trial")
            }
            form.element("button", .class("main"), text: "Order one now")
        }
    }

    private static func writeLine(_ briefing: Briefing, to html: inout HTML) {
        html.link("/briefing/\(briefing.id)", briefing.content.headline)
        html.element("span", .class("dim")) { line in
            line.text(
                "\(briefing.date) \(briefing.slot.rawValue)\(briefing.version > 1 ? " v\(briefing.version)" : ""), \(Figures.dollars(briefing.cost))")
        }
        if briefing.isSmoke { html.element("span", .class("tag"), text: "trial") }
        if briefing.method == .simple { html.element("span", .class("tag"), text: "without a model") }
    }

    private func write(_ briefing: Briefing, _ cited: [Int64: EnrichedArticle], to html: inout HTML) {
        let numbers = Dictionary(uniqueKeysWithValues: briefing.cited.enumerated().map { ($1, $0 + 1) })
        html.element("article", .class("card briefing"), .id("briefing-\(briefing.id)")) { article in
            article.element("h2") { $0.outside(briefing.content.headline, limit: 300) }
            article.element("p", .class("dim")) { line in
                line.text("\(briefing.date) \(briefing.slot.rawValue), written ")
                line.ago(briefing.madeAt, parts.now)
                line.text(" by \(briefing.model.map { SafeText.line($0, limit: 80) } ?? "the desk's own reader"), \(Figures.dollars(briefing.cost))")
                if briefing.isSmoke { line.element("span", .class("tag"), text: "trial") }
            }
            if let note = briefing.note { article.element("p", .class("hint")) { $0.outside(note) } }
            for paragraph in briefing.content.paragraphs {
                article.element("p", .class("prose")) { text in
                    for sentence in paragraph { Self.write(sentence, numbers, to: &text) }
                }
            }
            if !briefing.content.insights.isEmpty {
                article.element("h3", text: "Insights")
                article.element("ul", .class("prose")) { list in
                    for insight in briefing.content.insights { list.element("li") { Self.write(insight, numbers, to: &$0) } }
                }
            }
            if !briefing.content.recommendations.isEmpty {
                article.element("h3", text: "Read on")
                article.element("ul") { list in
                    for recommendation in briefing.content.recommendations {
                        list.element("li") { item in
                            item.link("/narratives/\(recommendation.narrative)", recommendation.title)
                            item.element("span", .class("tag"), text: recommendation.theme.rawValue)
                        }
                    }
                }
            }
            Self.writeCited(briefing, cited, to: &article)
        }
    }

    private static func write(_ sentence: Briefing.Sentence, _ numbers: [Int64: Int], to html: inout HTML) {
        html.outside(sentence.text, limit: 1500)
        for id in sentence.articles.prefix(8) {
            guard let number = numbers[id] else { continue }
            html.element("sup") { $0.element("a", .href("#cited-\(number)"), .label("Article \(number)"), text: "\(number)") }
        }
        html.text(" ")
    }

    private static func writeCited(_ briefing: Briefing, _ cited: [Int64: EnrichedArticle], to html: inout HTML) {
        guard !briefing.cited.isEmpty else { return }
        html.element("h3", text: "Articles cited")
        html.element("ol", .class("cited")) { list in
            for (index, id) in briefing.cited.enumerated() {
                list.element("li", .id("cited-\(index + 1)")) { item in
                    item.link("/articles/\(id)", cited[id]?.title ?? "article \(id), no longer stored")
                    if let article = cited[id] { item.element("span", .class("dim")) { $0.text(" \(article.source)") } }
                }
            }
        }
    }
}

/// What the newsroom's pages say where this host runs none.
enum NoNewsroom {
    static func page(_ name: String, _ place: String, _ frame: PageFrame, _ request: WebRequest) -> Response {
        frame.page(name, at: place, request, isLive: false) { main in
            main.title(name, "This host runs no newsroom.")
            main.element("section", .class("card")) {
                $0.empty(
                    "There is nothing to show: articles are taken in, and nobody reads them here.",
                    "Start the host with all its roles: `wiredesk run`.")
            }
        }
    }
}
