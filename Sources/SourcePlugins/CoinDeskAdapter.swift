import Feeds
public import Fetch
import FoundationEssentials
import WireCore

/// Kind `coindesk`: the news list of the CoinDesk Data API (`GET /news/v1/article/list`), newest first, paged by time.
///
/// The envelope is `{"Data":[…],"Err":{…}}` and `Err` may be filled at status 200. There is no page number: older articles are asked
/// for with `to_ts` ("on or before", unix seconds), which must shrink strictly.
/// Source of names and parameters: the vendor's OpenAPI document of the Data API, version 2.
public struct CoinDeskAdapter: SourceAdapter {
    /// The registry's `config` of the kind.
    public struct Configuration: Sendable, Equatable {
        /// Publishers to take; the API aggregates some forty, each of which may be a feed of the registry already.
        public var sourceIDs = ["coindesk"]
        public var language = "EN"
        /// Articles per page, 1–100.
        public var pageSize = 50
        /// How far back the first poll, or one after a long pause, reaches.
        public var backfill = Duration.seconds(24 * 3600)

        public init() {}
    }

    /// Where the API lives unless the registry says otherwise.
    public static let defaultURL = "https://data-api.coindesk.com"
    /// The variable that the shipped registry takes the key from.
    public static let keyVariable = "COINDESK_API_KEY"

    private let base: String
    private let configuration: Configuration
    private let key: String?
    private let headers: [HTTPHeader]

    /// `key` nil asks without one, which the API answers with 401 or 403 since its free tier ended in May 2026.
    public init(url: String = defaultURL, configuration: Configuration = Configuration(), key: String?, headers: [HTTPHeader] = []) {
        var base = url[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        self.base = String(base)
        self.configuration = configuration
        self.key = key
        self.headers = headers
    }

    public func firstRequest(_ context: PollContext) -> PageRequest { page(until: nil) }

    public func explain(_ failure: ReadFailure) -> ReadFailure {
        var explained = failure
        if failure.outcome == .auth { explained.hint = Self.authHint(hasKey: key != nil) }
        if failure.status == 404 {
            explained.hint = "The API has no such page: the url must be the API's base, \(Self.defaultURL) unless a proxy stands before it."
        }
        return explained
    }

    private func page(until cursor: Int?) -> PageRequest {
        let ids = configuration.sourceIDs.map { QueryText.escaped($0) }.joined(separator: ",")
        let path = base.hasSuffix("/article/list") ? base : base + "/news/v1/article/list"
        var url = "\(path)?lang=\(QueryText.escaped(configuration.language))&limit=\(configuration.pageSize)&source_ids=\(ids)"
        if let cursor { url += "&to_ts=\(cursor)" }
        var fields = headers
        if let key { fields.append(HTTPHeader(name: "x-api-key", value: key)) }
        return PageRequest(url: url, headers: fields, accept: "application/json", cursor: cursor)
    }

    public func read(_ document: Document, of request: PageRequest, _ context: PollContext) throws(ReadFailure) -> Page {
        let root = try envelope(document, context)
        guard let entries = root["Data"]?.array else {
            let keys = root.object?.map(\.key).prefix(5).joined(separator: ", ") ?? root.value.kindName
            throw ReadFailure(
                .schema, "JSON without a list named Data; its keys are: \(SafeText.line(keys, limit: 120))",
                hint: "The API has changed its shape, or the url is not that of the news list.")
        }
        let articles = entries.prefix(context.ceilings.items).map(Self.article)
        if !entries.isEmpty, articles.allSatisfy({ $0 == nil }) {
            throw ReadFailure(.schema, "none of the \(entries.count) entries of Data has an ID, a TITLE or a URL")
        }
        let times = entries.compactMap { $0["PUBLISHED_ON"]?.int }
        var page = Page(items: articles.compactMap { $0 })
        page.rejected = articles.count { $0 == nil }
        page.isTruncated = entries.count > context.ceilings.items
        page.description = "CoinDesk Data API, \(entries.count.counted("article"))"
        // The list comes newest first, so the first page alone knows the bookmark.
        if request.cursor == nil, let newest = Self.bookmark(times, context) { page.state = String(newest) }
        page.next = next(after: request, times: times, count: entries.count, context)
        return page
    }

    /// Older articles are wanted until the last poll's newest, or the backfill's edge, is reached.
    private func next(after request: PageRequest, times: [Int], count: Int, _ context: PollContext) -> PageRequest? {
        guard count >= configuration.pageSize, let oldest = times.min(), let newest = times.max() else { return nil }
        let edge = Int(context.now.addingTimeInterval(-configuration.backfill.seconds).timeIntervalSince1970)
        guard oldest > max(Self.known(context) ?? 0, edge) else { return nil }
        // "On or before" serves the boundary's second again, so that nothing of it is lost; where a page is one second, step over it.
        return page(until: oldest == newest || oldest == request.cursor ? oldest - 1 : oldest)
    }

    /// The bookmark of the last poll; one in the future, left behind by an article with a false date, counts as none.
    private static func known(_ context: PollContext) -> Int? {
        context.state.flatMap { Int($0) }.flatMap { $0 > 0 && $0 <= Int(context.now.timeIntervalSince1970) ? $0 : nil }
    }

    /// The newest instant up to which articles are known, never later than now: a single article from the future must not hide those that
    /// appear until then. Nil when nothing has a date.
    private static func bookmark(_ times: [Int], _ context: PollContext) -> Int? {
        let now = Int(context.now.timeIntervalSince1970)
        let past = times.filter { $0 > 0 && $0 <= now }.max() ?? (times.isEmpty ? nil : now)
        return [past, known(context)].compactMap { $0 }.max()
    }

    private func envelope(_ document: Document, _ context: PollContext) throws(ReadFailure) -> JSONNode {
        let root = try APIAnswer.json(document, context)
        guard root.object != nil else { throw ReadFailure(.schema, "\(root.value.kindName) where an object with Data was due") }
        if let failure = Self.failure(in: root, hasKey: key != nil) { throw failure }
        return root
    }

    /// What the API complains of, whatever the status says: its `Err`, or one of the shapes that gateways before it answer in; nil when it
    /// is content. Absent, null and `{}` alone mean that there is no error.
    static func failure(in root: JSONNode, hasKey: Bool) -> ReadFailure? {
        guard let complaint = complaint(in: root) else { return nil }
        let words = APIAnswer.words(of: complaint) ?? "no message"
        let message = "the API reports: \(SafeText.line(words, limit: 160))"
        switch APIAnswer.outcome(ofWords: words) {
        case .rateLimited: return ReadFailure(.rateLimited, message)
        case .auth: return ReadFailure(.auth, message, hint: authHint(hasKey: hasKey))
        default: break
        }
        if let parameter = complaint["other_info"]?["param"]?.string {
            return ReadFailure(
                .config, "\(message) (parameter \(SafeText.line(parameter, limit: 40)))", hint: "Correct it in the source's config.")
        }
        return ReadFailure(.schema, message)
    }

    /// The part of the envelope that complains.
    private static func complaint(in root: JSONNode) -> JSONNode? {
        if let node = root["Err"], !node.isNull, node.object?.isEmpty != true { return node }
        return APIAnswer.complaint(in: root)
    }

    /// What to do when the API wants a key.
    public static func authHint(hasKey: Bool) -> String {
        hasKey
            ? "The key was refused: check that it is active and that its plan includes news; the free tier ended on 21 May 2026."
            : "The API's free tier ended on 21 May 2026: set \(keyVariable) to a key of a paid plan, or rely on the fallback feed."
    }

    /// One entry of `Data`; nil when there is nothing to know it by.
    static func article(_ node: JSONNode) -> Item? {
        func text(_ name: String) -> String? {
            guard let value = node[name] else { return nil }
            let text = value.string ?? value.number
            return text?.isEmpty == false ? text : nil
        }
        let title = text("TITLE").map(HTMLText.plain)
        let id = text("GUID") ?? text("ID")
        guard id != nil || title != nil || text("URL") != nil else { return nil }
        let body = text("BODY")
        let keywords = text("KEYWORDS")?.split(separator: "|").map { String($0.trimming(" ")) } ?? []
        let categories = node["CATEGORY_DATA"]?.array?.compactMap { $0["CATEGORY"]?.string ?? $0["NAME"]?.string } ?? []
        var seen: Set<String> = []
        return Item(
            id: id, title: title, url: text("URL"), author: text("AUTHORS").map(HTMLText.plain),
            publishedAt: date(node["PUBLISHED_ON"]), updatedAt: date(node["UPDATED_ON"]),
            summary: (text("SUBTITLE") ?? body).map(HTMLText.plain), content: body.map(HTMLText.sanitised),
            categories: Array((categories + keywords).filter { !$0.isEmpty && seen.insert($0).inserted }.prefix(256)),
            enclosures: text("IMAGE_URL").map { [Enclosure(url: $0)] } ?? [])
    }

    /// Unix seconds between 1970 and 2100; anything else is no date.
    private static func date(_ node: JSONNode?) -> Date? {
        guard let seconds = node?.int, (1..<4_102_444_800).contains(seconds) else { return nil }
        return Date(timeIntervalSince1970: Double(seconds))
    }
}
