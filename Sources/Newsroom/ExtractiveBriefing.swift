import FoundationEssentials
import LLM
import Stores
import WireCore

/// The briefing that the desk writes without a model: the day's stories in their own sentences, what stands out, and what to read on.
enum ExtractiveBriefing {
    private static let mostStories = 5

    static func content(_ inputs: BriefingInputs) -> Briefing.Content {
        var content = Briefing.Content()
        content.headline = inputs.articles.first.map { BriefingDraft.line($0.title, limit: 200) } ?? ""
        for story in stories(inputs) {
            let sentences = story.prefix(3).map { Briefing.Sentence(sentence(of: $0), articles: [$0.id]) }
            content.paragraphs.append(sentences)
        }
        content.insights = inputs.patterns.prefix(4).compactMap { pattern in
            pattern.articles.isEmpty ? nil : Briefing.Sentence(pattern.message, articles: pattern.articles)
        }
        content.recommendations = recommendations(inputs)
        return content
    }

    /// What to read on: the narratives that move most.
    static func recommendations(_ inputs: BriefingInputs) -> [Briefing.Recommendation] {
        inputs.narratives.filter { $0.stage != .dormant && $0.stage != .cooling }.prefix(3).map {
            Briefing.Recommendation(title: BriefingDraft.line($0.title, limit: 160), theme: $0.theme, narrative: $0.id)
        }
    }

    /// The picked articles by narrative, in the order of their weightiest; those in none are stories of their own.
    private static func stories(_ inputs: BriefingInputs) -> [[EnrichedArticle]] {
        var order: [String] = []
        var stories: [String: [EnrichedArticle]] = [:]
        for article in inputs.articles {
            let key = article.narrative.map { "n\($0)" } ?? "a\(article.id)"
            if stories[key] == nil { order.append(key) }
            stories[key, default: []].append(article)
        }
        return order.prefix(mostStories).compactMap { stories[$0] }
    }

    /// The first sentence that says something: of the summary where it adds to the title, else the title. It ends in a stop and names its source.
    private static func sentence(of article: EnrichedArticle) -> String {
        let title = BriefingDraft.line(article.title, limit: 240)
        let lead = BriefingDraft.line(Extractive.summary(of: article.enrichment.summary, sentences: 1, characters: 280), limit: 280)
        var text = lead.count > title.count / 2 && !lead.isEmpty ? lead : title
        if let last = text.last, !".!?…".contains(last) { text += "." }
        return text
    }
}
