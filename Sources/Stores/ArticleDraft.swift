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
    /// Keys of which two resembling titles are likely to share one.
    public var resemblance: [Int64]
    /// Bytes of text and HTML.
    public var size: Int
}
