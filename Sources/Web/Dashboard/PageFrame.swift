import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WireCore

/// What every page has round it: head, navigation, the choice of light and dark, messages.
struct PageFrame: Sendable {
    let assets: Assets

    /// The pages of the navigation, in its order.
    static let places: [(path: String, name: String)] = [
        ("/", "Overview"), ("/sources", "Sources"), ("/costs", "Costs"), ("/briefing", "Briefing"), ("/narratives", "Narratives"),
        ("/signals", "Signals"), ("/articles", "Articles"), ("/jobs", "Jobs"), ("/hosts", "Hosts"), ("/ledger", "Ledger"), ("/audit", "Audit"),
    ]

    /// A page as an answer. `place`: its path in the navigation.
    func page(
        _ title: String, at place: String, _ request: WebRequest, status: Int = 200, isLive: Bool = true, _ body: (inout HTML) -> Void
    ) -> Response {
        page(title, at: place, request.visitor, request.headers, path: request.path, query: request.query, status: status, isLive: isLive, body)
    }

    /// A page that is sent in three pieces: what comes before the room that `body` leaves, what `fill` writes there as it happens, and the
    /// rest. It is not kept up to date besides. `path`: where it can be loaded again.
    func page(
        _ title: String, at place: String, path: String, _ request: WebRequest, _ body: (inout HTML) -> Void,
        filled fill: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        let html = document(title, at: place, request.visitor, request.headers, path: path, query: request.query, isLive: false, body)
        let room = html.room ?? html.bytes.count
        let (head, tail) = (ByteBuffer(bytes: html.bytes[..<room] + [0x0A]), ByteBuffer(bytes: html.bytes[room...]))
        let filled = ResponseBody { writer in
            try await writer.write(head)
            try await fill(&writer)
            try await writer.write(tail)
            try await writer.finish(nil)
        }
        var response = Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"], body: filled)
        response.passOnAtOnce()
        return response
    }

    private func page(
        _ title: String, at place: String?, _ visitor: Visitor, _ headers: HTTPFields, path: String, query: FormFields, status: Int, isLive: Bool,
        _ body: (inout HTML) -> Void
    ) -> Response {
        let html = document(title, at: place, visitor, headers, path: path, query: query, isLive: isLive, body)
        var response = Response.bytes(html.bytes, "text/html; charset=utf-8", status: status)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func document(
        _ title: String, at place: String?, _ visitor: Visitor, _ headers: HTTPFields, path: String, query: FormFields, isLive: Bool,
        _ body: (inout HTML) -> Void
    ) -> HTML {
        var html = HTML()
        html.doctype()
        let theme = ColourScheme(headers)
        html.element("html", .init("lang", "en"), theme == .system ? nil : .init("data-theme", theme.rawValue)) { html in
            html.element("head") { writeHead(title, isLive, to: &$0) }
            html.element("body") { html in
                html.element("a", .class("skip"), .href("#main"), text: "Skip to the page")
                writeSide(place, visitor, theme, path, to: &html)
                html.element("main", .id("main"), .init("tabindex", "-1")) { main in
                    if let message = Message(query["done"]) {
                        main.element("p", .class("message"), .init("role", "status"), text: message.text)
                    }
                    body(&main)
                }
            }
        }
        return html
    }

    private func writeHead(_ title: String, _ isLive: Bool, to html: inout HTML) {
        html.void("meta", .init("charset", "utf-8"))
        html.void("meta", .init("name", "viewport"), .init("content", "width=device-width, initial-scale=1"))
        html.element("title") { $0.outside("\(title) · wiredesk", limit: 200) }
        html.void("link", .init("rel", "icon"), .init("href", assets.path(.icon)), .init("type", "image/svg+xml"))
        html.void("link", .init("rel", "stylesheet"), .init("href", assets.path(.style)))
        html.element("script", .init("src", assets.path(.script)), .flag("defer"), isLive ? .init("data-live", "/live") : nil) { _ in }
    }

    private func writeSide(_ place: String?, _ visitor: Visitor, _ theme: ColourScheme, _ path: String, to html: inout HTML) {
        html.element("header", .class("side")) {
            $0.element("div", .class("rail")) { side in
                side.element("a", .class("brand"), .href("/")) { brand in
                    brand.void("img", .init("src", assets.path(.icon)), .init("alt", ""), .init("width", "22"), .init("height", "22"))
                    brand.text("wiredesk")
                }
                if visitor.mayRead {
                    side.element("nav", .label("Pages")) { nav in
                        for (path, name) in Self.places {
                            nav.element("a", .href(path), path == place ? .init("aria-current", "page") : nil, text: name)
                        }
                    }
                }
                side.element("div", .class("tools")) { tools in
                    writeThemes(theme, path, to: &tools)
                    guard visitor.kind == .session, let token = visitor.formToken else { return }
                    tools.element("form", .init("method", "post"), .init("action", "/logout")) { form in
                        form.hidden(SameOrigin.formField, token)
                        form.element("button", .class("plain"), text: "Log out")
                    }
                }
            }
        }
    }

    /// Three links, so that it works without script: the answer sets a cookie and leads back.
    private func writeThemes(_ theme: ColourScheme, _ path: String, to html: inout HTML) {
        html.element("div", .class("themes"), .init("role", "group"), .label("Colours")) { group in
            for choice in ColourScheme.allCases {
                let target = "/theme?to=\(choice.rawValue)&back=\(PercentEscapes.encoded(path))"
                group.element(
                    "a", .href(target), choice == theme ? .init("aria-current", "true") : nil, .init("rel", "nofollow"), text: choice.name)
            }
        }
    }

    // MARK: - Failures

    /// A page that says what went wrong and what to do.
    func failure(_ problem: Problem, _ visitor: Visitor?, _ headers: HTTPFields) -> Response {
        let visitor = visitor ?? Visitor(kind: .nobody, remote: "")
        var response = page(
            problem.title, at: nil, visitor, headers, path: "/", query: FormFields(), status: problem.status, isLive: false
        ) { main in
            main.element("section", .class("failure")) { section in
                section.element("h1", text: "\(problem.status) \(problem.title)")
                section.element("p") { $0.outside(problem.detail, limit: 2000) }
                if let hint = problem.hint { section.element("p", .class("hint")) { $0.outside(hint, limit: 2000) } }
                section.element("p") { $0.link("/", "Back to the overview") }
            }
        }
        problem.addFields(to: &response)
        return response
    }
}

/// Light, dark, or as the system has it.
enum ColourScheme: String, CaseIterable {
    case system, light, dark

    static let cookie = "wiredesk_theme"

    init(_ headers: HTTPFields) { self = Cookies.value(of: Self.cookie, in: headers).flatMap(ColourScheme.init) ?? .system }

    var name: String {
        switch self {
        case .system: "Auto"
        case .light: "Light"
        case .dark: "Dark"
        }
    }
}

/// What a page says after a change: named in its address, never carried by it.
private enum Message: String {
    case disabled, enabled, polling, cleared, ordered

    init?(_ name: String?) {
        guard let message = name.flatMap(Message.init) else { return nil }
        self = message
    }

    var text: String {
        switch self {
        case .disabled: "The source is disabled. It is not polled from now on."
        case .enabled: "The source is enabled, and is polled at once."
        case .polling: "The source is polled as soon as a place is free; the page shows it when it is done."
        case .cleared: "Expired answers were let go of."
        case .ordered: "The briefing is ordered; the page shows it when it is written."
        }
    }
}
