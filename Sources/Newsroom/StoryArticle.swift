import FoundationEssentials
import Stores
import WireCore

/// What clustering looks at of an article.
struct StoryArticle: Sendable, Equatable {
    var id: Int64
    var at: Date
    var source: SourceID
    var nearDuplicateOf: Int64?
    /// The headline, without the site's name behind it, on one line.
    var title: String
    var summary: String
    var sentiment: Double
    var fingerprint: Fingerprint

    init(_ article: EnrichedArticle) {
        id = article.id
        at = article.at
        source = article.source
        nearDuplicateOf = article.nearDuplicateOf
        title = Headline.plain(article.title)
        summary = String(article.enrichment.summary.prefix(400))
        sentiment = article.enrichment.sentiment.isFinite ? min(max(article.enrichment.sentiment, -1), 1) : 0
        fingerprint = Fingerprint(of: article.enrichment)
    }
}

/// Headlines as narratives carry them.
enum Headline {
    /// One printable line of at most 200 characters, without the name of the site behind the last " - ", " – ", " — " or " | ": up to four words, each
    /// beginning with a capital or a digit or being an address ("cointelegraph.com"), where at least four words stay before it.
    static func plain(_ title: String) -> String {
        let words = title.split(whereSeparator: \.isWhitespace)
        var plain = words[...]
        if let dash = words.lastIndex(where: { ["-", "–", "—", "|"].contains($0) }), dash >= 4 {
            let tail = words[(dash + 1)...]
            let isName = tail.allSatisfy { $0.first?.isUppercase == true || $0.first?.isNumber == true || $0.contains(".") }
            if (1...4).contains(tail.count), isName { plain = words[..<dash] }
        }
        return SafeText.line(plain.joined(separator: " "), limit: 200)
    }
}
