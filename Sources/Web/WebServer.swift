// Web: HTTP at the desk's door. Read in this order: WebServer, Server/FrontDoor (who may what), Route, API/Endpoint (a route and its
// description in one), the Endpoints+… files, Dashboard/HTML (escapes by construction), PageFrame, the …Page files, GatewayRoutes. This room
// translates HTTP to the rooms below and back, and decides nothing. Tests: Tests/WebTests, and with a real process Tests/CommandsTests.

import FoundationEssentials
import HTTPTypes
import Host
import Hummingbird
import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
public import WireCore

/// Answers everything that is asked of the desk over HTTP: status, metrics, admin API, dashboard and the model gateway.
public struct WebServer: Service {
    private let address: ListenAddress
    private let parts: DeskParts
    private let token: AdminToken?
    private let gateway: GatewayRoutes?
    private let polls: PollCounters
    /// The default port may be taken by another program; then the desk works without this server and says so.
    private let isOptional: Bool
    private let onListening: @Sendable (String) -> Void
    /// A request whose head has not come by then, and a connection on which no further one comes, is closed.
    private static let patience = TimeAmount.seconds(8)
    /// Connections at a time; further ones wait until one has ended.
    private static let mostConnections = 1024

    /// - Parameters:
    ///   - polls: what the desk's observer tells of every poll.
    ///   - onListening: told the address, "http://127.0.0.1:8080".
    public init(
        address: ListenAddress, isOptional: Bool, parts: DeskParts, token: AdminToken?, gateway: GatewayRoutes? = nil,
        polls: PollCounters = PollCounters(), onListening: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(DeskError) {
        try address.check(against: token)
        self.address = address
        self.isOptional = isOptional
        var parts = parts
        parts.news = polls.news
        self.parts = parts
        self.token = token
        self.gateway = gateway
        self.polls = polls
        self.onListening = onListening
    }

    /// One thread for all sockets, for as long as the process lives: the last of a connection's work may come after the server's end.
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    public func run() async throws {
        let logger = parts.logger
        var quiet = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    // Bounds on a request's head: no field of ours is longer.
                    idleTimeout: Self.patience,
                    httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "wiredesk",
                availableConnectionsDelegate: .maximum(Self.mostConnections, logger: quiet)),
            onServerRunning: { channel in
                let host = address.host.contains(":") ? "[\(address.host)]" : address.host
                let url = "http://\(host):\(channel.localAddress?.port ?? address.port)"
                logger.notice("listening", metadata: ["address": "\(url)"])
                onListening(url)
            }, eventLoopGroupProvider: .shared(Self.threads), logger: quiet)
        let end: Result<Void, any Error>
        do {
            end = .success(
                try await withGracefulShutdownHandler {
                    try await withTaskExecutorPreference(EventLoopExecutor(Self.threads.next())) { try await application.run() }
                } onGracefulShutdown: {
                    polls.news.finish()
                })
        } catch {
            end = .failure(error)
        }
        do {
            try end.get()
        } catch is CancellationError {
        } catch {
            let cause = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? String(describing: error)
            let reason = SafeText.line(cause, limit: 200)
            guard isOptional else {
                // No fault of the configuration: the other program may be gone at the next start.
                throw DeskError(.failure, "cannot listen on \(address.host):\(address.port): \(reason)", hint: "Choose another port with --listen.")
            }
            logger.warning(
                "the port is taken by another program; dashboard, API, gateway, /health and /metrics are not served until the next start",
                metadata: ["port": "\(address.port)", "error": "\(reason)", "hint": "choose another with --listen HOST:PORT"])
            try? await gracefulShutdown()
        }
    }

    /// All that is answered, behind the front door.
    private var router: Router<WebContext> {
        let keeper = Gatekeeper(token: token, clock: parts.clock)
        let frame = PageFrame(assets: Assets())
        let times = RequestTimes()
        let router = Router(context: WebContext.self)
        router.add(
            middleware: FrontDoor(
                table: RouteTable(routes(keeper, frame, times)), keeper: keeper, times: times, pages: frame, logger: parts.logger))
        gateway?.add(to: router)
        return router
    }

    private func routes(_ keeper: Gatekeeper, _ frame: PageFrame, _ times: RequestTimes) -> [Route] {
        let endpoints = APIEndpoints(
            parts: parts, metrics: DeskMetrics(parts: parts, polls: polls, times: times), asksForToken: keeper.asksForToken
        ).all
        let pages =
            OverviewPage(parts: parts, frame: frame).routes + SourcesPage(parts: parts, frame: frame).routes
            + SourcePage(parts: parts, frame: frame).routes + CostsPage(parts: parts, frame: frame).routes
            + BriefingPage(parts: parts, frame: frame).routes + NarrativesPage(parts: parts, frame: frame).routes
            + ArticlesPage(parts: parts, frame: frame).routes + JobsPage(parts: parts, frame: frame).routes
            + HostsPage(parts: parts, frame: frame).routes + LedgerPage(parts: parts, frame: frame).routes
            + LogInPage(parts: parts, frame: frame, keeper: keeper).routes
        return endpoints.map(\.route) + pages + frame.assets.routes + [LiveRoute(news: polls.news).route]
    }
}
