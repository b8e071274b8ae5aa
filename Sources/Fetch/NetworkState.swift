internal import CCurl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether this machine has a network at all; asked only after a failure.
enum NetworkState {
    /// True when no interface but the loopback is up with an address.
    static var isOffline: Bool {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return false }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next {
            let flags = Int32(bitPattern: entry.pointee.ifa_flags)
            let isUsable = flags & Int32(IFF_UP) != 0 && flags & Int32(IFF_LOOPBACK) == 0
            if isUsable, let family = entry.pointee.ifa_addr?.pointee.sa_family, family == sa_family_t(AF_INET) || family == sa_family_t(AF_INET6) {
                return false
            }
            next = entry.pointee.ifa_next
        }
        return true
    }
}
