public import Fetch
import Feeds
import WireCore

/// A document that the host gets for a plugin, read as the kind that it was asked for: so that HTML at 200 has its name although the plugin
/// does not look.
public struct PluginDocument: SourceAdapter {
    private let fetch: PluginFetch
    private let headers: [HTTPHeader]

    /// `headers`: beside those that the plugin gave.
    public init(_ fetch: PluginFetch, headers: [HTTPHeader]) {
        self.fetch = fetch
        self.headers = headers + fetch.headers
    }

    public func firstRequest(_ context: PollContext) -> PageRequest {
        let accept =
            switch fetch.expects {
            case .any: "*/*"
            case .json: "application/json"
            case .feed: FeedAdapter.accept
            }
        let own = headers.first { $0.name.lowercased() == "accept" }?.value
        return PageRequest(url: fetch.url, headers: headers.filter { $0.name.lowercased() != "accept" }, accept: own ?? accept)
    }

    /// A page with the items of a feed that was expected, and with none otherwise.
    public func read(_ document: Document, of request: PageRequest, _ context: PollContext) throws(ReadFailure) -> Page {
        switch fetch.expects {
        case .any: return Page(items: [])
        case .json:
            _ = try APIAnswer.json(document, context)
            return Page(items: [])
        case .feed:
            let page = try FeedAdapter(url: fetch.url).read(document, of: request, context)
            guard page.isCutShort else { return page }
            throw ReadFailure(.parse, "the document breaks off before its end")
        }
    }
}
