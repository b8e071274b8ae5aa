internal import CCurl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A socket address as bytes and as text.
enum SocketAddress {
    /// The address in network order (4 or 16 bytes) and as people write it; nil for other families.
    static func read(_ address: UnsafePointer<sockaddr>, length: UInt32) -> (bytes: [UInt8], text: String)? {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            var inner = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            return (withUnsafeBytes(of: &inner) { Array($0) }, text(AF_INET, &inner, INET_ADDRSTRLEN))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            var inner = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return (withUnsafeBytes(of: &inner) { Array($0) }, text(AF_INET6, &inner, INET6_ADDRSTRLEN))
        default: return nil
        }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer, _ size: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: Int(size))
        guard inet_ntop(family, address, &buffer, socklen_t(size)) != nil else { return "?" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
