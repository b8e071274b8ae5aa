import Costs
import FoundationEssentials
import Hummingbird
import Stores
import WireCore

/// The ledger, entry by entry; and the audit, change by change.
struct LedgerPage {
    let parts: DeskParts
    let frame: PageFrame
    private static let rows = 50

    var routes: [Route] {
        [
            Route(.get, "/ledger", .read) { request in try await ledger(request) },
            Route(.get, "/audit", .read) { request in try await audit(request) },
        ]
    }

    private func query(_ request: WebRequest) throws(Problem) -> LedgerQuery {
        var query = LedgerQuery(limit: Self.rows)
        query.isNewestFirst = true
        query.operation = request.query.text("operation")
        query.key = request.query.text("key")
        query.source = request.query.text("source").flatMap { SourceID($0) }
        query.from = try Self.day(request.query.text("from"))
        query.to = try Self.day(request.query.text("to"))
        query.after = request.query.text("after")
        return query
    }

    private static func day(_ text: String?) throws(Problem) -> LedgerPeriod? {
        guard let text else { return nil }
        guard text.utf8.count == 10, UTCTime.parse(text) != nil else { throw .bad("“\(SafeText.line(text, limit: 20))” is no day; write 2026-11-24") }
        return LedgerPeriod(text)
    }

    private func ledger(_ request: WebRequest) async throws -> Response {
        let query = try query(request)
        let entries: [LedgerEntry]
        do {
            entries = try await parts.store.entries(query)
        } catch let error as DeskError where error.code == .usage {
            throw Problem.wrongCursor
        }
        let isFiltered = query.operation != nil || query.key != nil || query.source != nil || query.from != nil || query.to != nil
        return frame.page("Ledger", at: "/ledger", request, isLive: query.after == nil) { main in
            main.title(
                "Ledger",
                "One line for each attempt that reached a provider, or was answered from the cache. Lines are never changed after their end.")
            writeFilter(request, to: &main)
            main.element("section", .class("card flush"), .id("list")) { section in
                guard !entries.isEmpty else {
                    return isFiltered
                        ? section.empty("No entry matches.", "Clear a field of the filter.")
                        : section.empty(
                            "No model has been called yet.",
                            "`wiredesk keys create NAME` makes a key for a program; the gateway is at /v1/messages and /v1/chat/completions.")
                }
                Self.write(entries, now: parts.now, to: &section)
            }
            guard entries.count == Self.rows, let last = entries.last else { return }
            let fields = request.query.pairs.filter { $0.name != "after" } + [("after", last.id)]
            main.more("/ledger?" + fields.map { "\(PercentEscapes.encoded($0.name))=\(PercentEscapes.encoded($0.value))" }.joined(separator: "&"))
        }
    }

    private func writeFilter(_ request: WebRequest, to html: inout HTML) {
        html.element("form", .class("filter"), .init("method", "get"), .init("action", "/ledger"), .init("role", "search")) { form in
            for (name, label, type) in [
                ("operation", "Operation", "text"), ("key", "Key", "text"), ("source", "Source", "text"), ("from", "From", "date"),
                ("to", "To", "date"),
            ] {
                form.element("label") { html in
                    html.text(label + " ")
                    html.void("input", .init("type", type), .init("name", name), .init("value", request.query[name] ?? ""), .init("maxlength", "200"))
                }
            }
            form.element("button", text: "Show")
        }
    }

    private static func write(_ entries: [LedgerEntry], now: Date, to html: inout HTML) {
        let columns: [HTML.Column] = [
            .init("When"), .init("Status", isLong: true, .minor), .init("Operation"), .init("Model", .minor), .init("For", .least),
            .init("In", isNumber: true, .minor),
            .init("Out", isNumber: true, .minor), .init("Cost", isNumber: true), .init("Call", isLong: true, .least),
        ]
        html.table("Ledger entries, newest first", columns, entries) { entry, row in
            row.cell { $0.ago(entry.at, now) }
            row.cell { cell in
                cell.pill(entry.status.tone, entry.status.rawValue)
                if let note = entry.note { cell.element("div", .class("remark")) { $0.outside(note, limit: 160) } }
            }
            row.cell { cell in
                cell.outside(entry.purpose.operation, limit: 64)
                guard entry.status != .settled else { return }
                cell.element("div", .class("narrow-only")) { $0.pill(entry.status.tone, entry.status.rawValue) }
            }
            row.cell { cell in
                cell.element("span", .class("name"), .init("title", entry.provider)) { $0.outside(entry.model, limit: 80) }
            }
            row.cell { cell in
                if let source = entry.purpose.source { cell.link("/sources/\(source)", source.text) }
                if let article = entry.purpose.article { cell.link("/articles/\(article)", " article \(article)") }
                if let key = entry.purpose.key { cell.element("span", .class("tag")) { $0.outside("key \(key)", limit: 60) } }
            }
            row.number(entry.usage.promptTokens)
            row.number(entry.usage.outputTokens)
            row.cell { cell in
                if entry.status == .reserved {
                    cell.element("span", .class("dim")) { $0.text("≤ \(Figures.dollars(entry.bound))") }
                } else {
                    cell.money(MoneySum(entry.cost))
                }
            }
            row.cell { cell in cell.element("code") { $0.outside(entry.id, limit: 60) } }
        }
    }

    // MARK: - Audit

    private func audit(_ request: WebRequest) async throws -> Response {
        let entries = try await parts.store.auditEntries(before: try request.number("before"), limit: Self.rows)
        return frame.page("Audit", at: "/audit", request) { main in
            main.title("Audit", "Every change that was asked for here or through the API: who, what, when, and whether it succeeded.")
            main.element("section", .class("card flush"), .id("list"), .flag("data-fresh")) { section in
                guard !entries.isEmpty else {
                    return section.empty("Nothing has been changed yet.", "Disabling a source, polling it, logging in: each leaves a line here.")
                }
                let columns: [HTML.Column] = [
                    .init("When"), .init("Who"), .init("What"), .init("Of", isLong: true), .init("Particulars", isLong: true, .minor),
                    .init("Came of it", isLong: true),
                ]
                section.table("Changes, newest first", columns, entries) { entry, row in
                    row.cell { $0.instant(entry.at) }
                    row.text(entry.actor, limit: 80)
                    row.cell { cell in cell.element("code", .class("name")) { $0.outside(entry.action, limit: 60) } }
                    row.text(entry.subject ?? "—", limit: 80)
                    row.text(entry.detail ?? "", limit: 300)
                    row.cell { cell in
                        cell.pill(entry.failure == nil ? .good : .bad, entry.failure == nil ? "done" : "failed")
                        if let failure = entry.failure { cell.element("div", .class("remark")) { $0.outside(failure, limit: 300) } }
                    }
                }
            }
            if entries.count == Self.rows, let last = entries.last { main.more("/audit?before=\(last.id)") }
        }
    }
}
