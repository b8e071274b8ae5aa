import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a document is, judged by its first bytes; a Content-Type is often wrong and is not asked.
public enum DocumentKind: Sendable, Equatable {
    case html
    case json
    case jsonFeed
    /// RSS, RDF or Atom by its root element.
    case feedXML
    /// XML with another root: a sitemap, OPML, an error.
    case otherXML(root: String)
    /// Nothing but blanks.
    case empty
    case text
    case binary

    /// For messages: "an HTML page".
    public var plainName: String {
        switch self {
        case .html: "an HTML page"
        case .json: "a JSON document"
        case .jsonFeed: "a JSON Feed"
        case .feedXML: "a feed"
        case .otherXML(let root): root.lowercased() == "opml" ? "an OPML list" : "an XML document with the root <\(root)>"
        case .empty: "an empty document"
        case .text: "plain text"
        case .binary: "binary data"
        }
    }

    /// For messages, with a page's own title: "an HTML page “Log in”".
    public func plainName(of bytes: [UInt8]) -> String {
        guard self == .html, let title = HTMLText.title(ofPage: bytes) else { return plainName }
        return "\(plainName) “\(SafeText.line(title, limit: 60))”"
    }

    /// How far a document's beginning may be put off by blanks, comments, instructions and a DOCTYPE.
    static let longestProlog = 256 << 10
    /// How much of the beginning itself is looked at.
    private static let window = 8 << 10

    /// Looks at the first 8 KiB or so behind what stands before the root.
    public static func sniff(_ bytes: [UInt8]) -> DocumentKind {
        var head = bytes.prefix(longestProlog)
        if head.starts(with: [0xEF, 0xBB, 0xBF]) { head = head.dropFirst(3) }
        // UTF-16: every other byte of ASCII text is zero.
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) || head.prefix(64).count(where: { $0 == 0 }) >= 16 {
            head = head.filter { $0 != 0 && $0 != 0xFF && $0 != 0xFE }[...]
        }
        let blanks = head.prefix { $0 <= 0x20 }
        let text = head[blanks.endIndex...].prefix(window)
        guard let first = text.first else { return bytes.contains { $0 > 0x20 } ? .text : .empty }
        if first == 0x7B || first == 0x5B { return looksLikeJSONFeed(text) ? .jsonFeed : .json }
        if isJSONScalar(text), text.endIndex == head.endIndex { return .json }
        let start = Prolog.end(in: head)
        let root = head[start...].prefix(window)
        if let name = rootName(root) { return kind(root: name, root) }
        if text.prefix(512).contains(where: { $0 < 0x09 }) { return .binary }
        return .text
    }

    private static func kind(root: String, _ text: ArraySlice<UInt8>) -> DocumentKind {
        let name = root.lowercased()
        let local = name.split(separator: ":").last.map(String.init) ?? name
        switch local {
        case "rss", "rdf", "feed", "channel": return .feedXML
        case "entry" where Bytes.firstRange(of: Array("/Atom".utf8), in: text) != nil: return .feedXML
        case _ where pageElements.contains(local): return .html
        default: return .otherXML(root: String(root.prefix(40)))
        }
    }

    /// What pages and parts of pages begin with.
    private static let pageElements: Set<String> = [
        "html", "head", "body", "title", "script", "meta", "div", "p", "h1", "h2", "h3", "center", "table", "b", "a", "br", "style", "iframe",
        "link", "frameset", "frame", "form", "font", "span", "strong", "ul", "pre", "hr", "img", "noscript",
    ]

    /// `null`, `true`, `42`, `"x"`: JSON, but neither object nor list.
    private static func isJSONScalar(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, first == 0x22 || first == 0x2D || (0x30...0x39).contains(first) || "ntf".utf8.contains(first),
            let node = try? JSONReader.read(Array(text), maximumDepth: 1)
        else { return false }
        return node.object == nil && node.array == nil
    }

    /// The first element's name, comments, instructions and a DOCTYPE skipped; feeds' roots are looked for behind junk, too.
    private static func rootName(_ text: ArraySlice<UInt8>) -> String? {
        var rest = text
        var first: String?
        while let open = rest.firstIndex(of: 0x3C) {
            rest = rest[(open + 1)...]
            guard let byte = rest.first else { break }
            if byte == 0x21 {
                if rest.starts(with: Array("!--".utf8)) {
                    rest = behind("-->", in: rest)
                } else {
                    if Prolog.isHTMLDoctype(rest) { return wrappedFeed(rest) ?? "html" }
                    rest = behindDoctype(rest)
                }
            } else if byte == 0x3F {
                rest = behind("?>", in: rest)
            } else if isNameStart(byte) {
                let name = String(decoding: rest.prefix { isNameByte($0) }, as: UTF8.self)
                if first == nil { first = name }
                let local = name.lowercased().split(separator: ":").last ?? ""
                if ["rss", "rdf", "feed"].contains(local) { return name }
                if local == "html" { return wrappedFeed(rest) ?? first }
                if first == name, open == text.startIndex { return first }
            }
        }
        return first
    }

    /// A feed's root inside what else would be a page: some generators wrap their feeds so.
    private static func wrappedFeed(_ rest: ArraySlice<UInt8>) -> String? {
        for (mark, root) in [("<feed xmlns", "feed"), ("<rss version", "rss"), ("<rss>", "rss"), ("<rdf:RDF", "rdf:RDF")]
        where Bytes.firstRange(of: Array(mark.utf8), in: rest) != nil { return root }
        return nil
    }

    private static func behind(_ mark: String, in rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        Bytes.firstRange(of: Array(mark.utf8), in: rest).map { rest[$0.upperBound...] } ?? []
    }

    private static func behindDoctype(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        Prolog.endOfDoctype(rest).map { rest[$0...] } ?? []
    }

    static func isNameStart(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F || byte >= 0x80 }
    static func isNameByte(_ byte: UInt8) -> Bool {
        isNameStart(byte) || (0x30...0x39).contains(byte) || byte == 0x3A || byte == 0x2D || byte == 0x2E
    }

    /// An object that names JSON Feed's version, or has a list of items and a title.
    private static func looksLikeJSONFeed(_ text: ArraySlice<UInt8>) -> Bool {
        let head = String(decoding: text, as: UTF8.self)
        return head.contains("jsonfeed.org/version") || head.contains("\"items\"") && (head.contains("\"title\"") || head.contains("home_page_url"))
    }
}

/// Searching in bytes.
enum Bytes {
    /// An attribute's value, in quotes or up to the next blank; `rest` begins behind it afterwards.
    static func takeAttributeValue(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let quote = rest.first, quote == 0x22 || quote == 0x27 else {
            let value = rest.prefix { $0 > 0x20 }
            rest = rest[value.endIndex...]
            return value
        }
        let value = rest.dropFirst().prefix { $0 != quote }
        rest = rest[value.endIndex...].dropFirst()
        return value
    }

    /// The first place of a byte at or behind `start`, before `end` where one is given; nil when there is none. memchr, which looks at many bytes at once.
    static func place(of byte: UInt8, in source: UnsafeBufferPointer<UInt8>, from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = min(end ?? source.count, source.count)
        guard let base = source.baseAddress, start >= 0, start < end else { return nil }
        return memchr(base + start, Int32(byte), end - start).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    }

    /// The first place of `needle`; nil when there is none.
    static func firstRange(of needle: [UInt8], in hay: ArraySlice<UInt8>) -> Range<Int>? {
        hay.withUnsafeBytes { space in
            needle.withUnsafeBytes { wanted in
                guard let base = space.baseAddress, let sought = wanted.baseAddress, let first = needle.first else { return nil }
                var at = 0
                while at + wanted.count <= space.count, let hit = memchr(base + at, Int32(first), space.count - wanted.count + 1 - at) {
                    let place = UnsafeRawPointer(hit) - base
                    if memcmp(hit, sought, wanted.count) == 0 {
                        return hay.startIndex + place..<hay.startIndex + place + wanted.count
                    }
                    at = place + 1
                }
                return nil
            }
        }
    }
}
