import FoundationEssentials
import Stores
import WireCore

/// What a briefing is written from.
struct BriefingInputs: Sendable {
    var date: String
    var slot: BriefingSlot
    var from: Date
    var to: Date
    /// The articles worth telling of, the weightiest first.
    var articles: [EnrichedArticle]
    /// All articles of the span that are no noise.
    var articleCount: Int
    var signals: [Signal]
    var narratives: [Narrative]
    var patterns: [Pattern]

    /// So many of each are gathered.
    static let mostArticles = 10
    static let mostSignals = 20
    static let mostNarratives = 15
    /// So many are shown to a model.
    static let shownNarratives = 6
    static let shownSignals = 5
    static let shownPatterns = 4
    /// Articles of one narrative at most, so that one story does not fill the page.
    private static let perNarrative = 3

    /// Picks the articles: by tier, by what their narrative is doing, by the weight of their sentiment, the newest first; no copies, no
    /// title twice, and no more than three of one narrative.
    static func pick(_ articles: [EnrichedArticle], narratives: [Narrative]) -> [EnrichedArticle] {
        let stages = Dictionary(narratives.map { ($0.id, $0) }) { first, _ in first }
        func weight(_ article: EnrichedArticle) -> Double {
            var weight = article.enrichment.tier == .high ? 3.0 : 1.0
            if let narrative = article.narrative.flatMap({ stages[$0] }) {
                weight += 1 + min(2, Double(narrative.sourceCount) / 3)
                if narrative.stage == .hot || narrative.stage == .reactivated { weight += 1 }
            }
            return weight + abs(article.enrichment.sentiment)
        }
        let ranked = articles.filter { $0.nearDuplicateOf == nil }.map { (article: $0, weight: weight($0)) }
            .sorted { ($1.weight, $1.article.at, $1.article.id) < ($0.weight, $0.article.at, $0.article.id) }
        var taken: [Int64: Int] = [:]
        var picked: [EnrichedArticle] = []
        var titles: Set<[String]> = []
        for (article, _) in ranked where picked.count < mostArticles {
            guard titles.insert(WordList(article.title).words).inserted else { continue }
            if let narrative = article.narrative {
                guard taken[narrative, default: 0] < perNarrative else { continue }
                taken[narrative, default: 0] += 1
            }
            picked.append(article)
        }
        return picked
    }
}
