import FoundationEssentials
import HTTPTypes
import Hummingbird
import LLM
import WireCore

/// One operation of the API: the route that answers it and its description are made from the same value, so that they cannot drift apart.
struct Endpoint: Sendable {
    struct Parameter: Sendable {
        enum Place: String, Sendable { case path, query }
        var name: String
        var place = Place.query
        var shape: Shape
        var note: String
        /// What holds when it is not given, for the description.
        var standard: Int?

        static func path(_ name: String, _ shape: Shape, _ note: String) -> Self {
            Self(name: name, place: .path, shape: shape, note: note)
        }
        static func query(_ name: String, _ shape: Shape, _ note: String, standard: Int? = nil) -> Self {
            Self(name: name, shape: shape, note: note, standard: standard)
        }
    }

    /// What comes back when all is well.
    enum Success: Sendable {
        case json(Int, Shape)
        case text(String)
    }

    var method: HTTPRequest.Method
    var path: String
    /// The operation's id.
    var name: String
    var summary: String
    var group: String
    var access: Route.Access
    var parameters: [Parameter] = []
    /// The JSON body; no operation needs one.
    var body: Shape?
    var success: Success
    /// Further statuses that a problem may have, beside those that every operation of its kind may have.
    var problems: [Int] = []
    /// False: query fields that are not described are passed over, as the old clients of these paths may send them.
    var isStrict = true
    var run: @Sendable (APICall) async throws -> APIAnswer

    var route: Route {
        Route(method, path, access, .json) { request in
            let call = try APICall(request, self)
            return Self.response(try await run(call), request)
        }
    }

    /// Reads carry a tag of their bytes; who has them already gets none.
    private static func response(_ answer: APIAnswer, _ request: WebRequest) -> Response {
        var response = Response.bytes(answer.bytes, answer.contentType, status: answer.status)
        if let next = answer.next, let link = HTTPField.Name("link") { response.headers[link] = "<\(next)>; rel=\"next\"" }
        guard request.method != .post, answer.status == 200 else { return response }
        return EntityTag.tag(response, answer.bytes, request)
    }
}

/// Entity tags (RFC 9110, 8.8.3).
enum EntityTag {
    static func tag(_ response: Response, _ bytes: [UInt8], _ request: WebRequest) -> Response {
        let tag = "\"\(SHA256.hex(bytes).prefix(32))\""
        var response = response
        if isNamed(tag, in: request.headers[.ifNoneMatch]) {
            response = Response(status: .notModified)
        }
        response.headers[.eTag] = tag
        return response
    }

    /// A proxy that compresses may have made the tag a weak one.
    private static func isNamed(_ tag: String, in field: String?) -> Bool {
        guard let field else { return false }
        return field == "*" || field.split(separator: ",").contains { $0.drop { $0 == " " }.replacing("W/", with: "").prefix { $0 != " " } == tag }
    }
}

/// A request of the API whose parameters were found to be as described.
struct APICall: Sendable {
    let request: WebRequest
    private let fields: JSONNode?

    init(_ request: WebRequest, _ endpoint: Endpoint) throws(Problem) {
        self.request = request
        for parameter in endpoint.parameters {
            let values = parameter.place == .path ? [request.parameters[parameter.name] ?? ""] : Self.values(of: parameter.name, in: request)
            guard values.count <= 1 || !endpoint.isStrict else { throw .bad("\(parameter.name) is given \(values.count) times") }
            guard let fault = values.lazy.compactMap({ parameter.shape.fault(of: $0) }).first else { continue }
            throw .bad("\(parameter.name) \(fault)", hint: parameter.note)
        }
        if endpoint.isStrict {
            let known = endpoint.parameters.filter { $0.place == .query }.map(\.name)
            if let stray = request.query.pairs.first(where: { !known.contains($0.name) }) {
                let nearest = NearestName.of(stray.name, among: known)
                throw .bad(
                    "there is no query parameter “\(SafeText.line(stray.name, limit: 60))”",
                    hint: nearest.map { "Did you mean \($0)?" } ?? (known.isEmpty ? "It takes none." : "It takes \(known.joined(separator: ", "))."))
            }
        }
        fields = try Self.body(request, endpoint)
    }

    private static func values(of name: String, in request: WebRequest) -> [String] {
        request.query.pairs.filter { $0.name == name }.map(\.value)
    }

    private static func body(_ request: WebRequest, _ endpoint: Endpoint) throws(Problem) -> JSONNode? {
        guard let shape = endpoint.body, !request.body.isEmpty else { return nil }
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased() ?? ""
        guard type == "application/json" else { throw Problem(415, "the body is no application/json", hint: "Send JSON, or no body.") }
        let node: JSONNode
        do {
            node = try JSONReader.read(request.body, maximumDepth: 16)
        } catch {
            throw .bad("the body is no JSON at byte \(error.offset): \(error.message)")
        }
        if let fault = shape.fault(of: node) { throw .bad("the body \(fault)") }
        return node
    }

    subscript(_ name: String) -> String? { request.parameters[name] ?? request.query.text(name) }
    func int(_ name: String, default standard: Int) -> Int { self[name].flatMap { Int($0) } ?? standard }
    func flag(_ name: String, default standard: Bool) -> Bool { self[name].map { $0 == "true" } ?? standard }
    func instant(_ name: String) -> Date? { self[name].flatMap(UTCTime.parse) }
    /// A member of the body.
    func field(_ name: String) -> String? { fields?[name]?.string }

    func sourceID(_ name: String) -> SourceID? { self[name].flatMap { SourceID($0) } }

    /// The place of this request with another cursor.
    func path(cursor: String) -> String {
        let others = request.query.pairs.filter { $0.name != "cursor" }.map {
            "\(PercentEscapes.encoded($0.name))=\(PercentEscapes.encoded($0.value))"
        }
        return request.path + "?" + (others + ["cursor=" + PercentEscapes.encoded(cursor)]).joined(separator: "&")
    }
}

/// What an operation answers with.
struct APIAnswer: Sendable {
    var status = 200
    var contentType = "application/json"
    var bytes: [UInt8]
    /// Where the next page is.
    var next: String?

    /// A JSON object whose members `body` writes.
    static func object(_ status: Int = 200, _ body: (inout JSONWriter) throws -> Void) rethrows -> APIAnswer {
        var json = JSONWriter(capacity: 4096)
        try json.object(body)
        return APIAnswer(status: status, bytes: json.bytes)
    }

    /// A page of a list: `items` and `nextCursor`, null on the last one.
    static func page<T>(_ items: [T], of call: APICall, next: String?, _ write: (T, inout JSONWriter) -> Void) -> APIAnswer {
        var answer = object { json in
            json.key("items")
            json.array { list in
                for item in items { list.object { write(item, &$0) } }
            }
            json.member("nextCursor", orNull: next)
        }
        answer.next = next.map { call.path(cursor: $0) }
        return answer
    }
}

extension Shape {
    /// What ``APIAnswer/page(_:of:next:_:)`` writes.
    static func page(_ name: String) -> Shape {
        .object([
            .always("items", .list(.named(name))),
            .always("nextCursor", Shape.text.orNull.noted("Behind it the next page begins; null: this is the last.")),
        ])
    }
}

extension JSONWriter {
    /// A rounded number that old clients read, and beside it the exact amount.
    mutating func money(_ name: String, _ amount: String, rounded: String) {
        key(escaping: name)
        number(asWritten: rounded)
        key(escaping: name + "_exact")
        string(amount)
    }

    mutating func member(_ name: StaticString, orNull value: Date?) { member(name, orNull: value.map(UTCTime.text)) }

    /// A finite number in its shortest form; null for what is none.
    mutating func member(_ name: StaticString, _ value: Double?) {
        key(name)
        guard let value, value.isFinite else { return null() }
        number(asWritten: value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value))
    }
}
