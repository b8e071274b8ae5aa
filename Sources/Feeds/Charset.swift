#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Brings a document into UTF-8. In this order: byte-order mark; the HTTP header's charset if the bytes decode under it; the XML
/// declaration's if they decode; UTF-8 if the bytes are valid; a legacy encoding that clearly fits (``CharsetGuess``); windows-1252. RFC 3023's us-ascii default is ignored, as everybody does.
enum Charset {
    /// The document in UTF-8 without a byte-order mark, and what was decided, if it was not plain UTF-8.
    static func utf8(_ bytes: [UInt8], header: String?) -> (bytes: [UInt8], decided: String?) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return (mended(Array(bytes.dropFirst(3))), nil) }
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) { return (converted(bytes.dropFirst(4), "UTF-32LE") ?? bytes, "utf-32le") }
        if bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return (converted(bytes.dropFirst(4), "UTF-32BE") ?? bytes, "utf-32be") }
        if bytes.starts(with: [0xFF, 0xFE]) { return (converted(bytes.dropFirst(2), "UTF-16LE") ?? bytes, "utf-16le") }
        if bytes.starts(with: [0xFE, 0xFF]) { return (converted(bytes.dropFirst(2), "UTF-16BE") ?? bytes, "utf-16be") }
        if let wide = wideName(bytes), let text = converted(bytes[...], wide) { return (text, wide.lowercased()) }
        let isValid = isUTF8(bytes)
        for name in [header, declared(bytes)].compactMap({ $0.map(normalised) }) {
            if name == "UTF-8" || name == "US-ASCII" {
                if isValid { return (bytes, nil) }
                continue
            }
            // A wide encoding that is only claimed: the bytes show that it is none.
            if name.hasPrefix("UTF-16") || name.hasPrefix("UTF-32") || name.hasPrefix("UCS") || name.hasPrefix("ISO-10646") { continue }
            // Pure ASCII reads the same under all that are left but a few; UTF-8 with multi-byte letters hardly happens by chance.
            if isValid, isASCII(bytes), !isStateful(name) { return (bytes, nil) }
            if let text = converted(bytes[...], name) { return (text, name.lowercased()) }
        }
        if isValid { return (bytes, nil) }
        // A few bad bytes in an otherwise long UTF-8 text are damage, not another encoding.
        if let text = mostlyUTF8(bytes) { return (text, "utf-8 with damaged bytes") }
        for name in [header, declared(bytes)].compactMap({ $0.map(normalised) }) where !name.hasPrefix("UTF-") && name != "US-ASCII" {
            if let text = converted(bytes[...], name, forgiving: true) { return (text, "\(name.lowercased()) with damaged bytes") }
        }
        if let name = CharsetGuess.name(of: bytes), let text = converted(bytes[...], name, forgiving: true) {
            return (text, "\(name.lowercased()), guessed from its letters")
        }
        return (windows1252(bytes), "windows-1252")
    }

    private static func isStateful(_ name: String) -> Bool {
        name.hasPrefix("ISO-2022") || name.hasPrefix("UTF-7") || name.contains("EBCDIC") || name.hasPrefix("IBM") || name.hasPrefix("CP037")
    }

    private static func normalised(_ name: String) -> String {
        let upper = name.uppercased().filter { $0 != "\"" && $0 != "'" && $0 != " " }
        switch upper {
        case "UTF8", "UTF-8", "UTF_8": return "UTF-8"
        case "ISO-8859-1", "ISO8859-1", "ISO_8859-1", "LATIN1", "LATIN-1", "L1", "WINDOWS-1252", "CP1252", "CP-1252": return "WINDOWS-1252"
        case "ASCII", "US-ASCII", "ANSI_X3.4-1968": return "US-ASCII"
        case "GB2312", "GBK", "GB_2312-80", "X-GBK": return "GB18030"
        case "SHIFT_JIS", "SHIFT-JIS", "SJIS", "X-SJIS": return "CP932"
        case "KS_C_5601-1987", "EUC-KR", "KSC5601": return "CP949"
        case "X-EUC-JP": return "EUC-JP"
        case "BIG5", "X-X-BIG5": return "BIG5-HKSCS"
        default: return upper.hasPrefix("X-") ? String(upper.dropFirst(2)) : upper
        }
    }

    /// The encoding of the XML declaration, read as ASCII; nil when there is none.
    static func declared(_ bytes: [UInt8]) -> String? {
        let head = bytes.prefix(1024)
        guard let start = Bytes.firstRange(of: Array("<?xml".utf8), in: head),
            let end = Bytes.firstRange(of: Array("?>".utf8), in: head[start.upperBound...])
        else {
            return nil
        }
        let text = String(decoding: head[start.upperBound..<end.lowerBound], as: UTF8.self)
        guard let place = text.firstRange(of: "encoding") else { return nil }
        let value = text[place.upperBound...].drop { $0 == " " || $0 == "=" || $0 == "\n" || $0 == "\t" }
        guard let quote = value.first, quote == "\"" || quote == "'" else { return nil }
        let name = value.dropFirst().prefix { $0 != quote }
        return name.isEmpty || name.utf8.count > 40 ? nil : String(name)
    }

    /// UTF-16 or UTF-32 without a mark: where the zero bytes of "<" and its neighbour stand (XML 1.0, appendix F).
    private static func wideName(_ bytes: [UInt8]) -> String? {
        let head = Array(bytes.prefix(4))
        switch head {
        case [0x3C, 0, 0, 0]: return "UTF-32LE"
        case [0, 0, 0, 0x3C]: return "UTF-32BE"
        default:
            guard head.count == 4 else { return nil }
            if head[0] != 0, head[1] == 0, head[2] != 0, head[3] == 0 { return "UTF-16LE" }
            if head[0] == 0, head[1] != 0, head[2] == 0, head[3] != 0 { return "UTF-16BE" }
            return nil
        }
    }

    /// Through iconv; nil when the encoding is unknown or the bytes do not decode under it. A cut last character is forgiven, and with
    /// `forgiving` one bad byte in fifty that are not ASCII, which becomes U+FFFD.
    private static func converted(_ bytes: ArraySlice<UInt8>, _ name: String, forgiving: Bool = false) -> [UInt8]? {
        if name == "WINDOWS-1252" { return windows1252(Array(bytes)) }
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) else { return nil }
        let descriptor = iconv_open("UTF-8", name)
        guard let descriptor, Int(bitPattern: descriptor) != -1 else { return nil }
        defer { iconv_close(descriptor) }
        var input = Array(bytes)
        var out = [UInt8](repeating: 0, count: input.count * 4 + 16)
        var forgiven = forgiving ? input.count { $0 >= 0x80 } / 50 : 0
        let written: Int? = input.withUnsafeMutableBytes { source in
            out.withUnsafeMutableBytes { target in
                var from = source.baseAddress?.assumingMemoryBound(to: CChar.self)
                var to = target.baseAddress?.assumingMemoryBound(to: CChar.self)
                var fromLeft = source.count
                var toLeft = target.count
                while iconv(descriptor, &from, &fromLeft, &to, &toLeft) == -1 {
                    if errno == EINVAL, fromLeft < 8 { break }
                    guard errno == EILSEQ, forgiven > 0, fromLeft > 0, toLeft > 3 else { return nil }
                    forgiven -= 1
                    from = from.map { $0 + 1 }
                    fromLeft -= 1
                    for byte in "\u{FFFD}".utf8 {
                        to?.pointee = CChar(bitPattern: byte)
                        to = to.map { $0 + 1 }
                        toLeft -= 1
                    }
                }
                return target.count - toLeft
            }
        }
        return written.map { Array(out[..<$0]) }
    }

    static func windows1252(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                out.append(byte)
            } else {
                let value = byte < 0xA0 ? HTMLEntities.windows1252[Int(byte - 0x80)] ?? UInt32(byte) : UInt32(byte)
                if let scalar = Unicode.Scalar(value) { out.append(contentsOf: UTF8.encode(scalar) ?? .init([])) }
            }
        }
        return out
    }

    /// UTF-8 that was taken for windows-1252 and encoded once more, put right ("â€™" is "’"); nil when the text is not of that kind: all its
    /// characters must be of windows-1252, and the bytes that they had there valid UTF-8, which no text is by chance.
    static func encodedTwice(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        guard let start = bytes.withUnsafeBytes(firstHigh), mayLead(bytes[(bytes.startIndex + start)...]) else { return nil }
        var once: [UInt8] = []
        once.reserveCapacity(bytes.count)
        var hasControl = false
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar.value < 0x80 || (0xA0..<0x100).contains(scalar.value) {
                once.append(UInt8(scalar.value))
            } else if let index = HTMLEntities.windows1252.firstIndex(of: scalar.value) {
                once.append(UInt8(0x80 + index))
                hasControl = true
            } else {
                guard scalar.value < 0xA0 else { return nil }
                once.append(UInt8(scalar.value))
                hasControl = true
            }
        }
        return hasControl && isUTF8(once) ? once : nil
    }

    /// True when the character is one of U+00C2–U+00F4, which stand for the first byte of a longer character.
    private static func mayLead(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first == 0xC3 && bytes.dropFirst().first.map { (0x82...0xB4).contains($0) } ?? false
    }

    /// The offset of the first byte that is not ASCII.
    private static func firstHigh(_ raw: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index + 8 <= raw.count, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 { index += 8 }
        while index < raw.count {
            if raw[index] >= 0x80 { return index }
            index += 1
        }
        return nil
    }

    static func isASCII(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { raw in
            var index = 0
            while index + 8 <= raw.count {
                if raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
                index += 8
            }
            while index < raw.count {
                if raw[index] >= 0x80 { return false }
                index += 1
            }
            return true
        }
    }

    /// The highest bit of eight bytes.
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// RFC 3629.
    static func isUTF8(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { firstInvalid($0, from: 0) == $0.count } }

    /// The offset of the first byte that is no UTF-8; the count when all is valid.
    private static func firstInvalid(_ raw: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        let count = raw.count
        while index < count {
            if index + 32 <= count, raw.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self) & SIMD4(repeating: highs) == .zero {
                index += 32
                continue
            }
            if index + 8 <= count, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & highs == 0 {
                index += 8
                continue
            }
            let byte = raw[index]
            if byte < 0x80 {
                index += 1
                continue
            }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            guard byte >= 0xC2, byte <= 0xF4, index + length <= count else { return index }
            for offset in 1..<length where raw[index + offset] & 0xC0 != 0x80 { return index }
            let second = raw[index + 1]
            if byte == 0xE0 && second < 0xA0 || byte == 0xED && second > 0x9F || byte == 0xF0 && second < 0x90 || byte == 0xF4 && second > 0x8F {
                return index
            }
            index += length
        }
        return count
    }

    /// UTF-8 with some bad bytes replaced by what windows-1252 makes of them; nil when it is not mostly UTF-8.
    private static func mostlyUTF8(_ bytes: [UInt8]) -> [UInt8]? {
        let (out, good, bad) = repaired(bytes)
        return good > bad * 2 && good >= 4 ? out : nil
    }

    /// Bytes behind a UTF-8 mark: damage is mended whatever its share.
    private static func mended(_ bytes: [UInt8]) -> [UInt8] { isUTF8(bytes) ? bytes : repaired(bytes).bytes }

    private static func repaired(_ bytes: [UInt8]) -> (bytes: [UInt8], good: Int, bad: Int) {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 64)
        var bad = 0
        bytes.withUnsafeBytes { raw in
            var index = 0
            while index < raw.count {
                let end = firstInvalid(raw, from: index)
                out.append(contentsOf: raw[index..<end])
                guard end < raw.count else { return }
                bad += 1
                out.append(contentsOf: windows1252([raw[end]]))
                index = end + 1
            }
        }
        return (out, bytes.count { $0 >= 0xC2 } - bad, bad)
    }
}
