// Demo: a newsroom on loopback, for `wiredesk demo` and for tests. Read in this order: DemoSource (the thirteen and their quirks),
// StoryDesk (the invented news), FeedRendering (documents), DemoNewsroom (the server), DemoDay (a host at work on it, and the checks).
// Tests: Tests/DemoTests.

public import FoundationEssentials
import HTTPTypes
import Hummingbird
import Inflate
import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization
public import WireCore

/// Thirteen sources on 127.0.0.1, publishing over the desk's time. Equal seeds and times give equal bytes.
public final class DemoNewsroom: Service {
    private let clock: any DeskClock
    private let start: Date
    private let stories: [String: [Story]]
    private let counts = Mutex<[String: Int]>([:])
    private let ports = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
    /// How long the slow source takes, in the machine's time.
    private let slowness: Duration
    /// Who answers `/v1/messages`.
    public let model = DemoModel()

    /// `start`: midnight UTC of the demo's first day; the world has two days of past by then, and `days` of future.
    public init(seed: UInt64, clock: any DeskClock, start: Date, days: Int = 2, slowness: Duration = .seconds(2)) {
        self.clock = clock
        self.start = start
        self.slowness = slowness
        var stories: [String: [Story]] = [:]
        for (index, source) in DemoSource.all.enumerated() where source.shape != .api {
            stories[source.id] = StoryDesk.stories(
                of: source.id, number: (index + 1) * 100_000, perDay: source.perDay, from: start.addingTimeInterval(-2 * 86_400),
                days: 2 + max(2, days), seed: seed)
        }
        // The API and the feed carry the same articles. One syndicated piece appears in two outlets.
        stories["coindesk-api"] = stories["coindesk"]
        self.stories = stories
    }

    /// The port, once the server listens; nil when it never does.
    public func port() async -> Int? {
        for await port in ports.stream { return port }
        return nil
    }

    /// How often each source has been asked.
    public var requests: [String: Int] { counts.withLock { $0 } }

    /// When the API turns to HTML.
    public var turn: Date { start.addingTimeInterval(8 * 3600) }

    /// The stories of a span that each source but the API publishes, oldest first; for filing them without a poll.
    func stories(from: Date, to: Date) -> [(source: String, stories: [Story])] {
        DemoSource.all.filter { $0.shape != .api && $0.quirk != .botWall }.map { source in
            (source.id, (stories[source.id] ?? []).filter { $0.publishedAt >= from && $0.publishedAt < to })
        }
    }

    /// What a source had published by an instant, newest first.
    public func published(_ id: String, by instant: Date) -> [String] { visible(id, at: instant).map(\.headline) }

    private func visible(_ id: String, at instant: Date) -> [Story] {
        let all = stories[id] ?? []
        // A weekly source: its latest piece is three days old.
        if id == "glassnode" { return Array(all.prefix(2).reversed()) }
        return Array(all.prefix { $0.publishedAt <= instant }.reversed())
    }

    // MARK: - The server

    /// Serves until the task is cancelled or a graceful shutdown begins.
    public func run() async throws {
        let router = Router()
        router.get("/news/v1/article/list") { request, _ in self.answer(DemoSource.all[0], request) }
        for source in DemoSource.all where source.shape != .api {
            router.get(RouterPath(source.path)) { request, _ in self.answer(source, request) }
        }
        router.post("/v1/messages") { [model] request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let answer = model.answer(Array(body.readableBytesView))
            return Response(
                status: .init(code: answer.status), headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        }
        router.get("/site/{id}") { _, context in Self.sitePage(context.parameters.get("id") ?? "") }
        router.get("/glassnode/old-feed") { _, _ in Response(status: .movedPermanently, headers: [.location: "/glassnode/feed"]) }
        var quiet = Logger(label: "newsroom") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        let ports = ports.continuation
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0), serverName: "newsroom"),
            onServerRunning: { channel in
                ports.yield(channel.localAddress?.port ?? 0)
                ports.finish()
            }, logger: quiet)
        try await Self.serve(application)
    }

    /// Ends in good order also when the task is cancelled: NIO takes a server that is torn down in the middle of an answer for a fault.
    private static func serve(_ application: some Service) async throws {
        var quiet = Logger(label: "newsroom") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [.init(service: application)], logger: quiet))
        // Not a child task, so that the cancellation does not reach it; it ends with the group, which is awaited.
        let serving = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }

    private func answer(_ source: DemoSource, _ request: Request) -> Response {
        counts.withLock { $0[source.id, default: 0] += 1 }
        let now = clock.now()
        switch source.quirk {
        case .botWall: return Self.page(.tooManyRequests, "Vercel Security Checkpoint", headers: [("x-vercel-mitigated", "challenge")])
        case .turnsToHTML where now >= turn: return Self.page(.ok, "CoinDesk: news of the day", headers: [])
        default: break
        }
        var shown = visible(source.id, at: now)
        if source.shape == .api { shown = Self.paged(shown, request) }
        let window = Array(shown.prefix(source.window))
        let etag = "\"\(source.id)-\(window.first?.number ?? 0)-\(window.count)\""
        if request.headers[.ifNoneMatch] == etag, source.shape != .api { return Response(status: .notModified, headers: [.eTag: etag]) }
        let host = request.head.authority ?? "127.0.0.1"
        let rendering = FeedRendering(source: source, origin: "http://\(host)", stories: window)
        return deliver(Array(rendering.document.utf8), source, [.contentType: rendering.contentType, .eTag: etag])
    }

    private func deliver(_ bytes: [UInt8], _ source: DemoSource, _ headers: HTTPFields) -> Response {
        var headers = headers
        if source.id == "dlnews", let packed = Deflater.gzip(bytes) {
            headers[.contentEncoding] = "gzip"
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: packed)))
        }
        guard source.quirk == .slow else {
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        let pieces = 10
        let pause = slowness / pieces
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                for index in 0..<pieces {
                    let range = bytes.count * index / pieces..<bytes.count * (index + 1) / pieces
                    try await writer.write(ByteBuffer(bytes: bytes[range]))
                    try await Task.sleep(for: pause)
                }
                try await writer.finish(nil)
            })
    }

    /// `to_ts` and `limit` of the API.
    private static func paged(_ stories: [Story], _ request: Request) -> [Story] {
        let until = request.uri.queryParameters["to_ts"].flatMap { Double(String($0)) } ?? .infinity
        let limit = request.uri.queryParameters["limit"].flatMap { Int(String($0)) } ?? 10
        return Array(stories.lazy.filter { $0.publishedAt.timeIntervalSince1970 <= until }.prefix(max(1, min(limit, 100))))
    }

    /// An outlet's front page, which names its feed.
    private static func sitePage(_ id: String) -> Response {
        let html = """
            <!DOCTYPE html>
            <html><head><title>\(id.filter(\.isLetter))</title>
            <link rel="alternate" type="application/rss+xml" title="News" href="/\(id.filter(\.isLetter))/feed"></head><body></body></html>
            """
        return Response(
            status: .ok, headers: [.contentType: "text/html"], body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private static func page(_ status: HTTPResponse.Status, _ title: String, headers: [(String, String)]) -> Response {
        var fields: HTTPFields = [.contentType: "text/html; charset=utf-8"]
        for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        let html = "<!DOCTYPE html>\n<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    // MARK: - Its registry

    /// The text of a Plugins.json that lists the newsroom.
    public static func registryText(port: Int) -> String {
        let entries = DemoSource.all.map { source in
            var members = [
                "\"id\": \"\(source.id)\"", "\"kind\": \"\(source.shape == .api ? "coindesk" : "feed")\"",
                "\"url\": \"http://127.0.0.1:\(port)\(source.id == "glassnode" ? "/glassnode/old-feed" : source.path)\"",
            ]
            if source.shape == .api { members += ["\"interval\": \"15m\"", "\"fallback\": \"coindesk\""] }
            if source.id == "glassnode" { members.append("\"expects\": \"14d\"") }
            if !source.note.isEmpty { members.append("\"note\": \"\(source.note)\"") }
            return "    { \(members.joined(separator: ", ")) }"
        }
        return """
            {
              "version": 1,
              "defaults": { "interval": { "min": "5m", "max": "30m" } },
              "network": { "allowPrivate": ["127.0.0.1/32"] },
              "sources": [
            \(entries.joined(separator: ",\n"))
              ]
            }

            """
    }
}
