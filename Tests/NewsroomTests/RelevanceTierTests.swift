import Stores
import Testing

@Suite("Tiers of relevance")
struct RelevanceTierTests {
    @Test("What matters more comes first")
    func order() {
        #expect(RelevanceTier.allCases.sorted() == [.high, .normal, .noise])
        #expect(RelevanceTier.allCases.map(\.name) == ["high", "normal", "noise"])
    }
}
