import Stores
import Testing
import WireCore

@Suite("Shares of hosts") struct HostSharesTests {
    private let sources = (0..<6000).compactMap { SourceID("source-\($0)") }
    private let hosts = (1...4).map { "desk-\($0) \(4000 + $0):88:boot" }

    @Test("Everybody comes to the same answer, whatever order they know the others in")
    func order() {
        let (one, other) = (HostShares(hosts), HostShares(hosts.reversed()))
        #expect(sources.allSatisfy { one.holder(of: $0) == other.holder(of: $0) })
        #expect(HostShares([String]()).holder(of: sources[0]) == nil)
    }

    @Test("The shares are alike: of 6,000 sources none of four hosts has less than 1,350 or more than 1,650")
    func spread() {
        let shares = HostShares(hosts)
        let counts = Dictionary(grouping: sources, by: { shares.holder(of: $0) }).mapValues(\.count)
        #expect(counts.count == 4)
        #expect(counts.values.allSatisfy { (1350...1650).contains($0) }, "\(counts)")
    }

    @Test("A host that goes moves its own share and nothing else, and one that comes takes only what becomes its own")
    func change() {
        let (before, after) = (HostShares(hosts), HostShares(hosts.dropLast()))
        for source in sources {
            let holder = before.holder(of: source)
            if holder == hosts.last { #expect(after.holder(of: source) != holder) } else { #expect(after.holder(of: source) == holder) }
        }
    }
}
