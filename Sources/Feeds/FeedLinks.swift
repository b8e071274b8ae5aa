import WireCore

/// A feed that a page names.
public struct FeedLink: Sendable, Equatable {
    /// Absolute.
    public var url: String
    public var title: String?
    /// Media type as given.
    public var type: String?
}

/// Finds the feeds that a page names: `<link rel="alternate" type="application/rss+xml">` and its kin, then links to likely addresses.
/// Source: the autodiscovery practice of RSS and Atom (HTML Living Standard, 4.6.7.1 “alternate”).
public enum FeedLinks {
    /// In the order of likelihood; 50 at most; each address once. Feeds of comments come last.
    public static func discover(in html: [UInt8], baseURL: String) -> [FeedLink] {
        var named: [FeedLink] = []
        var likely: [FeedLink] = []
        var base = baseURL
        html.prefix(2 << 20).withUnsafeBufferPointer { source in
            var index = 0
            while let open = source[index...].firstIndex(of: 0x3C), named.count + likely.count < 200 {
                guard let tag = HTMLTag(source, at: open) else {
                    index = open + 1
                    continue
                }
                index = tag.end
                guard !tag.isEnd else { continue }
                switch tag.name {
                case HTMLTag.packed("base"):
                    if let href = attribute("href", of: tag, source) { base = WebAddress.resolve(href, against: baseURL) ?? base }
                case HTMLTag.packed("link"):
                    if let link = alternate(tag, source, base) { named.append(link) }
                case HTMLTag.packed("a"):
                    if let href = attribute("href", of: tag, source), looksLikeAFeed(href), let url = WebAddress.resolve(href, against: base) {
                        likely.append(FeedLink(url: url, title: nil, type: nil))
                    }
                default: break
                }
            }
        }
        var seen: Set<String> = []
        let ordered = named.filter { !isComments($0) } + likely + named.filter(isComments)
        return Array(ordered.filter { WebAddress.host(of: $0.url) != nil && seen.insert($0.url).inserted }.prefix(50))
    }

    private static func alternate(_ tag: HTMLTag, _ source: UnsafeBufferPointer<UInt8>, _ base: String) -> FeedLink? {
        guard let rel = attribute("rel", of: tag, source)?.lowercased(), rel.split(separator: " ").contains("alternate"),
            let href = attribute("href", of: tag, source), let type = attribute("type", of: tag, source)?.lowercased()
        else { return nil }
        let kinds = [
            "application/rss+xml", "application/atom+xml", "application/feed+json", "application/json", "application/rdf+xml", "text/xml",
            "application/xml",
        ]
        guard kinds.contains(where: type.hasPrefix), !href.contains("/wp-json/"), !href.contains("oembed"),
            let url = WebAddress.resolve(href, against: base)
        else { return nil }
        return FeedLink(url: url, title: attribute("title", of: tag, source), type: type)
    }

    private static func isComments(_ link: FeedLink) -> Bool {
        link.url.lowercased().contains("comments") || link.title?.lowercased().contains("comment") == true
    }

    private static func looksLikeAFeed(_ href: String) -> Bool {
        let path = href.lowercased().prefix { $0 != "#" }
        return [".rss", ".atom", "/rss.xml", "/feed.xml", "/atom.xml", "/feed", "/feed/", "/rss", "/rss/", "feed.json"].contains {
            path.hasSuffix($0)
        }
    }

    /// The value of a tag's attribute, references decoded.
    private static func attribute(_ name: String, of tag: HTMLTag, _ source: UnsafeBufferPointer<UInt8>) -> String? {
        var rest = Array(source[tag.attributesStart..<max(tag.attributesStart, tag.end - 1)])[...]
        while !rest.isEmpty {
            rest = rest.drop { $0 <= 0x20 || $0 == 0x2F }
            let key = rest.prefix { $0 > 0x20 && $0 != 0x3D && $0 != 0x2F }
            guard !key.isEmpty else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest[key.endIndex...].drop { $0 <= 0x20 }
            guard rest.first == 0x3D else { continue }
            rest = rest.dropFirst().drop { $0 <= 0x20 }
            let value = Bytes.takeAttributeValue(&rest)
            guard String(decoding: key, as: UTF8.self).lowercased() == name else { continue }
            return TextFold.trim(String(decoding: XMLRepair.decodeReferences(value), as: UTF8.self))
        }
        return nil
    }
}
