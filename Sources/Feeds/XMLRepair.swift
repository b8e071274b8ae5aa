/// Makes damaged XML well-formed before it is parsed: bare ampersands, undeclared entities, stray and missing end tags, bad bytes, junk
/// before and behind, a missing end.
///
/// libxml2's own recovery is not used: after the first error it drops every reference in the rest of the document. One pass, linear in
/// the input, bounded in depth; what is already right comes out as it went in.
struct XMLRepair {
    private let input: [UInt8]
    private let entities: Prolog.Entities
    private let depth: Int
    private var at = 0
    private var out: [UInt8] = []
    /// The open elements' names, outermost first.
    private var open: [ArraySlice<UInt8>] = []
    private var isRootSeen = false
    private var repairs: Set<Repair> = []
    private(set) var isTooDeep = false
    /// True when a tag was longer than ``longestTag``: no honest document has one.
    private(set) var hasEndlessTag = false
    /// True when the document ended while elements were open.
    private(set) var isCutShort = false
    /// True when an entry was among them.
    private(set) var isEntryOpen = false
    /// Bytes that declared entities may add.
    private var entityBudget = 1 << 20
    /// The first `>` at or behind ``at``, as far as it is known.
    private var nextClose = -1
    private let time: ReadingTime
    /// True when the time for the document was used up.
    private(set) var isOutOfTime = false

    /// What was found to mend.
    private enum Repair: String {
        case lessThan = "a “<” that begins no tag was read as text"
        case strayEnd = "an end tag without its beginning was left out"
        case leftOpen = "elements that were left open were closed"
        case openEntry = "an entry that was left open was closed"
        case attributes = "an element had more than 256 attributes; the rest was left out"
        case control = "control characters were left out"
        case ampersand = "an “&” that begins no reference was read as text"
    }

    /// What was repaired, in plain words.
    var notes: [String] { repairs.map(\.rawValue).sorted() }

    /// No tag is longer, no element has more attributes: both take quadratic time.
    static let longestTag = 64 << 10
    static let mostAttributes = 256

    init(_ input: [UInt8], entities: Prolog.Entities, depth: Int, time: ReadingTime) {
        self.input = input
        self.entities = entities
        self.depth = depth
        self.time = time
    }

    /// The repaired document.
    mutating func run() -> [UInt8] {
        out.reserveCapacity(input.count + input.count / 16)
        at = start()
        var steps = 0
        while at < input.count, !isTooDeep, !hasEndlessTag {
            if isRootSeen, open.isEmpty { break }
            steps += 1
            if steps % 4096 == 0, time.isOver {
                isOutOfTime = true
                return []
            }
            if input[at] == 0x3C { markup() } else { text() }
        }
        isCutShort = !open.isEmpty
        isEntryOpen = open.contains(where: Self.isEntry)
        while let name = open.popLast() { endTag(name) }
        return out
    }

    /// Where the feed's root begins; whatever stands before it is left out.
    private func start() -> Int {
        var best = 0
        let head = input.prefix(256 << 10)
        var search = head[...]
        while let place = search.firstIndex(of: 0x3C) {
            search = search[(place + 1)...]
            for (begin, end) in [("!--", "-->"), ("![CDATA[", "]]>")] where search.starts(with: Array(begin.utf8)) {
                search = Bytes.firstRange(of: Array(end.utf8), in: search).map { search[$0.upperBound...] } ?? []
            }
            let name = String(decoding: search.prefix(12), as: UTF8.self).lowercased()
            if ["rss", "rdf:rdf", "feed", "atom:feed", "channel", "entry"].contains(where: {
                name.hasPrefix($0) && !Self.isNameByte(name.utf8.dropFirst($0.utf8.count).first)
            }) {
                return place
            }
            if best == 0, name.first?.isLetter == true { best = place }
        }
        return best
    }

    private static func isNameByte(_ byte: UInt8?) -> Bool { byte.map { DocumentKind.isNameByte($0) } ?? false }

    // MARK: - Markup

    private mutating func markup() {
        guard at + 1 < input.count, input[at + 1] != 0x3C else { return literalLessThan() }
        let rest = input[at...]
        if DocumentKind.isNameStart(rest[at + 1]) {
            guard isTagClosedSoon(), let end = tagEnd() else { return literalLessThan() }
            return opening(end)
        }
        if rest.starts(with: Array("<!--".utf8)) { return skip(to: "-->", orTo: input.count) }
        if rest.starts(with: Array("<![CDATA[".utf8)) { return cdata() }
        if rest.starts(with: Array("<?".utf8)) { return skip(to: ">", orTo: input.count) }
        if rest.starts(with: Array("<!".utf8)) {
            // One that never ends takes the rest with it: looking for each one's end anew would take quadratic time.
            at = Prolog.endOfDoctype(rest.dropFirst()) ?? input.count
            return
        }
        if rest.starts(with: Array("</".utf8)) { return closing() }
        literalLessThan()
    }

    private mutating func skip(to mark: String, orTo end: Int) {
        at = Bytes.firstRange(of: Array(mark.utf8), in: input[at...])?.upperBound ?? end
    }

    private mutating func literalLessThan() {
        if !open.isEmpty { out.append(contentsOf: Array("&lt;".utf8)) }
        repairs.insert(.lessThan)
        at += 1
    }

    /// True when a `>` stands within the longest tag's reach; its place is remembered, so that all these looks together are linear.
    private mutating func isTagClosedSoon() -> Bool {
        if nextClose < at { nextClose = input[at...].firstIndex(of: 0x3E) ?? input.count }
        if nextClose < input.count, nextClose >= at + Self.longestTag { hasEndlessTag = true }
        return nextClose < min(input.count, at + Self.longestTag)
    }

    /// Behind the `>` of the tag at ``at``; nil when this is no tag.
    private func tagEnd() -> Int? {
        var index = at + 1
        var quote: UInt8?
        let limit = min(input.count, at + Self.longestTag)
        while index < limit {
            let byte = input[index]
            if let open = quote {
                // A quote that is never closed: the tag ends where a tag begins or ends.
                if byte == open { quote = nil } else if byte == 0x3C { return unquotedEnd() }
            } else if byte == 0x3E {
                return index + 1
            } else if byte == 0x3C {
                return nil
            } else if (byte == 0x22 || byte == 0x27), input[index - 1] == 0x3D || input[index - 1] <= 0x20 {
                quote = byte
            }
            index += 1
        }
        return limit < input.count ? limit : nil
    }

    private func unquotedEnd() -> Int? {
        let window = input[at..<min(input.count, at + Self.longestTag)]
        guard let end = window.firstIndex(of: 0x3E) else { return nil }
        return end + 1
    }

    private mutating func cdata() {
        let begin = at + 9
        let end = Bytes.firstRange(of: Array("]]>".utf8), in: input[begin...])
        if !open.isEmpty {
            out.append(contentsOf: Array("<![CDATA[".utf8))
            for byte in input[begin..<(end?.lowerBound ?? input.count)] where byte >= 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                out.append(byte)
            }
            out.append(contentsOf: Array("]]>".utf8))
        }
        at = end?.upperBound ?? input.count
    }

    private mutating func closing() {
        guard let end = input[at...].firstIndex(of: 0x3E) else {
            at = input.count
            return
        }
        let name = input[(at + 2)..<end].prefix { $0 > 0x20 && $0 != 0x2F && $0 != 0x3C }
        at = name.endIndex < end && input[name.endIndex] == 0x3C ? name.endIndex : end + 1
        guard let index = open.lastIndex(where: { Self.isSame($0, name) }) else {
            repairs.insert(.strayEnd)
            return
        }
        if index < open.count - 1 { repairs.insert(.leftOpen) }
        while open.count > index { endTag(open.removeLast()) }
    }

    private mutating func endTag(_ name: ArraySlice<UInt8>) {
        out.append(contentsOf: [0x3C, 0x2F])
        out.append(contentsOf: name)
        out.append(0x3E)
    }

    private static func isSame(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    private mutating func opening(_ end: Int) {
        let body = input[(at + 1)..<(end - 1)]
        let name = body.prefix { DocumentKind.isNameByte($0) }
        at = end
        closeSibling(name)
        guard open.count < depth else {
            isTooDeep = true
            return
        }
        isRootSeen = true
        out.append(0x3C)
        out.append(contentsOf: Self.clean(name))
        attributes(body[name.endIndex...])
        if body.last == 0x2F {
            out.append(contentsOf: [0x2F, 0x3E])
        } else {
            out.append(0x3E)
            open.append(Self.clean(name)[...])
        }
    }

    /// A name that a parser takes: one colon, not at an end.
    private static func clean(_ name: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var hasColon = false
        for byte in name {
            if byte == 0x3A {
                guard !hasColon, !out.isEmpty else { continue }
                hasColon = true
            }
            out.append(byte)
        }
        if out.last == 0x3A { out.removeLast() }
        return out.isEmpty ? [0x78] : out
    }

    private static let entryNames = ["item", "entry", "rss:item", "atom:entry"].map { Array($0.utf8)[...] }

    private static func isEntry(_ name: ArraySlice<UInt8>) -> Bool { entryNames.contains { isSame($0, name) } }

    /// An item inside an item means that the earlier one was never closed.
    private mutating func closeSibling(_ name: ArraySlice<UInt8>) {
        guard Self.isEntry(name) else { return }
        guard let index = open.lastIndex(where: { Self.isSame($0, name) }) else { return }
        repairs.insert(.openEntry)
        while open.count > index { endTag(open.removeLast()) }
    }

    private mutating func attributes(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var seen: Set<[UInt8]> = []
        while seen.count < Self.mostAttributes {
            rest = rest.drop { !DocumentKind.isNameStart($0) }
            let name = Self.clean(rest.prefix { DocumentKind.isNameByte($0) })
            guard !rest.isEmpty else { return }
            rest = rest.drop { DocumentKind.isNameByte($0) }.drop { $0 <= 0x20 }
            guard rest.first == 0x3D else { continue }
            rest = rest.dropFirst().drop { $0 <= 0x20 }
            let value = Bytes.takeAttributeValue(&rest)
            guard seen.insert(name).inserted else { continue }
            out.append(0x20)
            out.append(contentsOf: name)
            out.append(contentsOf: [0x3D, 0x22])
            escape(value, isAttribute: true)
            out.append(0x22)
        }
        repairs.insert(.attributes)
    }

    // MARK: - Text

    private mutating func text() {
        let end = input[at...].firstIndex(of: 0x3C) ?? input.count
        if !open.isEmpty { escape(input[at..<end], isAttribute: false) }
        at = end
    }

    private mutating func escape(_ text: ArraySlice<UInt8>, isAttribute: Bool) {
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            switch byte {
            case 0x26:
                index += reference(text[index...])
                continue
            case 0x3C: out.append(contentsOf: Array("&lt;".utf8))
            case 0x3E: out.append(contentsOf: Array("&gt;".utf8))
            case 0x22 where isAttribute: out.append(contentsOf: Array("&quot;".utf8))
            case 0x09, 0x0A, 0x0D: out.append(byte)
            case 0..<0x20, 0x7F: repairs.insert(.control)
            default: out.append(byte)
            }
            index += 1
        }
    }

    /// Writes what a reference stands for, or the ampersand as text; gives the bytes that it took.
    private mutating func reference(_ text: ArraySlice<UInt8>) -> Int {
        guard let (length, value) = Self.reference(text, entities) else {
            repairs.insert(.ampersand)
            out.append(contentsOf: Array("&amp;".utf8))
            return 1
        }
        entityBudget -= value.count
        guard entityBudget > 0 else { return length }
        for byte in value {
            switch byte {
            case 0x26: out.append(contentsOf: Array("&amp;".utf8))
            case 0x3C: out.append(contentsOf: Array("&lt;".utf8))
            case 0x3E: out.append(contentsOf: Array("&gt;".utf8))
            case 0x22: out.append(contentsOf: Array("&quot;".utf8))
            default: out.append(byte)
            }
        }
        return length
    }

    /// A reference at the beginning of `text`: how many bytes it takes and what it stands for.
    static func reference(_ text: ArraySlice<UInt8>, _ entities: Prolog.Entities = [:]) -> (length: Int, value: [UInt8])? {
        let body = text.dropFirst()
        if body.first == 0x23 {
            let isHex = body.dropFirst().first.map { $0 | 0x20 == 0x78 } ?? false
            let digits = body.dropFirst(isHex ? 2 : 1).prefix { isHex ? Self.isHex($0) : (0x30...0x39).contains($0) }
            guard !digits.isEmpty, digits.count <= 8, let number = UInt32(String(decoding: digits, as: UTF8.self), radix: isHex ? 16 : 10) else {
                return nil
            }
            let hasEnd = digits.endIndex < text.endIndex && text[digits.endIndex] == 0x3B
            let value = HTMLEntities.scalar(number: number).map { Array(String(Character($0)).utf8) } ?? []
            return (digits.endIndex + (hasEnd ? 1 : 0) - text.startIndex, value)
        }
        let name = body.prefix { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
        guard !name.isEmpty, name.count <= 64, name.endIndex < text.endIndex, text[name.endIndex] == 0x3B else { return nil }
        let length = name.count + 2
        if let declared = entities[String(decoding: name, as: UTF8.self)] { return (length, declared) }
        return HTMLEntities.scalar(name).map { (length, Array(String(Character($0)).utf8)) }
    }

    private static func isHex(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) }

    /// `text` with its references decoded.
    static func decodeReferences(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == 0x26, let (length, value) = reference(text[index...]) {
                out += value
                index += length
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }
}
