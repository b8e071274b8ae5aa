import Costs
import Fetch
import FoundationEssentials
import HTTPTypes
public import Hummingbird
public import LLM
import NIOCore
public import Stores
public import WireCore

/// The model gateway over HTTP: `POST /v1/messages` and `/v1/chat/completions`, `/v1/messages/count_tokens`, `GET /v1/models`.
///
/// Translates HTTP to a ``ModelCall`` and back; what the provider says passes through as it is.
public struct GatewayRoutes: Sendable {
    private static let posts = ["/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions"]
    private static let gets = ["/v1/models", "/v1/models/:id"]
    private let gateway: Gateway
    private let keys: KeyRing
    /// The largest request: what Anthropic takes.
    private static let largestRequest = 32 << 20
    /// A request of more bytes is not read on a thread that serves others too: they would wait.
    private static let longWork = 64 << 10

    public init(gateway: Gateway, store: any LedgerStore, clock: any DeskClock) {
        self.gateway = gateway
        keys = KeyRing(store: store, clock: clock)
    }

    public func add<Context: RequestContext>(to router: Router<Context>) {
        router.post("/v1/messages") { request, _ in await call(request, .messages) }
        router.post("/v1/chat/completions") { request, _ in await call(request, .chat) }
        router.post("/v1/messages/count_tokens") { request, _ in await countTokens(request) }
        router.get("/v1/models") { request, _ in await models(request, only: nil) }
        router.get("/v1/models/:id") { request, context in await models(request, only: context.parameters.get("id")) }
        // Every method of every other address; of those that are served, the methods that are not.
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
            let served = method == .post ? Self.posts : method == .get ? Self.gets : []
            for path in ["/v1/**"] + Self.posts + Self.gets where !served.contains(path) {
                router.on(RouterPath(path), method: method) { request, _ in Self.unserved(request) }
            }
        }
    }

    // MARK: - Calls

    private func call(_ request: Request, _ shape: WireShape) async -> Response {
        let id = ModelCall.newID()
        do throws(GatewayRefusal) {
            let call = try await modelCall(request, shape, id: id)
            guard call.body.count > Self.longWork else {
                return Self.response(await withTaskExecutorPreference(OnTheSpotExecutor.shared) { await gateway.answer(call) })
            }
            return Self.response(await withTaskExecutorPreference(globalConcurrentExecutor) { await gateway.answer(call) })
        } catch {
            return Self.response(error.answer(to: id, in: shape))
        }
    }

    private func countTokens(_ request: Request) async -> Response {
        let id = ModelCall.newID()
        do throws(GatewayRefusal) {
            let call = try await modelCall(request, .messages, id: id)
            return Self.response(await gateway.countTokens(call))
        } catch {
            return Self.response(error.answer(to: id, in: .messages))
        }
    }

    private func modelCall(_ request: Request, _ shape: WireShape, id: String) async throws(GatewayRefusal) -> ModelCall {
        let key = try await key(of: request)
        var body: [UInt8]
        do {
            body = Array(buffer: try await request.body.collect(upTo: Self.largestRequest))
        } catch {
            throw GatewayRefusal(.tooLarge, "the request is larger than \(ByteCount(Self.largestRequest)), or broke off")
        }
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { body.removeFirst(3) }
        let operation = request.headers[Self.operation].flatMap { Self.isOperation($0) ? $0 : nil } ?? "gateway"
        var call = ModelCall(
            id: id, shape: shape, body: body, headers: Self.passedOn(request.headers), purpose: CallPurpose(operation: operation, key: key.name),
            limits: SpendingLimits(daily: key.daily, monthly: key.monthly))
        call.usesCache = !(request.headers[.cacheControl]?.lowercased().contains("no-") ?? false)
        return call
    }

    private func key(of request: Request) async throws(GatewayRefusal) -> GatewayKey {
        let bearer = request.headers[.authorization].flatMap { $0.lowercased().hasPrefix("bearer ") ? String($0.dropFirst(7)) : nil }
        guard let secret = request.headers[Self.apiKey].flatMap({ $0.isEmpty ? nil : $0 }) ?? bearer else {
            throw GatewayRefusal(.unauthorized, "no key: send one that `wiredesk keys create NAME` made, as x-api-key or as a bearer token")
        }
        let key: GatewayKey?
        do {
            key = try await keys.key(for: secret.filter { $0 != " " })
        } catch {
            throw GatewayRefusal(.ledger, "keys cannot be read: \(SafeText.line(String(describing: error), limit: 200))", retryAfter: .seconds(5))
        }
        guard let key else {
            throw GatewayRefusal(.unauthorized, "this key is not known, or was revoked; `wiredesk keys list` shows the names of those that are")
        }
        return key
    }

    private static let apiKey = field("x-api-key")
    private static let operation = field("x-wiredesk-operation")
    private static let callID = field("x-wiredesk-call-id")
    private static let cost = field("x-wiredesk-cost-usd")
    private static let cache = field("x-wiredesk-cache")
    private static let requestID = field("request-id")
    private static let openAIRequestID = field("x-request-id")
    private static let anthropicVersion = field("anthropic-version")

    private static func field(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .server }

    /// "entity_extraction", "briefing.v2": letters, digits, `_`, `-`, `.`, `:`; 64 at most.
    private static func isOperation(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x5F, 0x2D, 0x2E, 0x3A].contains($0)
            }
    }

    /// What the provider should see of the caller's fields: its own API's, and nothing about the caller.
    private static func passedOn(_ fields: HTTPFields) -> [HTTPHeader] {
        fields.compactMap { field in
            let name = field.name.canonicalName
            guard name.hasPrefix("anthropic-") || name.hasPrefix("openai-") || ["accept", "idempotency-key", "x-client-request-id"].contains(name)
            else { return nil }
            return HTTPHeader(name: name, value: field.value)
        }
    }

    // MARK: - Answers

    private static func response(_ answer: ModelAnswer) -> Response {
        var fields = HTTPFields()
        for header in answer.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        fields[callID] = answer.callID
        // Each SDK reads its own provider's name of it.
        let id = fields[requestID] ?? fields[openAIRequestID] ?? answer.callID
        (fields[requestID], fields[openAIRequestID]) = (fields[requestID] ?? id, fields[openAIRequestID] ?? id)
        if answer.isCached { fields[cache] = "hit" }
        let status = HTTPResponse.Status(code: answer.status)
        switch answer.body {
        case .whole(let bytes):
            fields[cost] = (answer.cost ?? .zero).dollars
            return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .stream(let stream):
            // What it costs is known at its end only.
            fields[.trailer] = cost.canonicalName
            return Response(status: status, headers: fields, body: ResponseBody { writer in try await write(stream, to: &writer) })
        }
    }

    /// A caller that has gone makes the write fail; the provider is then heard out without it.
    private static func write(_ stream: AnswerStream, to writer: inout any ResponseBodyWriter) async throws {
        do {
            while let piece = try await stream.next() { try await writer.write(ByteBuffer(bytes: piece)) }
        } catch {
            stream.abandon()
            throw error
        }
        var trailers = HTTPFields()
        trailers[cost] = (await stream.cost ?? .zero).dollars
        try await writer.finish(trailers)
    }

    // MARK: - Models

    /// The priced models, in a list that both SDKs read.
    private func models(_ request: Request, only id: String?) async -> Response {
        do throws(GatewayRefusal) {
            _ = try await key(of: request)
            let models = gateway.servedModels.filter { id == nil || $0.id == id || $0.aliases.contains(id ?? "") }
            if id != nil, models.isEmpty {
                throw GatewayRefusal(.unpriced, "the model is not in the price table; GET /v1/models lists those that are")
            }
            var json = JSONWriter(capacity: 8192)
            if id != nil {
                for model in models.prefix(1) { Self.write(model, to: &json) }
            } else {
                json.object { root in
                    root.member("object", "list")
                    root.key("data")
                    root.array { list in models.forEach { Self.write($0, to: &list) } }
                    root.member("has_more", false)
                    root.member("first_id", orNull: models.first?.id)
                    root.member("last_id", orNull: models.last?.id)
                }
            }
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
        } catch {
            return Self.response(error.answer(to: ModelCall.newID(), in: Self.isAnthropic(request) ? .messages : .chat))
        }
    }

    /// The SDKs offer more than is served here; one that asks for it is told in its own shape.
    private static func unserved(_ request: Request) -> Response {
        let refusal = GatewayRefusal(
            .notFound,
            "\(request.method.rawValue) \(SafeText.line(request.uri.path, limit: 100)) is not served here; what is: POST /v1/messages, "
                + "/v1/messages/count_tokens and /v1/chat/completions, GET /v1/models")
        return response(refusal.answer(to: ModelCall.newID(), in: isAnthropic(request) ? .messages : .chat))
    }

    private static func isAnthropic(_ request: Request) -> Bool { request.headers[apiKey] != nil || request.headers[anthropicVersion] != nil }

    private static func write(_ model: PricedModel, to json: inout JSONWriter) {
        let since = model.prices.first?.from ?? Date(timeIntervalSince1970: 0)
        json.object {
            $0.member("id", model.id)
            $0.member("type", "model")
            $0.member("object", "model")
            $0.member("display_name", model.id)
            $0.member("created_at", UTCTime.text(since))
            $0.member("created", Int(since.timeIntervalSince1970))
            $0.member("owned_by", model.provider)
        }
    }
}
