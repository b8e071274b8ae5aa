public import Feeds
public import Fetch
import FoundationEssentials
public import SourcePlugins
import Stores
public import WireCore

/// Finds the feed behind an address: the address itself, the feeds that its page names (`<link rel=alternate>`), then the paths where
/// feeds usually lie. An answer in JSON that is no feed is looked at as an API's. Every request is bounded by the ceilings of a poll, and their number by a constant.
public struct SourceFinder: Sendable {
    /// A feed, or an API, that was found and read.
    public struct Finding: Sendable {
        /// Where it lies, redirects followed.
        public var url: String
        /// How it was found, in plain words.
        public var how: String
        /// Of an API its items alone.
        public var feed: FeedDocument
        /// How the answer can be read where it is an API's; nil for feeds.
        public var api: JSONAPIConfiguration?
        /// A proposal, free in the registry.
        public var id: String
    }

    /// What came of a search.
    public struct Result: Sendable {
        /// The best first.
        public var findings: [Finding]
        /// One line for each address that was tried, in order.
        public var tried: [String]
    }

    /// Requests of one search.
    static let mostRequests = 20
    /// Feeds that are worth reading; a page may name hundreds.
    static let mostFindings = 5

    private let fetcher: any DocumentFetching
    private let clock: any DeskClock

    public init(fetcher: any DocumentFetching, clock: any DeskClock) {
        self.fetcher = fetcher
        self.clock = clock
    }

    /// Looks at `address`, which may lack its scheme. `taken`: ids that are in use.
    public func find(_ address: String, taken: Set<String>) async -> Result {
        let start = address.contains("://") ? address : "https://" + address
        var search = Search(fetcher: fetcher, clock: clock, taken: taken)
        guard let first = await search.look(at: start, how: "the address itself") else { return search.result }
        if search.isDone { return search.result }
        for link in FeedLinks.discover(in: first.body, baseURL: first.url) where !search.isDone {
            await search.look(at: link.url, how: "named by the page" + (link.title.map { " as “\(SafeText.line($0, limit: 60))”" } ?? ""))
        }
        if search.result.findings.isEmpty {
            for path in Self.wellKnownPaths where !search.isDone {
                guard let url = WebAddress.resolve(path, against: first.url) else { continue }
                await search.look(at: url, how: "a usual path")
                if !search.result.findings.isEmpty { break }
            }
        }
        return search.result
    }

    private static let wellKnownPaths = [
        "/feed", "/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/rss/", "/feed.json", "/news/feed",
        "/arc/outboundfeeds/rss/?outputType=xml", "/blog/feed", "/blog/rss.xml",
    ]
}

/// One search under way.
private struct Search: ~Copyable {
    let fetcher: any DocumentFetching
    let clock: any DeskClock
    let taken: Set<String>
    private(set) var result = SourceFinder.Result(findings: [], tried: [])
    private var allowance = AttemptAllowance(ceiling: SourceFinder.mostRequests)
    private var visited: Set<String> = []
    private let deadline = ContinuousClock.now + .seconds(60)

    init(fetcher: any DocumentFetching, clock: any DeskClock, taken: Set<String>) {
        self.fetcher = fetcher
        self.clock = clock
        self.taken = taken
    }

    var isDone: Bool { result.findings.count >= SourceFinder.mostFindings || allowance.used >= allowance.ceiling || deadline <= .now }

    /// Asks one address and keeps it if it is a feed; gives the document back, whatever it is. Addresses are asked once.
    @discardableResult
    mutating func look(at url: String, how: String) async -> Document? {
        guard visited.insert(url).inserted, let permit = allowance.take() else { return nil }
        let ceilings = Ceilings()
        var request = FetchRequest(url: url, deadline: min(deadline, .now + ceilings.wallTime), ceilings: ceilings)
        request.accept = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.9, application/json;q=0.8, */*;q=0.5"
        let shown = redactedURL(url)
        switch await fetcher.fetch(request, permit: permit) {
        case .failure(let failure):
            result.tried.append("\(shown): \(failure.outcome.rawValue), \(failure.message)")
            return nil
        case .document(let document):
            if case .failure(let failure) = AnswerReading.judge(document, wasConditional: false, now: clock.now()) {
                result.tried.append("\(shown): \(failure.message)")
                return nil
            }
            keep(document, shown: shown, how: how)
            return document
        }
    }

    private mutating func keep(_ document: Document, shown: String, how: String) {
        do {
            let feed = try FeedReader.read(document.body, baseURL: document.url, charset: FeedAdapter.charset(of: document.contentType))
            result.tried.append("\(shown): \(FeedAdapter.plainVersion(feed.version)), \(feed.items.count.counted("item"))")
            add(feed, nil, document, how: how)
        } catch {
            guard let shape = JSONShape(document, now: clock.now()) else { return result.tried.append("\(shown): \(error.message)") }
            var feed = FeedDocument()
            feed.version = "api"
            feed.items = shape.items
            result.tried.append("\(shown): a JSON API, \(shape.items.count.counted("item"))")
            add(feed, shape.configuration, document, how: how)
        }
    }

    private mutating func add(_ feed: FeedDocument, _ api: JSONAPIConfiguration?, _ document: Document, how: String) {
        let url = document.trace.movedTo ?? (document.trace.redirects == 0 ? document.url : document.trace.hops.first?.url ?? document.url)
        guard !result.findings.contains(where: { $0.url == url }) else { return }
        let id = SourceName.propose(for: url, title: feed.title, taken: taken)
        result.findings.append(SourceFinder.Finding(url: url, how: how, feed: feed, api: api, id: id))
    }
}

/// Proposes ids for sources.
public enum SourceName {
    /// Labels that tell nothing about whose site it is.
    private static let generic: Set<String> = ["www", "feeds", "feed", "rss", "blog", "news", "api", "insights", "research", "m"]
    private static let secondLevel: Set<String> = ["co", "com", "org", "net", "gov", "ac", "edu"]

    /// The site's name out of its host ("www.coindesk.com" → "coindesk"), else out of the title, made free with a number.
    public static func propose(for url: String, title: String?, taken: Set<String>) -> String {
        var pool = Pool(taken: taken)
        return pool.propose(for: url, title: title)
    }

    /// Ids that are taken, for whoever proposes many: each proposal is taken at once.
    public struct Pool {
        private var taken: Set<String>
        /// The number that comes next for a name, so that thousands of one site take linear time.
        private var next: [String: Int] = [:]

        public init(taken: Set<String>) { self.taken = taken }

        public mutating func propose(for url: String, title: String?) -> String {
            let base = name(ofHost: WebAddress.host(of: url) ?? "") ?? slug(title ?? "") ?? "source"
            var id = base
            while !taken.insert(id).inserted {
                let number = next[base] ?? 2
                next[base] = number + 1
                id = "\(base)-\(number)"
            }
            return id
        }
    }

    private static func name(ofHost host: String) -> String? {
        var labels = host.lowercased().split(separator: ".").map(String.init)
        guard labels.count >= 2, labels.last.map({ Int($0) == nil }) == true else { return nil }
        labels.removeLast()
        if labels.count >= 2, let last = labels.last, secondLevel.contains(last) { labels.removeLast() }
        return slug(labels.last { !generic.contains($0) } ?? labels.last ?? "")
    }

    /// Lower-case letters and digits, the rest as single hyphens; nil when nothing is left.
    private static func slug(_ text: String) -> String? {
        var out = ""
        for byte in text.lowercased().utf8.prefix(32) {
            if (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) {
                out.unicodeScalars.append(UnicodeScalar(byte))
            } else if !out.isEmpty, !out.hasSuffix("-") {
                out += "-"
            }
        }
        while out.hasSuffix("-") { out.removeLast() }
        return SourceID(out) == nil ? nil : out
    }
}
