import WireCore

/// Removes what is active in HTML: scripts, frames, forms, styles, event handlers, addresses that run something. An allow-list decides,
/// for elements and for attributes. Clean HTML comes out byte for byte as it went in, except that relative addresses are resolved.
enum HTMLSanitiser {
    /// `base`: resolves relative `href` and `src`; nil leaves them.
    static func clean(_ html: [UInt8], base: String?) -> [UInt8] {
        let changed: [UInt8]? = html.withUnsafeBufferPointer { source in
            var edits = Edits(source: source)
            var index = 0
            while let open = Bytes.place(of: 0x3C, in: source, from: index) {
                guard let tag = HTMLTag(source, at: open) else {
                    // A "<" that begins no tag is spelt out, so that nothing put behind it can make one.
                    edits.replace(open..<open + 1, with: Array("&lt;".utf8))
                    index = open + 1
                    continue
                }
                index = clean(tag, at: open, base: base, &edits)
            }
            return edits.result
        }
        return changed ?? html
    }

    private static func clean(_ tag: HTMLTag, at open: Int, base: String?, _ edits: inout Edits) -> Int {
        guard tag.name != 0, tag.isClosed, allowedElements.contains(tag.name) else {
            var end = tag.end
            if tag.isClosed, emptied.contains(tag.name), !tag.isEnd, !tag.isSelfClosed {
                end = edits.ends.end(of: tag, in: edits.source)
            }
            edits.replace(open..<end, with: [])
            return end
        }
        if tag.isEnd {
            if edits.source[tag.attributesStart] != 0x3E { edits.replace(tag.attributesStart..<tag.end - 1, with: []) }
        } else {
            attributes(tag, base: base, &edits)
        }
        return tag.end
    }

    private static func attributes(_ tag: HTMLTag, base: String?, _ edits: inout Edits) {
        let source = edits.source
        let end = tag.end - 1
        var index = tag.attributesStart
        while index < end {
            while index < end, source[index] <= 0x20 || source[index] == 0x2F { index += 1 }
            let start = index
            while index < end, source[index] > 0x20, source[index] != 0x3D, source[index] != 0x2F || index == start { index += 1 }
            guard index > start else {
                index += 1
                continue
            }
            let name = start..<index
            while index < end, source[index] <= 0x20 { index += 1 }
            var value = index..<index
            if index < end, source[index] == 0x3D {
                index += 1
                while index < end, source[index] <= 0x20 { index += 1 }
                if index < end, source[index] == 0x22 || source[index] == 0x27 {
                    let quote = source[index]
                    let first = index + 1
                    index = first
                    index = Bytes.place(of: quote, in: source, from: first, to: end) ?? end
                    value = first..<index
                    index = min(end, index + 1)
                } else {
                    let first = index
                    while index < end, source[index] > 0x20 { index += 1 }
                    value = first..<index
                }
            }
            judge(name, value, whole: start..<index, base: base, &edits)
        }
    }

    private static func judge(_ name: Range<Int>, _ value: Range<Int>, whole: Range<Int>, base: String?, _ edits: inout Edits) {
        let source = edits.source
        let packed = pack(source, name)
        guard name.count <= 24, allowedAttributes.contains(packed) || isData(source, name) else { return edits.replace(whole, with: []) }
        // Text that could be taken for markup after one more decoding is not worth keeping in an attribute.
        if Bytes.place(of: 0x3C, in: source, from: value.lowerBound, to: value.upperBound) != nil { return edits.replace(whole, with: []) }
        guard addresses.contains(packed), !isPlainAddress(source, value) else { return }
        let text = XMLRepair.decodeReferences(Array(source[value])[...])
        guard isHarmless(text) else { return edits.replace(whole, with: []) }
        guard let base, packed == HTMLTag.packed("href") || packed == HTMLTag.packed("src"), let first = text.first, first != 0x23 else { return }
        let plain = String(decoding: text, as: UTF8.self)
        guard !WebAddress.isAbsolute(plain), let resolved = WebAddress.resolve(plain, against: base) else { return }
        let escaped = resolved.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
        edits.replace(value, with: Array(escaped.utf8))
    }

    /// An http or https address, which nothing can make worse; what most addresses are.
    private static func isPlainAddress(_ source: UnsafeBufferPointer<UInt8>, _ value: Range<Int>) -> Bool {
        guard value.count > 8, source[value.lowerBound] == 0x68 else { return false }
        return [UInt8].starts(source, value, with: "https://") || [UInt8].starts(source, value, with: "http://")
    }

    private static func isData(_ source: UnsafeBufferPointer<UInt8>, _ name: Range<Int>) -> Bool {
        name.count > 5 && pack(source, name.lowerBound..<name.lowerBound + 5) == HTMLTag.packed("data-")
    }

    private static func pack(_ source: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UInt64 {
        var value: UInt64 = 0
        for index in range.prefix(8) { value = value << 8 | UInt64(source[index] | ((0x41...0x5A).contains(source[index]) ? 0x20 : 0)) }
        return value
    }

    /// http, https, mailto, tel and relative addresses; data: for pictures only.
    private static func isHarmless(_ url: [UInt8]) -> Bool {
        let text = url.filter { $0 > 0x20 && $0 != 0x7F }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard let colon = text.firstIndex(of: 0x3A) else { return true }
        if let other = text.firstIndex(where: { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 }), other < colon { return true }
        let scheme = String(decoding: text[..<colon], as: UTF8.self)
        if ["http", "https", "mailto", "tel", "ftp", "news", "magnet", "bitcoin", "geo", "xmpp", "irc", "sms", "cid"].contains(scheme) {
            return true
        }
        return scheme == "data" && text.starts(with: Array("data:image/".utf8)) && !text.starts(with: Array("data:image/svg".utf8))
    }

    /// Elements that go with all that is in them.
    private static let emptied = NameSet(
        ([
            "script", "style", "template", "iframe", "object", "noembed", "noframes", "svg", "math", "applet", "frameset", "textarea", "select",
            "title", "xmp", "plaintext",
        ] as [StaticString]).map(HTMLTag.packed))

    private static let allowedElements = NameSet(
        ([
            "a", "abbr", "acronym", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
            "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "dir", "div", "dl", "dt", "em", "figcaption", "figure", "font",
            "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "img", "ins", "kbd", "li", "main", "map", "area", "mark",
            "menu", "nav", "ol", "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "source", "span", "strike",
            "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "track", "tt", "u", "ul", "var",
            "video", "wbr", "noscript",
        ] as [StaticString]).map(HTMLTag.packed))

    private static let allowedAttributes = NameSet(
        ([
            "abbr", "align", "alt", "aria-label", "aria-hidden", "axis", "border", "cellpadding", "cellspacing", "char", "charoff", "cite", "class",
            "clear", "color", "cols", "colspan", "compact", "controls", "coords", "datetime", "decoding", "dir", "download", "face", "height",
            "href", "hreflang", "hspace", "id", "itemprop", "itemscope", "itemtype", "kind", "lang", "loading", "longdesc", "loop", "media",
            "muted", "name", "noshade", "nowrap", "open", "poster", "preload", "rel", "rev", "reversed", "role", "rows", "rowspan", "rules",
            "scope", "shape", "size", "sizes", "span", "src", "srcset", "start", "summary", "tabindex", "target", "title", "type", "usemap",
            "valign", "value", "vspace", "width", "wrap", "fetchpriority", "referrerpolicy", "property", "bgcolor",
        ] as [StaticString]).map(HTMLTag.packed))

    private static let addresses = NameSet((["href", "src", "cite", "longdesc", "poster", "usemap", "srcset"] as [StaticString]).map(HTMLTag.packed))
}

extension [UInt8] {
    fileprivate static func starts(_ source: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, with word: StaticString) -> Bool {
        guard range.count >= word.utf8CodeUnitCount else { return false }
        for index in 0..<word.utf8CodeUnitCount where source[range.lowerBound + index] != word.utf8Start[index] { return false }
        return true
    }
}

/// A fixed set of packed names: a table with open addressing, some ten times as fast as a Set of numbers, which is hashed against attacks.
///
/// The tables are the program's constants: they are made once and never freed, so that a look into one counts no references.
struct NameSet: @unchecked Sendable {
    private let table: UnsafePointer<UInt64>
    private let mask: Int

    init(_ names: [UInt64]) {
        var size = 16
        while size < names.count * 4 { size *= 2 }
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: size)
        table.initialize(repeating: 0, count: size)
        mask = size - 1
        for name in names where name != 0 {
            var place = Self.hash(name) & mask
            while table[place] != 0, table[place] != name { place = (place + 1) & mask }
            table[place] = name
        }
        self.table = UnsafePointer(table)
    }

    private static func hash(_ name: UInt64) -> Int { Int(truncatingIfNeeded: (name &* 0x9E37_79B9_7F4A_7C15) >> 40) }

    /// 0 is never in it.
    func contains(_ name: UInt64) -> Bool {
        var place = Self.hash(name) & mask
        while table[place] != 0 {
            if table[place] == name { return true }
            place = (place + 1) & mask
        }
        return false
    }
}

extension HTMLSanitiser {
    /// Changes to a text, made while it is read; what is not changed is copied in runs, and nothing at all if nothing is.
    struct Edits {
        let source: UnsafeBufferPointer<UInt8>
        private var out: [UInt8] = []
        private var copied = 0
        private var isChanged = false
        var ends = HTMLTag.Ends()

        init(source: UnsafeBufferPointer<UInt8>) { self.source = source }

        /// Ranges must come in order.
        mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
            guard range.lowerBound >= copied else { return }
            if !isChanged { out.reserveCapacity(source.count + 64) }
            isChanged = true
            out.append(contentsOf: source[copied..<range.lowerBound])
            out.append(contentsOf: bytes)
            copied = range.upperBound
        }

        /// The changed text; nil when nothing was changed.
        var result: [UInt8]? {
            guard isChanged else { return nil }
            return out + source[copied...]
        }
    }
}
