/// The hard bounds of one poll. All are on by default and no adapter can raise them or get round them.
///
/// Bytes, time, depth and redirects beyond a ceiling end the poll and keep nothing of that document;
/// pages and items beyond one keep what was read and say so.
public struct Ceilings: Sendable, Equatable {
    /// Requests of one poll, retries included, redirects not.
    public var attempts = 8
    /// Documents read by one poll.
    public var pages = 5
    /// Redirects followed for one document.
    public var redirects = 5
    /// Bytes of one document as they came, before decompression.
    public var bytesOnWire = ByteCount.mebibytes(8)
    /// Bytes of one document after decompression.
    public var bytesDecoded = ByteCount.mebibytes(8)
    /// Items kept of one poll.
    public var items = 1000
    /// Wall time of one poll, waiting for retries included.
    public var wallTime = Duration.seconds(30)
    /// Nesting of elements, arrays and objects.
    public var depth = 200
    /// New items stored of one source in one UTC day: no source fills the disk.
    public var newItemsPerDay = 5000
    /// Text and HTML stored of one source in one UTC day.
    public var bytesStoredPerDay = ByteCount.mebibytes(64)

    public init() {}

    /// A ceiling as the registry and the documentation know it.
    public struct Field: Sendable {
        /// The registry's key.
        public var key: String
        public var meaning: String
        /// What happens beyond it.
        public var beyond: String
        public var kind: Kind
    }

    /// A ceiling's place in the struct and its range; both ends are allowed.
    public enum Kind: Sendable {
        case count(any WritableKeyPath<Ceilings, Int> & Sendable, ClosedRange<Int>)
        case bytes(any WritableKeyPath<Ceilings, ByteCount> & Sendable, ClosedRange<ByteCount>)
        case time(any WritableKeyPath<Ceilings, Duration> & Sendable, ClosedRange<Duration>)
    }

    /// Every ceiling, in the order of the documentation. The registry's reader, its schema and docs/ceilings.md are made from it.
    public static let fields: [Field] = [
        Field(
            key: "attempts", meaning: "requests of one poll, retries included, redirects not",
            beyond: "the poll ends, what was read is kept", kind: .count(\.attempts, 1...50)),
        Field(
            key: "pages", meaning: "documents read by one poll",
            beyond: "the poll ends, what was read is kept", kind: .count(\.pages, 1...100)),
        Field(
            key: "redirects", meaning: "redirects followed for one document",
            beyond: "the document is dropped: `redirect`", kind: .count(\.redirects, 0...20)),
        Field(
            key: "bytesOnWire", meaning: "bytes of one document as sent, headers included",
            beyond: "the document is dropped: `too_large`", kind: .bytes(\.bytesOnWire, .kibibytes(1)...(.mebibytes(64)))),
        Field(
            key: "bytesDecoded", meaning: "bytes of one document after decompression",
            beyond: "the document is dropped: `too_large`", kind: .bytes(\.bytesDecoded, .kibibytes(1)...(.mebibytes(64)))),
        Field(
            key: "items", meaning: "items kept of one poll",
            beyond: "the poll ends, what was read is kept", kind: .count(\.items, 1...20_000)),
        Field(
            key: "wallTime", meaning: "duration of one poll, waiting for retries included",
            beyond: "the document is dropped: `timeout`", kind: .time(\.wallTime, .milliseconds(100)...(.seconds(600)))),
        Field(
            key: "depth", meaning: "nesting of elements, arrays and objects in one document",
            beyond: "the document is dropped: `ceiling`", kind: .count(\.depth, 8...250)),
        Field(
            key: "newItemsPerDay", meaning: "new items stored of one source in one UTC day",
            beyond: "further new items are rejected until midnight UTC", kind: .count(\.newItemsPerDay, 1...1_000_000)),
        Field(
            key: "bytesStoredPerDay", meaning: "text and HTML stored of one source in one UTC day",
            beyond: "further new items are rejected until midnight UTC",
            kind: .bytes(\.bytesStoredPerDay, .mebibytes(1)...(.mebibytes(4096)))),
    ]

    /// The value of a field as the registry writes it.
    public func text(of field: Field) -> String {
        switch field.kind {
        case .count(let path, _): String(self[keyPath: path])
        case .bytes(let path, _): self[keyPath: path].description
        case .time(let path, _): self[keyPath: path].text
        }
    }
}

extension Ceilings.Field {
    /// The allowed range as the registry writes it: "1…50", "100ms…10m".
    public var range: String {
        switch kind {
        case .count(_, let range): "\(range.lowerBound)…\(range.upperBound)"
        case .bytes(_, let range): "\(range.lowerBound)…\(range.upperBound)"
        case .time(_, let range): "\(range.lowerBound.text)…\(range.upperBound.text)"
        }
    }
}
