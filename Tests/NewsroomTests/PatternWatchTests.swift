import FoundationEssentials
import Stores
import Testing

@testable import Newsroom

@Suite("Patterns") struct PatternWatchTests {
    private let now = MadeUpNews.at(hours: 3)
    private let longAgo = MadeUpNews.at(hours: -1000)

    private func statistic(
        _ name: String, _ mentions: Int, sentiment: Double = 0, high: Double? = nil, low: Double? = nil, first: Date? = nil
    ) -> EntityStatistic {
        EntityStatistic(
            name: name, kind: .coin, ticker: nil, mentions: mentions, sources: 4, sentiment: sentiment, highestSource: high ?? sentiment,
            lowestSource: low ?? sentiment, firstAt: first ?? longAgo)
    }

    private func look(
        day: [EntityStatistic] = [], earlier: [EntityStatistic] = [], _ articles: [EnrichedArticle] = [], _ narratives: [Narrative] = []
    ) -> PatternWatch.Findings {
        PatternWatch.look(.init(day: day, earlier: earlier, articles: articles, narratives: narratives, now: now))
    }

    @Test(
        "More than ten mentions and more than five times the usual are a surge",
        arguments: [(11, 14, true), (10, 0, false), (11, 0, true), (11, 15, true), (11, 16, false), (50, 70, false), (51, 70, true)])
    func surge(_ mentions: Int, _ earlier: Int, found: Bool) {
        let findings = look(day: [statistic("X", mentions)], earlier: [statistic("X", earlier)])
        #expect(findings.patterns.map(\.kind) == (found ? [.surge] : []))
    }

    @Test("A desk that is younger than two days knows no usual, one of four days divides by three")
    func coldStart() {
        let young = MadeUpNews.at(hours: 3 - 47)
        #expect(look(day: [statistic("X", 90, first: young)]).patterns.isEmpty)
        let four = MadeUpNews.at(hours: 3 - 96)
        let before = [statistic("X", 30, first: four)]
        #expect(look(day: [statistic("X", 50, first: four)], earlier: before).patterns.isEmpty, "ten a day in three days")
        let message = look(day: [statistic("X", 60, first: four)], earlier: before).patterns.first?.message
        #expect(message == "X is in 60 articles of 4 sources in 24 h, 6 times its usual.")
    }

    @Test(
        "A mean that moved by at least 0.4 is a shift, if five articles stand on each side",
        arguments: [
            (0.6, 0.2, 5, 5, true), (-0.2, 0.2, 5, 5, true), (0.59, 0.2, 5, 5, false), (0.6, 0.2, 4, 5, false), (0.6, 0.2, 5, 4, false),
            (.nan, 0.2, 5, 5, false),
        ])
    func shift(_ now: Double, _ before: Double, _ mentions: Int, _ earlier: Int, found: Bool) {
        let findings = look(day: [statistic("X", mentions, sentiment: now)], earlier: [statistic("X", earlier, sentiment: before)])
        #expect(findings.patterns.map(\.kind) == (found ? [.sentimentShift] : []))
    }

    @Test("Sources more than 0.6 apart diverge, at exactly 0.6 they do not")
    func divergence() throws {
        #expect(look(day: [statistic("X", 4, high: 0.4, low: -0.2)]).patterns.isEmpty)
        #expect(look(day: [statistic("X", 4, high: .nan, low: -0.2)]).patterns.isEmpty)
        let pattern = try #require(look(day: [statistic("X", 4, high: 0.5, low: -0.4)]).patterns.first)
        #expect(pattern.kind == .divergence && pattern.strength == 45)
        #expect(pattern.message == "Sources read X in opposite ways: the brightest at +0.50, the darkest at −0.40, over 4 articles in 24 h.")
    }

    @Test("A young narrative of three sources emerges once in its life")
    func emergence() throws {
        var young = MadeUpNews.narrative(4, focus: "a", first: -44.9, last: 0)
        young.sourceCount = 3
        var old = MadeUpNews.narrative(5, focus: "a", first: -45, last: 0)
        old.sourceCount = 3
        var small = MadeUpNews.narrative(6, focus: "a", first: -1, last: 0)
        small.sourceCount = 2
        var member = MadeUpNews.article(9)
        member.narrative = 4
        let findings = look([member, MadeUpNews.article(10)], [young, old, small])
        #expect(findings.patterns.map(\.id) == ["emergence:4"])
        #expect(findings.patterns.first?.articles == [9] && findings.patterns.first?.strength == 60)
    }

    @Test("Patterns are dated by the youngest article that shows them, so that the next day's look finds the same")
    func identity() throws {
        let before = MadeUpNews.article(1, about: "X", hours: -9)
        let after = MadeUpNews.article(2, about: "X", hours: -8.5)
        let findings = look(day: [statistic("X", 40)], [before, after])
        let pattern = try #require(findings.patterns.first)
        #expect(pattern.id == "surge:X:2026-11-23" && pattern.articles == [2, 1] && pattern.at == MadeUpNews.at(hours: -8.5))
    }

    private func liquidations(_ count: Int, amount: Double?, entities: String = "Ether Solana") -> [EnrichedArticle] {
        (1...count).map { number in
            var article = MadeUpNews.article(
                Int64(number), "Leveraged longs liquidated as market slides", actors: entities, from: "s\(number)", hours: -2)
            article.enrichment.amount = amount
            article.narrative = number < 3 ? 8 : 7
            return article
        }
    }

    @Test("Four articles, half a billion dollars and three entities are a liquidation, and hold the narrative with most of them hot")
    func liquidation() throws {
        let findings = look(liquidations(5, amount: 500_000_000))
        let pattern = try #require(findings.patterns.first)
        #expect(pattern.id == "liquidation:market:2026-11-24" && pattern.strength == 50)
        #expect(pattern.message == "Liquidations in 5 articles of 5 sources in 24 h, up to $500M, naming 3 entities.")
        #expect(findings.heat == [.init(narrative: 7, until: MadeUpNews.at(hours: 22))])
        #expect(look(liquidations(4, amount: 500_000_000)).heat.map(\.narrative) == [7], "of equals the older")
        #expect(look(liquidations(3, amount: 500_000_000)).patterns.isEmpty)
        #expect(look(liquidations(5, amount: 499_999_999)).patterns.isEmpty)
        #expect(look(liquidations(5, amount: nil)).patterns.isEmpty)
        #expect(look(liquidations(5, amount: .nan)).patterns.isEmpty && look(liquidations(5, amount: .infinity)).patterns.isEmpty)
        #expect(look(liquidations(5, amount: 500_000_000, entities: "Ether")).patterns.isEmpty)
    }

    @Test("A crash and an exploit are of one entity; repeats, old articles and look-alike words do not count")
    func events() {
        func three(_ title: String, _ edit: (inout EnrichedArticle) -> Void = { _ in }) -> [EnrichedArticle] {
            (1...3).map { number in
                var article = MadeUpNews.article(Int64(number), title, about: "Curve", from: "s\(number)", hours: -1, sentiment: -0.5)
                if number == 3 { edit(&article) }
                return article
            }
        }
        let title = "Curve Pool Hacked, Millions Gone"
        let findings = look(three(title))
        #expect(findings.patterns.map(\.id) == ["exploit:Curve:2026-11-24"] && findings.heat.isEmpty, "it is in no narrative")
        #expect(look(three(title) { $0.nearDuplicateOf = 1 }).patterns.isEmpty)
        #expect(look(three(title) { $0.enrichment.at = MadeUpNews.at(hours: -21) }).patterns.isEmpty)
        #expect(look(three(title) { $0.enrichment.nucleus = "Aave" }).patterns.isEmpty)
        #expect(look(three("Curve Hackathon opens in Lisbon")).patterns.isEmpty)
        #expect(look(three("A rug pull at Curve")).patterns.count == 1, "two words side by side")
        #expect(look(three("Bitcoin plunges")).patterns.isEmpty, "a crash needs four")
        #expect(look(three("Bitcoin plunges") + [MadeUpNews.article(4, "Crash!", about: "Curve", sentiment: -0.5)]).patterns.map(\.kind) == [.crash])
    }

    @Test("At most twenty of a kind, the strongest, in the same order for any order of what is looked at")
    func bounds() {
        var numbers = SeededNumbers(state: 5)
        let day = (1...100).map { statistic("E\($0)", 10 + $0, high: 0.9, low: -0.9) }
        let articles = MadeUpNews.crowd(200, &numbers)
        let findings = look(day: day, articles)
        #expect(findings.patterns.filter { $0.kind == .surge }.count == 20 && findings.patterns.filter { $0.kind == .divergence }.count == 20)
        #expect(findings.patterns.allSatisfy { (0...100).contains($0.strength) && $0.articles.count <= 10 })
        #expect(look(day: day.shuffled(using: &numbers), articles.shuffled(using: &numbers)) == findings)
        #expect(look().patterns.isEmpty)
    }

    @Test("Figures are short and never break")
    func figures() {
        #expect(Figure.dollars(1_240_000_000) == "$1.2B" && Figure.dollars(740e6) == "$740M" && Figure.dollars(12) == "$12")
        let signed = [-0.004, 0, 0.31, 0.345, -1, -0.05, .nan, .infinity].map(Sentences.signed)
        #expect(signed == ["0.00", "0.00", "+0.31", "+0.35", "−1.00", "−0.05", "—", "—"])
        #expect(Figure.plain(1e300) == "1000000000000")
    }
}
