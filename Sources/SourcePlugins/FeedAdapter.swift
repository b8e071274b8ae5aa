import Feeds
public import Fetch
import WireCore

/// Kind `feed`: one document that carries all there is; RSS, RDF, Atom or JSON Feed.
public struct FeedAdapter: SourceAdapter {
    private let url: String
    private let headers: [HTTPHeader]

    public init(url: String, headers: [HTTPHeader] = []) {
        self.url = url
        self.headers = headers
    }

    static let accept = """
        application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, \
        application/json;q=0.8, */*;q=0.1
        """

    public func firstRequest(_ context: PollContext) -> PageRequest {
        PageRequest(url: url, headers: headers, accept: Self.accept, isConditional: true)
    }

    public func read(_ document: Document, of request: PageRequest, _ context: PollContext) throws(ReadFailure) -> Page {
        var limits = FeedLimits()
        limits.depth = context.ceilings.depth
        limits.items = context.ceilings.items
        limits.decodedBytes = context.ceilings.bytesDecoded.bytes
        limits.deadline = context.deadline
        let feed: FeedDocument
        do {
            feed = try FeedReader.read(
                document.body, baseURL: document.url, charset: Self.charset(of: document.contentType), limits: limits)
        } catch {
            throw ReadFailure(error.outcome, error.message, hint: error.hint)
        }
        var page = Page(items: feed.items)
        // Half an entry may carry half an id, and would be stored as another one for good.
        if let open = feed.openItem, page.items.indices.contains(open) { page.items.remove(at: open) }
        page.rejected = feed.rejectedEntries
        page.isTruncated = feed.isTruncated
        page.isCutShort = feed.isCutShort
        page.advisedInterval = feed.advisedInterval
        page.notes = feed.notes
        page.description = Self.plainVersion(feed.version) + (feed.title.map { " “\($0)”" } ?? "")
        return page
    }

    /// The charset parameter of a media type (RFC 9110, 8.3); nil when there is none.
    public static func charset(of contentType: String?) -> String? {
        guard let contentType else { return nil }
        for parameter in contentType.split(separator: ";").dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimming(" ").lowercased() == "charset" else { continue }
            let value = pair[1].trimming(" \"'")
            return value.isEmpty ? nil : String(value)
        }
        return nil
    }

    /// "rss20" → "RSS 2.0".
    public static func plainVersion(_ version: String) -> String {
        let names = [
            "rss090": "RSS 0.90", "rss091": "RSS 0.91", "rss092": "RSS 0.92", "rss093": "RSS 0.93", "rss094": "RSS 0.94",
            "rss10": "RSS 1.0 (RDF)", "rss20": "RSS 2.0", "rss": "RSS", "": "RDF", "atom03": "Atom 0.3", "atom10": "Atom 1.0", "atom": "Atom",
            "json10": "JSON Feed 1.0", "json11": "JSON Feed 1.1",
        ]
        return names[version] ?? version
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without leading and trailing characters of `set`.
    func trimming(_ set: String) -> Substring {
        var rest = self[...]
        while let first = rest.first, set.contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, set.contains(last) { rest = rest.dropLast() }
        return rest
    }
}
