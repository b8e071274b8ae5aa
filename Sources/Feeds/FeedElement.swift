/// The elements of the formats and extensions that are read, whatever prefix a document gives them.
enum FeedElement: Equatable {
    // Structure
    case rss, rdf, channel, item, feed, entry
    /// Elements whose inside is of no interest: `image`, `textInput`, `cloud`, `atom:source`, `skipHours`, …
    case ignored
    /// Elements that only group others: `media:group`, `media:content`.
    case transparent
    // RSS
    case title, link, description, guid, pubDate, author, category, enclosure, language, ttl, source, comments
    // Atom
    case atomTitle, atomLink, id, published, updated, atomSummary, atomContent, atomAuthor, atomCategory, tagline
    case issued, modified, created
    case name, email, uri
    // Extensions
    case dcTitle, dcCreator, dcSubject, dcDate, dcDescription, dcLanguage
    case termsIssued, termsCreated, termsModified
    case encoded, xhtmlBody
    case itunesAuthor, itunesSummary, itunesSubtitle
    case mediaDescription
    case updatePeriod, updateFrequency
    case unknown

    /// The families of names.
    enum Family {
        case rss, rdf, atom, atom03, dc, dcterms, content, media, itunes, xhtml, sy, other
    }

    /// The family of a namespace name, or of a prefix that a document forgot to declare.
    ///
    /// `root`: the namespace of the root; an unknown one is taken for the format's own only if it is the root's.
    static func family(uri: String, prefix: String, isInFeed: Bool, root: String) -> Family {
        if uri.isEmpty {
            if prefix.isEmpty { return isInFeed ? .atom : .rss }
            return byPrefix[prefix.lowercased()] ?? .other
        }
        let lower = uri.lowercased()
        if let known = byURI[lower] ?? byURI[lower.hasSuffix("/") ? String(lower.dropLast()) : lower + "/"] { return known }
        if lower.hasPrefix("http://purl.org/atom/ns") { return .atom03 }
        if lower.contains("2005/atom") { return .atom }
        if lower.hasPrefix("http://purl.org/dc/elements") { return .dc }
        if lower.hasPrefix("http://purl.org/dc/terms") { return .dcterms }
        if lower.contains("rss/1.0/modules/content") { return .content }
        if lower.contains("search.yahoo.com/mrss") || lower.contains("mediarss") { return .media }
        if lower.contains("itunes") { return .itunes }
        if lower.contains("rss/1.0/modules/syndication") { return .sy }
        // The format's own namespace has had many spellings; with a prefix, most that speak of RSS are extensions' with names of their own.
        let isOwn = prefix.isEmpty || prefix.lowercased() == "rss" || uri == root
        if isOwn, lower.contains("rss") || lower.contains("userland.com") { return .rss }
        if lower.contains("netscape.com") || lower.contains("userland.com/rss") || lower.contains("rdf/simple") { return .rss }
        if lower.contains("rdf-syntax") { return .rdf }
        // An unknown default namespace: its names are taken for what the root makes them.
        if uri == root { return isInFeed ? .atom : .rss }
        return prefix.isEmpty ? .other : byPrefix[prefix.lowercased()] ?? .other
    }

    private static let byPrefix: [String: Family] = [
        "rss": .rss, "rdf": .rdf, "atom": .atom, "atom10": .atom, "atom03": .atom03, "dc": .dc, "dcterms": .dcterms, "content": .content,
        "media": .media, "itunes": .itunes, "xhtml": .xhtml, "html": .xhtml, "sy": .sy, "a10": .atom,
    ]

    private static let byURI: [String: Family] = [
        "http://www.w3.org/2005/atom": .atom, "http://purl.org/rss/1.0/": .rss, "http://my.netscape.com/rdf/simple/0.9/": .rss,
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#": .rdf, "http://www.w3.org/1999/xhtml": .xhtml,
        "http://www.itunes.com/dtds/podcast-1.0.dtd": .itunes, "http://search.yahoo.com/mrss/": .media,
    ]

    /// The element that a name means; `local` in any case.
    static func named(_ local: String, _ family: Family) -> FeedElement {
        let name = local.lowercased()
        switch family {
        case .rss: return rssNames[name] ?? .unknown
        case .rdf: return name == "rdf" ? .rdf : .unknown
        case .atom, .atom03: return atomNames[name] ?? .unknown
        case .dc: return dcNames[name] ?? .unknown
        case .dcterms: return termNames[name] ?? .unknown
        case .content: return name == "encoded" ? .encoded : .unknown
        case .media: return mediaNames[name] ?? .ignored
        case .itunes: return itunesNames[name] ?? .ignored
        case .xhtml: return name == "body" ? .xhtmlBody : .unknown
        case .sy: return name == "updateperiod" ? .updatePeriod : name == "updatefrequency" ? .updateFrequency : .unknown
        case .other: return .unknown
        }
    }

    private static let rssNames: [String: FeedElement] = [
        "rss": .rss, "rdf": .rdf, "channel": .channel, "item": .item, "title": .title, "link": .link, "description": .description, "guid": .guid,
        "pubdate": .pubDate, "author": .author, "category": .category, "enclosure": .enclosure, "language": .language, "ttl": .ttl,
        "source": .ignored, "image": .ignored, "textinput": .ignored, "cloud": .ignored, "skiphours": .ignored, "skipdays": .ignored,
        "items": .ignored, "comments": .comments, "feed": .feed, "entry": .entry, "published": .published, "updated": .updated,
        "summary": .atomSummary, "content": .atomContent, "id": .id, "issued": .issued, "modified": .modified, "created": .created,
        "encoded": .encoded, "fullitem": .encoded, "body": .xhtmlBody, "creator": .dcCreator, "date": .dcDate, "subject": .dcSubject,
    ]

    private static let atomNames: [String: FeedElement] = [
        "feed": .feed, "entry": .entry, "title": .atomTitle, "link": .atomLink, "id": .id, "published": .published, "updated": .updated,
        "summary": .atomSummary, "content": .atomContent, "author": .atomAuthor, "category": .atomCategory, "source": .ignored,
        "contributor": .ignored, "generator": .ignored, "rights": .ignored, "copyright": .ignored, "icon": .ignored, "logo": .ignored,
        "issued": .issued, "modified": .modified, "created": .created, "name": .name, "email": .email, "uri": .uri, "url": .uri,
        "homepage": .uri, "subtitle": .tagline, "tagline": .tagline, "info": .ignored, "pubdate": .pubDate, "guid": .guid,
        "description": .description, "channel": .channel, "item": .item, "rss": .rss, "language": .language,
    ]

    private static let dcNames: [String: FeedElement] = [
        "title": .dcTitle, "creator": .dcCreator, "author": .dcCreator, "subject": .dcSubject, "date": .dcDate, "description": .dcDescription,
        "language": .dcLanguage,
    ]

    private static let termNames: [String: FeedElement] = [
        "issued": .termsIssued, "created": .termsCreated, "modified": .termsModified, "title": .dcTitle, "creator": .dcCreator,
        "subject": .dcSubject, "date": .dcDate, "description": .dcDescription, "language": .dcLanguage,
    ]

    private static let itunesNames: [String: FeedElement] = [
        "author": .itunesAuthor, "summary": .itunesSummary, "subtitle": .itunesSubtitle,
    ]

    private static let mediaNames: [String: FeedElement] = [
        "group": .transparent, "content": .transparent, "description": .mediaDescription,
    ]
}
