import FoundationEssentials
import Host
import HTTPTypes
import Resilience
import Stores
import WireCore

/// Sources, their polls and their articles.
struct SourceEndpoints {
    let parts: DeskParts

    private static let id = Endpoint.Parameter.path("id", .sourceID, "The source's id.")
    private static let source = Endpoint.Parameter.query("source", .sourceID, "Only this source's.")
    static let limit = Endpoint.Parameter.query("limit", .integer(1...500), "How many at most.", standard: 50)
    static let cursor = Endpoint.Parameter.query("cursor", .rowNumber, cursorNote)
    static let cursorNote = "Where the page begins: the page before names it, as nextCursor."

    var all: [Endpoint] { [list, one, enable, disable, poll, diagnose, articles, article, polls] }

    private var list: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/sources", name: "listSources", summary: "Every source of the registry and how it is doing.",
            group: "sources",
            access: .read,
            parameters: [
                .query("status", .oneOf(SourceStatus.allCases.map(\.rawValue)), "Only sources in this state."),
                .query("tag", .text(upTo: 100), "Only sources with this tag."),
            ], success: .json(200, .object([.always("items", .list(.named("Source")))]))
        ) { call in
            let reports = try await parts.sourceReports().filter { report in
                (call["status"].map { $0 == report.status.rawValue } ?? true) && (call["tag"].map(report.source.tags.contains) ?? true)
            }
            return APIAnswer.object { json in
                json.key("items")
                json.array { list in
                    for report in reports { list.object { report.write(to: &$0) } }
                }
            }
        }
    }

    private var one: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/sources/{id}", name: "getSource", summary: "One source.", group: "sources", access: .read,
            parameters: [Self.id], success: .json(200, .named("Source")), problems: [404]
        ) { call in
            let report = try await parts.sourceReport(call["id"] ?? "")
            return APIAnswer.object { report.write(to: &$0) }
        }
    }

    // MARK: - Changes

    private func answer(_ call: APICall, _ change: (SourceID) async throws -> Void) async throws -> APIAnswer {
        let id = try await parts.sourceReport(call["id"] ?? "").source.id
        try await change(id)
        let report = try await parts.sourceReport(id.text)
        return APIAnswer.object { report.write(to: &$0) }
    }

    private var enable: Endpoint {
        Endpoint(
            method: .post, path: "/api/v1/sources/{id}/enable", name: "enableSource", summary: "Polls a disabled source again.", group: "sources",
            access: .change, parameters: [Self.id], success: .json(200, .named("Source")), problems: [404, 409]
        ) { call in
            try await answer(call) { try await parts.enable($0, by: call.request.visitor) }
        }
    }

    private var disable: Endpoint {
        Endpoint(
            method: .post, path: "/api/v1/sources/{id}/disable", name: "disableSource",
            summary: "Stops polling a source, and keeps who said so, why and until when.", group: "sources", access: .change, parameters: [Self.id],
            body: .object([
                .sometimes("reason", .text(upTo: SourceActions.longestText)),
                .sometimes("until", Shape.instant.noted("It comes back by itself then; without, when somebody enables it.")),
                .sometimes("by", .text(upTo: 100).noted("Who says so; without, where the request came from.")),
            ]), success: .json(200, .named("Source")), problems: [404, 409]
        ) { call in
            try await answer(call) { id in
                try await parts.disable(
                    id, as: call.field("by"), reason: call.field("reason"), until: call.field("until").flatMap(UTCTime.parse),
                    by: call.request.visitor)
            }
        }
    }

    private var poll: Endpoint {
        Endpoint(
            method: .post, path: "/api/v1/sources/{id}/poll", name: "pollSource",
            summary: "Polls a source as soon as a place is free; only its breaker stands in the way.", group: "sources", access: .change,
            parameters: [Self.id], success: .json(202, .object([.always("source", .sourceID), .always("accepted", .flag)])), problems: [404, 409]
        ) { call in
            let id = try await parts.sourceReport(call["id"] ?? "").source.id
            try await parts.poll(id, by: call.request.visitor)
            return APIAnswer.object(202) {
                $0.member("source", id.text)
                $0.member("accepted", true)
            }
        }
    }

    private var diagnose: Endpoint {
        Endpoint(
            method: .post, path: "/api/v1/sources/{id}/diagnose", name: "diagnoseSource",
            summary: "Asks a source once and tells every stage; writes nothing but an audit line, and passes over an open breaker.", group: "sources",
            access: .change, parameters: [Self.id], success: .json(200, .named("Diagnosis")), problems: [404, 409]
        ) { call in
            let id = try await parts.sourceReport(call["id"] ?? "").source.id
            let diagnosis = try await parts.diagnose(id, by: call.request.visitor)
            return APIAnswer.object { diagnosis.write(to: &$0) }
        }
    }

    // MARK: - Lists

    private var articles: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/articles", name: "listArticles", summary: "Stored articles, newest first.", group: "articles", access: .read,
            parameters: [
                Self.source, .query("since", .instant, "First seen at this instant or later."),
                .query("q", .text(upTo: 200), "Words that must all occur in title or summary, case-blind."), Self.limit, Self.cursor,
            ], success: .json(200, .page("Article"))
        ) { call in
            var query = ArticleQuery(source: call.sourceID("source"), since: call.instant("since"), limit: call.int("limit", default: 50))
            query.words = call["q"]?.split(separator: " ").prefix(10).map(String.init) ?? []
            query.before = call.numberedCursor
            let articles = try await parts.store.articles(query)
            let next = articles.count == query.limit ? articles.last.map { String($0.id) } : nil
            return APIAnswer.page(articles, of: call, next: next) { $0.write(to: &$1) }
        }
    }

    private var article: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/articles/{id}", name: "getArticle", summary: "One article with its HTML, cleaned of active content.",
            group: "articles", access: .read, parameters: [.path("id", .integer(1...Int.max), "The article's number.")],
            success: .json(200, .named("Article")), problems: [404]
        ) { call in
            let id = Int64(call.int("id", default: 0))
            guard let article = try await parts.article(id, withContent: true) else { throw Problem.notFound("there is no article \(id)") }
            return APIAnswer.object { article.write(to: &$0) }
        }
    }

    private var polls: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/polls", name: "listPolls", summary: "Polls by start time, newest first.", group: "sources", access: .read,
            parameters: [Self.source, Self.limit, .query("cursor", .pollCursor, Self.cursorNote)], success: .json(200, .page("Poll"))
        ) { call in
            let query = PollQuery(
                source: call.sourceID("source"), before: call["cursor"].flatMap(PollQuery.Cursor.init), limit: call.int("limit", default: 50))
            let polls = try await parts.store.polls(query)
            let next = polls.count == query.limit ? polls.last.map(\.cursorText) : nil
            return APIAnswer.page(polls, of: call, next: next) { $0.write(to: &$1) }
        }
    }
}

extension DeskParts {
    /// Nil when there is no such article.
    func article(_ id: Int64, withContent: Bool = false) async throws -> Article? {
        guard id > 0, id < .max else { return nil }
        var query = ArticleQuery(limit: 1)
        query.before = id + 1
        query.withContent = withContent
        return try await store.articles(query).first { $0.id == id }
    }
}

extension APICall {
    /// The cursor as a row's number.
    var numberedCursor: Int64? { self["cursor"].flatMap(Self.number) }

    /// A row's number, from 1; nil for anything else.
    static func number(_ text: String) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.first != 0x30, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}

extension WebRequest {
    /// A field of the query that is a row's number. Throws 400 for anything else.
    func number(_ name: String) throws(Problem) -> Int64? {
        guard let text = query.text(name) else { return nil }
        guard let number = APICall.number(text) else { throw .wrongCursor }
        return number
    }

    /// What a page is filtered by; nil where it is not. Throws 400 for what cannot be read: without the filter the page would show everything.
    func filter<Value>(_ name: String, due: String, _ read: (String) -> Value?) throws(Problem) -> Value? {
        guard let text = query.text(name) else { return nil }
        guard let value = read(text) else { throw Problem.bad("the filter “\(name)” is “\(SafeText.line(text, limit: 60))”, due is \(due)") }
        return value
    }
}

extension Problem {
    static let wrongCursor = Problem.bad("the cursor is none that a page named", hint: "Begin with the first page again.")
}

extension PollQuery.Cursor {
    /// "MILLISECONDS.ID", as ``Stores/PollRecord/cursorText`` writes it; nil for anything else.
    init?(parsing text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...15).contains(parts[0].utf8.count), (1...18).contains(parts[1].utf8.count),
            text.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) }), let milliseconds = Int64(parts[0]), let id = Int64(parts[1])
        else { return nil }
        self.init(startedAt: Date(timeIntervalSince1970: Double(milliseconds) / 1000), id: id)
    }
}

extension PollRecord {
    var cursorText: String { "\(Int64((startedAt.timeIntervalSince1970 * 1000).rounded())).\(id)" }

    /// The members of the JSON form.
    func write(to json: inout JSONWriter) {
        json.member("id", Int(id))
        json.member("source", source.text)
        json.member("startedAt", UTCTime.text(startedAt))
        json.member("durationMs", durationMs)
        json.member("outcome", outcome.rawValue)
        json.member("message", message)
        json.member("hint", orNull: hint)
        json.member("servedBy", orNull: servedBy?.text)
        json.member("attempts", attempts)
        json.member("pages", pages)
        json.member("redirects", redirects)
        json.member("bytesOnWire", bytesOnWire)
        json.member("bytesDecoded", bytesDecoded)
        json.key("items")
        items.write(to: &json)
        json.key("evidence")
        evidence.write(to: &json)
        json.member("breaker", breaker.name)
        json.member("end", end)
    }
}
