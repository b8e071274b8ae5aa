import Costs
import Foundation
import HTTPTypes
import Stores
import Testing
import WireCore

@testable import Web

@Suite("What the front door decides") struct DoorTests {
    private let now = Date(timeIntervalSince1970: 1_795_507_200)

    @Test("Five failures cost nothing, each further one doubles the wait up to a quarter of an hour, and calm makes good")
    func throttle() {
        var throttle = LogInThrottle()
        for _ in 0..<4 { throttle.noteFailure(of: "192.0.2.1", at: now) }
        #expect(throttle.wait(for: "192.0.2.1", at: now) == nil)
        throttle.noteFailure(of: "192.0.2.1", at: now)
        #expect(throttle.wait(for: "192.0.2.1", at: now) == 2)
        #expect(throttle.wait(for: "192.0.2.1", at: now.addingTimeInterval(2)) == nil)
        throttle.noteFailure(of: "192.0.2.1", at: now)
        #expect(throttle.wait(for: "192.0.2.1", at: now) == 4)
        for _ in 0..<40 { throttle.noteFailure(of: "192.0.2.1", at: now) }
        #expect(throttle.wait(for: "192.0.2.1", at: now) == 900)
        #expect(throttle.wait(for: "192.0.2.2", at: now) == nil)
        throttle.noteFailure(of: "192.0.2.1", at: now.addingTimeInterval(901))
        #expect(throttle.wait(for: "192.0.2.1", at: now.addingTimeInterval(901)) == nil)
    }

    @Test("One customer's /64 of IPv6 addresses is one address, and no more than a thousand are remembered")
    func throttledNetworks() {
        var throttle = LogInThrottle()
        for n in 0..<6 { throttle.noteFailure(of: "2001:db8:1:2::\(n)", at: now) }
        #expect(throttle.wait(for: "2001:db8:1:2:ffff::9", at: now) != nil)
        #expect(throttle.wait(for: "2001:db8:1:3::1", at: now) == nil)
        for n in 0..<3000 { throttle.noteFailure(of: "10.0.\(n / 256).\(n % 256)", at: now.addingTimeInterval(Double(n))) }
        #expect(throttle.wait(for: "2001:db8:1:2::1", at: now) == nil)
    }

    @Test("A session ends when it is idle, after a week, when it is closed, and when 256 others are fresher")
    func sessions() {
        var sessions = Sessions()
        let first = sessions.open(at: now)
        #expect(sessions.session(first, at: now.addingTimeInterval(11 * 3600)) != nil)
        #expect(sessions.session(first, at: now.addingTimeInterval(22 * 3600)) != nil)
        #expect(sessions.session(first, at: now.addingTimeInterval(35 * 3600)) == nil)
        let second = sessions.open(at: now)
        for day in 0..<20 {
            let isLive = sessions.session(second, at: now.addingTimeInterval(Double(day) * 40_000)) != nil
            #expect(isLive == (Double(day) * 40_000 < 7 * 86_400))
        }
        let third = sessions.open(at: now)
        sessions.close(third)
        #expect(sessions.session(third, at: now) == nil)
        let fourth = sessions.open(at: now)
        for n in 1...256 { _ = sessions.open(at: now.addingTimeInterval(Double(n))) }
        #expect(sessions.session(fourth, at: now.addingTimeInterval(300)) == nil)
        #expect(sessions.session("x", at: now) == nil)
    }

    @Test("Session ids and form tokens are 256 random bits")
    func random() {
        let texts = Set((0..<100).map { _ in RandomText.make() })
        #expect(texts.count == 100)
        #expect(texts.allSatisfy { $0.utf8.count == 64 })
    }

    @Test("Other machines are let in only where a token of some length is asked for")
    func listening() throws {
        let open = try ListenAddress(parsing: "0.0.0.0:8080")
        #expect(throws: DeskError.self) { try open.check(against: nil) }
        #expect(throws: DeskError.self) { try open.check(against: AdminToken("short")) }
        try open.check(against: AdminToken("sixteen-letters!"))
        let local = try ListenAddress(parsing: "[::1]:0")
        try local.check(against: nil)
        try local.check(against: AdminToken("short"))
        for wrong in ["8080", ":8080", "host:99999", "host:-1"] {
            #expect(throws: DeskError.self, "\(wrong)") { try ListenAddress(parsing: wrong) }
        }
    }

    @Test("A token is read from the environment, and one that no header can carry is refused")
    func tokens() throws {
        #expect(try AdminToken.read([:]) == nil)
        #expect(try AdminToken.read(["WIREDESK_ADMIN_TOKEN": ""]) == nil)
        let token = try #require(try AdminToken.read(["WIREDESK_ADMIN_TOKEN": "correct-horse-battery"]))
        #expect(token.matches("correct-horse-battery"))
        for wrong in ["correct-horse-batter", "correct-horse-battery ", "", "Correct-horse-battery"] { #expect(!token.matches(wrong)) }
        for wrong in ["with blank", "über", "line\nbreak", String(repeating: "x", count: 2000)] {
            #expect(throws: DeskError.self) { try AdminToken.read(["WIREDESK_ADMIN_TOKEN": wrong]) }
        }
        #expect(!"\(token)".contains("correct-horse"))
    }

    @Test(
        "A way back leads to this host alone",
        arguments: [
            ("/costs", "/costs"), ("/articles?q=a&before=3", "/articles?q=a&before=3"), (nil, "/"), ("", "/"), ("//evil.example", "/"),
            ("https://evil.example", "/"), ("/\\evil.example", "/"), ("javascript:alert(1)", "/"), ("/a\r\nSet-Cookie: x", "/"), ("/ü", "/"),
        ] as [(String?, String)])
    func wayBack(_ asked: String?, _ given: String) { #expect(LogInPage.localPath(asked) == given) }

    @Test("Cookies are found by their whole name")
    func cookies() {
        var fields = HTTPFields()
        fields[.cookie] = "a=1; xwiredesk_session=no; wiredesk_session=yes; b=2"
        #expect(Cookies.value(of: "wiredesk_session", in: fields) == "yes")
        #expect(Cookies.value(of: "session", in: fields) == nil)
    }
}

@Suite("What requests bring") struct RequestTests {
    @Test("Escapes are undone once; what is none, NUL and bytes that are no UTF-8 are refused")
    func escapes() {
        #expect(PercentEscapes.decoded("a%20b%2Fc%C3%A4") == "a b/cä")
        #expect(PercentEscapes.decoded("%2541") == "%41")
        #expect(PercentEscapes.decoded("a+b", plusIsBlank: true) == "a b")
        #expect(PercentEscapes.decoded("a+b") == "a+b")
        for wrong in ["%", "%1", "%zz", "%00", "%ff", "%c3%28"] { #expect(PercentEscapes.decoded(wrong[...]) == nil, "\(wrong)") }
        for text in ["", "a b&c=d", "ä\u{1F600}", "100%"] { #expect(PercentEscapes.decoded(PercentEscapes.encoded(text)[...]) == text) }
    }

    @Test("Forms keep their fields in order, also those given twice and without a value")
    func forms() {
        let form = FormFields(parsing: "a=1&b=&c&a=2&d=x%3Dy+z")
        #expect(form?.pairs.map(\.name) == ["a", "b", "c", "a", "d"])
        #expect(form?["a"] == "1")
        #expect(form?.text("b") == nil)
        #expect(form?["d"] == "x=y z")
        #expect(FormFields(parsing: "a=%zz") == nil)
    }

    @Test("A path with variables is matched segment by segment, and a known place says what it takes")
    func routes() {
        let table = RouteTable([
            Route(.get, "/sources", .read) { _ in .redirect(to: "list") }, Route(.get, "/sources/{id}", .read) { _ in .redirect(to: "one") },
            Route(.post, "/sources/{id}/poll", .change) { _ in .redirect(to: "poll") },
        ])
        func parameters(_ method: HTTPRequest.Method, _ path: String) -> [String: String]? {
            guard case .route(_, let parameters) = table.find(method, path) else { return nil }
            return parameters
        }
        #expect(parameters(.get, "/sources") == [:])
        #expect(parameters(.head, "/sources") == [:])
        #expect(parameters(.get, "/sources/a%2Fb") == ["id": "a/b"])
        #expect(parameters(.post, "/sources/x/poll") == ["id": "x"])
        for path in ["/sources/", "/sources/a/b", "/sources/%zz", "/Sources", "//sources", ""] { #expect(parameters(.get, path) == nil, "\(path)") }
        guard case .otherMethods(let methods, _) = table.find(.delete, "/sources") else {
            Issue.record("DELETE is taken")
            return
        }
        #expect(methods == ["GET", "HEAD"])
    }

    @Test(
        "Values are checked against the shape that describes them",
        arguments: [
            (Shape.integer(1...500), "1", true), (.integer(1...500), "501", false), (.integer(1...500), "01", false),
            (.integer(1...500), "1.0", false),
            (.flag, "true", true), (.flag, "1", false), (.oneOf(["a", "b"]), "b", true), (.oneOf(["a", "b"]), "c", false),
            (.instant, "2026-11-24T08:00:00Z", true), (.instant, "yesterday", false), (.day, "2026-02-30", false), (.sourceID, "a.b-c_1", true),
            (.sourceID, "A", false), (.sourceID, "", false), (.text(upTo: 3), "äöü", true), (.text(upTo: 3), "äöüß", false),
            (.text(upTo: 9), "a\u{0}b", false),
            (.rowNumber, "17", true), (.rowNumber, "0", false), (.rowNumber, "-1", false), (.rowNumber, "9999999999999999999", false),
            (.pollCursor, "1795507200000.42", true), (.pollCursor, "1795507200000", false), (.pollCursor, "-1.2", false),
            (.pollCursor, "1.2.3", false),
        ] as [(Shape, String, Bool)])
    func shapes(_ shape: Shape, _ text: String, _ isRight: Bool) { #expect((shape.fault(of: text) == nil) == isRight, "\(text)") }

    @Test("A body is checked member by member, and what nothing reads is named")
    func bodies() throws {
        let shape = Shape.object([.sometimes("reason", .text(upTo: 5)), .sometimes("until", .instant)])
        func fault(_ text: String) throws -> String? { shape.fault(of: try JSONReader.read(Array(text.utf8))) }
        #expect(try fault("{}") == nil)
        #expect(try fault(#"{"reason":"short","until":"2026-12-01"}"#) == nil)
        #expect(try fault(#"{"reason":"longer"}"#)?.contains("longer than 5") == true)
        #expect(try fault(#"{"raison":"x"}"#)?.contains("raison") == true)
        #expect(try fault(#"{"until":5}"#)?.contains("a number") == true)
        #expect(try fault("[]")?.contains("an object is due") == true)
    }

    @Test("A poll's cursor leads back to its own instant, to the millisecond")
    func pollCursors() throws {
        let instant = Date(timeIntervalSince1970: 1_795_507_200.123)
        let text = "\(Int64((instant.timeIntervalSince1970 * 1000).rounded())).7"
        let cursor = try #require(PollQuery.Cursor(parsing: text))
        #expect(abs(cursor.startedAt.timeIntervalSince(instant)) < 0.0005)
        #expect(cursor.id == 7)
    }
}

@Suite("What pages are made of") struct PageTests {
    private func written(_ body: (inout HTML) -> Void) -> String {
        var html = HTML()
        body(&html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    @Test("Text and values cannot become markup")
    func escaping() {
        let evil = "<script>\"'&\u{0}\u{1B}</script>"
        #expect(written { $0.text(evil) } == "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;")
        #expect(written { $0.element("p", .init("title", evil), text: "x") } == "<p title=\"&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;\">x</p>")
        #expect(written { $0.outside("a\u{202E}b\n\u{7}") } == "a\\u{202E}b\\n\\u{7}")
    }

    @Test(
        "Only addresses of the web become links",
        arguments: [
            ("https://a.example/?x=1&y=2", true), ("HTTP://a.example", true), ("javascript:alert(1)", false), (" javascript:alert(1)", false),
            ("data:text/html,x", false), ("java\nscript:x", false), ("//a.example", false), ("https:evil", false), (nil, false),
        ] as [(String?, Bool)])
    func links(_ url: String?, _ isLink: Bool) {
        #expect(written { $0.outsideLink(url, "shown") }.hasPrefix("<a ") == isLink)
    }

    @Test(
        "Amounts are rounded for the eye, never to nothing",
        arguments: [
            ("0", "$0.00"), ("0.00009", "< $0.0001"), ("0.0031", "$0.0031"), ("0.119", "$0.1190"), ("0.5", "$0.50"), ("1.005", "$1.00"),
            ("12.4", "$12.40"),
            ("1234567.891", "$1,234,567.89"), ("-0.00001", "> −$0.0001"),
        ])
    func amounts(_ exact: String, _ shown: String) throws {
        #expect(Figures.dollars(try #require(Money(dollars: exact))) == shown)
    }

    @Test("Numbers, spans and shares read well")
    func figures() {
        #expect([0, 999, 1000, -1_234_567].map(Figures.grouped) == ["0", "999", "1,000", "−1,234,567"])
        #expect([950, 9500, 12_345, 1_250_000, 3_400_000_000].map(Figures.short) == ["950", "9,500", "12.3 k", "1.2 M", "3.4 G"])
        #expect([-5.0, 59, 61, 5399, 5400, 172_800].map(Figures.rough) == ["0 s", "59 s", "1 min", "89 min", "1 h", "2 d"])
        #expect([0.0, 33.33, 100].map(Figures.percent) == ["0 %", "33.3 %", "100 %"])
    }

    @Test(
        "An axis ends at or above what it shows, in three to six round steps", arguments: [0.0003, 0.07, 0.5, 0.99, 1, 1.01, 3, 7, 10, 49, 123, 9999])
    func axes(_ most: Double) {
        let scale = AxisScale(upTo: most)
        #expect(scale.end >= most * 0.999_999)
        #expect((3...6).contains(scale.ticks.count), "\(scale.ticks)")
        #expect(scale.end <= most * 2.5)
    }

    @Test("The days of a chart are all there, oldest first, over the end of a month too")
    func days() {
        let days = DeskParts.days(4, to: LedgerPeriod("2026-12-02")).map(\.text)
        #expect(days == ["2026-11-29", "2026-11-30", "2026-12-01", "2026-12-02"])
    }

    @Test("Metrics escape labels and count buckets up")
    func metrics() {
        var page = MetricsPage()
        page.gauge("a", "help", [([("l", "x\"y\\z\n")], 1.5)])
        let times = RequestTimes()
        times.note("/p", .get, 200, .milliseconds(3))
        times.note("/p", .get, 204, .seconds(60))
        page.histograms("h", "help", times.all.map { ([("path", $0.0.place)], $0.1) })
        #expect(page.text.contains("a{l=\"x\\\"y\\\\z\\n\"} 1.5\n"))
        #expect(page.text.contains("h_bucket{path=\"/p\",le=\"0.0025\"} 0\n"))
        #expect(page.text.contains("h_bucket{path=\"/p\",le=\"0.005\"} 1\n"))
        #expect(page.text.contains("h_bucket{path=\"/p\",le=\"+Inf\"} 2\n"))
        #expect(page.text.contains("h_count{path=\"/p\"} 2\n"))
    }

    @Test("No more streams are kept open than are allowed, one that ends makes room, and the end ends all")
    func liveNews() async {
        let news = LiveNews()
        var open = (0..<LiveNews.most).compactMap { _ in news.open() }
        #expect(open.count == LiveNews.most)
        #expect(news.open() == nil)
        news.close(open[0].number)
        let last = news.open()
        #expect(last != nil)
        news.tell("poll", of: "decrypt")
        news.finish()
        var seen: [LiveNews.Event] = []
        if let last { for await event in last.events { seen.append(event) } }
        #expect(seen == [LiveNews.Event(kind: "poll", subject: "decrypt")])
        #expect(news.open() == nil)
        open.removeAll()
    }
}
