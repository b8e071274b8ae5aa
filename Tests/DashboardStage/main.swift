// A desk on a stage, for tests in a real browser: DashboardStage FOLDER full|empty|broken. It fills a store with the same news in every run,
// lets its clock stand still, serves everything on a free port of 127.0.0.1 and prints its address. WIREDESK_ADMIN_TOKEN is heeded.
// It asks nothing of the network: sources answer as the stage has them answer.

import Fetch
import Foundation
import Host
import Logging
import SQLiteStore
import Stores
import Web
import WireCore

let arguments = CommandLine.arguments
guard arguments.count == 3, let scene = Scene(rawValue: arguments[2]) else {
    FileHandle.standardError.write(Data("usage: DashboardStage FOLDER full|empty|broken\n".utf8))
    exit(64)
}

try await Stage(folder: arguments[1], scene: scene).play()

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

/// Answers every request with a bot wall, so that a diagnosis has something to tell.
struct BotWall: DocumentFetching {
    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
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
