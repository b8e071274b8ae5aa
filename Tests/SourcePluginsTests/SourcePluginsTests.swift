import Fetch
import Foundation
import SourcePlugins
import Testing
import WireCore

private let now = Date(timeIntervalSince1970: 1_795_000_000)

private func document(_ status: Int, _ headers: [(String, String)] = [], _ body: String = "") -> Document {
    Document(
        url: "https://a.example/x", status: status, headers: headers.map { HTTPHeader(name: $0.0, value: $0.1) }, body: Array(body.utf8),
        trace: FetchTrace())
}

@Suite("Retry-After") struct RetryAfterTests {
    @Test(
        "Both forms are read, and no server puts a source off for longer than a day",
        arguments: [
            ("60", 60), ("0", 0), ("315360000", 86_400), ("99999999999999999999", 86_400), ("Fri, 19 Nov 2027 00:00:00 GMT", 86_400),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 18 Nov 2026 11:08:20 GMT", 100),
        ])
    func forms(_ value: String, _ seconds: Double) {
        #expect(RetryAfter.instant(in: [HTTPHeader(name: "Retry-After", value: value)], now: now)?.timeIntervalSince(now) == seconds)
    }

    @Test("What cannot be read says nothing", arguments: ["soon", "-5", "", "1.5e3", "Mon, 99 Foo 2026 00:00:00 GMT"])
    func nonsense(_ value: String) { #expect(RetryAfter.instant(in: [HTTPHeader(name: "retry-after", value: value)], now: now) == nil) }

    @Test("X-RateLimit-Reset counts where nothing remains, as a span or as an instant")
    func rateLimit() {
        let empty = HTTPHeader(name: "X-RateLimit-Remaining", value: "0")
        #expect(RetryAfter.instant(in: [empty, HTTPHeader(name: "X-RateLimit-Reset", value: "30")], now: now)?.timeIntervalSince(now) == 30)
        #expect(RetryAfter.instant(in: [empty, HTTPHeader(name: "X-RateLimit-Reset", value: "1795000090")], now: now)?.timeIntervalSince(now) == 90)
        #expect(RetryAfter.instant(in: [HTTPHeader(name: "X-RateLimit-Reset", value: "30")], now: now) == nil)
    }
}

@Suite("The CoinDesk adapter") struct CoinDeskAdapterTests {
    private let adapter = CoinDeskAdapter(key: "secret")
    private func context(_ state: String? = nil) -> PollContext { PollContext(now: now, state: state, ceilings: Ceilings()) }

    private func page(_ times: [Int]) -> Document {
        let entries = times.enumerated().map { "{\"GUID\":\"g\($0.offset)-\($0.element)\",\"TITLE\":\"T\",\"PUBLISHED_ON\":\($0.element)}" }
        return document(200, [], "{\"Data\":[\(entries.joined(separator: ","))],\"Err\":{}}")
    }

    @Test("The key travels in a header, never in the address")
    func key() throws {
        let request = adapter.firstRequest(context())
        #expect(request.headers.contains(HTTPHeader(name: "x-api-key", value: "secret")))
        #expect(!request.url.contains("secret"))
        #expect(request.url.contains("source_ids=coindesk"))
    }

    @Test("Older pages are asked for with a cursor that always shrinks, until what is known or the backfill's edge")
    func paging() throws {
        let latest = Int(now.timeIntervalSince1970)
        let first = try adapter.read(page((0..<50).map { latest - $0 * 60 }), of: adapter.firstRequest(context()), context())
        #expect(first.items.count == 50)
        #expect(first.state == String(latest))
        let next = try #require(first.next)
        #expect(next.cursor == latest - 49 * 60)
        let oneSecond = try adapter.read(page([Int](repeating: latest - 49 * 60, count: 50)), of: next, context())
        #expect(oneSecond.next?.cursor == latest - 49 * 60 - 1, "a page that is one second is stepped over")
        #expect(oneSecond.state == nil, "only the first page knows the bookmark")
        let known = try adapter.read(page((0..<50).map { latest - $0 * 60 }), of: next, context(String(latest - 100)))
        #expect(known.next == nil)
        let short = try adapter.read(page([latest]), of: next, context())
        #expect(short.next == nil)
    }

    @Test("An article from the future leaves the bookmark in the past, and a bookmark from the future counts as none")
    func future() throws {
        let latest = Int(now.timeIntervalSince1970)
        let times = [4_000_000_000] + (0..<49).map { latest - 100 - $0 * 60 }
        let first = try adapter.read(page(times), of: adapter.firstRequest(context()), context())
        #expect(first.state == String(latest - 100))
        #expect(first.next != nil)
        let poisoned = try adapter.read(page(times), of: adapter.firstRequest(context()), context("4000000000"))
        #expect(poisoned.state == String(latest - 100))
        #expect(poisoned.next != nil, "older pages are asked for as if nothing were known")
        let allLater = try adapter.read(page([latest + 10, latest + 5]), of: adapter.firstRequest(context()), context())
        #expect(allLater.state == String(latest))
    }

    @Test(
        "Whatever complains is a failure with its words, whatever its shape",
        arguments: [
            (#"{"Data":[],"Err":"bad api-key"}"#, .auth, "bad api-key"), (#"{"Data":[],"Err":["too many calls"]}"#, .rateLimited, "too many calls"),
            (#"{"Data":[],"Err":17}"#, .schema, "17"), (#"{"Data":[],"Err":true}"#, .schema, "true"),
            (#"{"Data":[],"Err":[]}"#, .schema, "no message"),
            (#"{"Data":[],"Err":{"type":1}}"#, .schema, "1"),
            (#"{"Response":"Error","Message":"You are over your rate limit, please upgrade"}"#, .rateLimited, "You are over your rate limit"),
            (#"{"error":{"message":"invalid api key"}}"#, .auth, "invalid api key"), (#"{"error":"no"}"#, .schema, "no"),
            (#"{"status":"error","message":"Not allowed here"}"#, .auth, "Not allowed here"),
            (#"{"errors":[{"detail":"unknown parameter"}]}"#, .schema, "unknown parameter"),
        ] as [(String, Outcome, String)])
    func complaints(_ body: String, _ outcome: Outcome, _ words: String) {
        let failure = #expect(throws: ReadFailure.self) {
            try adapter.read(document(200, [], body), of: adapter.firstRequest(context()), context())
        }
        #expect(failure?.outcome == outcome)
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test("No complaint is none", arguments: [#""Err":{}"#, #""Err":null"#, #""errors":[]"#, #""error":null"#, #""error":false"#, #""status":"ok""#])
    func noComplaint(_ member: String) throws {
        #expect(try adapter.read(document(200, [], "{\"Data\":[],\(member)}"), of: adapter.firstRequest(context()), context()).items.isEmpty)
    }

    @Test("A 404 of the API speaks of the API's address; others keep scheme and port")
    func notFound() throws {
        let answer = Document(url: "http://127.0.0.1:8099/x?y", status: 404, headers: [], body: [], trace: FetchTrace())
        guard case .failure(let failure) = AnswerReading.judge(answer, wasConditional: false, now: now) else { return #expect(Bool(false)) }
        #expect(failure.hint?.contains("wiredesk sources add http://127.0.0.1:8099/`") == true)
        #expect(adapter.explain(failure).hint?.contains("data-api.coindesk.com") == true)
        #expect(adapter.explain(failure).hint?.contains("sources add") == false)
    }

    @Test("A status that HTTP does not know is not called the server's fault")
    func status999() {
        guard case .failure(let failure) = AnswerReading.judge(document(999), wasConditional: false, now: now) else { return #expect(Bool(false)) }
        #expect(failure.hint?.contains("HTTP knows no such status") == true)
    }

    @Test("A refusal says where a key comes from")
    func hints() {
        let failure = ReadFailure(.auth, "status 401")
        #expect(CoinDeskAdapter(key: nil).explain(failure).hint?.contains("COINDESK_API_KEY") == true)
        #expect(CoinDeskAdapter(key: "x").explain(failure).hint?.contains("was refused") == true)
    }
}

@Suite("The feed adapter") struct FeedAdapterTests {
    private let adapter = FeedAdapter(url: "https://a.example/feed")

    private func read(_ body: String, deadline: ContinuousClock.Instant? = nil) throws -> Page {
        let context = PollContext(now: now, state: nil, ceilings: Ceilings(), deadline: deadline)
        return try adapter.read(document(200, [], body), of: adapter.firstRequest(context), context)
    }

    @Test("Cut at any byte, a feed gives only ids that the whole one has")
    func cut() throws {
        let entries = (1...3).map { "<item><guid>https://a.example/story-\($0)234</guid><title>Number \($0)</title></item>" }.joined()
        let whole = "<rss version=\"2.0\"><channel><title>T</title>\(entries)</channel></rss>"
        let known = Set(try read(whole).items.map(\.id))
        #expect(known.count == 3)
        for count in 30..<whole.utf8.count {
            guard let page = try? read(String(decoding: Array(whole.utf8)[..<count], as: UTF8.self)) else { continue }
            #expect(known.isSuperset(of: page.items.map(\.id)), "cut at \(count)")
            #expect(page.isCutShort || count >= whole.utf8.count - "</rss>".utf8.count)
        }
    }

    @Test("A reading does not outlast its poll")
    func deadline() throws {
        let failure = #expect(throws: ReadFailure.self) { try read("<rss version=\"2.0\"><channel/></rss>", deadline: .now) }
        #expect(failure?.outcome == .timeout)
    }
}

@Suite("Bot walls") struct BotWallTests {
    private func verdict(_ status: Int, _ body: String) -> AnswerReading.Verdict {
        AnswerReading.judge(document(status, [], body), wasConditional: false, now: now)
    }

    @Test(
        "A wall is known by its words in any case",
        arguments: [
            ("<html><title>DDOS-GUARD</title></html>", 200, "a challenge page of DDoS-Guard (“ddos-guard” in the page), status 200"),
            ("<html><title>Just a moment...</title></html>", 403, "a bot check (the page's title says “just a moment”), status 403"),
            ("error code: 1020", 403, "a block by Cloudflare (“error code: 1020”), status 403"),
        ])
    func walls(_ body: String, _ status: Int, _ message: String) {
        guard case .failure(let failure) = verdict(status, body) else {
            Issue.record("not recognised")
            return
        }
        #expect(failure.outcome == .blocked)
        #expect(failure.message == message)
    }

    @Test(
        "Cloudflare's errors about the publisher's own server are no wall",
        arguments: ["error code: 1016", "error code: 521", "error code: 1020 or so"])
    func noWalls(_ body: String) {
        guard case .failure(let failure) = verdict(530, body) else {
            Issue.record("no failure")
            return
        }
        #expect(failure.outcome == .http)
    }
}
