public import FoundationEssentials

/// One entry of a document as parsed: not stored yet, without an id of ours.
///
/// Text fields are plain text (no tags, entities decoded, white space folded); `content` is HTML without active content.
public struct Item: Sendable, Equatable {
    /// The document's own id of the entry (`guid`, `atom:id`, `rdf:about`), verbatim and trimmed.
    public var id: String?
    public var title: String?
    /// Resolved against the document's base where there is one.
    public var url: String?
    public var author: String?
    /// Nil when the document gives none that can be read; never "now".
    public var publishedAt: Date?
    /// Only where the document states it.
    public var updatedAt: Date?
    public var summary: String?
    /// HTML, active content removed.
    public var content: String?
    public var categories: [String]
    public var enclosures: [Enclosure]

    /// All fields default to "not given".
    public init(
        id: String? = nil, title: String? = nil, url: String? = nil, author: String? = nil, publishedAt: Date? = nil,
        updatedAt: Date? = nil, summary: String? = nil, content: String? = nil, categories: [String] = [],
        enclosures: [Enclosure] = []
    ) {
        self.id = id
        self.title = title
        self.url = url
        self.author = author
        self.publishedAt = publishedAt
        self.updatedAt = updatedAt
        self.summary = summary
        self.content = content
        self.categories = categories
        self.enclosures = enclosures
    }
}

/// A file attached to an item (RSS `enclosure`, Atom `rel=enclosure`, JSON Feed `attachments`).
public struct Enclosure: Sendable, Equatable, Codable {
    public var url: String
    /// Media type as given, not checked.
    public var type: String?
    /// Bytes, as claimed by the feed; often wrong in the wild.
    public var length: Int?

    public init(url: String, type: String? = nil, length: Int? = nil) {
        self.url = url
        self.type = type
        self.length = length
    }
}
