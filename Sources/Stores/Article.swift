public import FoundationEssentials
public import WireCore

/// An item that is stored: with an id of ours, deduplicated.
public struct Article: Sendable, Equatable {
    /// The store's number, growing; also the cursor of lists.
    public var id: Int64
    /// The source that brought it first.
    public var source: SourceID
    /// The item's identity within its source (see ``ArticleDraft/identity``).
    public var identity: String
    public var item: Item
    public var canonicalURL: String?
    public var firstSeenAt: Date
    /// When its text last changed at the source; nil: never since it was first seen.
    public var changedAt: Date?
    /// Other sources that brought the same address.
    public var alsoIn: [SourceID]
    /// The earlier article that this one resembles; linked, not dropped.
    public var nearDuplicateOf: Int64?

    public init(
        id: Int64, source: SourceID, identity: String, item: Item, canonicalURL: String?, firstSeenAt: Date,
        changedAt: Date? = nil,
        alsoIn: [SourceID] = [], nearDuplicateOf: Int64? = nil
    ) {
        self.id = id
        self.source = source
        self.identity = identity
        self.item = item
        self.canonicalURL = canonicalURL
        self.firstSeenAt = firstSeenAt
        self.changedAt = changedAt
        self.alsoIn = alsoIn
        self.nearDuplicateOf = nearDuplicateOf
    }
}
