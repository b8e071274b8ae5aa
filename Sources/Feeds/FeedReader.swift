// Feeds: bytes in, items out; opens no socket and no file. Read in this order: FeedReader (the way of a document), DocumentKind and
// Charset and CharsetGuess (what it is), Prolog and XMLRepair (made safe and well-formed), XMLEvents (libxml2), FeedBuilder and FeedFields (fields),
// HTMLText and HTMLSanitiser, JSONFeedReader. Tests: Tests/FeedsTests.

import Inflate
public import WireCore

/// A feed as read.
public struct FeedDocument: Sendable {
    /// "rss20", "atom10", "json11", …; "rss" and "atom" where no version is known.
    public var version = ""
    public var title: String?
    /// The site's address.
    public var url: String?
    public var language: String?
    /// In the document's order.
    public var items: [Item] = []
    /// Entries that could not be read.
    public var rejectedEntries = 0
    /// True when there were more entries than the limit.
    public var isTruncated = false
    /// True when the document broke off before its end.
    public var isCutShort = false
    /// The place in ``items`` of the entry in which the document broke off: its last fields, an id or an address among them, may be cut.
    public var openItem: Int?
    /// How often the document asks to be polled.
    public var advisedInterval: Duration?
    /// What was repaired, in plain words.
    public var notes: [String] = []

    public init() {}
}

/// The bounds of one reading.
public struct FeedLimits: Sendable {
    /// Nesting of elements, arrays and objects.
    public var depth = 200
    /// Entries; the first ones are kept.
    public var items = 1000
    /// Bytes after unpacking.
    public var decodedBytes = 8 << 20
    /// Bytes of one field; what goes beyond is left out.
    public var fieldBytes = 4 << 20
    /// Categories, enclosures and authors of one entry, each; the first ones are kept.
    public var valuesPerItem = 256
    /// CPU time of one document; beyond it the reading ends as `timeout`.
    public var time = Duration.seconds(10)
    /// When the reading must have ended; nil: only ``time`` bounds it.
    public var deadline: ContinuousClock.Instant?

    public init() {}
}

/// Why a document is no feed that can be read.
public struct FeedError: Error, Sendable, Equatable {
    /// `wrong_kind`, `parse`, `ceiling`, `timeout` or `too_large`.
    public var outcome: Outcome
    /// What was seen, with the line where one is known.
    public var message: String
    public var hint: String?

    public init(_ outcome: Outcome, _ message: String, hint: String? = nil) {
        self.outcome = outcome
        self.message = message
        self.hint = hint
    }
}

/// Reads feeds of every format.
public enum FeedReader {
    /// `baseURL`: the document's address, for relative ones; `charset`: of the HTTP Content-Type.
    public static func read(
        _ bytes: [UInt8], baseURL: String? = nil, charset: String? = nil, limits: FeedLimits = FeedLimits()
    ) throws(FeedError) -> FeedDocument {
        let time = ReadingTime(limits)
        if time.isOver { throw time.error }
        let bytes = try unpacked(bytes, limits)
        switch DocumentKind.sniff(bytes) {
        case .empty: throw FeedError(.parse, "an empty document where a feed was due")
        case .jsonFeed, .json: return try JSONFeedReader.read(bytes, limits, time)
        case .feedXML: return try readXML(bytes, baseURL, charset, limits, time)
        case .text where Prolog.isEndless(bytes):
            throw FeedError(.parse, "no root element within the first \(ByteCount(DocumentKind.longestProlog))")
        case let kind:
            throw FeedError(
                .wrongKind, "\(kind.plainName(of: bytes)) where a feed was due",
                hint: "Check the source's url: it may be the site's page, a login, or have moved.")
        }
    }

    private static func unpacked(_ bytes: [UInt8], _ limits: FeedLimits) throws(FeedError) -> [UInt8] {
        guard Inflater.isGzip(bytes) else { return bytes }
        do {
            return try Inflater.unpack(bytes, ceiling: limits.decodedBytes)
        } catch Inflater.Failure.tooLarge {
            throw FeedError(.tooLarge, "the document unpacks to more than \(ByteCount(limits.decodedBytes))")
        } catch {
            throw FeedError(.parse, "the document begins like gzip and cannot be unpacked")
        }
    }

    private static func readXML(
        _ bytes: [UInt8], _ baseURL: String?, _ charset: String?, _ limits: FeedLimits, _ time: ReadingTime
    ) throws(FeedError) -> FeedDocument {
        var (text, decided) = Charset.utf8(bytes, header: charset)
        let entities = Prolog.withoutDoctype(&text)
        if entities.isEmpty, !hasLongTag(text) {
            let builder = FeedBuilder(limits: limits, baseURL: baseURL, isPlainUTF8: decided == nil)
            switch XMLPass.run(text, builder, time) {
            case .complete where builder.isFeed: return finished(builder, decided, notes: [])
            case .stopped(.full): return finished(builder, decided, notes: [])
            case .stopped(.tooDeep): throw tooDeep(limits)
            case .stopped(.namespaces): throw tooManyNamespaces
            case .stopped(.time): throw time.error
            case .stopped(.attributes), .stopped(.doctype), .broken, .complete: break
            }
        }
        return try readRepaired(text, entities, decided, baseURL, limits, time)
    }

    /// The second try: repaired first, then parsed as strictly as before.
    private static func readRepaired(
        _ text: [UInt8], _ entities: Prolog.Entities, _ decided: String?, _ baseURL: String?, _ limits: FeedLimits, _ time: ReadingTime
    ) throws(FeedError) -> FeedDocument {
        var repair = XMLRepair(text, entities: entities, depth: limits.depth, time: time)
        let repaired = repair.run()
        if repair.isOutOfTime { throw time.error }
        if repair.isTooDeep { throw tooDeep(limits) }
        if repair.hasEndlessTag { throw FeedError(.parse, "a tag is longer than \(ByteCount(XMLRepair.longestTag))") }
        let builder = FeedBuilder(limits: limits, baseURL: baseURL, isPlainUTF8: decided == nil)
        var notes = repair.notes
        switch XMLPass.run(repaired, builder, time) {
        case .complete, .stopped(.full): break
        case .stopped(.tooDeep): throw tooDeep(limits)
        case .stopped(.namespaces): throw tooManyNamespaces
        case .stopped(.time): throw time.error
        case .stopped(.doctype): throw FeedError(.parse, "a DOCTYPE inside the document")
        case .stopped(.attributes): throw FeedError(.parse, "an element has more than \(XMLRepair.mostAttributes) attributes")
        case .broken(let line, let message):
            notes.append("line \(line): \(SafeText.line(message, limit: 120))")
            guard builder.isFeed else { throw FeedError(.parse, "no readable XML: line \(line): \(SafeText.line(message, limit: 120))") }
        }
        guard builder.isFeed else { throw noFeed(builder) }
        var document = finished(builder, decided, notes: notes)
        document.isCutShort = repair.isCutShort
        // The repair gave the last entry the end tag that it had lost.
        if repair.isEntryOpen, document.openItem == nil, !document.isTruncated, !document.items.isEmpty {
            document.openItem = document.items.count - 1
        }
        return document
    }

    private static func finished(_ builder: FeedBuilder, _ decided: String?, notes: [String]) -> FeedDocument {
        var document = builder.finish()
        if let decided { document.notes.append("read as \(decided)") }
        document.notes += notes
        return document
    }

    private static func noFeed(_ builder: FeedBuilder) -> FeedError {
        let root = builder.rootName.map { "an XML document with the root <\(SafeText.line($0, limit: 40))>" } ?? "nothing readable"
        return FeedError(.wrongKind, "\(root) where a feed was due", hint: "Check the source's url.")
    }

    private static func tooDeep(_ limits: FeedLimits) -> FeedError {
        FeedError(
            .ceiling, "elements are nested deeper than \(limits.depth) levels", hint: "No honest feed is; if this one is, raise ceilings.depth.")
    }

    private static var tooManyNamespaces: FeedError {
        FeedError(
            .ceiling, "more than \(FeedBuilder.mostNamespaces) namespaces are declared at one place",
            hint: "No honest feed declares more than some forty: look at the document before you trust its source.")
    }

    /// True when 32 KiB go by without a `<`: perhaps a tag with so many attributes that the parser would take quadratic time over it.
    private static func hasLongTag(_ text: [UInt8]) -> Bool {
        let block = 32 << 10
        var start = 0
        while start + block <= text.count {
            if !text[start..<start + block].contains(0x3C) { return true }
            start += block
        }
        return false
    }
}
