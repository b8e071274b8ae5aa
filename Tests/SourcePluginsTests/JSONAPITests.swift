import Fetch
import Foundation
@testable import SourcePlugins
import Testing
import WireCore

private let now = Date(timeIntervalSince1970: 1_795_000_000)

private func node(_ text: String) throws -> JSONNode { try JSONReader.read(Array(text.utf8)) }

private func pointer(_ text: String) throws -> JSONPointer { try #require(JSONPointer(text)) }

private func document(_ body: String, _ headers: [(String, String)] = [], url: String = "https://api.example/v1/list") -> Document {
    Document(
        url: url, status: 200, headers: headers.map { HTTPHeader(name: $0.0, value: $0.1) }, body: Array(body.utf8), trace: FetchTrace())
}

private func context(_ state: String? = nil, items: Int = 1000) -> PollContext {
    var ceilings = Ceilings()
    ceilings.items = items
    return PollContext(now: now, state: state, ceilings: ceilings)
}

@Suite("JSON Pointer") struct JSONPointerTests {
    /// The document and the values of RFC 6901, section 5.
    @Test(
        "The examples of RFC 6901 hold",
        arguments: [
            ("/foo/0", "bar"), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"),
            ("/m~0n", "8"),
        ])
    func rfc(_ text: String, _ value: String) throws {
        let document = try node(#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#)
        let found = try pointer(text).find(in: document)
        #expect(found?.string ?? found?.number == value)
        #expect(try pointer("").find(in: document)?.object?.count == 10)
    }

    @Test("What is none is refused", arguments: ["foo", "/a~", "/a~2", "/" + String(repeating: "a/", count: 40)])
    func refused(_ text: String) { #expect(JSONPointer(text) == nil) }

    @Test(
        "A list's elements are counted without leading zeros, and beyond its end there is nothing",
        arguments: ["/a/01", "/a/-", "/a/2", "/a/-1", "/b"])
    func nothing(_ text: String) throws { #expect(try pointer(text).find(in: node(#"{"a":[1,2]}"#)) == nil) }
}

@Suite("Dates of APIs") struct DateFormTests {
    @Test(
        "Each form is read",
        arguments: [
            ("auto", "1795000000", 1_795_000_000), ("auto", "1795000000500", 1_795_000_000.5), ("auto", "2026-11-18T11:06:40Z", 1_795_000_000),
            ("auto", "20261118", 1_794_960_000), ("auto", "Wed, 18 Nov 2026 11:06:40 +0000", 1_795_000_000),
            ("seconds", "1795000000.25", 1_795_000_000.25),
            ("milliseconds", "1795000000000", 1_795_000_000), ("%Y%m%dT%H%M%S", "20261118T110640", 1_795_000_000),
            ("%d %b %Y, %H:%M", "18 Nov 2026, 11:06", 1_794_999_960), ("%Y-%m-%dT%H:%M:%S%z", "2026-11-18T12:06:40+01:00", 1_795_000_000),
        ])
    func read(_ form: String, _ text: String, _ seconds: Double) throws {
        #expect(try #require(DateForm(form)).date(of: text)?.timeIntervalSince1970 == seconds)
    }

    @Test(
        "What is no date, or an impossible one, is none",
        arguments: [
            ("auto", "soon"), ("auto", "0"), ("seconds", "-1"), ("seconds", "nan"), ("seconds", "1e400"), ("%Y-%m-%d", "2026-02-30"),
            ("%Y-%m-%d", "2026-1-1"),
            ("%Y-%m-%d", "2026-01-01x"),
        ])
    func none(_ form: String, _ text: String) throws { #expect(try #require(DateForm(form)).date(of: text) == nil) }

    @Test("A form that cannot tell the year, or has an unknown mark, is refused", arguments: ["%m-%d", "%Y-%Q", "%Y%", "epoch"])
    func refused(_ form: String) { #expect(DateForm(form) == nil) }

    @Test("What is written is read back", arguments: ["auto", "seconds", "milliseconds", "%Y%m%dT%H%M%S", "%d %b %Y %H.%M.%S %z"])
    func roundTrip(_ text: String) throws {
        let form = try #require(DateForm(text))
        #expect(form.date(of: form.text(of: now)) == now)
    }
}

@Suite("Fields of APIs") struct FieldMapTests {
    @Test("The first place that holds something counts; each alternative has its own way")
    func alternatives() throws {
        var title = FieldRule([.pointer(try pointer("/a")), .pointer(try pointer("/b"))])
        var html = FieldRule(try pointer("/c"))
        html.markup = .html
        title.alternatives = [html]
        var map = FieldMap()
        map[.title] = title
        #expect(map.item(try node(#"{"a":"","b":"B & <i>"}"#), key: "0", base: nil)?.title == "B & <i>")
        #expect(map.item(try node(#"{"a":null,"c":"C &amp; <i>d</i>"}"#), key: "0", base: nil)?.title == "C & d")
        #expect(map.item(try node(#"{"a":[],"b":{}}"#), key: "0", base: nil) == nil)
    }

    @Test("Templates, keys, constants, prefixes, splits and nested names are filled in; addresses are resolved")
    func transforms() throws {
        var map = FieldMap()
        map[.id] = FieldRule([.key])
        map[.url] = FieldRule([try #require(FieldRule.template("https://x.example/{/section}/{/name}"))])
        map[.author] = FieldRule(try pointer("/by"))
        map[.categories] = FieldRule(try pointer("/tags"))
        map[.categories]?.split = "|"
        map[.summary] = FieldRule([.constant("same for all")])
        map[.enclosures] = FieldRule(try pointer("/image"))
        let item = try #require(
            map.item(
                try node(#"{"section":"a/b","name":"ä b","by":[{"name":"One"},{"title":"Two"}],"tags":"x| y ||x","image":"/i.png"}"#), key: "k7",
                base: "https://base.example/list"))
        #expect(item.id == "k7")
        #expect(item.url == "https://x.example/a/b/%C3%A4%20b")
        #expect(item.author == "One, Two")
        #expect(item.categories == ["x", "y"])
        #expect(item.summary == "same for all")
        #expect(item.enclosures.map(\.url) == ["https://base.example/i.png"])
    }

    @Test("Active content does not pass, and plain text becomes HTML only where it is content")
    func content() throws {
        var map = FieldMap()
        map[.id] = FieldRule(try pointer("/id"))
        map[.content] = FieldRule(try pointer("/body"))
        let body = #"{"id":1,"body":"<p onclick=\"x()\">a</p><script>b</script>"}"#
        #expect(map.item(try node(body), key: "", base: nil)?.content?.contains("onclick") == false)
        #expect(map.item(try node(body), key: "", base: nil)?.content?.contains("script") == false)
        map[.content]?.markup = .text
        #expect(map.item(try node(body), key: "", base: nil)?.content?.contains("&lt;script&gt;") == true)
    }

    @Test("A template with an open brace, or with no pointer between braces, is refused", arguments: ["{/a", "{a}", "x{}/{b", "{~}"])
    func template(_ text: String) { #expect(FieldRule.template(text) == nil) }
}

@Suite("The JSON API adapter") struct JSONAPIAdapterTests {
    private static func configuration(_ paging: JSONAPIConfiguration.Way? = nil, order: JSONAPIConfiguration.Order = .newestFirst) throws
        -> JSONAPIConfiguration
    {
        var configuration = JSONAPIConfiguration()
        configuration.items = try pointer("/items")
        configuration.fields[.id] = FieldRule(try pointer("/id"))
        configuration.fields[.publishedAt] = FieldRule(try pointer("/at"))
        configuration.order = order
        configuration.paging = paging.map { JSONAPIConfiguration.Paging(by: $0) }
        return configuration
    }

    private static func adapter(
        _ configuration: JSONAPIConfiguration, query: [JSONAPIAdapter.Parameter] = [], headers: [HTTPHeader] = [],
        url: String = "https://api.example/v1/list?x=1"
    ) -> JSONAPIAdapter {
        JSONAPIAdapter(url: url, configuration: configuration, query: query, headers: headers)
    }

    /// `{"items":[{"id":0,"at":…},…]<more>}`, one second apart, the newest first.
    private static func page(_ count: Int, from newest: Int = 1_795_000_000, firstID: Int = 0, more: String = "") -> String {
        let entries = (0..<count).map { "{\"id\":\(firstID + $0),\"at\":\(newest - $0)}" }
        return "{\"items\":[\(entries.joined(separator: ","))]\(more)}"
    }

    @Test("Numbered pages and offsets count on, and end with a short page, the last page or the total")
    func numbers() throws {
        var configuration = try Self.configuration(.page(parameter: "p", first: 1))
        configuration.paging?.size = 2
        configuration.paging?.pages = try pointer("/pages")
        let adapter = Self.adapter(configuration)
        let first = adapter.firstRequest(context())
        #expect(first.url == "https://api.example/v1/list?x=1&p=1")
        let second = try #require(try adapter.read(document(Self.page(2)), of: first, context()).next)
        #expect(second.url == "https://api.example/v1/list?x=1&p=2")
        let third = try #require(try adapter.read(document(Self.page(2, firstID: 2)), of: second, context()).next)
        #expect(third.url == "https://api.example/v1/list?x=1&p=3")
        #expect(try adapter.read(document(Self.page(1, firstID: 4)), of: third, context()).next == nil)
        #expect(try adapter.read(document(Self.page(2, more: ",\"pages\":2")), of: second, context()).next == nil)

        configuration.paging = JSONAPIConfiguration.Paging(by: .offset(parameter: "from", first: 0))
        configuration.paging?.total = try pointer("/total")
        let offsets = Self.adapter(configuration)
        let next = try #require(try offsets.read(document(Self.page(3, more: ",\"total\":5")), of: offsets.firstRequest(context()), context()).next)
        #expect(next.url.hasSuffix("&from=3"))
        #expect(try offsets.read(document(Self.page(2, more: ",\"total\":5")), of: next, context()).next == nil)
    }

    @Test("A cursor comes from the document, from its last item, or as an object of parameters; without one the poll is complete")
    func cursors() throws {
        func next(_ pointerText: String, last: Bool, _ more: String, first: String? = nil) throws -> String? {
            let way = JSONAPIConfiguration.Way.cursor(parameter: "c", pointer: try pointer(pointerText), ofLastItem: last, first: first)
            let adapter = Self.adapter(try Self.configuration(way))
            let request = adapter.firstRequest(context())
            #expect(request.url.hasSuffix("c=%2A") == (first != nil))
            return try adapter.read(document(Self.page(2, more: more)), of: request, context()).next?.url
        }
        #expect(try next("/meta/next", last: false, ",\"meta\":{\"next\":\"a&b\"}", first: "*") == "https://api.example/v1/list?x=1&c=a%26b")
        #expect(try next("/id", last: true, "") == "https://api.example/v1/list?x=1&c=1")
        #expect(
            try next("/continue", last: false, ",\"continue\":{\"rccontinue\":\"2|3\",\"continue\":\"-||\"}")
                == "https://api.example/v1/list?x=1&rccontinue=2%7C3&continue=-%7C%7C")
        #expect(try next("/meta/next", last: false, ",\"meta\":{\"next\":null}") == nil)
        #expect(try next("/meta/next", last: false, ",\"meta\":{\"next\":\"\"}") == nil)
    }

    @Test("A next link is resolved; keys follow it on the source's own origin alone")
    func links() throws {
        let adapter = Self.adapter(
            try Self.configuration(.link(try pointer("/next"))), query: [.init(name: "api_key", value: "s3cret", isSecret: true)],
            headers: [HTTPHeader(name: "authorization", value: "Bearer s3cret")])
        let first = adapter.firstRequest(context())
        #expect(first.url == "https://api.example/v1/list?x=1&api_key=s3cret")
        #expect(!first.isConditional, "an address with a key in it is kept nowhere")
        let own = try #require(
            try adapter.read(document(Self.page(1, more: ",\"next\":\"?page=2&api_key=REDACTED\"")), of: first, context()).next)
        #expect(own.url == "https://api.example/v1/list?page=2&api_key=s3cret")
        #expect(own.headers.count == 1)
        for foreign in ["https://evil.example/steal", "http://api.example/v1/list?page=2", "https://api.example:444/"] {
            let next = try #require(try adapter.read(document(Self.page(1, more: ",\"next\":\"\(foreign)\"")), of: first, context()).next)
            #expect(next.url == foreign)
            #expect(next.headers.isEmpty)
        }
    }

    @Test("The Link header's next is found among others")
    func linkHeader() throws {
        let adapter = Self.adapter(try Self.configuration(.link(nil)))
        let first = adapter.firstRequest(context())
        let field = "<https://api.example/v1/list?page=1>; rel=\"prev\", </v1/list?page=3>; title=\"a, b\"; rel=\"next last\""
        #expect(try adapter.read(document(Self.page(1), [("link", field)]), of: first, context()).next?.url == "https://api.example/v1/list?page=3")
        #expect(try adapter.read(document(Self.page(1), [("link", "<x>; rel=\"last\"")]), of: first, context()).next == nil)
        #expect(try adapter.read(document(Self.page(1), [("link", String(repeating: "<", count: 9000))]), of: first, context()).next == nil)
    }

    @Test("A time cursor shrinks strictly, or grows where the API goes forward, and steps over a page that is one instant")
    func times() throws {
        let older = Self.adapter(try Self.configuration(.time(parameter: "before", form: .seconds, isForward: false)))
        let first = older.firstRequest(context())
        let second = try #require(try older.read(document(Self.page(3)), of: first, context()).next)
        #expect(second.url.hasSuffix("before=1794999998"))
        #expect(second.cursor == 1_794_999_998_000)
        let same = try #require(try older.read(document(Self.page(1, from: 1_794_999_998)), of: second, context()).next)
        #expect(same.cursor == 1_794_999_997_000)
        let newer = Self.adapter(try Self.configuration(.time(parameter: "after", form: .milliseconds, isForward: true), order: .oldestFirst))
        let next = try #require(try newer.read(document(Self.page(3)), of: newer.firstRequest(context()), context()).next)
        #expect(next.url.hasSuffix("after=1795000000000"))
        #expect(next.cursor == -1_795_000_000_000)
    }

    @Test("A poll goes no further back than the last one, nor than the backfill; the bookmark never lies later than now")
    func bookmark() throws {
        var configuration = try Self.configuration(.page(parameter: "p", first: 1))
        configuration.backfill = .seconds(3600)
        let adapter = Self.adapter(configuration)
        let first = adapter.firstRequest(context())
        let fresh = try adapter.read(document(Self.page(3)), of: first, context())
        #expect(fresh.state == "1795000000000")
        #expect(fresh.next != nil)
        #expect(try adapter.read(document(Self.page(3)), of: first, context("1794999998000")).next == nil, "it came to what is known")
        #expect(
            try adapter.read(document(Self.page(3, from: 1_795_000_000 - 3600)), of: first, context()).next == nil, "it came to the backfill's edge")
        let future = try adapter.read(document(Self.page(3, from: 1_795_000_001)), of: first, context())
        #expect(future.state == "1795000000000")
        let later = try #require(fresh.next)
        #expect(try adapter.read(document(Self.page(3, from: 1_794_999_000, firstID: 3)), of: later, context()).state == "1795000000000")
        let poisoned = try adapter.read(document(Self.page(3)), of: first, context("9999999999999"))
        #expect(poisoned.next != nil, "a bookmark from the future counts as none")
        #expect(poisoned.state == "1795000000000")
    }

    @Test("Entries without dates are known again by their ids")
    func marks() throws {
        var configuration = try Self.configuration(.page(parameter: "p", first: 1))
        configuration.fields[.publishedAt] = nil
        let adapter = Self.adapter(configuration)
        let first = adapter.firstRequest(context())
        let page = try adapter.read(document(Self.page(3)), of: first, context())
        #expect(page.next != nil)
        #expect(try adapter.read(document(Self.page(3, firstID: 2)), of: first, context(page.state)).next == nil)
        #expect(try adapter.read(document(Self.page(3, firstID: 3)), of: first, context(page.state)).next != nil)
        #expect(try adapter.read(document(Self.page(3, firstID: 3)), of: try #require(page.next), context(page.state)).state == nil)
    }

    @Test("Since asks from the bookmark less the overlap, but no further back than the backfill")
    func since() throws {
        var configuration = try Self.configuration(order: .oldestFirst)
        configuration.since = .init(parameter: "from")
        configuration.since?.form = .seconds
        configuration.since?.overlap = .seconds(60)
        configuration.backfill = .seconds(3600)
        let adapter = Self.adapter(configuration)
        #expect(adapter.firstRequest(context()).url.hasSuffix("from=1794996400"))
        #expect(adapter.firstRequest(context("1794999000000")).url.hasSuffix("from=1794998940"))
        #expect(adapter.firstRequest(context("1700000000000")).url.hasSuffix("from=1794996400"))
    }

    @Test("Columns and members are entries too; headings are skipped; the ceiling on items is told")
    func shapes() throws {
        var configuration = try Self.configuration()
        configuration.shape = .columns
        let columns = Self.adapter(configuration)
        let first = columns.firstRequest(context())
        let body = #"{"items":{"id":["a","b","c"],"at":[1794000000,1794000001],"n":5}}"#
        let page = try columns.read(document(body), of: first, context())
        #expect(page.items.map(\.id) == ["a", "b", "c"])
        #expect(page.items.map { $0.publishedAt?.timeIntervalSince1970 } == [1_794_000_000, 1_794_000_001, nil])
        #expect(try columns.read(document(body), of: first, context(items: 2)).isTruncated)
        configuration.shape = .list
        configuration.skip = 1
        configuration.fields[.id] = FieldRule([.key])
        let members = Self.adapter(configuration)
        #expect(try members.read(document(#"{"items":{"x":{},"y":{},"z":{}}}"#), of: first, context()).items.map(\.id) == ["y", "z"])
        #expect(try members.read(document(#"{"items":null}"#), of: first, context()).items.isEmpty)
    }

    @Test(
        "What is not as promised has its name",
        arguments: [
            ("<!DOCTYPE html><title>x</title>", .wrongKind, "where JSON was due"), ("", .parse, "empty body"),
            ("{\"items\":[{\"id\":1}", .parse, "no valid JSON"),
            ("{\"data\":[]}", .schema, "nothing at /items; its keys are: data"), ("{\"items\":7}", .schema, "a number at /items"),
            ("{\"items\":[{\"name\":1}]}", .schema, "the first holds: name"), ("{\"items\":[1,2]}", .schema, "none of the 2 entries"),
            ("{\"Information\":\"our standard API rate limit is 25 requests per day\"}", .rateLimited, "25 requests per day"),
            ("{\"message\":\"Invalid API key\"}", .auth, "Invalid API key"),
            ("{\"error\":{\"message\":\"too many requests\"}}", .rateLimited, "too many"),
            ("{\"items\":[],\"status\":\"error\",\"message\":\"bad\"}", .schema, "the API reports: bad"),
            ("{\"items\":[{\"id\":1}],\"ok\":false,\"why\":\"closed\"}", .gone, "the API reports: closed"),
            ("{\"items\":" + String(repeating: "[", count: 300), .ceiling, "no valid JSON"),
        ] as [(String, Outcome, String)])
    func failures(_ body: String, _ outcome: Outcome, _ words: String) throws {
        var configuration = try Self.configuration()
        var rule = JSONAPIConfiguration.ErrorRule(at: try pointer("/ok"))
        rule.equals = "false"
        rule.message = try pointer("/why")
        rule.outcome = .gone
        configuration.errors = [rule]
        let adapter = Self.adapter(configuration)
        let failure = #expect(throws: ReadFailure.self) { try adapter.read(document(body), of: adapter.firstRequest(context()), context()) }
        #expect(failure?.outcome == outcome)
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test("A good answer beside an error of another field is a good answer")
    func partial() throws {
        let adapter = Self.adapter(try Self.configuration())
        #expect(
            try adapter.read(document(#"{"items":[{"id":1}],"errors":[{"message":"one field"}]}"#), of: adapter.firstRequest(context()), context())
                .items.count == 1)
    }

    @Test("A source whose requests are used up is left alone until there are more, by names of its own if need be")
    func rateLimit() throws {
        var configuration = try Self.configuration(.page(parameter: "p", first: 1))
        configuration.remainingHeader = "X-Left"
        configuration.resetHeader = "X-Back-In"
        let adapter = Self.adapter(configuration)
        let page = try adapter.read(document(Self.page(2), [("x-left", "0"), ("x-back-in", "90")]), of: adapter.firstRequest(context()), context())
        #expect(page.retryAt == now.addingTimeInterval(90))
        #expect(page.next == nil)
        #expect(
            try adapter.read(document(Self.page(2), [("x-left", "1"), ("x-back-in", "90")]), of: adapter.firstRequest(context()), context()).retryAt
                == nil)
    }
}
