import Fetch
import Foundation
import Host
import LLM
import Logging
import Newsroom
import SQLiteStore
import Stores
import Web
import WireCore

/// The stage: registry, store, newsroom and server.
struct Stage {
    let folder: String
    let scene: Scene
    /// Where the source “thedefiant” really answers.
    let realURL: String?
    let clock = StillClock()

    private var registryPath: String { folder + "/Plugins.json" }

    func play() async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try registryText.write(toFile: registryPath, atomically: true, encoding: .utf8)
        let file = RegistryFile(path: registryPath)
        let registry = try file.load()
        let store = try SQLiteStore(path: folder + "/wiredesk.db")
        let news = StagedNews(store: store, clock: clock, registry: registry)
        if scene != .empty { try await news.file(isSpent: scene == .broken) }
        let logger = Logger(label: "stage") { _ in SwiftLogNoOpLogHandler() }
        let fetcher = try BotWall()
        let poller = SourcePoller(store: store, fetcher: fetcher, clock: clock, environment: [:], logger: logger)
        let desk = Desk(registry: Registry(), poller: poller, policy: .unrestricted, clock: clock, logger: logger)
        // Enters the sources into the schedule, as a running desk does; nobody is there to poll them.
        try await desk.replace(registry)
        if scene == .broken {
            try "{ \"version\": 1, \"sources\": [ { \"id\": \"decrypt\", \"knd\": \"feed\" } ] }".write(
                toFile: registryPath, atomically: true, encoding: .utf8)
        }
        let check = FileCheck(file)
        let newsroom = StagedNewsroom(store: store, scene: scene, now: clock.instant)
        if scene != .empty { try await newsroom.fill() }
        let parts = DeskParts(
            desk: desk, store: store, newsroom: newsroom.door(registry.newsroom.schedule),
            actions: SourceActions(file: file, desk: desk, fetcher: fetcher, store: store, clock: clock, environment: [:]),
            registryProblem: { check.problem }, restingModels: { [scene, clock] in scene == .broken ? [Self.restingModel(at: clock.instant)] : [] },
            clock: clock, logger: logger)
        let server = try WebServer(
            address: ListenAddress(parsing: "127.0.0.1:0"), isOptional: false, parts: parts,
            token: try AdminToken.read(ProcessInfo.processInfo.environment),
            onListening: { url in FileHandle.standardOutput.write(Data("\(url)\n".utf8)) })
        try await server.run()
    }

    private static func restingModel(at now: Date) -> RestingModel {
        RestingModel(
            name: "anthropic/claude-haiku-4-5", since: now.addingTimeInterval(-600), until: now.addingTimeInterval(120),
            cause: "anthropic answered 200 with text/html: \(StagedNews.hostile[0])")
    }

    private var registryText: String {
        guard scene != .empty else { return "{ \"version\": 1, \"sources\": [] }\n" }
        let limits =
            scene == .broken
            ? #"{ "daily": "0.60", "monthly": "9" }"#
            : #"{ "daily": "2", "monthly": "20", "operations": { "briefing_generation": { "daily": "0.50" } } }"#
        let sources = StagedNews.names.map { name, kind in
            let tags = kind == "coindesk" ? #""api", "markets""# : #""markets""#
            let fallback = name == "coindesk-api" ? #", "fallback": "coindesk""# : ""
            let held =
                name == "glassnode"
                ? #", "disabled": { "by": "mara", "reason": "publishes monthly; asked to pause until December", "at": "2026-11-20T09:00:00Z", "until": "2026-12-01T00:00:00Z" }"#
                : ""
            let invented = kind == "coindesk" ? "https://data-api.coindesk.com" : "https://\(name).example/feed.xml"
            let url = name == "thedefiant" ? realURL ?? invented : invented
            return #"    { "id": "\#(name)", "kind": "\#(kind)", "url": "\#(url)", "expects": "12h", "tags": [\#(tags)]\#(fallback)\#(held) }"#
        }
        return """
            {
              "version": 1,
              "gateway": { "timeZone": "America/New_York", "budgets": \(limits), "alerts": { "daily": "0.50", "monthProjected": "10" } },
              "sources": [
            \(sources.joined(separator: ",\n"))
              ]
            }

            """
    }
}
