import ArgumentParser
import Fetch
import Foundation
import Host
import LLM
import Logging
import Newsroom
import ServiceLifecycle
import Stores
import UnixSignals
import Web
import WireCore

/// `wiredesk run`: the host.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Polls every source of the registry, reads what comes, and writes briefings, for ever.",
        discussion: """
            Takes a changed registry or price table over at once, and on SIGHUP; a wrong one changes nothing. Ends on SIGINT or SIGTERM within seconds;
            whatever was filed is on disk. Logs go to stderr.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "Where dashboard, admin API and gateway are served (default 127.0.0.1:8080; other machines only with WIREDESK_ADMIN_TOKEN).")
    var listen: String?
    @Option(help: "What this host does: poll, enrich, web, or several separated by commas; all by default.") var roles = "all"

    /// What a host can do: poll sources; make something of articles (enrichment, narratives, briefings, alerts); serve HTTP.
    private enum Role: String, CaseIterable {
        case poll, enrich, web

        /// "newsroom" is the name that `enrich` had before.
        init?(word: String) { self.init(rawValue: word == "newsroom" ? "enrich" : word) }
    }

    private static let defaultListen = "127.0.0.1:8080"

    private func chosenRoles() throws -> Set<Role> {
        if roles == "all" { return Set(Role.allCases) }
        let hint = "The roles are \(Role.allCases.map(\.rawValue).joined(separator: ", ")) and all."
        let words = roles.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        guard !words.isEmpty else { throw DeskError(.usage, "--roles names none: the host would have nothing to do", hint: hint) }
        return Set(
            try words.map { word in
                guard let role = Role(word: word) else {
                    throw DeskError(.usage, "there is no role “\(SafeText.line(word, limit: 40))”", hint: hint)
                }
                return role
            })
    }

    func run() async throws {
        HostMemory.keepSmall()
        try await reportingErrors {
            let workspace = try Workspace(global, defaultLogLevel: .info)
            let roles = try chosenRoles()
            let address = try ListenAddress(parsing: listen ?? Self.defaultListen)
            let token = try AdminToken.read(workspace.environment)
            try address.check(against: token)
            let own = workspace.sharesRegistry ? nil : try workspace.registry()
            let lock = try workspace.data.lockForHost()
            let store = try workspace.openStore()
            let sharing = try workspace.sharing(through: store)
            let registry = if let own { own } else { try await workspace.registry(sharedBy: sharing) }
            let fetcher = try workspace.fetcher(registry)
            let presence = HostPresence(
                roles: roles.map(\.rawValue).sorted(), version: Version.text, store: store, clock: SystemClock(), logger: workspace.logger)
            let poller = SourcePoller(
                store: store, fetcher: fetcher, clock: SystemClock(), environment: workspace.environment, logger: workspace.logger,
                presence: presence)
            let polls = PollCounters()
            let desk = Desk(
                registry: registry, poller: poller, policy: try workspace.policy(registry), clock: SystemClock(), logger: workspace.logger,
                presence: presence, observer: { polls.note($0) })
            greet(registry, workspace)
            let exchanger = workspace.exchanger()
            let delivery = try workspace.delivery(registry, store: store, exchanger: exchanger)
            let gateway = try workspace.gateway(registry, store: store, exchanger: exchanger, delivery: delivery)
            await desk.follow { try await workspace.follow($0, gateway, delivery) }
            let staff = NewsroomStaff(
                store: store, models: ModelDesk(gateway: gateway), registry: { await desk.currentRegistry }, delivery: delivery, clock: SystemClock(),
                logger: workspace.logger)
            let jobs = JobRunner(
                performer: staff, store: store, owner: .own, clock: SystemClock(), logger: workspace.logger, presence: presence)
            presence.describe {
                var work = roles.contains(.poll) ? await desk.work : HostWork()
                work.jobs = await jobs.jobsUnderWay
                return work
            }
            try await presence.enter()
            let errands = Errands()
            let parts = workspace.deskParts(
                desk: desk, store: store, presence: presence, fetcher: fetcher, isPolling: roles.contains(.poll), gateway: gateway,
                newsroom: NewsroomDoor(staff: staff, jobs: jobs, store: store, errands: errands))
            let status = try WebServer(
                address: address, isOptional: listen == nil, parts: parts, token: token,
                gateway: GatewayRoutes(gateway: gateway, store: store, clock: SystemClock()), polls: polls,
                onListening: { presence.setAddress($0) })
            // The first to begin is the last to end: this host leaves when it holds nothing any more.
            var services: [any Service] = [presence]
            if roles.contains(.poll) { services.append(desk) }
            if roles.contains(.enrich) {
                services.append(jobs)
                let role = Role.enrich.rawValue
                // What a living host is sending is its own.
                if presence.isAlone(in: role) { await staff.resumeDeliveries() }
                presence.whenDead { entry in
                    if entry.roles.contains(role), presence.isChosen(for: "deliveries", role: role) { await staff.resumeDeliveries() }
                }
            }
            if roles.contains(.web) || roles.contains(.enrich) {
                let upkeep = GatewayUpkeep(gateway: gateway, store: store, clock: SystemClock(), logger: workspace.logger)
                await upkeep.begin()
                services.append(upkeep)
            }
            if roles.contains(.web) { services.append(status) }
            let (edits, edit) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            if let sharing {
                services.append(SharingLoop(sharing, logger: workspace.logger, edits: edits) { try await desk.replace($0) })
            }
            try await serve(
                services,
                watching: [
                    WatchedFile("registry", path: workspace.registryFile.path, changes: edit) {
                        try await desk.replace(try workspace.registryFile.load())
                    },
                    WatchedFile("price table", path: workspace.pricesPath) { try workspace.takeOverPrices(gateway) },
                ], LastCall { await exchanger.shutdown() }, workspace)
            await jobs.finish()
            await errands.finish(within: .seconds(3))
            await delivery.finish()
            await gateway.finish()
            await exchanger.shutdown()
            await fetcher.shutdown()
            try await store.close()
            withExtendedLifetime(lock) {}
            workspace.logger.notice("stopped")
        }
    }

    private func greet(_ registry: Registry, _ workspace: Workspace) {
        let now = SystemClock().now()
        let enabled = registry.sources.count { $0.isEnabled(at: now) }
        workspace.logger.notice(
            "wiredesk \(Version.text) polls \(enabled) of \(registry.sources.count.counted("source"))",
            metadata: ["registry": "\(workspace.registryFile.path)", "data": "\(workspace.data.path)", "pid": "\(getpid())"])
    }

    private func serve(
        _ services: [any Service], watching files: [WatchedFile], _ lastCall: LastCall, _ workspace: Workspace
    ) async throws {
        let (reloads, reload) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let signals = await UnixSignalsSequence(trapping: .sighup)
        let watcher = FileWatcher(files, logger: workspace.logger, reloads: reloads)
        var quiet = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (services + [watcher, HangUp(signals: signals, reload: reload), StartForgetting(), lastCall]).map { .init(service: $0) },
                gracefulShutdownSignals: [.sigint, .sigterm], logger: quiet))
        try await group.run()
    }
}

/// Turns SIGHUP into a reload.
private struct HangUp: Service {
    let signals: UnixSignalsSequence
    let reload: AsyncStream<Void>.Continuation

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() { reload.yield() }
    }
}

/// Ends what stands still at a provider when the host is to stop: a model that has fallen silent would hold it up for minutes, and service
/// managers kill after 90 s. The calls are booked at their bounds.
private struct LastCall: Service {
    /// What calls under way are given to end by themselves.
    private static let patience = Duration.seconds(15)
    let cutOff: @Sendable () async -> Void

    func run() async throws {
        try? await gracefulShutdown()
        // Belongs to the process, which usually ends first.
        Task {
            try? await Task.sleep(for: Self.patience)
            await cutOff()
        }
    }
}
