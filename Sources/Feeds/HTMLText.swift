/// Reads HTML as text and removes what is active in it.
public enum HTMLText {
    /// Plain text: tags dropped (a block's edge becomes a blank), references decoded, scripts and styles left out, white space folded.
    public static func plain(_ html: String) -> String { plain(bytes: Array(html.utf8)[...]) }

    /// HTML without active content: see ``HTMLSanitiser``.
    public static func sanitised(_ html: String) -> String {
        String(decoding: HTMLSanitiser.clean(Array(html.utf8), base: nil), as: UTF8.self)
    }

    /// Plain text as it stands, white space folded and invisible characters dropped.
    public static func folded(_ text: String) -> String { TextFold.fold(Array(text.utf8)[...]) }

    /// HTML that shows a plain text.
    public static func markup(ofPlain text: String) -> String { String(decoding: FieldText.escaped(Array(text.utf8)), as: UTF8.self) }

    /// The text of a page's `<title>`; nil when there is none.
    public static func title(ofPage bytes: [UInt8]) -> String? {
        let head = bytes.prefix(64 << 10).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard let start = Bytes.firstRange(of: Array("<title".utf8), in: head[...]), let open = head[start.upperBound...].firstIndex(of: 0x3E),
            let end = Bytes.firstRange(of: Array("</title".utf8), in: head[open...])
        else { return nil }
        let text = plain(bytes: bytes[(open + 1)..<end.lowerBound])
        return text.isEmpty ? nil : text
    }

    static func plain(bytes: ArraySlice<UInt8>, mending: Bool = false) -> String {
        guard bytes.contains(0x3C) || bytes.contains(0x26) else { return TextFold.fold(bytes, mending: mending) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        bytes.withUnsafeBufferPointer { source in
            var index = 0
            var ends = HTMLTag.Ends()
            while index < source.count {
                let byte = source[index]
                if byte == 0x3C, let tag = HTMLTag(source, at: index) {
                    index = tag.holdsNoText && !tag.isEnd && !tag.isSelfClosed ? ends.end(of: tag, in: source) : tag.end
                    if !tag.isInline { out.append(0x20) }
                } else if byte == 0x26, let (length, value) = XMLRepair.reference(Array(source[index..<min(index + 72, source.count)])[...]) {
                    out.append(contentsOf: value)
                    index += length
                } else {
                    // The run up to the next tag or reference, copied at once.
                    let start = index
                    index += 1
                    while index < source.count, source[index] != 0x3C, source[index] != 0x26 { index += 1 }
                    out.append(contentsOf: UnsafeBufferPointer(rebasing: source[start..<index]))
                }
            }
        }
        return TextFold.fold(out[...], mending: mending)
    }
}

/// Folding of white space.
enum TextFold {
    /// Every run of white space (NBSP too) becomes one blank, ends are trimmed; C1 controls are read as windows-1252, other controls and
    /// zero-width characters dropped.
    ///
    /// `mending`: what was encoded as UTF-8 twice is put right.
    static func fold(_ bytes: ArraySlice<UInt8>, mending: Bool = false) -> String {
        if mending, let once = Charset.encodedTwice(bytes) { return fold(once[...]) }
        // Only a C1 control grows, from two bytes to three at most.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + bytes.count / 2 + 4) { out in
            bytes.withUnsafeBufferPointer { source in
                var folding = Folding(source: source, out: out)
                return String(decoding: folding.run(), as: UTF8.self)
            }
        }
    }

    /// A folding under way, from one piece of memory into another.
    private struct Folding {
        let source: UnsafeBufferPointer<UInt8>
        let out: UnsafeMutableBufferPointer<UInt8>
        private var count = 0
        private var isBlank = true

        init(source: UnsafeBufferPointer<UInt8>, out: UnsafeMutableBufferPointer<UInt8>) {
            self.source = source
            self.out = out
        }

        mutating func run() -> UnsafeBufferPointer<UInt8> {
            var index = 0
            while index < source.count {
                let byte = source[index]
                index += 1
                if byte > 0x20, byte < 0x7F {
                    put(byte)
                } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                    putBlank()
                } else if byte > 0x7F {
                    index += special(byte, at: index)
                }
                // Controls that are no white space vanish.
            }
            if count > 0, out[count - 1] == 0x20 { count -= 1 }
            return UnsafeBufferPointer(rebasing: out[..<count])
        }

        private mutating func put(_ byte: UInt8) {
            out[count] = byte
            count += 1
            isBlank = false
        }

        private mutating func putBlank() {
            guard !isBlank else { return }
            out[count] = 0x20
            count += 1
            isBlank = true
        }

        /// Takes the lead byte of a longer character, `at` being the place behind it; returns how many further bytes it used up.
        private mutating func special(_ lead: UInt8, at: Int) -> Int {
            let second = at < source.count ? source[at] : 0
            let third = at + 1 < source.count ? source[at + 1] : 0
            switch (lead, second) {
            case (0xC2, 0xA0):
                putBlank()
                return 1
            case (0xC2, 0x80..<0xA0):
                if let value = HTMLEntities.windows1252[Int(second - 0x80)], let scalar = Unicode.Scalar(value) {
                    for byte in UTF8.encode(scalar) ?? .init([]) { put(byte) }
                }
                return 1
            case (0xE2, 0x80) where (0x8B...0x8D).contains(third), (0xEF, 0xBB) where third == 0xBF:
                // Zero-width characters.
                return 2
            case (0xE2, 0x80) where third != 0 && third <= 0x8A || third == 0xA8 || third == 0xA9:
                putBlank()
                return 2
            default:
                put(lead)
                return 0
            }
        }
    }
}

/// One tag of an HTML text, as a browser would find it (HTML Living Standard, 13.2.5, simplified).
struct HTMLTag {
    /// The first eight letters of the name in lower case, packed; 0 for comments and declarations.
    let name: UInt64
    let isEnd: Bool
    /// Where the attributes begin.
    let attributesStart: Int
    /// Behind the `>`.
    let end: Int
    let isSelfClosed: Bool
    /// False when the text ends inside the tag.
    let isClosed: Bool

    /// The tag at `at`, which holds `<`; nil when that is text.
    init?(_ source: UnsafeBufferPointer<UInt8>, at: Int) {
        var index = at + 1
        guard index < source.count else { return nil }
        if source[index] == 0x21 || source[index] == 0x3F {
            name = 0
            isEnd = false
            isSelfClosed = false
            attributesStart = index
            let isComment = index + 2 < source.count && source[index + 1] == 0x2D && source[index + 2] == 0x2D
            let close = isComment ? Self.endOfComment(source, from: index + 3) : Bytes.place(of: 0x3E, in: source, from: index).map { $0 + 1 }
            end = close ?? source.count
            isClosed = close != nil
            return
        }
        isEnd = source[index] == 0x2F
        if isEnd { index += 1 }
        guard index < source.count, (0x61...0x7A).contains(source[index] | 0x20) else { return nil }
        var packed: UInt64 = 0
        var count = 0
        while index < source.count, Self.isNameByte(source[index]) {
            if count < 8 { packed = packed << 8 | UInt64(source[index] | ((0x41...0x5A).contains(source[index]) ? 0x20 : 0)) }
            count += 1
            index += 1
        }
        name = packed
        attributesStart = index
        var quote: UInt8?
        var previous: UInt8 = 0
        while index < source.count {
            let byte = source[index]
            if byte == 0x3E { break }
            index += 1
            if (byte == 0x22 || byte == 0x27), previous == 0x3D {
                guard let close = Bytes.place(of: byte, in: source, from: index) else {
                    quote = byte
                    index = source.count
                    break
                }
                index = close + 1
            }
            if byte > 0x20 { previous = byte }
        }
        // A quote that is never closed ends the tag at the first ">".
        if index >= source.count, quote != nil, let close = source[attributesStart...].firstIndex(of: 0x3E) { index = close }
        isClosed = index < source.count
        isSelfClosed = isClosed && source[index - 1] == 0x2F
        end = isClosed ? index + 1 : source.count
    }

    private static func endOfComment(_ source: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        while index + 2 < source.count {
            if source[index] == 0x2D, source[index + 1] == 0x2D, source[index + 2] == 0x3E { return index + 3 }
            index += 1
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x3A || byte == 0x2D || byte == 0x5F
    }

    /// A name packed as ``name`` is.
    static func packed(_ name: StaticString) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<min(8, name.utf8CodeUnitCount) { value = value << 8 | UInt64(name.utf8Start[index]) }
        return value
    }

    /// Finds elements' ends, and remembers which have none left, so that a text full of open scripts takes linear time.
    struct Ends {
        private var endless: [UInt64] = []

        /// Behind the end of the element that `tag` opens; behind the tag alone when it never ends.
        mutating func end(of tag: HTMLTag, in source: UnsafeBufferPointer<UInt8>) -> Int {
            guard !endless.contains(tag.name) else { return tag.end }
            if let end = HTMLTag.end(of: tag.name, in: source, from: tag.end) { return end }
            endless.append(tag.name)
            return tag.end
        }
    }

    /// Behind the end tag of a raw-text element; nil when it never ends.
    private static func end(of name: UInt64, in source: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < source.count {
            guard let open = Bytes.place(of: 0x3C, in: source, from: index) else { return nil }
            if open + 1 < source.count, source[open + 1] == 0x2F, let tag = HTMLTag(source, at: open), tag.isEnd, tag.name == name { return tag.end }
            index = open + 1
        }
        return nil
    }

    private static let inline = NameSet(
        ([
            "a", "abbr", "acronym", "b", "big", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp",
            "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
        ] as [StaticString]).map(packed))

    private static let textless = NameSet(
        (["script", "style", "template", "title", "iframe", "object", "noscript", "noembed", "svg", "math"] as [StaticString]).map(packed))

    /// True when words on both sides of the tag belong together.
    var isInline: Bool { Self.inline.contains(name) }
    var holdsNoText: Bool { Self.textless.contains(name) }
}
