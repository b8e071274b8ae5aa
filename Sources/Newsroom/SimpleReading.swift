import Feeds
import FoundationEssentials
import LLM
import Stores
import WireCore

/// An article's words, as readers get them.
struct ArticleText: Sendable {
    let title: String
    /// Plain text: the content where there is one, else the summary.
    let body: String

    /// So much of the body is read; news says first what matters.
    static let longest = 16_000

    init(_ article: Article) {
        title = article.item.title ?? ""
        let content = article.item.content.map { HTMLText.plain(String($0.prefix(Self.longest * 3))) } ?? ""
        let summary = article.item.summary ?? ""
        body = String((content.utf8.count >= summary.utf8.count ? content : summary).prefix(Self.longest))
    }

    init(title: String, body: String) {
        self.title = title
        self.body = body
    }
}

/// The desk's own reading of an article: free, deterministic, and what a model's reading is completed and checked with.
struct SimpleReading: Sendable {
    let text: ArticleText
    let entities: [Entity]
    private let titled: Set<String>

    init(_ text: ArticleText) {
        self.text = text
        entities = Extractive.entities(in: text.title + ".\n" + text.body)
        titled = Set(Extractive.entities(in: text.title).map(\.name))
    }

    /// The instant that windows of time count an article by.
    static func instant(of article: Article) -> Date {
        guard let published = article.item.publishedAt, published <= article.firstSeenAt else { return article.firstSeenAt }
        return published
    }

    /// What the desk understands of the article by itself.
    func enrichment(of article: Article, tier: RelevanceTier, now: Date) -> Enrichment {
        var enrichment = Enrichment(
            article: article.id, source: article.source, at: Self.instant(of: article), enrichedAt: now, method: .simple, tier: tier,
            sentiment: Extractive.sentiment(of: text.title + ".\n" + text.body.prefix(4000)).score,
            theme: ThemeWords.theme(title: WordList(text.title), body: WordList(text.body, limit: 2000)))
        enrichment.mentions = mentions
        enrichment.nucleus = mentions.first { $0.salience == 5 }?.name
        enrichment.focus = Self.focus(of: text.title, without: mentions)
        enrichment.keywords = Extractive.keywords(in: text.title + ".\n" + text.body, count: 10).map(\.word)
        enrichment.summary = Extractive.summary(of: text.body.isEmpty ? text.title : text.body, title: text.title, sentences: 2, characters: 400)
        enrichment.amount = entities.lazy.filter { $0.kind == .amount }.compactMap { Self.dollars($0.name) }.max()
        return enrichment
    }

    /// Names by weight: 3 for the title, half a point for each mention up to six, 1 for the opening, and half a point for coins and companies
    /// over those who regulate or comment. The heaviest is the nucleus, with a salience of 5.
    private var mentions: [EntityMention] {
        let named = entities.compactMap { entity -> (entity: Entity, kind: EntityKind, weight: Double)? in
            guard let kind = EntityKind(rawValue: entity.kind.rawValue) else { return nil }
            var weight = 0.5 * Double(min(entity.count, 6))
            if titled.contains(entity.name) { weight += 3 }
            if entity.position < 300 { weight += 1 }
            if kind != .person, kind != .regulator { weight += 0.5 }
            return (entity, kind, weight * entity.confidence)
        }
        let sorted = named.sorted { ($1.weight, $0.entity.position, $0.entity.name) < ($0.weight, $1.entity.position, $1.entity.name) }
        return sorted.prefix(40).enumerated().map { index, found in
            let salience = index == 0 ? 5 : titled.contains(found.entity.name) ? 4 : min(3, max(1, found.entity.count))
            return EntityMention(
                name: found.entity.name, kind: found.kind, ticker: found.entity.ticker, salience: salience, confidence: found.entity.confidence)
        }
    }

    /// A title's words that are no names.
    static func focus(of title: String, without mentions: [EntityMention]) -> [String] {
        let names = Set(
            mentions.flatMap { [$0.name.lowercased(), $0.ticker?.lowercased() ?? ""] + $0.name.lowercased().split(separator: " ").map(String.init) })
        return Extractive.keywords(in: title, count: 16).map(\.word).filter { !names.contains($0) }.prefix(8).map { $0 }
    }

    /// "$1.2 million" as a number; nil for other currencies.
    static func dollars(_ name: String) -> Double? {
        guard name.hasPrefix("$") else { return nil }
        let parts = name.dropFirst().split(separator: " ")
        guard let first = parts.first, let number = Double(first), number.isFinite else { return nil }
        let scale: Double =
            switch parts.dropFirst().first {
            case "thousand": 1e3
            case "million": 1e6
            case "billion": 1e9
            case "trillion": 1e12
            default: 1
            }
        return number * scale
    }
}
