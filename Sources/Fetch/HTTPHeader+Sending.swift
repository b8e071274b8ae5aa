/// What of a caller's header fields goes out, and how.
extension HTTPHeader {
    /// Fields that frame the message, which the exchange writes itself.
    private static let framing: Set<String> = [
        "host", "connection", "keep-alive", "proxy-connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect",
        "accept-encoding",
    ]

    /// False for what would break the message or begin another one: a name that is no token, a value with a control character
    /// (RFC 9110, 5.1 and 5.5).
    var isSendable: Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A && $0 != 0x3B }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    /// The line as libcurl wants it; nil for fields that are not the caller's. An empty value is written with a semicolon, since a colon
    /// would remove the field.
    var line: String? {
        if Self.framing.contains(name.lowercased()) { return nil }
        return value.allSatisfy { $0 == " " || $0 == "\t" } ? "\(name);" : "\(name): \(value)"
    }
}
