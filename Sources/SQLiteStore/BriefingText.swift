import Stores
import WireCore

/// What a briefing says, as JSON text: `{"headline":"…","paragraphs":[[{"text":"…","articles":[1]}]],"insights":[…],…}`.
enum BriefingText {
    static func text(_ content: Briefing.Content) -> String {
        var json = JSONWriter(capacity: 4096)
        json.object { json in
            json.member("headline", content.headline)
            json.key("paragraphs")
            json.array { json in for paragraph in content.paragraphs { write(paragraph, to: &json) } }
            json.key("insights")
            write(content.insights, to: &json)
            json.key("entities")
            json.array { json in for entity in content.entities { json.string(entity) } }
            json.key("patterns")
            json.array { json in for pattern in content.patterns { json.string(pattern) } }
            json.key("recommendations")
            json.array { json in for recommendation in content.recommendations { write(recommendation, to: &json) } }
        }
        return json.text
    }

    /// Throws for a text that this did not write.
    static func content(_ text: String) throws -> Briefing.Content {
        guard let node = try? JSONReader.read(Array(text.utf8)), let headline = node["headline"]?.string else {
            throw DeskError(
                .store, "the store holds a briefing that cannot be read: \"\(SafeText.line(text, limit: 80))\"",
                hint: "Was the file edited by hand? Restore it from a backup.")
        }
        var content = Briefing.Content()
        content.headline = headline
        content.paragraphs = list(node["paragraphs"]).map(sentences)
        content.insights = sentences(node["insights"])
        content.entities = list(node["entities"]).compactMap(\.string)
        content.patterns = list(node["patterns"]).compactMap(\.string)
        content.recommendations = list(node["recommendations"]).compactMap(recommendation)
        return content
    }

    private static func write(_ sentences: [Briefing.Sentence], to json: inout JSONWriter) {
        json.array { json in
            for sentence in sentences {
                json.object { json in
                    json.member("text", sentence.text)
                    json.key("articles")
                    json.array { json in for article in sentence.articles { json.number(Int(article)) } }
                }
            }
        }
    }

    private static func write(_ recommendation: Briefing.Recommendation, to json: inout JSONWriter) {
        json.object {
            $0.member("title", recommendation.title)
            $0.member("theme", recommendation.theme.rawValue)
            $0.member("narrative", Int(recommendation.narrative))
        }
    }

    private static func list(_ node: JSONNode?) -> [JSONNode] { node?.array ?? [] }

    private static func sentences(_ node: JSONNode?) -> [Briefing.Sentence] {
        list(node).compactMap { node in
            node["text"]?.string.map { Briefing.Sentence($0, articles: list(node["articles"]).compactMap(\.int).map(Int64.init)) }
        }
    }

    private static func recommendation(_ node: JSONNode) -> Briefing.Recommendation? {
        guard let title = node["title"]?.string, let theme = node["theme"]?.string.flatMap(Theme.init), let narrative = node["narrative"]?.int
        else { return nil }
        return Briefing.Recommendation(title: title, theme: theme, narrative: Int64(narrative))
    }
}
