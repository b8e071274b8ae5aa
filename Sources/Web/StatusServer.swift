// Web: HTTP at the desk's door. For now it tells how the desk is doing: /health, /ready and /metrics. The admin API, the dashboard and
// the model gateway will live here; this room translates and decides nothing. Tests: Tests/CommandsTests (with a real process).

import FoundationEssentials
import HTTPTypes
public import Host
import Hummingbird
public import Logging
import NIOCore
import NIOPosix
import Resilience
public import ServiceLifecycle
public import Stores
public import WireCore

/// Where to listen: "127.0.0.1:8080", "[::1]:0". Only this machine's own addresses, as long as there is no token to ask for.
public struct ListenAddress: Sendable, Equatable {
    public var host: String
    /// 0: any free port.
    public var port: Int

    /// Throws `usage` for what is no address, and `config` for one that others could reach.
    public init(parsing text: String) throws(DeskError) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
            throw DeskError(.usage, "--listen “\(SafeText.line(text, limit: 60))” is no HOST:PORT", hint: "Write 127.0.0.1:8080.")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard Self.isLoopback(host) else {
            throw DeskError(
                .config, "--listen \(SafeText.line(text, limit: 60)) could be reached from other machines, which this version does not protect",
                hint: "Listen on 127.0.0.1 and put a proxy that asks for a password in front.")
        }
        self.host = host
        self.port = port
    }

    /// True for the names and addresses that always mean this machine; "127.0.0.1.example" is none of them.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && !parts.contains(nil) && parts[0] == 127
    }

    /// True when a request's Host field (RFC 9110, 7.2) names this machine. A name that leads here by somebody else's name server does
    /// not: a page in a browser could read the answers by it (DNS rebinding). Requests without the field come from no browser.
    static func isOurs(authority: String?) -> Bool {
        guard var host = authority?[...], !host.isEmpty else { return true }
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            host = host[host.index(after: host.startIndex)..<end]
        } else if let colon = host.lastIndex(of: ":") {
            host = host[..<colon]
        }
        return isLoopback(String(host.hasSuffix(".") ? host.dropLast() : host))
    }
}

/// Refuses requests that are meant for another host.
private struct OwnHostOnly<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard ListenAddress.isOurs(authority: request.head.authority) else {
            return Response(
                status: .misdirectedRequest, headers: [.contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "This host answers under its own address only.\n")))
        }
        return try await next(request, context)
    }
}

/// Answers `/health`, `/ready` and `/metrics`.
public struct StatusServer: Service {
    private let address: ListenAddress
    private let desk: Desk
    private let store: any DeskStore
    private let gateway: GatewayRoutes?
    private let clock: any DeskClock
    private let logger: Logger
    /// The default port may be taken by another program; then the desk works without this server and says so.
    private let isOptional: Bool
    /// A request whose head has not come by then, and a connection on which no further one comes, is closed.
    private static let patience = TimeAmount.seconds(8)
    /// Connections at a time; further ones wait until one has ended.
    private static let mostConnections = 1024

    public init(
        address: ListenAddress, isOptional: Bool, desk: Desk, store: any DeskStore, gateway: GatewayRoutes? = nil, clock: any DeskClock,
        logger: Logger
    ) {
        self.address = address
        self.isOptional = isOptional
        self.desk = desk
        self.store = store
        self.gateway = gateway
        self.clock = clock
        self.logger = logger
    }

    public func run() async throws {
        let router = Router()
        router.add(middleware: OwnHostOnly())
        router.get("/health") { _, _ in Self.json(.ok, #"{"status":"ok","service":"wiredesk"}"#) }
        router.get("/ready") { _, _ in await self.ready() }
        router.get("/metrics") { _, _ in try await self.metrics() }
        gateway?.add(to: router)
        let logger = logger
        var quiet = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let application = Application(
            router: router, server: .http1(configuration: .init(idleTimeout: Self.patience)),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "wiredesk",
                availableConnectionsDelegate: .maximum(Self.mostConnections, logger: quiet)),
            onServerRunning: { channel in
                let host = address.host.contains(":") ? "[\(address.host)]" : address.host
                logger.notice("listening", metadata: ["address": "http://\(host):\(channel.localAddress?.port ?? address.port)"])
            }, eventLoopGroupProvider: .shared(threads), logger: quiet)
        let end: Result<Void, any Error>
        do {
            end = .success(try await withTaskExecutorPreference(EventLoopExecutor(threads.next())) { try await application.run() })
        } catch {
            end = .failure(error)
        }
        try? await threads.shutdownGracefully()
        do {
            try end.get()
        } catch is CancellationError {
        } catch {
            let reason = SafeText.line(String(describing: error), limit: 200)
            guard isOptional else {
                throw DeskError(.config, "cannot listen on \(address.host):\(address.port): \(reason)", hint: "Choose another port with --listen.")
            }
            logger.warning(
                "the port is taken by another program; /health, /ready and /metrics are not served",
                metadata: ["port": "\(address.port)", "error": "\(reason)", "hint": "choose another with --listen HOST:PORT"])
            try? await gracefulShutdown()
        }
    }

    private static func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// Ready when the store answers.
    private func ready() async -> Response {
        do {
            _ = try await store.polls(of: nil, limit: 1)
            return Self.json(.ok, #"{"status":"ready"}"#)
        } catch {
            var writer = JSONWriter()
            writer.object {
                $0.member("status", "not ready")
                $0.member("reason", SafeText.line(String(describing: error), limit: 300))
            }
            return Self.json(.serviceUnavailable, writer.text)
        }
    }

    /// Prometheus' text format, version 0.0.4.
    private func metrics() async throws -> Response {
        let registry = await desk.currentRegistry
        let states = try await store.sourceStates()
        let counts = try await store.articleCounts()
        let now = clock.now()
        var page = MetricsPage()
        page.add("wiredesk_sources", "Sources in the registry.", "gauge", [("", Double(registry.sources.count))])
        page.add(
            "wiredesk_breaker_state", "0 closed, 1 open, 2 half-open, 3 disabled, 4 forced open, 5 metrics only.", "gauge",
            registry.sources.map { (label($0), Double(states[$0.id]?.breaker.state.rawValue ?? 0)) })
        page.add(
            "wiredesk_consecutive_failures", "Failed polls in a row.", "gauge",
            registry.sources.map { (label($0), Double(states[$0.id]?.breaker.consecutiveFailures ?? 0)) })
        page.add(
            "wiredesk_source_enabled", "1 unless an operator has disabled it.", "gauge",
            registry.sources.map { (label($0), $0.isEnabled(at: now) ? 1 : 0) })
        page.add(
            "wiredesk_last_success_timestamp_seconds", "When it last answered as it should.", "gauge",
            registry.sources.compactMap { source in
                states[source.id]?.lastSuccessAt.map { (label(source), $0.timeIntervalSince1970.rounded()) }
            })
        page.add("wiredesk_articles", "Articles stored.", "gauge", registry.sources.map { (label($0), Double(counts[$0.id] ?? 0)) })
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
    }

    /// Ids hold no character that a label would have to escape.
    private func label(_ source: SourceConfiguration) -> String { "{source=\"\(source.id)\"}" }
}

/// A page of metrics as Prometheus reads it.
private struct MetricsPage {
    private(set) var text = ""

    mutating func add(_ name: String, _ help: String, _ type: String, _ samples: [(label: String, value: Double)]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for (label, value) in samples {
            text += "\(name)\(label) \(value == value.rounded() ? String(Int(value)) : String(value))\n"
        }
    }
}
