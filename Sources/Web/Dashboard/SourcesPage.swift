import Costs
import FoundationEssentials
import Host
import Hummingbird
import Stores
import WireCore

/// Every source: how it is doing, its last polls, when it is due, what it brought, what it cost.
struct SourcesPage {
    let parts: DeskParts
    let frame: PageFrame
    /// Rows of a page: a registry may have thousands.
    private static let rows = 100

    var routes: [Route] { [Route(.get, "/sources", .read) { request in try await show(request) }] }

    private struct Row {
        var report: SourceReport
        var polls: [PollRecord]
        var fresh: Int
        var cost: MoneySum
    }

    private func show(_ request: WebRequest) async throws -> Response {
        let all = try await parts.sourceReports()
        let words = request.query.text("q")?.lowercased() ?? ""
        let status = try request.filter("status", due: "a source's status, such as well") { SourceStatus(rawValue: $0) }
        let matching = all.filter { report in
            (status.map { $0 == report.status } ?? true) && (words.isEmpty || report.source.searchable.contains(words))
        }
        let first = min(max(request.query.text("from").flatMap { Int($0) } ?? 0, 0), max(matching.count - 1, 0))
        let shown = Array(matching.dropFirst(first).prefix(Self.rows))
        let rows = try await rows(shown)
        return frame.page("Sources", at: "/sources", request) { main in
            main.title("Sources", Self.summary(all))
            writeFilter(request, status, all, to: &main)
            main.element("section", .class("card flush"), .id("list"), .flag("data-fresh")) { section in
                guard !rows.isEmpty else {
                    return all.isEmpty
                        ? section.empty(
                            "The registry has no source yet.", "`wiredesk sources add URL` finds the feed behind an address and enters it.")
                        : section.empty("No source matches.", "Clear the filter to see all \(all.count).")
                }
                write(rows, request, to: &section)
            }
            let rest = matching.count - first - shown.count
            if rest > 0 { main.more(Self.path(words, status, from: first + Self.rows)) }
        }
    }

    private static func path(_ words: String, _ status: SourceStatus?, from: Int) -> String {
        "/sources?q=\(PercentEscapes.encoded(words))&status=\(status?.rawValue ?? "")&from=\(from)"
    }

    private static func summary(_ all: [SourceReport]) -> String {
        let counts = SourceStatus.allCases.compactMap { status in
            let count = all.count { $0.status == status }
            return count == 0 ? nil : "\(count) \(status.rawValue)"
        }
        return "\(all.count.counted("source")): \(counts.joined(separator: ", "))"
    }

    private func rows(_ reports: [SourceReport]) async throws -> [Row] {
        let fresh = try await parts.store.articleCounts(since: parts.now.addingTimeInterval(-86_400))
        let costs = Dictionary(
            try await parts.spending().groups(by: .source).map { ($0.name, $0.cost) }, uniquingKeysWith: { first, _ in first })
        var rows: [Row] = []
        for report in reports {
            let id = report.source.id
            rows.append(
                Row(
                    report: report, polls: try await parts.store.polls(of: id, limit: 24), fresh: fresh[id] ?? 0,
                    cost: costs[id.text] ?? MoneySum()))
        }
        return rows
    }

    private func writeFilter(_ request: WebRequest, _ status: SourceStatus?, _ all: [SourceReport], to html: inout HTML) {
        html.element("form", .class("filter"), .init("method", "get"), .init("action", "/sources"), .init("role", "search")) { form in
            form.element("label") { label in
                label.text("Find ")
                label.void("input", .init("type", "search"), .init("name", "q"), .init("value", request.query["q"] ?? ""), .init("maxlength", "100"))
            }
            form.element("label") { label in
                label.text("State ")
                label.element("select", .init("name", "status")) { select in
                    select.element("option", .init("value", ""), text: "all")
                    for choice in SourceStatus.allCases {
                        select.element(
                            "option", .init("value", choice.rawValue), choice == status ? .flag("selected") : nil,
                            text: "\(choice.rawValue) (\(all.count { $0.status == choice }))")
                    }
                }
            }
            form.element("button", text: "Show")
        }
    }

    private func write(_ rows: [Row], _ request: WebRequest, to html: inout HTML) {
        let columns: [HTML.Column] = [
            .init("State"), .init("Source", isLong: true), .init("Last polls", .minor), .init("Last", .least), .init("Next"),
            .init("24 h", isNumber: true, .minor),
            .init("Articles", isNumber: true, .least), .init("Cost, month", isNumber: true, .least), .init("Act", .minor),
        ]
        html.table("Sources", columns, rows) { row, cells in
            let report = row.report
            let source = report.source
            cells.cell { $0.pill(report.status.tone, report.status.rawValue) }
            cells.cell { cell in
                cell.element("strong") { $0.link("/sources/\(source.id)", source.id.text) }
                cell.element("span", .class("tag"), text: source.kind.name)
                for tag in source.tags.prefix(4) { cell.element("span", .class("tag")) { $0.outside(tag, limit: 30) } }
                if !report.remark.isEmpty { cell.element("div", .class("remark")) { $0.outside(report.remark, limit: 180) } }
            }
            cells.cell { $0.strip(row.polls) }
            cells.cell { $0.ago(report.state?.lastPollAt, report.now) }
            cells.cell { $0.until(report.nextPollAt, report.now) }
            cells.number(row.fresh)
            cells.number(report.articles)
            cells.money(row.cost)
            cells.cell { cell in
                if report.status == .disabled {
                    cell.action("/sources/\(source.id)/enable", "Enable", request.visitor, label: "Enable \(source.id)")
                } else {
                    cell.action("/sources/\(source.id)/poll", "Poll now", request.visitor, label: "Poll \(source.id) now")
                }
            }
        }
    }
}

extension SourceConfiguration {
    fileprivate var searchable: String { ([id.text, kind.name, note ?? ""] + tags).joined(separator: " ").lowercased() }
}
