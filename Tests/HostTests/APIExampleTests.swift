import Fetch
import Foundation
import Host
import SourcePlugins
import Synchronization
import Testing
import WireCore

/// 2026-11-24T08:00:00Z, the instant at which the recorded shapes are read.
private let now = Date(timeIntervalSince1970: 1_795_507_200)

/// A network that answers with one document after another and keeps what was asked.
private final class Shelf: DocumentFetching {
    private let left: Mutex<ArraySlice<Document>>
    private let asked = Mutex<[FetchRequest]>([])

    init(_ documents: [Document]) { left = Mutex(documents[...]) }

    var requests: [FetchRequest] { asked.withLock { $0 } }

    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        asked.withLock { $0.append(request) }
        guard var document = left.withLock({ $0.popFirst() }) else {
            return .failure(FetchFailure(outcome: .http, message: "the test holds no further document"))
        }
        document.url = request.url
        return .document(document)
    }
}

/// What an example must come to.
struct APIExample: Sendable, CustomTestStringConvertible {
    var id: String
    var headers: [HTTPHeader] = []
    /// The first page's address as it is asked for.
    var address: String
    /// The second page's, where there is one.
    var second: String?
    /// The first item.
    var item: Item
    var count = 1
    var state: String?

    var testDescription: String { id }
}

private func at(_ text: String) -> Date? { UTCTime.parse(text) }

@Suite("Worked examples of JSON APIs") struct APIExampleTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private static func registry() throws -> Registry {
        let file = folder.appendingPathComponent("../../docs/examples/apis.json").standardizedFileURL
        return try RegistryReader.read([UInt8](Data(contentsOf: file)), file: "apis.json")
    }

    private static func shape(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: folder.appendingPathComponent("Shapes/\(name).json"))).map { [UInt8]($0) }
    }

    static let examples: [APIExample] = [
        APIExample(
            id: "hackernews", address: "https://hn.algolia.com/api/v1/search_by_date?tags=story&hitsPerPage=50&page=0",
            item: Item(
                id: "48000002", title: "A wire desk in Swift", url: "https://example.com/desk", author: "anna",
                publishedAt: at("2026-11-24T07:50:00Z")),
            count: 2, state: "1795506600000"),
        APIExample(
            id: "spaceflight", address: "https://api.spaceflightnewsapi.net/v4/articles/?limit=50&ordering=-published_at",
            second: "https://api.spaceflightnewsapi.net/v4/articles/?limit=50&offset=50&ordering=-published_at",
            item: Item(
                id: "29001", title: "Probe reaches orbit", url: "https://news.example/probe", author: "Ada L., Bo K.",
                publishedAt: at("2026-11-24T06:30:00Z"), updatedAt: at("2026-11-24T06:41:12.330Z"), summary: "It is there.",
                categories: ["SpaceNews"],
                enclosures: [Enclosure(url: "https://news.example/probe.jpg")]),
            count: 2, state: "1795501800000"),
        APIExample(
            id: "earthquakes", address: "https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/4.5_day.geojson",
            item: Item(
                id: "us7000abcd", title: "M 4.9 - 44 km S of Ohonua, Tonga", url: "https://earthquake.usgs.gov/earthquakes/eventpage/us7000abcd",
                publishedAt: Date(timeIntervalSince1970: 1_795_503_600.123), updatedAt: Date(timeIntervalSince1970: 1_795_505_000.04),
                categories: ["earthquake"]),
            state: "1795503600123"),
        APIExample(
            id: "federal-register", address: "https://www.federalregister.gov/api/v1/documents.json?order=newest&per_page=50",
            item: Item(
                id: "2026-27001", title: "Notice of Intent", url: "https://www.federalregister.gov/documents/2026/11/23/2026-27001/notice",
                author: "Energy Department", publishedAt: at("2026-11-23"), summary: "The agency gives notice.", categories: ["Notice"]),
            state: "1795392000000"),
        APIExample(
            id: "swift-releases",
            headers: [
                HTTPHeader(
                    name: "Link", value: "<https://api.github.com/repositories/1/releases?per_page=30&page=2>; rel=\"next\", <x>; rel=\"last\"")
            ],
            address: "https://api.github.com/repos/swiftlang/swift/releases?per_page=30",
            second: "https://api.github.com/repositories/1/releases?per_page=30&page=2",
            item: Item(
                id: "RE_kwDO1", title: "swift-6.4-RELEASE", url: "https://github.com/swiftlang/swift/releases/tag/swift-6.4-RELEASE",
                author: "swift-ci",
                publishedAt: at("2026-11-21T12:00:00Z"), content: "## What is new\n\n1 &lt; 2 &amp; more"),
            state: "1795262400000"),
        APIExample(
            id: "guardian",
            address: "https://content.guardianapis.com/search?order-by=newest&show-fields=trailText%2Cbyline&page-size=50&page=1&api-key=k-e-y-1",
            item: Item(
                id: "world/2026/nov/24/a-story", title: "A story", url: "https://www.theguardian.com/world/2026/nov/24/a-story", author: "Ann Author",
                publishedAt: at("2026-11-24T01:00:00Z"), summary: "Somebody did it & more", categories: ["World news"]),
            state: "1795482000000"),
        APIExample(
            id: "nvd",
            address:
                "https://services.nvd.nist.gov/rest/json/cves/2.0?lastModStartDate=2026-11-24T02%3A00%3A00.000&lastModEndDate=2026-11-24T08%3A00%3A00.000&resultsPerPage=200&startIndex=0",
            item: Item(
                id: "CVE-2026-10001", title: "CVE-2026-10001: Analyzed", url: "https://nvd.nist.gov/vuln/detail/CVE-2026-10001",
                publishedAt: at("2026-11-24T06:15:10.125Z"), summary: "A parser reads beyond its end."),
            state: "1795500910125"),
        APIExample(
            id: "stackoverflow",
            address: "https://api.stackexchange.com/2.3/questions?order=desc&sort=creation&site=stackoverflow&tagged=swift&pagesize=50&page=1",
            item: Item(
                id: "79000001", title: "Why is \"sending\" an error?", url: "https://stackoverflow.com/questions/79000001/why", author: "Cy",
                publishedAt: at("2026-11-24T07:40:00Z"), categories: ["swift", "concurrency"]),
            state: "1795506000000"),
        APIExample(
            id: "worldnews", address: "https://www.reddit.com/r/worldnews/new.json?limit=50&raw_json=1",
            second: "https://www.reddit.com/r/worldnews/new.json?limit=50&raw_json=1&after=t3_1abc002",
            item: Item(
                id: "t3_1abc002", title: "Talks resume", url: "https://www.reddit.com/r/worldnews/comments/1abc002/talks_resume/", author: "dora",
                publishedAt: at("2026-11-24T06:00:00Z"), categories: ["Politics"], enclosures: [Enclosure(url: "https://news.example/talks")]),
            state: "1795500000000"),
    ]

    @Test("Each API's recorded shape gives its items, by its entry in docs/examples alone", arguments: examples)
    func example(_ example: APIExample) async throws {
        let source = try #require(try Self.registry().sources.first { $0.id.text == example.id })
        let first = try #require(Self.shape(example.id))
        let bodies = [first] + [Self.shape("\(example.id).2")].compactMap { $0 }
        let documents = bodies.enumerated().map { index, body in
            Document(url: "", status: 200, headers: index == 0 ? example.headers : [], body: body, trace: FetchTrace())
        }
        let shelf = Shelf(documents + [Document(url: "", status: 200, headers: [], body: Array("[]".utf8), trace: FetchTrace())])
        let adapter = try source.adapter(environment: ["GUARDIAN_API_KEY": "k-e-y-1"])
        let runner = PollRunner(fetcher: shelf, retries: SharedRetryBudget(clock: SystemClock()))
        let reading = await runner.run(adapter, ceilings: source.ceilings, memory: PollRunner.Memory(), now: now)
        #expect(reading.outcome == .ok, "\(reading.message)")
        #expect(reading.items.first == example.item)
        #expect(reading.items.count == example.count)
        #expect(reading.adapterState == example.state)
        #expect(shelf.requests.first?.url == example.address)
        #expect(shelf.requests.dropFirst().first?.url == example.second)
    }

    @Test("Every example of the page has its recorded shape here")
    func complete() throws {
        #expect(Set(try Self.registry().sources.map(\.id.text)) == Set(Self.examples.map(\.id)))
    }

    @Test("An API that asks to be left alone in a good answer is, and is asked for no further page")
    func backoff() async throws {
        let source = try #require(try Self.registry().sources.first { $0.id.text == "stackoverflow" })
        let shelf = Shelf([Document(url: "", status: 200, headers: [], body: try #require(Self.shape("stackoverflow")), trace: FetchTrace())])
        let runner = PollRunner(fetcher: shelf, retries: SharedRetryBudget(clock: SystemClock()))
        let reading = await runner.run(try source.adapter(environment: [:]), ceilings: source.ceilings, memory: PollRunner.Memory(), now: now)
        #expect(reading.outcome == .ok)
        #expect(reading.retryAt == now.addingTimeInterval(10))
        #expect(shelf.requests.count == 1)
    }
}

@Suite("What a JSON answer seems to be") struct JSONShapeTests {
    private static func proposal(_ name: String, headers: [HTTPHeader] = []) throws -> JSONShape {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Shapes/\(name).json")
        let body = [UInt8](try Data(contentsOf: file))
        let document = Document(url: "https://api.example/list", status: 200, headers: headers, body: body, trace: FetchTrace())
        return try #require(JSONShape(document, now: now))
    }

    @Test(
        "Items, title, address and date of well-known APIs are found without being told",
        arguments: [
            ("hackernews", "/hits", "A wire desk in Swift", "https://example.com/desk", "2026-11-24T07:50:00Z"),
            ("spaceflight", "/results", "Probe reaches orbit", "https://news.example/probe", "2026-11-24T06:30:00Z"),
            (
                "earthquakes", "/features", "M 4.9 - 44 km S of Ohonua, Tonga", "https://earthquake.usgs.gov/earthquakes/eventpage/us7000abcd",
                "2026-11-24T07:00:00Z"
            ),
            (
                "federal-register", "/results", "Notice of Intent", "https://www.federalregister.gov/documents/2026/11/23/2026-27001/notice",
                "2026-11-23T00:00:00Z"
            ),
            ("guardian", "/response/results", "A story", "https://www.theguardian.com/world/2026/nov/24/a-story", "2026-11-24T01:00:00Z"),
            (
                "stackoverflow", "/items", "Why is &quot;sending&quot; an error?", "https://stackoverflow.com/questions/79000001/why",
                "2026-11-24T07:40:00Z"
            ),
            ("worldnews", "/data/children", "Talks resume", "https://news.example/talks", "2026-11-24T06:00:00Z"),
        ])
    func found(_ name: String, _ items: String, _ title: String, _ url: String, _ date: String) throws {
        let shape = try Self.proposal(name)
        #expect(shape.configuration.items.text == items)
        #expect(shape.items.first?.title == title)
        #expect(shape.items.first?.url == url)
        #expect(shape.items.first?.publishedAt.map(UTCTime.text) == date)
    }

    @Test("What is proposed is a registry's entry that reads the same")
    func roundTrip() throws {
        let shape = try Self.proposal("spaceflight")
        let text =
            "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"json\",\"url\":\"https://a.example\",\"config\":\(shape.configuration.json)}]}"
        let source = try #require(try RegistryReader.read(Array(text.utf8), file: "x").sources.first)
        #expect(source.kind == .json(shape.configuration, query: []))
        #expect(shape.configuration.paging?.by == .link(JSONPointer("/next")))
    }

    @Test(
        "What holds no list with something to know it by is no API",
        arguments: ["{}", "[]", "[1,2]", "{\"a\":[{\"b\":true}]}", "<html></html>", "{\"a\":" + String(repeating: "{\"a\":", count: 60) + "1"])
    func none(_ body: String) {
        let document = Document(url: "https://api.example/list", status: 200, headers: [], body: Array(body.utf8), trace: FetchTrace())
        #expect(JSONShape(document, now: now) == nil)
    }
}
