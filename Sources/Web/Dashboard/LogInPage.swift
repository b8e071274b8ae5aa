import HTTPTypes
import Hummingbird
import WireCore

/// Logging in and out, and the choice of colours.
struct LogInPage {
    let parts: DeskParts
    let frame: PageFrame
    let keeper: Gatekeeper

    var routes: [Route] {
        [
            Route(.get, "/login", .open) { request in show(request, wrong: nil) },
            Route(.post, "/login", .open) { request in try await logIn(request) },
            Route(.post, "/logout", .open) { request in try await logOut(request) },
            Route(.get, "/theme", .open) { request in theme(request) },
        ]
    }

    /// Where somebody logs in who wanted to go elsewhere.
    static func path(backTo path: String) -> String {
        path == "/" ? "/login" : "/login?back=" + PercentEscapes.encoded(String(path.prefix(500)))
    }

    private func show(_ request: WebRequest, wrong: String?, status: Int = 200) -> Response {
        guard !request.visitor.mayRead else { return .redirect(to: Self.localPath(request.query["back"])) }
        return frame.page("Log in", at: "/login", request, status: status, isLive: false) { main in
            main.element("section", .class("log-in")) { section in
                section.element("h1", text: "Log in")
                if let wrong { section.element("p", .class("message bad"), .init("role", "alert"), text: wrong) }
                section.element("form", .init("method", "post"), .init("action", "/login")) { form in
                    form.hidden("back", Self.localPath(request.query["back"]))
                    form.element("label", .init("for", "token"), text: "Admin token")
                    form.void(
                        "input", .init("type", "password"), .id("token"), .init("name", "token"), .init("autocomplete", "current-password"),
                        .flag("required"), .flag("autofocus"), .init("maxlength", "1024"))
                    form.element("button", .class("main"), text: "Log in")
                }
                section.element("p", .class("dim")) { note in
                    note.text("It is the value of ")
                    note.element("code", text: AdminToken.variable)
                    note.text(" that the host was started with.")
                }
            }
        }
    }

    private func logIn(_ request: WebRequest) async throws -> Response {
        let form = try request.form()
        var again = request
        again.query = form
        switch keeper.logIn(form["token"] ?? "", remote: request.visitor.remote) {
        case .opened(let id):
            _ = try await parts.change("session.open", nil, by: Visitor(kind: .session, remote: request.visitor.remote)) {}
            var response = Response.redirect(to: Self.localPath(form["back"]))
            response.headers[.setCookie] =
                "\(Gatekeeper.cookie)=\(id); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(Int(Sessions.longest))\(Self.secure(request))"
            return response
        case .wrong: return show(again, wrong: "This is not the token.", status: 401)
        case .throttled(let seconds):
            var response = show(
                again, wrong: "Too many wrong tokens came from this address. Try again in \(Duration.seconds(seconds).short).", status: 429)
            response.headers[.retryAfter] = String(seconds)
            return response
        }
    }

    private func logOut(_ request: WebRequest) async throws -> Response {
        if request.visitor.kind == .session {
            _ = try await parts.change("session.close", nil, by: request.visitor) { keeper.logOut(request.headers) }
        }
        var response = Response.redirect(to: "/login")
        response.headers[.setCookie] = "\(Gatekeeper.cookie)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0\(Self.secure(request))"
        return response
    }

    private func theme(_ request: WebRequest) -> Response {
        let theme = request.query["to"].flatMap(ColourScheme.init) ?? .system
        var response = Response.redirect(to: Self.localPath(request.query["back"]))
        response.headers[.setCookie] = "\(ColourScheme.cookie)=\(theme.rawValue); Path=/; SameSite=Strict; Max-Age=31536000\(Self.secure(request))"
        return response
    }

    /// A path of this host; anything that could lead elsewhere becomes "/".
    static func localPath(_ path: String?) -> String {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.count <= 1000,
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x5C })
        else { return "/" }
        return path
    }

    private static let forwarded = HTTPField.Name("x-forwarded-proto")

    /// Behind a proxy that speaks TLS the cookie never leaves in the clear.
    private static func secure(_ request: WebRequest) -> String {
        forwarded.flatMap { request.headers[$0] }?.lowercased() == "https" ? "; Secure" : ""
    }
}

extension WebRequest {
    /// The body as a form's fields. Throws 400 for what is none.
    func form() throws(Problem) -> FormFields {
        guard let form = FormFields(parsing: String(decoding: body, as: UTF8.self)[...]) else { throw .bad("the form cannot be read") }
        return form
    }
}
