/// A briefing's content as a value that moves: [headline, paragraphs, insights, entities, patterns, recommendations], where a sentence is
/// [text, [article…]] and a recommendation [title, theme, narrative].
extension TransferValue {
    public init(_ content: Briefing.Content) {
        func sentence(_ sentence: Briefing.Sentence) -> TransferValue {
            .list([.text(sentence.text), .list(sentence.articles.map(TransferValue.integer))])
        }
        self = .list([
            .text(content.headline), .list(content.paragraphs.map { .list($0.map(sentence)) }), .list(content.insights.map(sentence)),
            .list(content.entities.map(TransferValue.text)), .list(content.patterns.map(TransferValue.text)),
            .list(content.recommendations.map { .list([.text($0.title), .text($0.theme.rawValue), .integer($0.narrative)]) }),
        ])
    }

    /// Nil where it is none.
    public var briefingContent: Briefing.Content? {
        func sentence(_ value: TransferValue) -> Briefing.Sentence? {
            let parts = value.elements
            guard parts.count == 2, let text = parts[0].text else { return nil }
            return Briefing.Sentence(text, articles: parts[1].elements.compactMap(\.integer))
        }
        let parts = elements
        guard parts.count == 6, let headline = parts[0].text else { return nil }
        var content = Briefing.Content()
        content.headline = headline
        content.paragraphs = parts[1].elements.map { $0.elements.compactMap(sentence) }
        content.insights = parts[2].elements.compactMap(sentence)
        content.entities = parts[3].elements.compactMap(\.text)
        content.patterns = parts[4].elements.compactMap(\.text)
        content.recommendations = parts[5].elements.compactMap { value in
            let parts = value.elements
            guard parts.count == 3, let title = parts[0].text, let theme = parts[1].text.flatMap(Theme.init), let narrative = parts[2].integer
            else { return nil }
            return Briefing.Recommendation(title: title, theme: theme, narrative: narrative)
        }
        return content
    }
}
