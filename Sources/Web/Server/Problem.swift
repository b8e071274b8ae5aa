import HTTPTypes
import Hummingbird
import NIOCore
import WireCore

/// Why a request was not answered as it wished (RFC 9457). Says what was seen and what to do; nothing of the host's inside.
struct Problem: Error, Sendable, Equatable {
    var status: Int
    /// What happened, this time.
    var detail: String
    /// What to do about it.
    var hint: String?
    /// Seconds to wait.
    var retryAfter: Int?
    /// The methods that the place knows.
    var allow: String?

    init(_ status: Int, _ detail: String, hint: String? = nil, retryAfter: Int? = nil, allow: String? = nil) {
        self.status = status
        self.detail = detail
        self.hint = hint
        self.retryAfter = retryAfter
        self.allow = allow
    }

    static func notFound(_ detail: String, hint: String? = nil) -> Problem { Problem(404, detail, hint: hint) }
    static func bad(_ detail: String, hint: String? = nil) -> Problem { Problem(400, detail, hint: hint) }

    static func unauthorized(_ detail: String) -> Problem {
        Problem(401, detail, hint: "Send the admin token as Authorization: Bearer … or X-API-Key, or log in at /login.")
    }

    /// The reason phrase.
    var title: String { Self.titles[status] ?? "Problem" }

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
        409: "Conflict", 413: "Content Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests", 500: "Internal Server Error",
        503: "Service Unavailable",
    ]

    var bytes: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("type", "about:blank")
            $0.member("title", title)
            $0.member("status", status)
            $0.member("detail", detail)
            $0.member(ifPresent: "hint", hint)
        }
        return json.bytes
    }

    static let contentType = "application/problem+json"

    var response: Response {
        var response = Response.bytes(bytes, Self.contentType, status: status)
        response.headers[.cacheControl] = "no-store"
        addFields(to: &response)
        return response
    }

    /// The header fields that go with the status.
    func addFields(to response: inout Response) {
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        if let allow { response.headers[.allow] = allow }
        if status == 401 { response.headers[.wwwAuthenticate] = "Bearer realm=\"wiredesk\"" }
    }
}

extension Response {
    static func bytes(_ bytes: [UInt8], _ contentType: String, status: Int = 200) -> Response {
        Response(
            status: HTTPResponse.Status(code: status), headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// "See other": the answer to a form is a page that can be loaded again.
    static func redirect(to path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"])
    }
}
