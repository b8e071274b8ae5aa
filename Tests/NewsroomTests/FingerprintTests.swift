import FoundationEssentials
import Stores
import Testing

@testable import Newsroom

@Suite("Fingerprints") struct FingerprintTests {
    private func fingerprint(_ nucleus: String? = "Bitcoin", _ theme: Theme = .markets, actors: String = "", focus: String = "") -> Fingerprint {
        Fingerprint(nucleus: nucleus, theme: theme, actors: MadeUpNews.weighted(actors), focus: MadeUpNews.weighted(focus))
    }

    private func near(_ a: Double, _ b: Double, within: Double = 1e-6) -> Bool { abs(a - b) < within }

    @Test("Likeness is half focus, three tenths nucleus, a tenth actors and a tenth theme")
    func formula() {
        let one = fingerprint(actors: "SEC BlackRock", focus: "etf approval")
        #expect(one.similarity(to: one) == 1)
        #expect(near(one.similarity(to: fingerprint(actors: "SEC BlackRock", focus: "mining hashrate")), 0.5))
        #expect(near(one.similarity(to: fingerprint("Ether", actors: "SEC BlackRock", focus: "etf approval")), 0.7))
        #expect(near(one.similarity(to: fingerprint("Bitcoin", .mining, actors: "SEC BlackRock", focus: "etf approval")), 0.9))
        #expect(near(one.similarity(to: fingerprint(actors: "Tether", focus: "etf approval")), 0.9))
        #expect(near(one.similarity(to: fingerprint(actors: "SEC BlackRock", focus: "etf outflows")), 0.75))
        #expect(one.similarity(to: fingerprint("Ether", .defi, actors: "Aave", focus: "exploit")) == 0)
    }

    @Test("A part that neither side has is left out and the rest scaled up")
    func absentParts() {
        let one = fingerprint(focus: "etf approval sec spot")
        #expect(near(one.similarity(to: fingerprint(focus: "etf approval other words")), (0.25 + 0.4) / 0.9))
        #expect(fingerprint(nil, focus: "a b").similarity(to: fingerprint(nil, focus: "a b")) == 1)
        #expect(fingerprint(nil).similarity(to: fingerprint(nil)) == 1)
        #expect(!fingerprint(nil).likeness(to: fingerprint(nil)).isSameMatter, "nothing in common is no matter in common")
    }

    @Test(
        "Two stories turn on the same matter by two common words, or by all that the shorter has",
        arguments: [("a b c", "a b x", true), ("a b c", "a x y", false), ("a b c", "a", true), ("", "a b", false), ("a", "b", false)])
    func matter(_ mine: String, _ other: String, same: Bool) {
        #expect(fingerprint(focus: mine).likeness(to: fingerprint(focus: other)).isSameMatter == same)
        #expect(fingerprint(focus: other).likeness(to: fingerprint(focus: mine)).isSameMatter == same)
    }

    @Test("The nucleus is no actor, and no word of its name or ticker is a focus word")
    func ownName() {
        var enrichment = MadeUpNews.article(1, about: "Bitcoin Cash", focus: "bitcoin CASH bch Halving", actors: "SEC").enrichment
        enrichment.mentions[0].ticker = "BCH"
        enrichment.focus += ["Bitcoin price", "price shock", "market"]
        let print = Fingerprint(of: enrichment)
        #expect(print.focus.heaviestFirst == [Weighted("halving", 1), Weighted("price shock", 1)])
        #expect(print.actors.heaviestFirst == [Weighted("SEC", 0.6)])
    }

    @Test("An article without focus words is known by its keywords")
    func keywords() {
        var enrichment = MadeUpNews.article(1).enrichment
        enrichment.keywords = (0..<10).map { "k\($0)" }
        #expect(Fingerprint(of: enrichment).focus.count == 8)
    }

    @Test("A story's weights are the running mean of its articles, and old ones fade by half in 72 h")
    func growing() {
        var story = fingerprint(focus: "etf")
        story.add(fingerprint(focus: "halving"), count: 4, gap: 0)
        #expect(story.focus.heaviestFirst == [Weighted("etf", 0.8), Weighted("halving", 0.2)])
        var old = fingerprint(focus: "etf")
        old.add(fingerprint(focus: "halving"), count: 4, gap: 72 * 3600)
        #expect(old.focus.heaviestFirst == [Weighted("etf", 0.6667), Weighted("halving", 0.3333)])
        var ancient = fingerprint(focus: "etf")
        ancient.add(fingerprint(focus: "halving"), count: 400, gap: 400 * 86_400)
        #expect(ancient.focus.heaviestFirst == [Weighted("etf", 0.5), Weighted("halving", 0.5)])
        var late = fingerprint(focus: "etf")
        late.add(fingerprint(focus: "halving"), count: 1000, gap: -5 * 86_400)
        #expect(late.focus.heaviestFirst == [Weighted("etf", 0.9524), Weighted("halving", 0.0476)], "at most twenty count")
    }

    @Test("Two stories merge by their weight, whichever is asked first")
    func merging() {
        let (a, b) = (fingerprint(actors: "SEC", focus: "etf"), fingerprint(actors: "Fed", focus: "halving"))
        let (then, now) = (MadeUpNews.at(hours: -72), MadeUpNews.start)
        var one = a
        one.merge(b, counts: (8, 4), lasts: (then, now))
        #expect(one.focus.heaviestFirst == [Weighted("etf", 0.5), Weighted("halving", 0.5)], "8 articles halved by 72 h against 4")
        var other = b
        other.merge(a, counts: (4, 8), lasts: (now, then))
        #expect(one == other)
    }

    @Test("Eight actors and twelve words are kept, the heaviest, however many come")
    func bounds() {
        var story = fingerprint(focus: "root")
        for number in 0..<200 {
            story.add(fingerprint(actors: "A\(number % 40)", focus: "w\(number) x\(number) root"), count: number, gap: 0)
            #expect(story.actors.count <= 8 && story.focus.count <= 12)
        }
        #expect(story.focus.heaviestFirst.first == Weighted("root", 1))
    }

    @Test("Weights that are no number, or outside 0…1, and endless names do no harm")
    func hostileWeights() {
        let names = WeightedNames(
            [
                Weighted("nan", .nan), Weighted("infinite", .infinity), Weighted("negative", -1), Weighted("", 1), Weighted("big", 9),
                Weighted("twice", 0.2), Weighted("twice", 0.7), Weighted(String(repeating: "x", count: 81), 1),
            ], ceiling: 8)
        #expect(names.heaviestFirst == [Weighted("big", 1), Weighted("twice", 0.7)])
        #expect(names.blended(with: names, mass: 0, otherMass: 0, ceiling: 8) == names)
        let empty = fingerprint()
        #expect(empty.similarity(to: fingerprint(focus: "a")).isFinite)
    }

    @Test("Likeness is the same both ways and stays within 0 and 1")
    func symmetry() {
        var numbers = SeededNumbers(state: 7)
        func random() -> Fingerprint {
            func names(_ count: Int, _ prefix: String) -> [Weighted] {
                (0..<Int.random(in: 0...count, using: &numbers)).map { _ in
                    Weighted("\(prefix)\(Int.random(in: 0...15, using: &numbers))", Double.random(in: 0...1, using: &numbers))
                }
            }
            return Fingerprint(
                nucleus: [nil, "A", "B"].randomElement(using: &numbers) ?? nil, theme: Bool.random(using: &numbers) ? .markets : .defi,
                actors: names(8, "a"), focus: names(12, "f"))
        }
        for _ in 0..<2000 {
            let (a, b) = (random(), random())
            let likeness = a.similarity(to: b)
            #expect(likeness == b.similarity(to: a) && (0...1).contains(likeness))
            #expect(near(a.similarity(to: a), 1))
        }
    }
}

@Suite("Headlines of narratives") struct HeadlineTests {
    @Test(
        "The site's name behind a headline is cut off, and nothing else",
        arguments: [
            ("Bitcoin Rises Above $90K Again - CoinDesk", "Bitcoin Rises Above $90K Again"),
            ("Bitcoin rises above $90K again | The Block", "Bitcoin rises above $90K again"),
            ("SEC delays its Solana ETF — cointelegraph.com", "SEC delays its Solana ETF"),
            ("Bitcoin falls below 60K - analysts stay calm", "Bitcoin falls below 60K - analysts stay calm"),
            ("Bitcoin Falls - Reuters", "Bitcoin Falls - Reuters"),
            ("A layer-2 network stops for hours", "A layer-2 network stops for hours"),
            ("One two three four - ", "One two three four -"), ("", ""),
        ])
    func tails(_ title: String, plain: String) { #expect(Headline.plain(title) == plain) }

    @Test("A headline is one printable line of bounded length")
    func oneLine() {
        #expect(Headline.plain("Red\u{1B}[31m alert\n\tnow") == "Red\\e[31m alert now")
        #expect(Headline.plain(String(repeating: "word ", count: 10_000)).unicodeScalars.count <= 201)
    }
}
