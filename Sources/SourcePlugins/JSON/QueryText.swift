import WireCore

/// Parameters of a URL's query.
enum QueryText {
    /// `url` with `name` set to `value`, in the place of one that is there.
    static func setting(_ name: String, to value: String, in url: String) -> String {
        let pair = escaped(name) + "=" + escaped(value)
        let front = url.prefix { $0 != "#" }
        guard let question = front.firstIndex(of: "?") else { return front + "?" + pair }
        var isSet = false
        let pairs = front[front.index(after: question)...].split(separator: "&").compactMap { part -> String? in
            guard part.prefix(while: { $0 != "=" }) == name || part.prefix(while: { $0 != "=" }) == escaped(name) else { return String(part) }
            defer { isSet = true }
            return isSet ? nil : pair
        }
        return front[...question] + (isSet ? pairs : pairs + [pair]).joined(separator: "&")
    }

    /// Percent-encodes all but RFC 3986's unreserved characters and those of `keeping`.
    static func escaped(_ text: String, keeping: String = "") -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.unicodeScalars.append(UnicodeScalar(byte))
            case _ where keeping.utf8.contains(byte): out.unicodeScalars.append(UnicodeScalar(byte))
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
