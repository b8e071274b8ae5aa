import Fetch
import FoundationEssentials
import Host
import Hummingbird
import Resilience
import Stores
import WireCore

/// One source: why it is as it is, its polls, its settings; and what an operator can do about it.
struct SourcePage {
    let parts: DeskParts
    let frame: PageFrame

    var routes: [Route] {
        [
            Route(.get, "/sources/{id}", .read) { request in try await show(request) },
            Route(.post, "/sources/{id}/disable", .change) { request in try await disable(request) },
            Route(.post, "/sources/{id}/enable", .change) { request in
                try await parts.enable(id(of: request), by: request.visitor)
                return try await back(request, "enabled")
            },
            Route(.post, "/sources/{id}/poll", .change) { request in
                try await parts.poll(id(of: request), by: request.visitor)
                return try await back(request, "polling")
            },
            Route(.post, "/sources/{id}/diagnose", .change) { request in
                _ = try parts.theActions()
                return try await show(request, isDiagnosing: true)
            },
        ]
    }

    private func id(of request: WebRequest) async throws -> SourceID {
        try await parts.sourceReport(request.parameters["id"] ?? "").source.id
    }

    private func back(_ request: WebRequest, _ done: String) async throws -> Response {
        .redirect(to: "/sources/\(try await id(of: request))?done=\(done)")
    }

    private func disable(_ request: WebRequest) async throws -> Response {
        let form = try request.form()
        let id = try await id(of: request)
        let span = form.text("for").flatMap { Duration(parsing: $0) }
        guard span != nil || form.text("for") == nil else { throw Problem.bad("the span “\(SafeText.line(form["for"] ?? "", limit: 20))” is none") }
        try await parts.disable(
            id, as: form.text("by").map { String($0.prefix(100)) }, reason: form.text("reason").map { String($0.prefix(SourceActions.longestText)) },
            until: span.map { parts.now.addingTimeInterval($0.seconds) }, by: request.visitor)
        return try await back(request, "disabled")
    }

    // MARK: - The page

    private func show(_ request: WebRequest, isDiagnosing: Bool = false) async throws -> Response {
        let report = try await parts.sourceReport(request.parameters["id"] ?? "")
        let before = request.query.text("before")
        let cursor = before.flatMap(PollQuery.Cursor.init)
        if before != nil, cursor == nil { throw Problem.wrongCursor }
        let polls = try await parts.store.polls(PollQuery(source: report.source.id, before: cursor, limit: 40))
        let articles = try await parts.store.articles(ArticleQuery(source: report.source.id, limit: 8))
        let origins = await parts.desk.currentRegistry.origins[report.source.id] ?? []
        func body(_ main: inout HTML) {
            main.title(
                report.source.id.text, state: (report.status.tone, report.status.rawValue),
                report.source.note ?? "\(report.source.kind.name), \(redactedURL(report.source.url))")
            writeActions(report, request, to: &main)
            main.element("div", .id("diagnosis"), .init("aria-live", "polite")) { if isDiagnosing { $0.leaveRoom() } }
            main.element("div", .class("columns")) { columns in
                columns.element("div", .class("column")) { column in
                    column.section("Polls", id: "polls") { section in
                        guard !polls.isEmpty else { return section.empty("It has not been polled yet.") }
                        section.strip(polls, isLarge: true)
                        PollTable.write(polls, now: report.now, withSource: false, to: &section)
                        section.more(
                            polls.count == 40
                                ? polls.last.map { "/sources/\(report.source.id)?before=\(PercentEscapes.encoded($0.cursorText))" } : nil)
                    }
                    column.section("Latest articles", id: "articles") { section in
                        guard !articles.isEmpty else { return section.empty("No article of it is stored.") }
                        ArticlesPage.write(articles, now: report.now, withSource: false, to: &section)
                        section.element("p", .class("more")) { $0.link("/articles?source=\(report.source.id)", "All of its articles →") }
                    }
                }
                columns.element("div", .class("column narrow")) { column in
                    column.section("State", id: "state") { writeFacts(report, to: &$0) }
                    column.section("Settings") { writeSettings(origins, to: &$0) }
                }
            }
        }
        guard isDiagnosing else { return frame.page(report.source.id.text, at: "/sources", request, body) }
        let diagnosis = DiagnosisStream(parts: parts, source: report.source.id, visitor: request.visitor)
        let path = "/sources/\(report.source.id)"
        return frame.page(report.source.id.text, at: "/sources", path: path, request, body, filled: { try await diagnosis.write(to: &$0) })
    }

    private func writeActions(_ report: SourceReport, _ request: WebRequest, to html: inout HTML) {
        let path = "/sources/\(report.source.id)"
        html.element("div", .class("actions")) { actions in
            if report.status != .disabled { actions.action(path + "/poll", "Poll now", request.visitor, class: "main") }
            actions.element("form", .init("method", "post"), .init("action", path + "/diagnose"), .class("action"), .flag("data-diagnose")) { form in
                form.hidden(SameOrigin.formField, request.visitor.formToken ?? "")
                form.element("button", text: "Diagnose")
            }
            guard report.status != .disabled else { return actions.action(path + "/enable", "Enable", request.visitor, class: "main") }
            actions.element("details", .class("disable")) { details in
                details.element("summary", .class("button"), text: "Disable …")
                details.element("form", .init("method", "post"), .init("action", path + "/disable"), .class("stack")) { form in
                    form.hidden(SameOrigin.formField, request.visitor.formToken ?? "")
                    form.element("label") { label in
                        label.text("Why")
                        label.void("input", .init("name", "reason"), .init("maxlength", "500"), .flag("required"))
                    }
                    form.element("label") { label in
                        label.text("Who says so")
                        label.void("input", .init("name", "by"), .init("maxlength", "100"), .init("placeholder", request.visitor.name))
                    }
                    form.element("label") { label in
                        label.text("For how long")
                        label.element("select", .init("name", "for")) { select in
                            let spans = [
                                ("", "until somebody enables it"), ("1h", "an hour"), ("6h", "six hours"), ("1d", "a day"), ("7d", "a week"),
                                ("30d", "thirty days"),
                            ]
                            for (value, name) in spans { select.element("option", .init("value", value), text: name) }
                        }
                    }
                    form.element("button", .class("danger"), text: "Disable")
                }
            }
        }
    }

    private func writeFacts(_ report: SourceReport, to html: inout HTML) {
        let (source, state) = (report.source, report.state)
        html.element("dl", .class("facts")) { list in
            if !report.remark.isEmpty { list.fact("Remark") { $0.outside(report.remark, limit: 600) } }
            if let hint = state?.lastHint { list.fact("What to do") { $0.outside(hint, limit: 600) } }
            list.fact("Address") { $0.outsideLink(redactedURL(source.url), redactedURL(source.url)) }
            list.fact("Last poll") { $0.ago(state?.lastPollAt, report.now) }
            list.fact("Next poll") { $0.until(report.nextPollAt, report.now) }
            list.fact("Last success") { $0.ago(state?.lastSuccessAt, report.now) }
            list.fact("Last new article") { $0.ago(state?.lastNewItemAt, report.now) }
            list.fact("Breaker") { $0.text((state?.breaker.state.name ?? "closed").replacing("_", with: "-")) }
            if let cause = state?.breaker.cause, state?.breaker.state != .closed { list.fact("Opened by") { $0.outside(cause) } }
            if let reopens = state?.breaker.reopensAt, state?.breaker.state == .open { list.fact("Probe") { $0.until(reopens, report.now) } }
            if let server = state?.servedBy, server != source.id { list.fact("Served by") { $0.link("/sources/\(server)", server.text) } }
            if let fallback = source.fallback { list.fact("Fallback") { $0.link("/sources/\(fallback)", fallback.text) } }
            if let moved = state?.movedTo { list.fact("Moved to") { $0.outside(redactedURL(moved)) } }
            list.fact("Articles") { $0.text(Figures.grouped(report.articles)) }
        }
    }

    private func writeSettings(_ origins: [EffectiveValue], to html: inout HTML) {
        guard !origins.isEmpty else { return html.empty("All settings are the program's own.") }
        Self.write(origins.filter { $0.origin != .builtIn }, to: &html)
        html.element("details") { details in
            details.element("summary", text: "The program's own values")
            Self.write(origins.filter { $0.origin == .builtIn }, to: &details)
        }
    }

    private static func write(_ values: [EffectiveValue], to html: inout HTML) {
        html.element("dl", .class("facts")) { list in
            for value in values {
                list.element("dt", text: value.key)
                list.element("dd") { cell in
                    cell.outside(value.value, limit: 200)
                    if value.origin != .builtIn { cell.element("span", .class("tag"), text: value.origin.text) }
                }
            }
        }
    }
}
