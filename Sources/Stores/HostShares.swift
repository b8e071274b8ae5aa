public import WireCore

/// Which of the living hosts looks after what: by the highest of the numbers that each host and thing make together, so that every host
/// comes to the same answer by itself, and a host that comes or goes moves nothing but its own share.
///
/// Source: D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998 (highest random weight).
public struct HostShares: Sendable, Equatable {
    private let hosts: [String]
    private let seeds: [UInt64]

    /// The order of `hosts` does not matter.
    public init(_ hosts: some Sequence<String>) {
        self.hosts = hosts.sorted()
        seeds = self.hosts.map { StableHash.spread(StableHash.of($0)) }
    }

    /// The host that looks after the source; nil: there is none. A step for each host.
    public func holder(of source: SourceID) -> String? { holder(of: source.text) }

    /// The host that does what bears this name.
    public func holder(of name: String) -> String? {
        let hash = StableHash.of(name)
        var best: (host: Int, weight: UInt64)?
        for (host, seed) in seeds.enumerated() {
            let weight = StableHash.spread(hash ^ seed)
            if weight > best?.weight ?? 0 || best == nil { best = (host, weight) }
        }
        return best.map { hosts[$0.host] }
    }
}
