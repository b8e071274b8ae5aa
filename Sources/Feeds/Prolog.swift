/// What stands before the root element: a DOCTYPE never reaches libxml2, whose handling of nested parameter entities has no bound.
enum Prolog {
    /// Entities that a DOCTYPE declares, by name: internal ones with plain text only.
    typealias Entities = [String: [UInt8]]

    /// Blanks out every DOCTYPE before the root, line ends kept, and hands out its simple entities.
    static func withoutDoctype(_ bytes: inout [UInt8]) -> Entities {
        var found: Entities = [:]
        // Junk may hide where the root is; then what looks like a DOCTYPE near the beginning is taken for one.
        let root = end(in: bytes[...], minding: false)
        let isPlain = root < bytes.endIndex && bytes[root] == 0x3C
        var rest = bytes.prefix(isPlain ? root : 64 << 10)
        while let start = firstDoctype(in: rest) {
            let end = min(endOfDoctype(bytes[(start + 1)...]) ?? bytes.endIndex, bytes.endIndex)
            found.merge(entities(in: bytes[start..<end])) { first, _ in first }
            for index in start..<end where bytes[index] != 0x0A { bytes[index] = 0x20 }
            rest = bytes[end..<max(end, rest.endIndex)]
        }
        return found
    }

    private static func firstDoctype(in bytes: ArraySlice<UInt8>) -> Int? {
        ["<!DOCTYPE", "<!doctype"].compactMap { Bytes.firstRange(of: Array($0.utf8), in: bytes)?.lowerBound }.min()
    }

    /// Where the root begins, or whatever else is neither blank, comment, instruction nor DOCTYPE; the end when one of them never ends.
    ///
    /// `minding`: a DOCTYPE of HTML is not passed over, because it says what follows.
    static func end(in bytes: ArraySlice<UInt8>, minding isHTMLMinded: Bool = true) -> Int {
        var rest = bytes
        while true {
            rest = rest.drop { $0 <= 0x20 }
            let end: Int?
            if rest.starts(with: Array("<!--".utf8)) {
                end = Bytes.firstRange(of: Array("-->".utf8), in: rest.dropFirst(4))?.upperBound
            } else if rest.starts(with: Array("<?".utf8)) {
                end = Bytes.firstRange(of: Array("?>".utf8), in: rest)?.upperBound
            } else if isDoctype(rest.dropFirst()), rest.first == 0x3C, !isHTMLMinded || !isHTMLDoctype(rest.dropFirst()) {
                end = endOfDoctype(rest.dropFirst())
            } else {
                return rest.startIndex
            }
            guard let end else { return bytes.endIndex }
            rest = rest[end...]
        }
    }

    /// True when a document begins with instructions, comments or a DOCTYPE, and nothing else comes as far as is looked.
    static func isEndless(_ bytes: [UInt8]) -> Bool {
        let head = bytes.prefix(DocumentKind.longestProlog)
        guard head.first(where: { $0 > 0x20 }) == 0x3C else { return false }
        let end = end(in: head)
        // Where the look ends in the middle of a document, a mark may be cut.
        return end == head.endIndex || head.endIndex < bytes.endIndex && head.endIndex - end < "<!DOCTYPE".utf8.count
    }

    private static func isDoctype(_ rest: ArraySlice<UInt8>) -> Bool { begins(rest, with: "!doctype") }

    /// `rest` begins behind `<`.
    static func isHTMLDoctype(_ rest: ArraySlice<UInt8>) -> Bool { begins(rest, with: "!doctype html") }

    private static func begins(_ rest: ArraySlice<UInt8>, with word: String) -> Bool {
        String(decoding: rest.prefix(40), as: UTF8.self).lowercased().hasPrefix(word)
    }

    /// Behind the `>` that ends a declaration, quotes, brackets and comments minded; nil when it never ends. `rest` begins behind `<`.
    static func endOfDoctype(_ rest: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        var quote: UInt8?
        var index = rest.startIndex
        while index < rest.endIndex {
            let byte = rest[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x3C, rest[index...].starts(with: Array("<!--".utf8)) {
                guard let end = Bytes.firstRange(of: Array("-->".utf8), in: rest[index...]) else { return nil }
                index = end.upperBound
                continue
            } else {
                switch byte {
                case 0x22, 0x27: if depth > 0 || byte == 0x22 { quote = byte }
                case 0x5B: depth += 1
                case 0x5D: depth = max(0, depth - 1)
                case 0x3E where depth == 0: return index + 1
                default: break
                }
            }
            index += 1
        }
        return nil
    }

    /// `<!ENTITY name "text">` with a text that holds no further reference and no markup; 1024 of them, 1 KiB each, at most.
    private static func entities(in doctype: ArraySlice<UInt8>) -> Entities {
        var found: Entities = [:]
        var rest = doctype
        while found.count < 1024, let start = Bytes.firstRange(of: Array("<!ENTITY".utf8), in: rest) {
            rest = rest[start.upperBound...]
            let body = rest.drop { $0 <= 0x20 }
            let name = body.prefix { DocumentKind.isNameByte($0) }
            let value = body[name.endIndex...].drop { $0 <= 0x20 }
            guard !name.isEmpty, let quote = value.first, quote == 0x22 || quote == 0x27 else { continue }
            let text = value.dropFirst().prefix { $0 != quote }
            guard text.count <= 1024, !text.contains(0x3C), !text.contains(0x25) else { continue }
            let plain = XMLRepair.decodeReferences(text)
            if !plain.contains(0x26) || !text.contains(0x26) { found[String(decoding: name, as: UTF8.self)] = plain }
        }
        return found
    }
}
