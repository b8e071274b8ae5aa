import FoundationEssentials
import Stores
import Testing

@testable import Newsroom

@Suite("Clustering") struct ClusteringTests {
    private let now = MadeUpNews.at(hours: 1)

    private func stories(_ articles: [EnrichedArticle], _ narratives: [Narrative] = [], homes: [Int64: Int64] = [:]) -> [Story] {
        Clustering.assign(articles.map(StoryArticle.init), to: narratives, homes: homes, now: now)
    }

    private let etf = "etf approval sec spot"

    @Test("Three articles of two sources about the same make a narrative, with all that is known of them")
    func founding() throws {
        let found = stories([
            MadeUpNews.article(
                1, "SEC Clears First Spot Product - CoinDesk", theme: .regulation, focus: etf, actors: "SEC", hours: -20, sentiment: 0.5),
            MadeUpNews.article(2, focus: "etf approval inflows", from: "beta", hours: -3, sentiment: -0.2),
            MadeUpNews.article(
                3, "SEC Clears First Spot Product - CoinDesk", theme: .regulation, focus: etf, actors: "SEC BlackRock", from: "beta", hours: -2,
                sentiment: 0.3),
        ])
        let story = try #require(found.first)
        #expect(found.count == 1 && story.joiners.map(\.id) == [1, 2, 3])
        let narrative = story.narrative
        #expect(narrative.title == "SEC Clears First Spot Product" && narrative.summary == "Summary 3.", "it has most of what the story is about")
        #expect(narrative.nucleus == "Bitcoin" && narrative.theme == .regulation && narrative.articleCount == 3)
        #expect(narrative.firstAt == MadeUpNews.at(hours: -20) && narrative.lastAt == MadeUpNews.at(hours: -2))
        #expect(abs(narrative.sentiment - 0.2) < 1e-9)
        #expect(narrative.focus.prefix(2) == [Weighted("approval", 1), Weighted("etf", 1)])
    }

    @Test("Two articles, or three of one source, make none")
    func tooFew() {
        #expect(stories([MadeUpNews.article(1, focus: etf), MadeUpNews.article(2, focus: etf, from: "beta")]).isEmpty)
        #expect(stories((1...5).map { MadeUpNews.article($0, focus: etf) }).isEmpty)
    }

    @Test("An article that nearly repeats another follows it, and does not count towards three")
    func nearDuplicates() throws {
        let pair = [MadeUpNews.article(1, focus: etf), MadeUpNews.article(2, focus: etf, from: "beta")]
        let repeated = (3...9).map { MadeUpNews.article($0, focus: etf, from: "gamma", repeats: $0 % 2 == 0 ? 1 : 3) }
        // 3 repeats itself, and stands for itself and its four: the third report.
        #expect(stories(pair + repeated.filter { $0.nearDuplicateOf == 1 }).isEmpty)
        let story = try #require(stories(pair + repeated).first)
        #expect(story.joiners.count == 9 && story.narrative.articleCount == 9)
        let unlike = MadeUpNews.article(4, about: "Ether", theme: .defi, focus: "other words", from: "gamma", repeats: 1)
        let three = pair + [MadeUpNews.article(3, focus: etf), unlike]
        #expect(stories(three).first?.joiners.map(\.id) == [1, 2, 3, 4], "it goes where its original is, whatever it says itself")
    }

    @Test("A near-duplicate joins the narrative that its original is in already")
    func home() {
        let narrative = MadeUpNews.narrative(7, focus: "other matter entirely")
        let repeated = MadeUpNews.article(50, focus: "etf", from: "beta", repeats: 3)
        #expect(stories([repeated], [narrative], homes: [3: 7]).first?.joiners.map(\.id) == [50])
        #expect(stories([repeated], [narrative], homes: [3: 8]).first?.joiners.isEmpty == true, "a home that is not at hand is none")
        #expect(stories([repeated], [narrative]).first?.joiners.isEmpty == true)
    }

    @Test("Near-duplicates in a ring, of themselves and of nothing end, too")
    func rings() {
        let ring = (1...20).map { MadeUpNews.article($0, focus: etf, from: "s\($0)", repeats: $0 % 20 + 1) }
        #expect(stories(ring).allSatisfy { $0.joiners.count <= 20 })
        let lost = (1...4).map { MadeUpNews.article($0, focus: etf, from: "s\($0)", repeats: 99) }
        #expect(stories(lost).isEmpty, "four repeats of one lost article are one report")
    }

    @Test(
        "How like an article must be depends on how long the narrative has been silent",
        arguments: [
            (47.9, NarrativeStage.rising, 0.5 as Double?), (48, .rising, 0.6), (-10, .rising, 0.5), (167.9, .cooling, 0.6), (168, .cooling, 0.8),
            (168, .dormant, 0.8), (1, .dormant, 0.8), (720, .dormant, 0.8), (720.1, .dormant, nil),
        ])
    func thresholds(_ hours: Double, _ stage: NarrativeStage, _ least: Double?) {
        let narrative = MadeUpNews.narrative(1, focus: "etf", first: -hours - 1, last: -hours, stage: stage)
        #expect(Clustering.threshold(narrative, at: MadeUpNews.start) == least)
    }

    @Test("An article of likeness 0.5 joins a fresh narrative and not one that was silent for two days")
    func joining() throws {
        // The same nucleus and theme, no actors; (0.5 × cosine + 0.4) / 0.9 is 0.567 with two of sixteen words' length in common.
        let article = MadeUpNews.article(9, focus: "a b c d e f g h", hours: 0)
        let words = "a b p q r s t u v w x y"
        let fresh = MadeUpNews.narrative(1, focus: words, last: -1)
        let stale = MadeUpNews.narrative(2, focus: words, last: -49)
        let likeness = Fingerprint(of: fresh).similarity(to: Fingerprint(of: article.enrichment))
        #expect(likeness > 0.5 && likeness < 0.6)
        #expect(stories([article], [stale]).first?.joiners.isEmpty == true)
        let both = stories([article], [fresh, stale])
        #expect(both.map(\.joiners.count) == [1, 0])
    }

    @Test("The same nucleus, theme and actors with one common word of many are not enough to join")
    func oneWord() {
        let narrative = MadeUpNews.narrative(1, focus: "etf approval spot inflows", actors: "SEC", last: -1)
        let article = MadeUpNews.article(9, focus: "etf fees custody delay", actors: "SEC")
        #expect(Fingerprint(of: narrative).similarity(to: Fingerprint(of: article.enrichment)) >= 0.5)
        #expect(stories([article], [narrative]).first?.joiners.isEmpty == true)
    }

    @Test("A dormant narrative is brought back by an article that is very like it, and by no other")
    func comingBack() throws {
        let dormant = MadeUpNews.narrative(1, focus: etf, first: -300, last: -200, articles: 5, stage: .dormant)
        let weak = MadeUpNews.article(1, focus: "etf approval other words")
        #expect(stories([weak], [dormant]).first?.joiners.isEmpty == true)
        let back = try #require(stories([MadeUpNews.article(2, focus: etf, hours: -1)], [dormant]).first?.narrative)
        #expect(back.reactivatedAt == MadeUpNews.at(hours: -1) && back.stage == .echo && back.articleCount == 6)
        let unjudged = MadeUpNews.narrative(1, focus: etf, first: -300, last: -200, stage: .rising)
        let late = try #require(stories([MadeUpNews.article(2, focus: etf)], [unjudged]).first?.narrative)
        #expect(late.dormantAt == MadeUpNews.at(hours: -200 + 168), "it fell dormant while nobody looked")
    }

    @Test("A giant nucleus does not chain different news into one story")
    func noChaining() {
        // Each shares one word with the next, all share nucleus, theme and actors: single linkage would make one story of them.
        let chain = (1...60).map { MadeUpNews.article($0, focus: "w\($0) w\($0 + 1)", actors: "SEC Tether", from: "s\($0 % 5)") }
        #expect(stories(chain).isEmpty)
        // Each shares two of four words with the next. Nobody ends in a story with what is more than a few steps away.
        let tight = (1...60).map { MadeUpNews.article($0, focus: "w\($0) w\($0 + 1) w\($0 + 2) w\($0 + 3)", from: "s\($0 % 5)") }
        for story in stories(tight) { #expect(story.joiners.count <= 12, "\(story.joiners.map(\.id))") }
    }

    @Test("Articles that share no words but those of the trade are no story")
    func tradeWords() {
        let chatter = (1...50).map { MadeUpNews.article($0, focus: "price market bulls rally a\($0) b\($0)", from: "s\($0 % 5)") }
        #expect(stories(chatter).isEmpty)
    }

    @Test("Articles about different entities come together only when very alike")
    func acrossNuclei() {
        let focus = "bridge exploit drained funds"
        func three(_ last: String) -> [EnrichedArticle] {
            [
                MadeUpNews.article(1, about: "Ronin", theme: .security, focus: focus),
                MadeUpNews.article(2, about: "Ronin", theme: .security, focus: focus),
                MadeUpNews.article(3, about: "Axie", theme: .security, focus: last, from: "beta"),
            ]
        }
        #expect(stories(three(focus)).isEmpty, "0.6 / 0.9 = 0.67 is not 0.8")
        let nameless = (1...3).map { MadeUpNews.article($0, about: nil, focus: focus, from: "s\($0)") }
        #expect(stories(nameless).first?.narrative.nucleus == "")
    }

    @Test("The order of the articles and of what else is in the news changes nothing")
    func determinism() {
        var numbers = SeededNumbers(state: 3)
        let articles = MadeUpNews.crowd(300, &numbers)
        let narratives = (1...20).map { MadeUpNews.narrative($0, about: "N\($0 % 7)", focus: "w\($0) w\($0 + 7) w\($0 + 14)") }
        let first = stories(articles, narratives)
        #expect(first.contains { !$0.joiners.isEmpty })
        for _ in 0..<5 { #expect(stories(articles.shuffled(using: &numbers), narratives) == first) }
    }

    @Test("A second round over what is left changes nothing, nothing is in two stories and nothing is lost")
    func idempotence() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(state: seed)
            let articles = MadeUpNews.crowd(200, &numbers)
            let first = stories(articles)
            let placed = first.flatMap { $0.joiners.map(\.id) }
            #expect(Set(placed).count == placed.count)
            var kept = first.map(\.narrative)
            for index in kept.indices { kept[index].id = Int64(index + 1) }
            let left = articles.filter { !placed.contains($0.id) }
            let second = stories(left, kept)
            #expect(second.allSatisfy(\.joiners.isEmpty) && second.count == kept.count, "seed \(seed)")
        }
    }

    @Test("Two thousand articles with the same title, and of one nucleus with no common word, are no trouble")
    func hostile() {
        let same = (1...2000).map { MadeUpNews.article(Int64($0), "Same", focus: etf, from: "s\($0 % 9)") }
        #expect(stories(same).map(\.joiners.count) == [2000])
        let apart = (1...2000).map { MadeUpNews.article(Int64($0), focus: "a\($0) b\($0)", from: "s\($0 % 9)") }
        #expect(stories(apart).isEmpty)
        let common = (1...2000).map {
            MadeUpNews.article(Int64($0), focus: "common shared a\($0) b\($0) c\($0) d\($0) e\($0) f\($0)", from: "s\($0 % 9)")
        }
        #expect(stories(common).flatMap(\.joiners).count <= 2000)
        #expect(stories([]).isEmpty)
        let bare = (1...50).map { MadeUpNews.article($0, about: nil, from: "s\($0)") }
        #expect(stories(bare).isEmpty)
    }

    @Test("What is no number does not spread")
    func noNumbers() throws {
        var articles = (1...3).map { MadeUpNews.article($0, focus: etf, from: "s\($0)", sentiment: 0.3) }
        articles[1].enrichment.sentiment = .nan
        articles[2].enrichment.sentiment = .infinity
        let story = try #require(stories(articles).first)
        #expect(abs(story.narrative.sentiment - 0.1) < 1e-9)
    }
}

@Suite("Consolidation") struct ConsolidationTests {
    private let focus = "etf approval sec spot"

    @Test("Narratives that tell the same become the older, with everything that both had")
    func merging() throws {
        var old = MadeUpNews.narrative(5, focus: focus, first: -40, last: -20, articles: 4)
        var young = MadeUpNews.narrative(2, focus: focus, first: -10, last: -1, articles: 12)
        old.sentiment = 0.4
        young.sentiment = 0
        young.hotUntil = MadeUpNews.at(hours: 5)
        (young.peakDay, young.peakCount) = ("2026-11-24", 9)
        let merged = try #require(Consolidation.merge([young, old]).first)
        #expect(merged.narrative.id == 5 && merged.parts == [2])
        #expect(merged.narrative.articleCount == 16 && merged.narrative.sentiment == 0.1)
        #expect(merged.narrative.firstAt == MadeUpNews.at(hours: -40) && merged.narrative.lastAt == MadeUpNews.at(hours: -1))
        #expect(merged.narrative.hotUntil == young.hotUntil && merged.narrative.peakCount == 9)
        #expect(merged.narrative.title == "Narrative 5" && merged.narrative.focus == Fingerprint(of: old).focus.heaviestFirst)
    }

    @Test("A chain of mergers ends in one narrative, and a second look finds nothing more")
    func chains() {
        // Eight words in common and one of each ten's own: (0.5 × 8/9 + 0.4) / 0.9 = 0.94.
        let all = (1...40).map { MadeUpNews.narrative($0, focus: "a b c d \(focus) w\($0 / 10)", first: -50 + Double($0)) }
        let merged = Consolidation.merge(all)
        let gone = Set(merged.flatMap(\.parts))
        #expect(merged.map(\.narrative.id) == [1] && gone.count == 39)
        #expect(Consolidation.merge(merged.map(\.narrative) + all.filter { !gone.contains($0.id) && $0.id != 1 }).isEmpty)
        #expect(Consolidation.merge(all.reversed()) == merged)
    }

    @Test("Another nucleus, another theme or less than nine tenths of likeness keep two apart")
    func apart() {
        let one = MadeUpNews.narrative(1, focus: focus)
        #expect(Consolidation.merge([one, MadeUpNews.narrative(2, about: "Ether", focus: focus)]).isEmpty)
        #expect(Consolidation.merge([one, MadeUpNews.narrative(2, theme: .defi, focus: focus)]).isEmpty)
        #expect(Consolidation.merge([one, MadeUpNews.narrative(2, focus: "etf approval sec outflows")]).isEmpty, "(0.375 + 0.4) / 0.9 = 0.86")
        #expect(Consolidation.merge([]).isEmpty)
    }

    @Test("A dormant story that was founded anew comes back by taking the new one in")
    func comingBack() throws {
        var dormant = MadeUpNews.narrative(1, focus: focus, first: -400, last: -300, stage: .dormant)
        dormant.dormantAt = MadeUpNews.at(hours: -132)
        let new = MadeUpNews.narrative(2, focus: focus, first: -6, last: -1)
        let merged = try #require(Consolidation.merge([dormant, new]).first?.narrative)
        #expect(merged.reactivatedAt == MadeUpNews.at(hours: -6) && merged.dormantAt == dormant.dormantAt && merged.stage == .echo)
    }
}
