import FoundationEssentials
import Hummingbird
import Newsroom
import Stores
import WireCore

/// The stories that several sources tell; and what stands out.
struct NarrativesPage {
    let parts: DeskParts
    let frame: PageFrame
    private static let rows = 20

    var routes: [Route] {
        [
            Route(.get, "/narratives", .read) { request in try await list(request) },
            Route(.get, "/narratives/{id}", .read) { request in try await one(request) },
            Route(.get, "/signals", .read) { request in try await signals(request) },
        ]
    }

    // MARK: - Narratives

    private func list(_ request: WebRequest) async throws -> Response {
        guard let newsroom = parts.newsroom else { return NoNewsroom.page("Narratives", "/narratives", frame, request) }
        let stage = request.query.text("stage").flatMap(NarrativeStage.init)
        var query = NarrativeQuery(stages: stage.map { [$0] } ?? Set(NarrativeStage.allCases.filter(\.isActive)), limit: Self.rows)
        query.after = try request.number("after")
        let narratives = try await newsroom.narratives(query)
        var days: [Int64: [NarrativeDay]] = [:]
        for narrative in narratives { days[narrative.id] = try await newsroom.store.timeline(of: narrative.id) }
        return frame.page("Narratives", at: "/narratives", request) { main in
            main.title("Narratives", "Stories that several sources tell over days, by their last article.")
            writeStages(stage, to: &main)
            main.element("section", .class("card flush"), .id("list"), query.after == nil ? .flag("data-fresh") : nil) { section in
                guard !narratives.isEmpty else {
                    return section.empty(
                        "No narrative \(stage.map { "is \($0.rawValue)" } ?? "is followed") now.",
                        "One begins when several articles turn on the same thing.")
                }
                Self.write(narratives, days, now: parts.now, to: &section)
            }
            if narratives.count == Self.rows, let last = narratives.last {
                main.more("/narratives?stage=\(stage?.rawValue ?? "")&after=\(last.id)")
            }
        }
    }

    private func writeStages(_ chosen: NarrativeStage?, to html: inout HTML) {
        html.element("nav", .class("chips"), .label("Stages")) { nav in
            nav.element("a", .href("/narratives"), chosen == nil ? .init("aria-current", "true") : nil, text: "followed")
            for stage in NarrativeStage.allCases {
                nav.element(
                    "a", .href("/narratives?stage=\(stage.rawValue)"), stage == chosen ? .init("aria-current", "true") : nil, text: stage.rawValue)
            }
        }
    }

    private static func write(_ narratives: [Narrative], _ days: [Int64: [NarrativeDay]], now: Date, to html: inout HTML) {
        let columns: [HTML.Column] = [
            .init("Stage", .minor), .init("Narrative", isLong: true), .init("Days", .minor), .init("Articles", isNumber: true),
            .init("Sources", isNumber: true, .minor), .init("Momentum", isNumber: true, .least), .init("Mood", isNumber: true, .least),
            .init("Last", .minor),
        ]
        html.table("Narratives", columns, narratives) { narrative, row in
            row.cell { $0.pill(narrative.stage.tone, narrative.stage.rawValue) }
            row.cell { cell in
                cell.element("div", .class("narrow-only")) { $0.pill(narrative.stage.tone, narrative.stage.rawValue) }
                cell.element("strong") { $0.link("/narratives/\(narrative.id)", narrative.title) }
                cell.element("span", .class("tag"), text: narrative.theme.rawValue)
                if !narrative.summary.isEmpty { cell.element("div", .class("remark")) { $0.outside(narrative.summary, limit: 200) } }
            }
            let timeline = (days[narrative.id] ?? []).suffix(14)
            row.cell { cell in
                guard !timeline.isEmpty else { return }
                cell.spark(
                    timeline.map { Double($0.articles) }, told: "Articles a day: \(timeline.map { String($0.articles) }.joined(separator: ", "))")
            }
            row.number(narrative.articleCount)
            row.number(narrative.sourceCount)
            row.cell { $0.text("×\(Sentences.signed(narrative.momentum).replacing("+", with: ""))") }
            row.cell { $0.text(Sentences.signed(narrative.sentiment)) }
            row.cell { $0.ago(narrative.lastAt, now) }
        }
    }

    private func one(_ request: WebRequest) async throws -> Response {
        let newsroom = try parts.theNewsroom()
        guard let narrative = try await newsroom.store.narrative(Int64(request.parameters["id"] ?? "") ?? 0) else {
            throw Problem.notFound("there is no such narrative")
        }
        let days = Array(try await newsroom.store.timeline(of: narrative.id).suffix(60))
        var query = EnrichedQuery(limit: 30)
        query.narrative = narrative.id
        query.before = try request.number("before")
        let articles = try await newsroom.store.enrichedArticles(query)
        return frame.page(narrative.title, at: "/narratives", request) { main in
            main.title(
                narrative.title, state: (narrative.stage.tone, narrative.stage.rawValue),
                narrative.summary.isEmpty ? "It turns on \(narrative.nucleus)." : narrative.summary)
            main.section("Articles a day", id: "days") { section in
                guard !days.isEmpty else { return section.empty("No day is known yet.") }
                section.bars(
                    "Articles a day, most on \(narrative.peakDay) with \(narrative.peakCount).",
                    days.map {
                        HTML.Bar(
                            name: $0.day, value: Double($0.articles),
                            told: "\($0.articles.counted("article")) of \($0.sources.counted("source")), mood \(Sentences.signed($0.sentiment))")
                    },
                    unit: { value, _ in Figures.grouped(Int(value.rounded())) })
            }
            main.element("div", .class("columns")) { columns in
                columns.element("div", .class("column")) { column in
                    column.section("Articles", id: "articles") { section in
                        guard !articles.isEmpty else { return section.empty("None is stored any more.") }
                        section.element("ul", .class("headlines")) { list in
                            for article in articles {
                                list.element("li") { item in
                                    item.link("/articles/\(article.id)", article.title)
                                    item.element("span", .class("dim")) { line in
                                        line.text("\(article.source), ")
                                        line.ago(article.at, parts.now)
                                    }
                                }
                            }
                        }
                        section.more(articles.count == 30 ? articles.last.map { "/narratives/\(narrative.id)?before=\($0.id)" } : nil)
                    }
                }
                columns.element("div", .class("column narrow")) { column in column.section("Who and what") { writeFacts(narrative, to: &$0) } }
            }
        }
    }

    private func writeFacts(_ narrative: Narrative, to html: inout HTML) {
        html.element("dl", .class("facts")) { list in
            list.fact("Turns on") { $0.outside(narrative.nucleus, limit: 100) }
            list.fact("Theme") { $0.text(narrative.theme.rawValue) }
            if !narrative.actors.isEmpty { list.fact("Actors") { $0.tags(narrative.actors.prefix(8).map(\.name)) } }
            list.fact("Words") { $0.outside(narrative.focus.prefix(12).map(\.name).joined(separator: ", "), limit: 400) }
            list.fact("Articles") { $0.text("\(narrative.articleCount) of \(narrative.sourceCount.counted("source"))") }
            list.fact("Momentum") { $0.text("×\(Sentences.signed(narrative.momentum).replacing("+", with: ""))") }
            list.fact("Mood") { $0.text(Sentences.signed(narrative.sentiment)) }
            list.fact("Began") { $0.ago(narrative.firstAt, parts.now) }
            list.fact("Last article") { $0.ago(narrative.lastAt, parts.now) }
        }
    }

    // MARK: - Signals

    private func signals(_ request: WebRequest) async throws -> Response {
        guard let newsroom = parts.newsroom else { return NoNewsroom.page("Signals", "/signals", frame, request) }
        let span = request.query.text("span").flatMap(SignalWindow.init) ?? .day
        let signals = try await newsroom.signals(span, now: parts.now, limit: 40)
        let patterns = try await newsroom.store.patterns(since: parts.now.addingTimeInterval(-span.seconds), limit: 20)
        return frame.page("Signals", at: "/signals", request) { main in
            main.title("Signals", "Who is in the news now more than before.")
            main.element("nav", .class("chips"), .label("Over how long")) { nav in
                for choice in SignalWindow.allCases {
                    nav.element(
                        "a", .href("/signals?span=\(choice.rawValue)"), choice == span ? .init("aria-current", "true") : nil, text: choice.rawValue)
                }
            }
            main.element("div", .class("columns")) { columns in
                columns.element("div", .class("column")) { column in
                    column.section("Entities", id: "signals") { section in
                        guard !signals.isEmpty else {
                            return section.empty("Nobody stands out in these \(span.rawValue).", "Signals come of enriched articles: see Jobs.")
                        }
                        Self.write(signals, to: &section)
                    }
                }
                columns.element("div", .class("column narrow")) { column in
                    column.section("Patterns", id: "patterns") { section in
                        guard !patterns.isEmpty else { return section.empty("None in this time.") }
                        section.element("ul", .class("headlines")) { list in
                            for pattern in patterns {
                                list.element("li") { item in
                                    item.element("span", .class("tag"), text: pattern.kind.rawValue.replacing("_", with: " "))
                                    item.outside(pattern.message, limit: 300)
                                    item.element("span", .class("dim")) { $0.ago(pattern.at, parts.now) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static func write(_ signals: [Signal], to html: inout HTML) {
        let columns: [HTML.Column] = [
            .init("Trend"), .init("Who", isLong: true), .init("Score", isNumber: true), .init("Of 100", .minor),
            .init("Mentions", isNumber: true, .minor),
            .init("Before", isNumber: true, .minor), .init("Sources", isNumber: true, .minor), .init("Mood", isNumber: true, .minor),
        ]
        html.table("Signals, the strongest first", columns, signals) { signal, row in
            row.cell { $0.pill(signal.trend.tone, signal.trend.rawValue) }
            row.cell { cell in
                cell.element("strong") { $0.link("/articles?q=\(PercentEscapes.encoded(signal.entity))", signal.entity) }
                if let ticker = signal.ticker { cell.element("span", .class("tag")) { $0.outside(ticker, limit: 12) } }
                cell.element("span", .class("tag"), text: signal.kind.rawValue)
            }
            row.cell { $0.text(String(Int(signal.score.rounded()))) }
            row.cell { $0.share(signal.score / 100) }
            row.number(signal.mentions)
            row.number(signal.earlierMentions)
            row.number(signal.sources)
            row.cell { $0.text(Sentences.signed(signal.sentiment)) }
        }
    }
}

extension NarrativeStage {
    fileprivate var tone: Tone {
        switch self {
        case .hot: .warn
        case .rising, .reactivated: .good
        case .emerging, .echo: .quiet
        case .cooling, .dormant: .off
        }
    }
}

extension Signal.Trend {
    fileprivate var tone: Tone {
        switch self {
        case .surging: .warn
        case .rising: .good
        case .growing: .quiet
        case .active, .declining: .off
        }
    }
}
