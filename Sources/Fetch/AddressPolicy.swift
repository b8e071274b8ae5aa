public import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which addresses may be connected to: no private, loopback, link-local, metadata, multicast or otherwise special address, unless
/// the operator allows it. Judged on the address that is really connected to, at every hop, so that neither a redirect nor a name
/// that changes its address gets round it.
///
/// Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates).
public struct AddressPolicy: Sendable, Equatable {
    /// Exceptions that the operator has named.
    public var allowed: [AddressBlock]

    public init(allowed: [AddressBlock] = []) { self.allowed = allowed }

    /// Reads a list such as "127.0.0.1/32, fd00::/8"; commas and blanks separate. Throws `config` for what is no block.
    public init(parsing list: String) throws(DeskError) {
        allowed = []
        for word in list.split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let block = AddressBlock(parsing: String(word)) else {
                throw DeskError(
                    .config, "“\(SafeText.line(String(word), limit: 60))” is no block of addresses", place: "WIREDESK_ALLOW_PRIVATE",
                    hint: "Write addresses or blocks such as 127.0.0.1/32, 10.0.0.0/8 or fd00::/8, separated by commas.")
            }
            allowed.append(block)
        }
    }

    /// True when an address (4 or 16 bytes, network order) may be connected to. Addresses of IPv4 inside IPv6 are judged as both.
    public func permits(_ address: [UInt8]) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if let inner = Self.embedded(in: address) {
            if allowed.contains(where: { $0.contains(inner) }) { return true }
            return permits(inner)
        }
        return !Self.special.contains { $0.contains(address) }
    }

    /// True when `host` is an address that the operator has allowed by name, or a name for this machine while its loopback is allowed:
    /// the operator's own, which needs no politeness.
    public func isOwn(_ host: String) -> Bool {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let name = bare.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return allowed.contains { $0.contains([127, 0, 0, 1]) } }
        guard let address = AddressBlock(parsing: bare), address.prefix == address.bytes.count * 8 else { return false }
        return allowed.contains { $0.contains(address.bytes) }
    }

    /// The IPv4 address inside a v4-mapped, v4-compatible, NAT64 (RFC 6052) or 6to4 (RFC 3056) address.
    private static func embedded(in address: [UInt8]) -> [UInt8]? {
        guard address.count == 16 else { return nil }
        let zeros = [UInt8](repeating: 0, count: 10)
        if address.starts(with: zeros), address[10] == 0xFF, address[11] == 0xFF { return Array(address[12...]) }
        if address.starts(with: zeros + [0, 0]), address[12...].contains(where: { $0 != 0 }), address[12...] != [0, 0, 0, 1] {
            return Array(address[12...])
        }
        if address.starts(with: [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) { return Array(address[12...]) }
        if address.starts(with: [0x20, 0x02]) { return Array(address[2..<6]) }
        return nil
    }

    private static let special: [AddressBlock] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
        "fec0::/10", "ff00::/8",
    ].compactMap(AddressBlock.init(parsing:))
}

/// A block of addresses in CIDR notation: "127.0.0.1/32", "10.0.0.0/8", "fd00::/8"; a bare address is a block of one.
public struct AddressBlock: Sendable, Equatable {
    /// 4 or 16 bytes, network order.
    public var bytes: [UInt8]
    /// Leading bits that count.
    public var prefix: Int

    /// Reads CIDR notation; nil for anything else.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let host = parts.first, parts.count <= 2, let bytes = Self.bytes(of: String(host)) else { return nil }
        self.bytes = bytes
        guard parts.count == 2 else {
            prefix = bytes.count * 8
            return
        }
        guard let prefix = Int(parts[1]), (0...bytes.count * 8).contains(prefix) else { return nil }
        self.prefix = prefix
    }

    /// True when an address lies in the block; addresses of the other family never do.
    public func contains(_ address: [UInt8]) -> Bool {
        guard address.count == bytes.count else { return false }
        let whole = prefix / 8
        guard address[..<whole] == bytes[..<whole] else { return false }
        guard prefix % 8 > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (prefix % 8))
        return address[whole] & mask == bytes[whole] & mask
    }

    private static func bytes(of text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }
}

extension AddressPolicy {
    /// Permits every address: for servers that the operator has named in person.
    public static let unrestricted = AddressPolicy(allowed: ["0.0.0.0/0", "::/0"].compactMap(AddressBlock.init(parsing:)))
}
