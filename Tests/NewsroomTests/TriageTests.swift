import Foundation
import Stores
import Testing
import WireCore

@testable import Newsroom

@Suite("Triage") struct TriageTests {
    private static func article(_ title: String, source: String = "smalldesk", age: Double = 0, copyOf: Int64? = nil) throws -> Article {
        let now = Date(timeIntervalSince1970: 1_795_000_000)
        return Article(
            id: 7, source: try #require(SourceID(source)), identity: "x", item: Item(title: title, publishedAt: now.addingTimeInterval(-age)),
            canonicalURL: nil,
            firstSeenAt: now, nearDuplicateOf: copyOf)
    }

    @Test(
        "Predictions, lists and looks back are noise; what regulators, thieves and institutions do is high",
        arguments: [
            ("Bitcoin Price Prediction: Can BTC Reach $250,000?", RelevanceTier.noise),
            ("Best Crypto Presale To Buy Now Before It 100xes", .noise),
            ("Top 5 altcoins for December", .noise),
            ("SEC sues exchange over unregistered securities", .high),
            ("Lending protocol drained of $120 million in exploit", .high),
            ("BlackRock's spot bitcoin ETF sees record inflows", .high),
            ("Remembering the exchange hack, ten years ago", .normal),
            ("Developer meets community in Lisbon", .normal),
        ])
    func tiers(title: String, tier: RelevanceTier) { #expect(Triage(EnrichmentSettings()).tier(title: title, body: "") == tier) }

    @Test("A quiet title is high when the opening of its text is full of what matters")
    func body() {
        let body = "The court ruling came after an SEC lawsuit; lawmakers in Congress had asked for an investigation into the fraud."
        let triage = Triage(EnrichmentSettings())
        #expect(triage.tier(title: "A long morning in Washington", body: body) == .high)
        #expect(triage.tier(title: "A long morning in Washington", body: String(repeating: "quiet words ", count: 90) + body) == .normal)
    }

    @Test("A model reads what is high, recent, no copy, and from a premium source or with an important word in its title")
    func readers() throws {
        let settings = EnrichmentSettings()
        let triage = Triage(settings)
        let now = Date(timeIntervalSince1970: 1_795_000_000)
        func reader(_ article: Article, _ tier: RelevanceTier = .high) -> Triage.Reader {
            triage.reader(of: article, tier: tier, at: SimpleReading.instant(of: article), now: now)
        }
        #expect(reader(try Self.article("Exchange hacked")) == .model)
        #expect(reader(try Self.article("Exchange hacked"), .normal) == .simple("normal relevance"))
        #expect(reader(try Self.article("Lists new token")) == .simple("no important word in its title"))
        #expect(reader(try Self.article("Lists new token", source: "coindesk")) == .model)
        #expect(reader(try Self.article("Exchange hacked", copyOf: 3)) == .simple("it resembles article 3"))
        #expect(reader(try Self.article("Exchange hacked", age: 8 * 86_400)) == .simple("older than 7d"))
    }

    @Test("What the operator lists is skipped or read, whatever else holds")
    func lists() throws {
        var settings = EnrichmentSettings()
        settings.skipSources = ["coindesk"]
        settings.importantWords = ["lisbon"]
        let triage = Triage(settings)
        let now = Date(timeIntervalSince1970: 1_795_000_000)
        #expect(triage.reader(of: try Self.article("SEC sues", source: "coindesk"), tier: .high, at: now, now: now) != .model)
        #expect(triage.reader(of: try Self.article("Exchange hacked"), tier: .high, at: now, now: now) != .model)
        #expect(triage.reader(of: try Self.article("Trial opens in Lisbon"), tier: .high, at: now, now: now) == .model)
    }

    @Test("A word counts whole, unless the list opens it; case and punctuation do not matter")
    func phrases() {
        let set = PhraseSet("sec, hack*, rate cut*, U.S. treasury")
        #expect(set.first(in: WordList("The SEC's view")) == nil)
        #expect(set.first(in: WordList("the SEC said")) == "sec")
        #expect(set.first(in: WordList("A second look")) == nil)
        #expect(set.first(in: WordList("Hackers win")) == "hack")
        #expect(set.first(in: WordList("Fed: rate-cuts ahead")) == "rate cut")
        #expect(set.first(in: WordList("US Treasury says")) == "us treasury")
        #expect(set.count(in: WordList("hack, hacks and hackers")) == 3)
    }
}
