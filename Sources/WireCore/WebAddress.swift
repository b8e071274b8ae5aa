/// URLs as text: just what reading documents needs (RFC 3986). What is really asked is checked again by the network's own reader.
public enum WebAddress {
    private struct Parts {
        var scheme: Substring?
        var authority: Substring?
        var path: Substring
        var query: Substring?
        var fragment: Substring?
    }

    /// The host of an absolute http or https URL in lower case, without port; nil for anything else.
    public static func host(of url: String) -> String? {
        guard let parts = webParts(url) else { return nil }
        var host = parts.authority ?? ""
        if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]).lowercased() }
        if let colon = host.lastIndex(of: ":") { host = host[..<colon] }
        return host.isEmpty ? nil : host.lowercased()
    }

    /// Scheme, host and port of an absolute http or https URL, the default port left out; nil for anything else.
    public static func origin(of url: String) -> String? {
        guard let parts = webParts(url), let scheme = parts.scheme?.lowercased(), let host = host(of: url) else { return nil }
        let rest = (parts.authority ?? "").drop { $0 != "]" }
        let tail = rest.isEmpty ? (parts.authority ?? "")[...] : rest
        let port = tail.lastIndex(of: ":").map { String(tail[tail.index(after: $0)...]) } ?? ""
        let isDefault = port.isEmpty || scheme == "http" && port == "80" || scheme == "https" && port == "443"
        return isDefault ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
    }

    private static func webParts(_ url: String) -> Parts? {
        let parts = split(url)
        guard let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https", parts.authority?.isEmpty == false else {
            return nil
        }
        return parts
    }

    /// True when `url` begins with a scheme.
    public static func isAbsolute(_ url: String) -> Bool { split(url).scheme != nil }

    /// `reference` resolved against `base` (RFC 3986, 5.2); an absolute one comes back as it is. Nil when `base` is not absolute.
    public static func resolve(_ reference: String, against base: String) -> String? {
        let r = split(reference)
        guard r.scheme == nil else { return reference }
        let b = split(base)
        guard let scheme = b.scheme else { return nil }
        if r.authority != nil { return "\(scheme):\(reference)" }
        let front = b.authority.map { "\(scheme)://\($0)" } ?? "\(scheme):"
        let tail = r.fragment.map { "#\($0)" } ?? ""
        if r.path.isEmpty {
            let query = (r.query ?? b.query).map { "?\($0)" } ?? ""
            return front + b.path + query + tail
        }
        let query = r.query.map { "?\($0)" } ?? ""
        if r.path.hasPrefix("/") { return front + withoutDots(r.path) + query + tail }
        let folder = b.path.lastIndex(of: "/").map { b.path[...$0] } ?? (b.authority == nil ? "" : "/")
        return front + withoutDots("\(folder)\(r.path)"[...]) + query + tail
    }

    /// RFC 3986, appendix B.
    private static func split(_ url: String) -> Parts {
        var rest = url[...]
        var parts = Parts(path: "")
        if let colon = rest.utf8.firstIndex(of: 0x3A), isScheme(rest[..<colon]) {
            parts.scheme = rest[..<colon]
            rest = rest[rest.index(after: colon)...]
        }
        if let hash = rest.utf8.firstIndex(of: 0x23) {
            parts.fragment = rest[rest.index(after: hash)...]
            rest = rest[..<hash]
        }
        if let question = rest.utf8.firstIndex(of: 0x3F) {
            parts.query = rest[rest.index(after: question)...]
            rest = rest[..<question]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.utf8.firstIndex(of: 0x2F) ?? rest.endIndex
            parts.authority = rest[..<end]
            rest = rest[end...]
        }
        parts.path = rest
        return parts
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first | 0x20) else { return false }
        return text.utf8.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
        }
    }

    /// RFC 3986, 5.2.4.
    private static func withoutDots(_ path: Substring) -> String {
        guard path.contains("/.") || path.hasPrefix(".") else { return String(path) }
        var out: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { out.append("") }
            case "..":
                if out.count > 1 { out.removeLast() }
                if isLast { out.append("") }
            default: out.append(segment)
            }
        }
        return out.joined(separator: "/")
    }
}
