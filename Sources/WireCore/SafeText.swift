/// Makes text from outside harmless for a terminal, a log line and a table cell.
public enum SafeText {
    /// One printable line: control characters (C0, DEL, C1), line and paragraph separators, direction overrides and zero-width
    /// characters are shown as escapes, so that no text can colour a terminal, forge a log line or hide itself.
    public static func line(_ text: String, limit: Int = .max) -> String {
        var out = ""
        var count = 0
        for scalar in text.unicodeScalars {
            if count >= limit {
                out += "…"
                break
            }
            count += 1
            switch scalar.value {
            case 0x0A: out += "\\n"
            case 0x0D: out += "\\r"
            case 0x09: out += "\\t"
            case 0x1B: out += "\\e"
            case _ where isUnsafe(scalar.value): out += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// The first bytes of a document as one safe line; bytes that are no UTF-8 become U+FFFD.
    public static func line(bytes: some Collection<UInt8>, limit: Int) -> String {
        line(String(decoding: bytes.prefix(limit), as: UTF8.self))
    }

    /// True when the text holds a character that would be escaped: a control character, a direction override, an invisible one.
    public static func isUnsafe(_ text: String) -> Bool { text.unicodeScalars.contains { isUnsafe($0.value) } }

    private static func isUnsafe(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x00AD, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF, 0xFFF9...0xFFFB,
            0xE0000...0xE007F:
            true
        default: false
        }
    }
}
