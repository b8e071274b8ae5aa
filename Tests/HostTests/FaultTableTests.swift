import Fetch
import Foundation
import Host
import Inflate
import Logging
import Resilience
import SQLiteStore
import SourcePlugins
import Stores
import TestSupport
import Testing
import WireCore

/// A source that misbehaves: what its server does, and what must come of it.
struct Fault: Sendable, CustomTestStringConvertible {
    var name: String
    var outcome: Outcome
    /// Requests that one poll may make.
    var requests = 1
    /// Items that must be in the store afterwards.
    var stored = 0
    var kind = SourceConfiguration.Kind.feed
    var answer: @Sendable (ScriptedServer.Connection) -> Void

    var testDescription: String { name }

    static func http(
        _ name: String, _ outcome: Outcome, _ status: Int = 200, _ headers: [String] = [], requests: Int = 1, stored: Int = 0,
        api: Bool = false, body: String = ""
    ) -> Fault {
        Fault(name: name, outcome: outcome, requests: requests, stored: stored, kind: api ? .coindesk(.init(), key: nil) : .feed) {
            $0.answer(status, headers, Array(body.utf8))
        }
    }

    static let feed = "<rss version=\"2.0\"><channel><title>T</title><item><guid>1</guid><title>One</title></item></channel></rss>"
    static let page = "<!DOCTYPE html><html><head><title>News</title></head><body>Hello</body></html>"

    static let statuses: [Fault] = [
        .http("a well feed", .ok, stored: 1, body: feed),
        .http("401", .auth, 401), .http("402", .auth, 402), .http("403", .auth, 403, body: "no"), .http("404", .http, 404), .http("410", .gone, 410),
        .http("429", .rateLimited, 429), .http("429 with ten years", .rateLimited, 429, ["Retry-After: 315360000"]),
        .http("429 with nonsense", .rateLimited, 429, ["Retry-After: soon"]),
        .http("403 that is a limit", .rateLimited, 403, ["X-RateLimit-Remaining: 0"]),
        .http("500", .http, 500, requests: 3), .http("503 with Retry-After", .http, 503, ["Retry-After: 60"]), .http("501", .http, 501),
        .http("204", .empty, 204), .http("206", .http, 206, body: feed), .http("304 unasked", .http, 304),
        .http("301 to nowhere", .redirect, 301), .http("300", .redirect, 300), .http("418", .http, 418),
        .http("a page at 200", .wrongKind, body: page), .http("a page as XML", .wrongKind, body: "<?xml version=\"1.0\"?>" + page),
        .http("xhtml, well-formed", .wrongKind, body: "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>"),
        .http("error JSON", .wrongKind, body: "{\"error\":\"no\"}"), .http("a sitemap", .wrongKind, body: "<urlset/>"),
        .http("OPML", .wrongKind, body: "<opml version=\"2.0\"><body/></opml>"), .http("plain text", .wrongKind, body: "moved, see the site"),
        .http("a PNG", .wrongKind, body: "\u{89}PNG\r\n\u{1A}\n\0\0\0\rIHDR"), .http("nothing", .parse), .http("blanks", .parse, body: "  \n "),
        .http("a feed without items", .empty, body: "<rss version=\"2.0\"><channel><title>T</title></channel></rss>"),
        .http(
            "entries with nothing in them", .schema,
            body: "<rss version=\"2.0\"><channel><title>T</title><item/><item><title/></item><item><guid> </guid></item></channel></rss>"),
        .http(
            "JSON entries with nothing in them", .schema,
            body: "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":[{},{}]}"),
        .http("half a feed, in an item", .parse, body: String(feed.dropLast(25))),
        .http("half a feed, behind its item", .parse, stored: 1, body: String(feed.dropLast(16))),
        .http("Cloudflare at 403", .blocked, 403, ["cf-mitigated: challenge"], body: page),
        .http("Cloudflare at 200", .blocked, body: "<html><head><title>Just a moment...</title></head></html>"),
        .http("Vercel at 429", .blocked, 429, ["x-vercel-mitigated: challenge"], body: page),
        .http("DataDome", .blocked, 403, ["x-datadome: protected"], body: page),
        .http("a captcha", .blocked, body: "<html><script src=\"https://hcaptcha.com/1/api.js\"></script></html>"),
        .http("AWS WAF at 202", .blocked, 202, ["x-amzn-waf-action: challenge"]),
    ]

    static let documents: [Fault] = [
        .http(
            "bare ampersands", .ok, stored: 1,
            body: "<rss version=\"2.0\"><channel><item><guid>1</guid><title>R&D & more</title></item></channel></rss>"),
        .http(
            "an unclosed tag in one entry", .ok, stored: 2,
            body: "<rss version=\"2.0\"><channel><item><guid>1</guid><title>a<b>c</title></item><item><guid>2</guid></item></channel></rss>"),
        .http("text behind the root", .ok, stored: 1, body: feed + "<script>x</script>"),
        .http("a warning before the root", .ok, stored: 1, body: "Warning: x in <b>y</b>\n" + feed),
        .http(
            "billion laughs", .ok, stored: 1,
            body: "<!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>"
                + feed.replacingOccurrences(of: "One", with: "&c;")),
        .http(
            "an external entity", .ok, stored: 1,
            body: "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + feed.replacingOccurrences(of: "One", with: "&x;")),
        .http("parameter entities", .ok, stored: 1, body: "<!DOCTYPE r [<!ENTITY % a \"<!ENTITY b 'x'>\">%a;%a;]>" + feed),
        .http("nested beyond the ceiling", .ceiling, body: "<rss><channel>" + String(repeating: "<a>", count: 5000)),
        .http(
            "a hundred thousand attributes", .parse,
            body: feed.replacingOccurrences(of: "<item>", with: "<item \((0..<100_000).map { "a\($0)=\"\"" }.joined(separator: " "))>")),
        .http("JSON nested without end", .ceiling, body: String(repeating: "[", count: 1_000_000)),
        .http(
            "a JSON Feed", .ok, stored: 1,
            body: "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":[{\"id\":\"1\",\"content_text\":\"x\"}]}"),
        .http("a JSON Feed cut short", .parse, body: "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":[{\"id\":\"1\""),
        .http(
            "the same guid twice", .ok, stored: 1,
            body: feed.replacingOccurrences(of: "</item>", with: "</item><item><guid>1</guid><title>One</title></item>")),
        .http(
            "ids that differ behind a NUL", .ok, stored: 2,
            body: "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":[{\"id\":\"a\\u0000b\"},{\"id\":\"a\\u0000c\"}]}"),
    ]

    static let transfers: [Fault] = [
        Fault(name: "a length that is too long", outcome: .network, requests: 3) {
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n\(feed)")
        },
        Fault(name: "half a header block", outcome: .network, requests: 3) { $0.write("HTTP/1.1 200 OK\r\nContent-") },
        Fault(name: "no answer", outcome: .network, requests: 3) { _ in },
        Fault(name: "a reset", outcome: .network, requests: 3) { $0.reset() },
        Fault(name: "silence", outcome: .timeout) { $0.waitForClose(8) },
        Fault(name: "a drip", outcome: .timeout) { connection in
            connection.write("HTTP/1.1 200 OK\r\n\r\n<rss")
            while connection.write(" "), !connection.waitForClose(0.05) {}
        },
        Fault(name: "an endless body", outcome: .tooLarge) { connection in
            connection.write("HTTP/1.1 200 OK\r\n\r\n<rss>")
            let chunk = [UInt8](repeating: 0x20, count: 65_536)
            while connection.write(chunk) {}
        },
        Fault(name: "a bomb", outcome: .tooLarge) { connection in
            connection.answer(200, ["Content-Encoding: gzip"], Deflater.gzip([UInt8](repeating: 0x20, count: 32 << 20)) ?? [])
        },
        Fault(name: "a redirect to itself", outcome: .redirect) { $0.answer(302, ["Location: \($0.request.path)"]) },
        Fault(name: "a redirect into the private network", outcome: .denied) {
            $0.answer(302, ["Location: http://169.254.169.254/latest/meta-data/"])
        },
        Fault(name: "a redirect to a file", outcome: .redirect) { $0.answer(302, ["Location: file:///etc/passwd"]) },
    ]

    private static func list(_ ids: ClosedRange<Int>, at second: (Int) -> Int) -> String {
        let items = ids.map {
            "{\"ID\":\($0),\"GUID\":\"g\($0)\",\"TITLE\":\"T\($0)\",\"URL\":\"https://a.example/\($0)\",\"PUBLISHED_ON\":\(second($0))}"
        }
        return "{\"Data\":[\(items.joined(separator: ","))],\"Err\":{}}"
    }

    static let apis: [Fault] = [
        .http("the API's page at 200", .wrongKind, api: true, body: page),
        .http("Err at 200: limit", .rateLimited, api: true, body: "{\"Data\":[],\"Err\":{\"type\":99,\"message\":\"You are over your rate limit\"}}"),
        .http("Err at 200: key", .auth, api: true, body: "{\"Data\":[],\"Err\":{\"message\":\"API key required\"}}"),
        .http("Err at 200: parameter", .config, api: true, body: "{\"Err\":{\"message\":\"bad value\",\"other_info\":{\"param\":\"lang\"}}}"),
        .http("no Data", .schema, api: true, body: "{\"items\":[]}"),
        .http("Data of nonsense", .schema, api: true, body: "{\"Data\":[1,2,3],\"Err\":{}}"),
        .http("an empty list", .empty, api: true, body: "{\"Data\":[],\"Err\":{}}"), .http("broken JSON", .parse, api: true, body: "{\"Data\":[{]}"),
        .http("401 of the API", .auth, 401, api: true, body: "{\"Err\":{\"message\":\"no\"}}"),
        Fault(name: "the same page for ever", outcome: .ceiling, requests: 2, stored: 50, kind: .coindesk(.init(), key: nil)) {
            let now = Int(Date().timeIntervalSince1970)
            $0.answer(200, [], Array(list(1...50) { now - $0 / 100 - now % 10 }.utf8))
        },
        Fault(name: "pages that never end", outcome: .ceiling, requests: 5, stored: 250, kind: .coindesk(.init(), key: nil)) {
            let until = $0.request.path.components(separatedBy: "to_ts=").last.flatMap { Int($0) } ?? Int(Date().timeIntervalSince1970)
            $0.answer(
                200, [],
                Array(
                    list(1...50) { until - $0 }.replacingOccurrences(of: "\"g", with: "\"g\(until)-").replacingOccurrences(
                        of: "example/", with: "example/\(until)-"
                    ).utf8))
        },
    ]

    static let all = statuses + documents + transfers + apis
}

/// A desk's poller over a real store and real transfers.
struct PollRig {
    let server: ScriptedServer
    let store: SQLiteStore
    let poller: SourcePoller
    let fetcher: CurlFetcher
    let folder: String

    init(environment: [String: String] = [:]) throws {
        server = try ScriptedServer()
        folder = NSTemporaryDirectory() + "wiredesk-host-" + UUID().uuidString
        store = try SQLiteStore(path: folder + "/wiredesk.db")
        var configuration = FetcherConfiguration()
        configuration.policy = try AddressPolicy(parsing: "127.0.0.1")
        fetcher = CurlFetcher(configuration: configuration)
        poller = SourcePoller(
            store: store, fetcher: fetcher, clock: SystemClock(), environment: environment,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, backoff: Backoff(base: .milliseconds(2)))
    }

    func source(_ name: String = "s", path: String = "/x", kind: SourceConfiguration.Kind = .feed) throws -> SourceConfiguration {
        var source = try SourceConfiguration.unregistered(url: server.url(path))
        source.id = try #require(SourceID(name))
        source.kind = kind
        source.ceilings.wallTime = .milliseconds(1500)
        source.ceilings.bytesOnWire = .mebibytes(4)
        source.ceilings.bytesDecoded = .mebibytes(4)
        return source
    }

    func close() async throws {
        await fetcher.shutdown()
        try await store.close()
        server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

@Suite("Sources that misbehave") struct FaultTableTests {
    @Test("Each fault has its outcome, its bounded requests and its bounded time", arguments: Fault.all)
    func fault(_ fault: Fault) async throws {
        let rig = try PollRig()
        let path = fault.kind == .feed ? "/x" : "/news/v1/article/list"
        rig.server.on(path, fault.answer)
        let source = try rig.source(path: fault.kind == .feed ? "/x" : "", kind: fault.kind)
        let started = ContinuousClock.now
        let report = try await rig.poller.poll(source, in: Registry(sources: [source]))
        #expect(report.record.outcome == fault.outcome, "\(report.record.message)")
        #expect(!report.record.message.isEmpty)
        #expect(rig.server.requests(to: path).count <= fault.requests)
        #expect(started.duration(to: .now) < .seconds(6))
        #expect(try await rig.store.articleCounts()[source.id] ?? 0 == fault.stored)
        // However long a server wants to be left alone, the source is asked again within a day.
        let next = try #require(report.state.nextPollAt)
        #expect(next < Date().addingTimeInterval(25 * 3600))
        #expect(try await rig.store.check().isEmpty)
        try await rig.close()
    }

    @Test("While sick sources hang, a healthy one is polled on time")
    func healthyStaysOnTime() async throws {
        let rig = try PollRig()
        rig.server.on("/hang") { $0.waitForClose(20) }
        rig.server.respond("/well", 200, body: Fault.feed)
        var sources: [SourceConfiguration] = []
        for index in 0..<60 {
            var sick = try rig.source("sick-\(index)", path: "/hang")
            sick.ceilings.wallTime = .seconds(15)
            sick.interval = .fixed(.seconds(1))
            sources.append(sick)
        }
        var well = try rig.source("well", path: "/well")
        well.interval = .fixed(.seconds(1))
        sources.append(well)
        var network = NetworkConfiguration()
        network.concurrency = 16
        let polls = AsyncStream<PollReport>.makeStream()
        let desk = Desk(
            registry: Registry(sources: sources, network: network), poller: rig.poller, policy: AddressPolicy(),
            clock: SystemClock(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { polls.continuation.yield($0) }
        // The book is told that the well source has been well before.
        _ = try await rig.poller.poll(well, in: Registry(sources: sources))
        let running = Task { try await desk.run() }
        var records: [PollRecord] = []
        for await report in polls.stream where report.record.source == well.id {
            records.append(report.record)
            if records.count == 5 { break }
        }
        running.cancel()
        _ = try? await running.value
        #expect(records.allSatisfy { $0.outcome == .ok || $0.outcome == .notModified }, "\(records)")
        // The sick ones give up after 15 s: a well one that waited for a place would show a pause of that order.
        for (earlier, later) in zip(records, records.dropFirst()) {
            #expect(later.startedAt.timeIntervalSince(earlier.startedAt) < 5, "\(records)")
        }
        try await rig.close()
    }

    @Test("A poll that fails because the breaker is open costs no request; a probe after the open time closes it again")
    func breakerRoundTrip() async throws {
        let rig = try PollRig()
        rig.server.respond("/x", 200, body: Fault.page)
        var source = try rig.source()
        source.breaker.openFor = .seconds(2)
        source.breaker.jitter = 0
        let registry = Registry(sources: [source])
        #expect(try await rig.poller.poll(source, in: registry).state.breaker.state == .open)
        let refused = try await rig.poller.poll(source, in: registry)
        #expect(refused.wasRefused && refused.record.attempts == 0 && refused.record.outcome == .wrongKind)
        #expect(rig.server.requests(to: "/x").count == 1)
        rig.server.respond("/x", 200, body: Fault.feed)
        let reopens = try #require(refused.state.breaker.reopensAt)
        try await SystemClock().sleep(until: reopens)
        let probe = try await rig.poller.poll(source, in: registry)
        #expect(probe.record.outcome == .ok)
        #expect(probe.state.breaker.state == .closed)
        try await rig.close()
    }

    @Test("Conditional requests: validators come back byte for byte, also behind a redirect")
    func conditional() async throws {
        let rig = try PollRig()
        rig.server.respond("/x", 301, ["Location: /y"])
        rig.server.on("/y") { connection in
            if connection.request.headers["if-none-match"] == "W/\"a b\"" {
                connection.answer(304)
            } else {
                connection.answer(200, ["ETag: W/\"a b\""], Array(Fault.feed.utf8))
            }
        }
        let source = try rig.source()
        let registry = Registry(sources: [source])
        #expect(try await rig.poller.poll(source, in: registry).record.outcome == .ok)
        let second = try await rig.poller.poll(source, in: registry)
        #expect(second.record.outcome == .notModified)
        #expect(second.state.movedTo == rig.server.url("/y"))
        try await rig.close()
    }

    @Test("What one source brings is known when another brings it too")
    func duplicates() async throws {
        let rig = try PollRig()
        func feed(_ link: String) -> String {
            "<rss version=\"2.0\"><channel><item><guid isPermaLink=\"false\">\(link.count)</guid><link>\(link)</link><title>Regulator approves the first spot fund of Northgate Capital</title></item></channel></rss>"
        }
        rig.server.respond("/a", body: feed("https://news.example/story?utm_source=rss"))
        rig.server.respond("/b", body: feed("http://news.example/story"))
        rig.server.respond("/c", body: feed("https://other.example/regulator-approves"))
        var registry = Registry()
        for name in ["a", "b", "c"] { registry.sources.append(try rig.source(name, path: "/" + name)) }
        var counts: [ItemCounts] = []
        for source in registry.sources { counts.append(try await rig.poller.poll(source, in: registry).items) }
        #expect(counts.map(\.new) == [1, 0, 1])
        #expect(counts.map(\.duplicate) == [0, 1, 0])
        let articles = try await rig.store.articles(ArticleQuery(limit: 10))
        #expect(articles.count == 2)
        #expect(articles.last?.alsoIn.map(\.text) == ["b"])
        #expect(articles.first?.nearDuplicateOf == articles.last?.id)
        try await rig.close()
    }
}
