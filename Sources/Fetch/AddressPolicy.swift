public import WireCore

/// Which addresses may be connected to: no private, loopback, link-local, metadata, multicast or otherwise special address, unless
/// the operator allows it. Judged on the address that is really connected to, at every hop, so that neither a redirect nor a name
/// that changes its address gets round it.
///
/// Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates).
public struct AddressPolicy: Sendable, Equatable {
    /// Exceptions that the operator has named.
    public var allowed: [AddressBlock]

    public init(allowed: [AddressBlock] = []) { self.allowed = allowed }
}

/// A block of addresses in CIDR notation: "127.0.0.1/32", "10.0.0.0/8", "fd00::/8"; a bare address is a block of one.
public struct AddressBlock: Sendable, Equatable {
    /// 4 or 16 bytes, network order.
    public var bytes: [UInt8]
    /// Leading bits that count.
    public var prefix: Int
}
