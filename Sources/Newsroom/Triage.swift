import FoundationEssentials
import Stores
import WireCore

/// Decides, by rules alone, how much an article matters and who reads it.
struct Triage: Sendable {
    /// Who is to read an article.
    enum Reader: Sendable, Equatable {
        case model
        /// The desk itself, and why.
        case simple(String)
    }

    private let settings: EnrichmentSettings
    private let important: PhraseSet

    init(_ settings: EnrichmentSettings) {
        self.settings = settings
        important = settings.importantWords.map { PhraseSet(words: $0) } ?? TriageWords.important
    }

    /// The tier: noise by its title, unless something that matters stands in it too and it is no prediction; high by its title, or by the
    /// beginning of its text when several such words stand there; an old incident told again is normal. Else normal.
    /// - Parameter body: plain text; its first 1,000 characters count.
    func tier(title: String, body: String) -> RelevanceTier {
        let title = WordList(title)
        if TriageWords.noise.first(in: title) != nil { return .noise }
        let opening = WordList(body, limit: 1000)
        let isOld = TriageWords.retrospective.first(in: title) != nil
        if TriageWords.high.first(in: title) != nil { return isOld ? .normal : .high }
        return TriageWords.high.count(in: opening) >= 4 && !isOld ? .high : .normal
    }

    /// Who reads it. A model reads what is of the high tier, recent and no copy, and either comes from a premium source or has an important
    /// word in its title.
    func reader(of article: Article, tier: RelevanceTier, at instant: Date, now: Date) -> Reader {
        guard settings.usesModel else { return .simple("models are switched off for enrichment") }
        guard tier == .high else { return .simple("\(tier.name) relevance") }
        guard !settings.skipSources.contains(article.source.text) else {
            return .simple("\(article.source.text) is on the list of sources without a model")
        }
        guard article.nearDuplicateOf == nil else { return .simple("it resembles article \(article.nearDuplicateOf ?? 0)") }
        guard now.timeIntervalSince(instant) <= settings.oldest.seconds else { return .simple("older than \(settings.oldest.text)") }
        let isPremium = settings.premiumSources.contains(article.source.text)
        guard isPremium || important.first(in: WordList(article.item.title ?? "")) != nil else { return .simple("no important word in its title") }
        return .model
    }
}
