// A desk on a stage, for tests in a real browser: DashboardStage FOLDER full|empty|broken [URL]. It fills a store with the same news in every run,
// lets its clock stand still, serves everything on a free port of 127.0.0.1 and prints its address. WIREDESK_ADMIN_TOKEN is heeded.
// It asks nothing of the network: sources answer as the stage has them answer, except for “thedefiant”, which lies at URL if one is given.

import Fetch
import Foundation
import Host
import Logging
import SQLiteStore
import Stores
import Web
import WireCore

let arguments = CommandLine.arguments
guard 3...4 ~= arguments.count, let scene = Scene(rawValue: arguments[2]) else {
    FileHandle.standardError.write(Data("usage: DashboardStage FOLDER full|empty|broken [URL]\n".utf8))
    exit(64)
}

try await Stage(folder: arguments[1], scene: scene, realURL: arguments.dropFirst(3).first).play()

/// What is shown.
enum Scene: String {
    /// A day's work, with two sick sources and an alert.
    case full
    /// A desk that has just begun: no source, no article, no call.
    case empty
    /// Much is wrong: the registry's file is broken, jobs fail, the budget is spent.
    case broken
}

/// Time that stands still.
struct StillClock: DeskClock {
    /// 2026-11-24T14:05:00Z.
    let instant = Date(timeIntervalSince1970: 1_795_529_100)
    func now() -> Date { instant }
    func sleep(until: Date) async throws { try await Task.sleep(for: .seconds(3600)) }
}

/// Answers requests with a bot wall, so that a diagnosis has something to tell; those to this machine it lets through.
struct BotWall: DocumentFetching {
    private let real: CurlFetcher

    init() throws {
        var configuration = FetcherConfiguration()
        configuration.policy = try AddressPolicy(parsing: "127.0.0.1/32")
        real = CurlFetcher(configuration: configuration)
    }

    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        if request.url.hasPrefix("http://127.0.0.1:") { return await real.fetch(request, permit: permit) }
        var hop = FetchTrace.Hop(url: request.url, endedMs: 61)
        (hop.status, hop.address, hop.tls) = (403, "192.0.2.7", "TLSv1.3")
        (hop.resolvedMs, hop.connectedMs, hop.securedMs, hop.firstByteMs) = (4, 15, 31, 58)
        var trace = FetchTrace()
        trace.hops = [hop]
        return .document(
            Document(
                url: request.url, status: 403,
                headers: [HTTPHeader(name: "content-type", value: "text/html"), HTTPHeader(name: "cf-mitigated", value: "challenge")],
                body: Array("<!doctype html><title>Just a moment...</title>".utf8), trace: trace))
    }
}
