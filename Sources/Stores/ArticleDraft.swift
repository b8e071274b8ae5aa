import FoundationEssentials
public import WireCore

/// An item made ready to be stored: what identifies it, what shows that it changed, what it resembles.
public struct ArticleDraft: Sendable, Equatable {
    public var item: Item
    /// What identifies the item within its source, or nil when there is nothing to go by.
    public var identity: String?
    /// The address without what does not identify it, for recognising an article in two sources.
    public var canonicalURL: String?
    /// Changes when title, summary or content do.
    public var contentHash: UInt64
    /// Keys of which two resembling titles are likely to share one (``Resemblance``).
    public var resemblance: [Int64]
    /// Bytes of text and HTML.
    public var size: Int

    /// Identities are no longer than this many bytes; a longer id is replaced by its hash.
    public static let longestIdentity = 512

    /// Prepares one item by itself; ``drafts(of:)`` also sees what its document gives away about ids and addresses.
    ///
    /// Identity: the document's id unless it is blank; else the canonical address; else title and day; else title and text.
    public init(_ item: Item) {
        self.item = item
        canonicalURL = item.url.flatMap(CanonicalURL.of)
        identity = Self.bounded(Self.ownID(of: item) ?? canonicalURL ?? Self.fingerprint(of: item))
        contentHash = Self.contentHash(of: item)
        resemblance = Resemblance.keys(of: Resemblance.words(of: item.title ?? ""))
        size = Self.size(of: item)
    }

    /// True when there is something to know the item by: what is false here has no ``identity``.
    public static func canIdentify(_ item: Item) -> Bool {
        ownID(of: item) != nil || hasText(item) || item.url.flatMap(CanonicalURL.of) != nil
    }

    private static func hasText(_ item: Item) -> Bool { item.title != nil || item.summary != nil || item.content != nil }

    /// Prepares all items of one document, in its order. What the document contradicts itself about is not trusted:
    /// - an id that stands on items with different addresses (miniflux issue 4197: the same guid on all) counts only together with
    ///   the address;
    /// - an address that stands on items with different ids and different titles is a page they share: it identifies none of them;
    /// - such an address identifies an item without an id only together with its title.
    ///
    /// An item that is there twice stays there twice, with one identity; the store counts the second as a duplicate.
    public static func drafts(of items: [Item]) -> [ArticleDraft] {
        var drafts = items.map(ArticleDraft.init)
        var addressesOfID = Witnesses()
        var idsOfAddress = Witnesses()
        var titlesOfAddress = Witnesses()
        for draft in drafts {
            let id = ownID(of: draft.item)
            if let id { addressesOfID.note(draft.canonicalURL ?? draft.item.url ?? "", about: id) }
            if let address = draft.canonicalURL {
                idsOfAddress.note(id ?? "\u{0}" + draft.textHash, about: address)
                titlesOfAddress.note(draft.textHash, about: address)
            }
        }
        for index in drafts.indices {
            let address = drafts[index].canonicalURL
            drafts[index].distrust(
                id: addressesOfID.disagree(about: ownID(of: drafts[index].item)),
                address: idsOfAddress.disagree(about: address) && titlesOfAddress.disagree(about: address))
        }
        return drafts
    }

    private mutating func distrust(id: Bool, address: Bool) {
        if let own = Self.ownID(of: item) {
            if id { identity = Self.bounded(own + "\n" + (canonicalURL ?? item.url ?? "")) }
        } else if address, let shared = canonicalURL {
            identity = Self.bounded(shared + "\n" + textHash)
        }
        if address { canonicalURL = nil }
    }

    /// The title's hash, or the text's where there is no title.
    private var textHash: String {
        var hash = StableHash()
        hash.addField(item.title)
        if item.title == nil { hash.addField(item.summary ?? item.content) }
        return hash.hex
    }

    /// The document's own id, unless it is blank.
    private static func ownID(of item: Item) -> String? {
        item.id.flatMap { id in id.unicodeScalars.contains { !$0.properties.isWhitespace } ? id : nil }
    }

    /// Title and day, or title and text; nil when the item has neither title nor text.
    private static func fingerprint(of item: Item) -> String? {
        guard hasText(item) else { return nil }
        var hash = StableHash()
        hash.addField(item.title)
        if item.title != nil, let day = item.publishedAt {
            hash.addField(String(UTCTime.text(day).prefix(10)))
        } else {
            hash.addField(item.summary)
            hash.addField(item.content)
        }
        return "text:" + hash.hex
    }

    private static func bounded(_ identity: String?) -> String? {
        guard let identity, identity.utf8.count > longestIdentity else { return identity }
        var hash = StableHash()
        hash.add(identity)
        return "long:\(identity.utf8.count):" + hash.hex
    }

    private static func contentHash(of item: Item) -> UInt64 {
        var hash = StableHash()
        hash.addField(item.title)
        hash.addField(item.summary)
        hash.addField(item.content)
        return hash.value
    }

    /// Everything whose length the source decides.
    private static func size(of item: Item) -> Int {
        let texts = [item.id, item.title, item.url, item.author, item.summary, item.content] + item.categories
        let files = item.enclosures.reduce(0) { $0 + $1.url.utf8.count + ($1.type?.utf8.count ?? 0) }
        return texts.reduce(files) { $0 + ($1?.utf8.count ?? 0) }
    }
}

/// What the items of one document say about a thing, and whether they say the same.
private struct Witnesses {
    private var statements: [String: String] = [:]
    private var contradicted: Set<String> = []

    mutating func note(_ statement: String, about thing: String) {
        if let earlier = statements.updateValue(statement, forKey: thing), earlier != statement { contradicted.insert(thing) }
    }

    func disagree(about thing: String?) -> Bool { thing.map(contradicted.contains) ?? false }
}
