/// What stands before the root element: a DOCTYPE never reaches libxml2, whose handling of nested parameter entities has no bound.
enum Prolog {
    /// Entities that a DOCTYPE declares, by name: internal ones with plain text only.
    typealias Entities = [String: [UInt8]]

    /// Blanks out every DOCTYPE before the root, line ends kept, and hands out its simple entities.
    static func withoutDoctype(_ bytes: inout [UInt8]) -> Entities {
        guard
            let start = Bytes.firstRange(of: Array("<!DOCTYPE".utf8), in: bytes.prefix(64 << 10))
                ?? Bytes.firstRange(of: Array("<!doctype".utf8), in: bytes.prefix(64 << 10))
        else { return [:] }
        let end = endOfDoctype(bytes[(start.lowerBound + 1)...]) ?? bytes.endIndex
        let entities = entities(in: bytes[start.lowerBound..<end])
        for index in start.lowerBound..<end where bytes[index] != 0x0A { bytes[index] = 0x20 }
        return entities
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

    /// `<!ENTITY name "text">` with a text that holds no further reference and no markup; 256 of them, 1 KiB each, at most.
    private static func entities(in doctype: ArraySlice<UInt8>) -> Entities {
        var found: Entities = [:]
        var rest = doctype
        while found.count < 256, let start = Bytes.firstRange(of: Array("<!ENTITY".utf8), in: rest) {
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
