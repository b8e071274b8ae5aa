import Stores

/// A kind of market event: by which words articles are known to tell of it, and how many must.
///
/// An article tells of it when one of the words stands in its title, its focus or its keywords, as a whole word, in any case; two words are found
/// side by side. Articles that nearly repeat another do not count.
struct MarketEvent: Sendable {
    var kind: Pattern.Kind
    /// "Liquidations", for the message.
    var name: String
    /// In small letters, of one or two words.
    var words: Set<String>
    /// At least so many articles, from at least so many sources, less than 24 h old.
    var minimumArticles: Int
    var minimumSources: Int
    /// US dollars, the largest sum that one of them names: at least this. 0: none is needed.
    var minimumAmount = 0.0
    /// Entities named in them together: at least so many.
    var minimumEntities = 0
    /// The mean sentiment of the articles is at most this.
    var sentimentAtMost = 1.0
    /// True: the articles must be about the same nucleus; false: the event is the market's.
    var isOfOneEntity: Bool
    /// Hours after its last article for which it holds its narrative hot.
    var holdsHotHours: Double

    static let all = [
        MarketEvent(
            kind: .liquidation, name: "Liquidations",
            words: [
                "liquidation", "liquidations", "liquidated", "liquidates", "wiped out", "margin calls", "margin call", "long squeeze",
                "short squeeze",
                "leverage flush",
            ],
            minimumArticles: 4, minimumSources: 1, minimumAmount: 500_000_000, minimumEntities: 3, isOfOneEntity: false, holdsHotHours: 24),
        MarketEvent(
            kind: .crash, name: "Crash",
            words: [
                "crash", "crashes", "crashed", "crashing", "plunge", "plunges", "plunged", "plunging", "plummet", "plummets", "plummeted", "collapse",
                "collapses", "collapsed", "tumbles", "tumbled", "nosedives", "nosedived", "capitulation", "selloff", "sell-off", "bloodbath",
                "black monday", "flash crash", "sell off", "free fall",
            ],
            minimumArticles: 4, minimumSources: 2, sentimentAtMost: -0.1, isOfOneEntity: true, holdsHotHours: 24),
        MarketEvent(
            kind: .exploit, name: "Exploit",
            words: [
                "exploit", "exploits", "exploited", "exploiter", "hack", "hacks", "hacked", "hacker", "hackers", "drain", "drained", "drains",
                "stolen",
                "heist", "breach", "breached", "theft", "rug pull", "flash loan", "private keys", "phishing",
            ],
            minimumArticles: 3, minimumSources: 2, sentimentAtMost: 0, isOfOneEntity: true, holdsHotHours: 24),
    ]

    /// Whether an article with these words (``words(of:)``) tells of it.
    func isTold(by words: Set<String>) -> Bool { !self.words.isDisjoint(with: words) }

    /// The words and pairs of neighbouring words of an article's title, focus and keywords.
    static func words(of article: EnrichedArticle) -> Set<String> {
        var all: Set<String> = []
        for text in [article.title] + article.enrichment.focus + article.enrichment.keywords {
            let words = text.prefix(400).lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "-" }
            for (number, word) in words.enumerated() {
                all.insert(String(word))
                if number > 0 { all.insert(words[number - 1] + " " + word) }
            }
        }
        return all
    }
}
