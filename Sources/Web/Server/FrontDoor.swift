import Foundation
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import WireCore

/// What Hummingbird tells of a request, with the connection it came over.
struct WebContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    var remote: String { channel.remoteAddress?.ipAddress ?? "this machine" }
}

/// Every request comes through here: who is it meant for, who sent it, may they, what comes of it, and how long did it take.
/// The gateway's paths (`/v1/…`) go on to its own routes, which ask for their own keys.
struct FrontDoor: RouterMiddleware {
    let table: RouteTable
    let keeper: Gatekeeper
    let times: RequestTimes
    let pages: PageFrame
    let logger: Logger

    /// The largest body of a form or an API call.
    private static let largestBody = 64 << 10
    /// A body that has not come by then is not waited for.
    private static let bodyDeadline = Duration.seconds(10)

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        let path = request.uri.path
        // Where no token is asked for, the Host is what keeps other sites' pages out; with one, any name may lead here, a proxy's too.
        guard keeper.asksForToken || ListenAddress.isOurs(authority: request.head.authority) else {
            return closing(request, context, Self.misdirected)
        }
        if path.hasPrefix("/v1/") {
            let response = try await next(request, context)
            times.note("/v1/…", request.method, response.status.code, started.duration(to: .now))
            return response
        }
        var (response, place) = await answer(request, context)
        if request.method == .head { response.body = Self.headBody(response.body.contentLength) }
        SecurityFields.add(to: &response)
        times.note(place, request.method, response.status.code, started.duration(to: .now))
        return closing(request, context, response)
    }

    // MARK: - Answers

    private func answer(_ request: Request, _ context: WebContext) async -> (Response, place: String) {
        let path = request.uri.path
        // For the navigation beside a failure.
        var visitor: Visitor? { try? keeper.visitor(request.headers, remote: context.remote) }
        switch table.find(request.method, path) {
        case .route(let route, let parameters):
            // A page may take milliseconds to render, and its thread serves the sockets of all: it is made elsewhere.
            let response = await withTaskExecutorPreference(globalConcurrentExecutor) { await answer(request, context, route, parameters) }
            return (response, route.path)
        case .otherMethods(let methods, let tongue):
            let problem = Problem(
                405, "\(SafeText.line(request.method.rawValue, limit: 20)) is not understood here",
                hint: "This place takes \(methods.joined(separator: ", ")).", allow: methods.joined(separator: ", "))
            return (told(problem, tongue, visitor, request), "(other)")
        case .nothing:
            let isAPI = path.hasPrefix("/api/") || path.hasPrefix("/admin/")
            let problem = Problem.notFound(
                "there is nothing at \(SafeText.line(path, limit: 200))", hint: isAPI ? "GET /openapi.json lists what there is." : nil)
            return (told(problem, isAPI ? .json : .html, visitor, request), "(none)")
        }
    }

    private func answer(_ request: Request, _ context: WebContext, _ route: Route, _ parameters: [String: String]) async -> Response {
        var visitor: Visitor?
        do {
            var asked = WebRequest(
                method: request.method, path: request.uri.path, headers: request.headers, authority: request.head.authority,
                parameters: parameters, visitor: try keeper.visitor(request.headers, remote: context.remote), stream: request.body)
            visitor = asked.visitor
            guard route.access == .open || asked.visitor.mayRead else { throw Problem.unauthorized("this needs the admin token") }
            guard let query = FormFields(parsing: (request.uri.query ?? "")[...]) else {
                throw Problem.bad("the query holds an escape that is none, or bytes that are no UTF-8")
            }
            asked.query = query
            if request.method == .post { asked.body = try await body(of: request) }
            if request.method == .post { try SameOrigin.check(asked, route) }
            return try await route.run(asked)
        } catch let problem as Problem {
            return told(problem, route.tongue, visitor, request)
        } catch let error as DeskError where error.code == .usage || error.code == .config {
            return told(Problem(409, error.message, hint: error.hint), route.tongue, visitor, request)
        } catch let error as DeskError {
            log(error, route)
            return told(Problem(503, error.message, hint: error.hint, retryAfter: 5), route.tongue, visitor, request)
        } catch is CancellationError {
            return told(Problem(503, "the host is stopping", retryAfter: 5), route.tongue, visitor, request)
        } catch {
            log(error, route)
            return told(Problem(500, "this went wrong inside the host; its log says what"), route.tongue, visitor, request)
        }
    }

    private func log(_ error: any Error, _ route: Route) {
        logger.error(
            "a request failed", metadata: ["path": "\(route.path)", "error": "\(SafeText.line(String(describing: error), limit: 500))"])
    }

    private func told(_ problem: Problem, _ tongue: Route.Tongue, _ visitor: Visitor?, _ request: Request) -> Response {
        guard tongue == .html else { return problem.response }
        if problem.status == 401, request.method == .get || request.method == .head {
            return .redirect(to: LogInPage.path(backTo: request.uri.string))
        }
        return pages.failure(problem, visitor, request.headers)
    }

    // MARK: - Bodies

    private func body(of request: Request) async throws(Problem) -> [UInt8] {
        let result = await withTaskGroup(of: Result<ByteBuffer, Problem>.self) { group in
            group.addTask {
                do {
                    return .success(try await request.body.collect(upTo: Self.largestBody))
                } catch {
                    return .failure(Problem(413, "the body is larger than \(ByteCount(Self.largestBody)), or broke off"))
                }
            }
            group.addTask {
                try? await Task.sleep(for: Self.bodyDeadline)
                return .failure(Problem(408, "the body did not come within \(Self.bodyDeadline.short)"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(Problem(500, "nothing came"))
        }
        return Array(buffer: try result.get())
    }

    /// Of an answer that is given before the body was read nobody waits for the rest: the connection ends with it.
    private func closing(_ request: Request, _ context: WebContext, _ response: Response) -> Response {
        let hasBody = request.headers[.contentLength].map { $0 != "0" } ?? (request.headers[.transferEncoding] != nil)
        guard hasBody, request.method != .post || [401, 403, 404, 405, 408, 413, 421, 429].contains(response.status.code) else { return response }
        var response = response
        response.headers[.connection] = "close"
        let (body, channel) = (response.body, context.channel)
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            // The writer is the connection's: what is left of the request goes with it.
            try await body.write(writer)
            channel.close(promise: nil)
        }
        return response
    }

    /// A HEAD's answer says how long the body would be, and brings none.
    private static func headBody(_ length: Int?) -> ResponseBody {
        ResponseBody(contentLength: length) { writer in try await writer.finish(nil) }
    }

    private static var misdirected: Response {
        Response(
            status: .misdirectedRequest, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "This host answers under its own address only.\n")))
    }
}

/// What every answer tells the browser: nothing inline, nothing from elsewhere, no frame, no guessing, no referrer to others. (With
/// `no-referrer` browsers would send `Origin: null` with our own forms, which then could not be told from a stranger's.)
enum SecurityFields {
    private static let fields: [(HTTPField.Name?, String)] = [
        (
            .contentSecurityPolicy,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
                + "base-uri 'none'; frame-ancestors 'none'"
        ),
        (.xContentTypeOptions, "nosniff"), (HTTPField.Name("x-frame-options"), "DENY"), (HTTPField.Name("referrer-policy"), "same-origin"),
        (HTTPField.Name("cross-origin-opener-policy"), "same-origin"), (HTTPField.Name("cross-origin-resource-policy"), "same-origin"),
        (HTTPField.Name("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ]

    static func add(to response: inout Response) {
        for case (let name?, let value) in fields { response.headers[name] = value }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-cache" }
    }
}

/// Whether a change was meant by whoever sends it: other sites' pages can make a browser send requests, with its cookies.
enum SameOrigin {
    private static let fetchSite = HTTPField.Name("sec-fetch-site")
    static let formField = "form_token"
    private static let formHeader = HTTPField.Name("x-form-token")

    /// Throws 403 for what another site's page may have sent. What bears the token was meant. Else a browser says where it comes from
    /// (Fetch Metadata; Origin, RFC 6454), and a form, and whatever comes by cookie, must bring back what our page gave it.
    static func check(_ request: WebRequest, _ route: Route) throws(Problem) {
        guard request.visitor.kind != .token else { return }
        if let fetchSite, let site = request.headers[fetchSite], site != "same-origin" {
            throw Problem(403, "the request comes from another site's page", hint: "Send it from the dashboard, or with the admin token.")
        }
        if let origin = request.headers[.origin], !isOwn(origin, request.authority) {
            throw Problem(403, "the request comes from another origin", hint: "Send it from the dashboard, or with the admin token.")
        }
        guard route.tongue == .html || request.visitor.kind == .session else { return }
        // A log-in form has no visitor yet; its token is that of the page that served it.
        guard let due = request.visitor.formToken else { return }
        let shown = formHeader.flatMap { request.headers[$0] } ?? FormFields(parsing: String(decoding: request.body, as: UTF8.self)[...])?[formField]
        guard let shown, ConstantTime.areEqual(shown, due) else {
            throw Problem(403, "the form is out of date", hint: "Load the page again, then repeat the change.")
        }
    }

    private static func isOwn(_ origin: String, _ authority: String?) -> Bool {
        guard let authority, let colon = origin.firstIndex(of: ":"), origin[colon...].hasPrefix("://") else { return false }
        return origin[colon...].dropFirst(3).lowercased() == authority.lowercased()
    }
}
