import FoundationEssentials
import WireCore

/// A value that several elements may give: the best-ranked one counts, among equals the first; empty ones never count.
struct Ranked<Value> {
    private(set) var value: Value?
    private var rank = Int.max

    /// A smaller rank is better.
    mutating func offer(_ new: Value?, rank: Int) {
        guard let new, rank < self.rank else { return }
        value = new
        self.rank = rank
    }
}

/// The feed's own fields while it is read.
struct FeedFields {
    var title = Ranked<String>()
    var url = Ranked<String>()
    var language = Ranked<String>()
    /// Minutes.
    var ttl: Int?
    var period: String?
    var frequency: Int?

    /// How often the feed asks to be polled: RSS 2.0 `ttl`, or the RSS 1.0 syndication module's period over frequency.
    var advisedInterval: Duration? {
        let periods = ["hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000]
        let syndication = period.flatMap { periods[$0] }.map { $0 / max(1, min(frequency ?? 1, 1000)) }
        return [ttl.map { $0 * 60 }, syndication].compactMap { $0 }.max().map { .seconds($0) }
    }
}

/// An entry while it is read.
struct ItemDraft {
    var about: String?
    var id = Ranked<String>()
    var isPermalink = true
    var title = Ranked<String>()
    var url = Ranked<String>()
    var published = Ranked<Date>()
    var updated = Ranked<Date>()
    var summary = Ranked<String>()
    var content = Ranked<String>()
    var creators: [String] = []
    var authors: [String] = []
    var itunesAuthors: [String] = []
    var categories: [String] = []
    var enclosures: [Enclosure] = []

    private var knownCategories: Set<String> = []

    /// Each category once, `most` of them at most.
    mutating func add(category: String, most: Int) {
        guard categories.count < most else { return }
        // Most entries have a handful, which are compared sooner than hashed.
        if categories.count < 8 {
            if !categories.contains(category) { categories.append(category) }
            return
        }
        if knownCategories.isEmpty { knownCategories = Set(categories) }
        if knownCategories.insert(category).inserted { categories.append(category) }
    }

    mutating func add(_ enclosure: Enclosure, most: Int) {
        if enclosures.count < most { enclosures.append(enclosure) }
    }

    /// Names, each once, with commas between.
    private static func joined(_ names: [String]) -> String {
        if names.count <= 1 { return names.first ?? "" }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }.joined(separator: ", ")
    }

    func finish() -> Item {
        let id = self.id.value ?? about
        let author = Self.joined(!creators.isEmpty ? creators : !authors.isEmpty ? authors : itunesAuthors)
        var link = url.value
        if link == nil, let id, isPermalink || self.id.value == nil, id.hasPrefix("http://") || id.hasPrefix("https://") { link = id }
        return Item(
            id: id, title: title.value, url: link, author: author.isEmpty ? nil : author, publishedAt: published.value ?? updated.value,
            updatedAt: updated.value, summary: summary.value, content: content.value, categories: categories, enclosures: enclosures)
    }
}

/// Names of people as feeds write them.
enum PersonName {
    /// "a@b.c (Name)" and "Name <a@b.c>" give Name; a bare address stays; nothing gives nothing.
    static func read(_ text: String?) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        guard text.utf8.contains(0x40) else { return [text] }
        if let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close {
            let name = TextFold.trim(String(text[text.index(after: open)..<close]))
            if !name.isEmpty, text[..<open].contains("@") || name.contains("@") == false { return [name] }
        }
        if let open = text.firstIndex(of: "<"), open > text.startIndex {
            let name = TextFold.trim(String(text[..<open])).filter { $0 != "\"" }
            if !name.isEmpty { return [name] }
        }
        let words = text.split(separator: " ")
        let names = words.filter { !$0.contains("@") }
        if !names.isEmpty, words.count > names.count, words.first?.contains("@") == true || words.last?.contains("@") == true {
            let name = names.joined(separator: " ").filter { $0 != "<" && $0 != ">" && $0 != "\"" }
            if name.contains(where: \.isLetter) { return [TextFold.trim(name)] }
        }
        return [text.hasPrefix("<") && text.hasSuffix(">") ? String(text.dropFirst().dropLast()) : text]
    }
}

extension TextFold {
    /// Without white space at both ends.
    static func trim(_ text: String) -> String {
        guard let first = text.utf8.first, let last = text.utf8.last, first <= 0x20 || last <= 0x20 else { return text }
        let bytes = text.utf8.drop { $0 <= 0x20 }
        let end = bytes.lastIndex { $0 > 0x20 }.map { bytes.index(after: $0) } ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}

/// A field's text as it stood, and the readings that the formats give it.
struct FieldText {
    let bytes: [UInt8]
    /// The field held elements; ``bytes`` are their HTML.
    let isMarkup: Bool
    let type: String
    let mode: String
    let base: String?
    /// The document is plain UTF-8: a field that was encoded twice can be put right. Where a charset was declared, what it gives stands.
    let isPlainUTF8: Bool

    private func some(_ text: String) -> String? { text.isEmpty ? nil : text }

    /// As it is, trimmed; for ids and addresses.
    var verbatim: String? {
        let text = isMarkup ? HTMLText.plain(bytes: bytes[...]) : TextFold.trim(String(decoding: bytes, as: UTF8.self))
        return some(bytes.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text)
    }

    var plainText: String? { isMarkup ? htmlText : some(TextFold.fold(bytes[...], mending: isPlainUTF8)) }

    /// RSS's way: often HTML, or escaped twice, without saying so. Where an entity or an end tag is left, it is decoded once more.
    var rssText: String? { isMarkup || looksEscaped ? htmlText : plainText }

    /// HTML by definition.
    var htmlText: String? { some(HTMLText.plain(bytes: bytes[...], mending: isPlainUTF8)) }

    private var looksEscaped: Bool {
        if bytes.contains(0x3C) {
            if Bytes.firstRange(of: [0x3C, 0x2F], in: bytes[...]) != nil || Bytes.firstRange(of: [0x2F, 0x3E], in: bytes[...]) != nil {
                return true
            }
        }
        var rest = bytes[...]
        while let place = rest.firstIndex(of: 0x26) {
            if XMLRepair.reference(rest[place...]) != nil, rest[place...].prefix(72).contains(0x3B) { return true }
            rest = rest[(place + 1)...]
        }
        return false
    }

    var date: Date? { FeedDate.parse(bytes: bytes.count <= 128 ? bytes : Array(bytes.prefix(128))) }

    /// What Atom's `type` (and 0.3's `mode`) make of the bytes.
    private enum AtomKind { case text, html, none }

    private func atom(isContent: Bool) -> (AtomKind, [UInt8]) {
        var bytes = bytes
        if mode == "base64" || isBase64Type {
            guard let data = Data(base64Encoded: String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)) else { return (.none, []) }
            bytes = [UInt8](data)
            if type.isEmpty || type.hasPrefix("text/plain") { return (.text, bytes) }
            return type.contains("html") || type.hasPrefix("text/") ? (.html, bytes) : (.text, bytes)
        }
        if isMarkup { return (.html, Self.withoutDiv(bytes, isXHTML: type == "xhtml" || type.contains("xhtml"))) }
        switch type {
        case "html", "text/html", "application/xhtml+xml", "xhtml": return (.html, bytes)
        case "", "text", "text/plain", "plain": return mode == "escaped" && type.isEmpty ? (.html, bytes) : (.text, bytes)
        case _ where isContent && type.contains("/") && !type.hasPrefix("text/") && !type.hasSuffix("xml"):
            // Any other media type is in base 64 (RFC 4287, 4.1.3.3), which some forget; only text is of use.
            guard let data = Data(base64Encoded: String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)) else {
                return type.hasPrefix("application/") ? (.text, bytes) : (.none, [])
            }
            return Charset.isUTF8([UInt8](data)) ? (.text, [UInt8](data)) : (.none, [])
        default: return type.hasPrefix("image/") || type.hasPrefix("audio/") || type.hasPrefix("video/") ? (.none, []) : (.text, bytes)
        }
    }

    private var isBase64Type: Bool { type.hasPrefix("application/octet-stream") }

    /// The inside of xhtml's `div`.
    private static func withoutDiv(_ bytes: [UInt8], isXHTML: Bool) -> [UInt8] {
        guard isXHTML else { return bytes }
        let text = bytes.drop { $0 <= 0x20 }
        let end = text.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? text.startIndex
        let trimmed = text[..<end]
        guard trimmed.starts(with: Array("<div".utf8)), trimmed.suffix(6).elementsEqual(Array("</div>".utf8)),
            let close = trimmed.firstIndex(of: 0x3E)
        else { return bytes }
        let inside = trimmed[(close + 1)..<(trimmed.endIndex - 6)]
        // Only where that div is the outermost of all.
        var level = 0
        var rest = inside
        while let place = rest.firstIndex(of: 0x3C) {
            rest = rest[(place + 1)...]
            if rest.starts(with: Array("div".utf8)) { level += 1 } else if rest.starts(with: Array("/div".utf8)) { level -= 1 }
            if level < 0 { return bytes }
        }
        return Array(inside)
    }

    /// Atom's way: `type` says what it is.
    var atomText: String? {
        switch atom(isContent: false) {
        case (.text, let bytes): some(TextFold.fold(bytes[...], mending: isPlainUTF8))
        case (.html, let bytes): some(HTMLText.plain(bytes: bytes[...], mending: isPlainUTF8))
        case (.none, _): nil
        }
    }

    /// HTML, sanitised, relative addresses resolved; nil when there is nothing in it.
    var html: String? { Self.html(bytes, base: base) }

    /// Atom content as HTML.
    var atomHTML: String? {
        switch atom(isContent: true) {
        case (.text, let bytes): Self.html(Self.escaped(bytes), base: base)
        case (.html, let bytes): Self.html(bytes, base: base)
        case (.none, _): nil
        }
    }

    static func html(_ bytes: [UInt8], base: String?) -> String? {
        guard bytes.contains(where: { $0 > 0x20 }) else { return nil }
        let clean = HTMLSanitiser.clean(bytes, base: base)
        guard let first = clean.firstIndex(where: { $0 > 0x20 }), let last = clean.lastIndex(where: { $0 > 0x20 }) else { return nil }
        return String(decoding: clean[first...last], as: UTF8.self)
    }

    static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 16)
        for byte in bytes {
            switch byte {
            case 0x26: out.append(contentsOf: Array("&amp;".utf8))
            case 0x3C: out.append(contentsOf: Array("&lt;".utf8))
            case 0x3E: out.append(contentsOf: Array("&gt;".utf8))
            default: out.append(byte)
            }
        }
        return out
    }
}

/// The words for the formats' versions.
enum FeedVersion {
    static func rss(_ version: String?) -> String {
        switch version.map(TextFold.trim) {
        case "0.90": "rss090"
        case "0.91": "rss091"
        case "0.92": "rss092"
        case "0.93": "rss093"
        case "0.94": "rss094"
        case "2.0", "2", "2.00", "2.0.1", "2.0.10", "2.0.11", "2.01": "rss20"
        default: "rss"
        }
    }

    /// RSS 1.0 and 0.90 differ in their namespace; nil when it says neither.
    static func rdf(_ namespace: String) -> String? {
        let name = namespace.lowercased()
        if name.contains("purl.org/rss/1.0") { return "rss10" }
        return name.contains("rdf/simple/0.9") || name.contains("netscape.com") ? "rss090" : nil
    }

    static func atom(_ namespace: String, version: String?) -> String {
        if namespace.lowercased() == "http://www.w3.org/2005/atom" { return "atom10" }
        if namespace.lowercased().hasPrefix("http://purl.org/atom/ns") || version == "0.3" { return "atom03" }
        return "atom"
    }
}
