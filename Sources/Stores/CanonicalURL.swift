/// An address reduced to what identifies the page, so that one article is recognised under the addresses that two sources give it.
///
/// What is reduced, after RFC 3986 section 6 and what is seen in feeds:
/// - only http and https; both become `https`, ports 80 and 443 are dropped, and so are user name and password;
/// - the host in lower case, without a dot at its end and without a leading `www.` (no site was seen that serves different articles
///   with and without it, while feeds and aggregators mix the two);
/// - dot segments resolved, percent-encoding normalised, a slash at the path's end dropped;
/// - the fragment dropped, except `#!…`, which names a page;
/// - known tracking parameters dropped (``isTracking(_:)``), the others kept in their order.
///
/// The result is for comparison and still opens in nearly every case, but ``Item/url`` is what to show and to follow.
public enum CanonicalURL {
    /// Longer addresses identify nothing worth the comparison.
    public static let longest = 4096

    /// Nil for what is no http address, and for a site's bare root, which many items may share: it identifies nothing.
    public static func of(_ address: String) -> String? {
        var rest = cleaned(address)[...]
        guard rest.count <= longest, dropScheme(&rest) else { return nil }
        let authority = rest.prefix { !isOne(of: "/?#", $0) }
        rest = rest.dropFirst(authority.count)
        guard let host = host(of: authority) else { return nil }
        let beforeFragment = rest.prefix { $0 != 0x23 }
        let fragment = rest.dropFirst(beforeFragment.count + 1)
        let rawPath = beforeFragment.prefix { $0 != 0x3F }
        let query = query(of: beforeFragment.dropFirst(rawPath.count + 1))
        let path = path(of: rawPath)
        let bang = fragment.first == 0x21 ? [0x23] + normalised(fragment) : []
        guard !path.isEmpty || !query.isEmpty || !bang.isEmpty else { return nil }
        return String(decoding: Array("https://".utf8) + host + path + query + bang, as: UTF8.self)
    }

    /// True for a query parameter that tells where a reader came from rather than what the page is.
    public static func isTracking(_ name: String) -> Bool {
        let name = name.lowercased()
        return trackingNames.contains(name) || trackingPrefixes.contains { name.hasPrefix($0) }
    }

    private static let trackingPrefixes = ["utm_", "hsa_", "pk_", "mtm_", "matomo_", "oly_", "vero_", "at_", "ns_"]
    private static let trackingNames: Set<String> = [
        "_ga", "_gl", "_hsenc", "_hsmi", "__s", "__twitter_impression", "campaign_id", "cmp", "cmpid", "dclid", "emci", "emdi",
        "fb_action_ids",
        "fb_action_types", "fb_source", "fbclid", "ftag", "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer",
        "guce_referrer_sig",
        "igsh", "igshid", "ito", "li_fat_id", "mbid", "mc_cid", "mc_eid", "mkt_tok", "mod", "msclkid", "ncid", "ocid", "ref",
        "ref_src",
        "ref_url", "referrer", "rss", "s_cid", "s_kwcid", "smid", "spm", "sr_share", "src_trk", "srnd", "taid", "ttclid",
        "twclid", "wbraid",
        "wickedid", "wt_mc", "xtor", "yclid",
    ]

    /// Without blanks around it and without the tabs and line ends that browsers ignore (WHATWG URL, 4.4).
    private static func cleaned(_ address: String) -> [UInt8] {
        let bytes = address.utf8.filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.endIndex
        let end = bytes.lastIndex { $0 > 0x20 } ?? bytes.startIndex - 1
        return start <= end ? Array(bytes[start...end]) : []
    }

    private static func dropScheme(_ rest: inout ArraySlice<UInt8>) -> Bool {
        for scheme in ["https://", "http://"] where rest.prefix(scheme.utf8.count).map(lower).elementsEqual(scheme.utf8) {
            rest = rest.dropFirst(scheme.utf8.count)
            return true
        }
        return false
    }

    private static func host(of authority: ArraySlice<UInt8>) -> [UInt8]? {
        var host = authority.lastIndex(of: 0x40).map { authority[($0 + 1)...] } ?? authority
        var port: ArraySlice<UInt8> = []
        if let colon = host.lastIndex(of: 0x3A), host[(colon + 1)...].allSatisfy({ (0x30...0x39).contains($0) }) {
            port = host[(colon + 1)...]
            host = host[..<colon]
        }
        while host.last == 0x2E { host = host.dropLast() }
        var name = Array(String(decoding: host, as: UTF8.self).lowercased().utf8)
        // "www.com" is a name of its own.
        if name.starts(with: "www.".utf8), name.dropFirst(4).contains(0x2E) { name.removeFirst(4) }
        guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && !isOne(of: "<>\"\\^`{|}%", $0) }) else { return nil }
        port = port.drop { $0 == 0x30 }
        let isDefault = port.isEmpty || port.elementsEqual("80".utf8) || port.elementsEqual("443".utf8)
        return isDefault ? name : name + [0x3A] + port
    }

    /// Dot segments resolved (RFC 3986, 5.2.4), no slash at the end; the root is empty.
    private static func path(of raw: ArraySlice<UInt8>) -> [UInt8] {
        var segments: [[UInt8]] = []
        for segment in raw.split(separator: 0x2F, omittingEmptySubsequences: false).dropFirst() {
            let segment = normalised(segment)
            if segment == [0x2E] { continue }
            if segment == [0x2E, 0x2E] {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        while segments.last?.isEmpty == true { segments.removeLast() }
        return segments.flatMap { [0x2F] + $0 }
    }

    private static func query(of raw: ArraySlice<UInt8>) -> [UInt8] {
        var query: [UInt8] = []
        for parameter in raw.split(separator: 0x26) {
            let name = normalised(parameter.prefix { $0 != 0x3D })
            guard !isTracking(String(decoding: name, as: UTF8.self)) else { continue }
            query.append(query.isEmpty ? 0x3F : 0x26)
            query.append(contentsOf: normalised(parameter))
        }
        return query
    }

    /// Escapes of unreserved characters decoded, the others in upper case; what may not stand in an address is escaped
    /// (RFC 3986, 6.2.2).
    private static func normalised(_ part: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(part.count)
        var rest = part
        while let byte = rest.popFirst() {
            if byte == 0x25, let high = rest.first.flatMap(hex), let low = rest.dropFirst().first.flatMap(hex) {
                rest = rest.dropFirst(2)
                let decoded = high << 4 | low
                if isUnreserved(decoded) { out.append(decoded) } else { appendEscape(of: decoded, to: &out) }
            } else if byte <= 0x20 || byte >= 0x7F || isOne(of: "\"<>\\^`{|}", byte) {
                appendEscape(of: byte, to: &out)
            } else {
                out.append(byte)
            }
        }
        return out
    }

    private static func appendEscape(of byte: UInt8, to out: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    private static func isOne(of characters: StaticString, _ byte: UInt8) -> Bool {
        UnsafeBufferPointer(start: characters.utf8Start, count: characters.utf8CodeUnitCount).contains(byte)
    }
}
