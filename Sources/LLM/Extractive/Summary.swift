/// A text's sentences with their ranks.
///
/// The rank is (mean frequency of the sentence's content words ÷ that of the commonest) + 1 ÷ (position + 1) + 0.1 for each name, up to
/// three + half the share of the title's words. Sentences that only ask for a click have none.
struct Summary {
    private struct Sentence {
        var index: Int
        var range: Range<Int>
        var rank: Double
        var terms: Set<String>
        var isSubstance: Bool
    }

    private let text: ScannedText
    private var sentences: [Sentence] = []

    init(of text: ScannedText, title: ScannedText?) {
        self.text = text
        let counts = Dictionary(Keyword.counted(in: text.words, most: .max).map { ($0.word, $0.count) }) { first, _ in first }
        let commonest = Double(max(1, counts.values.max() ?? 1))
        let titleTerms = Set((title?.words ?? []).filter(\.isContent).map(\.lower))
        let names = Gazetteer.shared.spellings
        var next = 0
        for (index, range) in text.sentences.enumerated() {
            let first = next
            while next < text.words.count, text.words[next].range.lowerBound < range.upperBound { next += 1 }
            let words = text.words[first..<next]
            let content = words.filter(\.isContent)
            let frequency = content.reduce(0.0) { $0 + Double(counts[$1.lower] ?? 0) } / Double(max(1, content.count)) / commonest
            let nameCount = min(3, content.count { names[$0.lower] != nil && ($0.isCapitalised || $0.isCapitals) })
            let terms = Set(content.map(\.lower))
            let share = titleTerms.isEmpty ? 0 : Double(terms.intersection(titleTerms).count) / Double(titleTerms.count)
            sentences.append(
                Sentence(
                    index: index, range: range, rank: frequency + 1 / Double(index + 1) + 0.1 * Double(nameCount) + share / 2, terms: terms,
                    isSubstance: content.count >= 3 && !Self.asksForAClick(words)))
        }
    }

    /// The chosen sentences in the text's order.
    func text(sentences most: Int, characters: Int) -> String {
        let substance = sentences.filter(\.isSubstance)
        guard most > 0, characters > 0, let lead = substance.first ?? sentences.first else { return "" }
        var chosen = [(lead, clipped(text.text(lead.range), to: characters))]
        var left = characters - (chosen.first?.1.count ?? 0)
        let ranked = substance.dropFirst().sorted { ($1.rank, $0.index) < ($0.rank, $1.index) }
        for sentence in ranked {
            guard chosen.count < most, left > Self.shortest else { break }
            guard sentence.range.count / 2 <= left, !chosen.contains(where: { Self.repeats($0.0.terms, sentence.terms) }) else { continue }
            let words = text.text(sentence.range)
            guard words.count < left else { continue }
            chosen.append((sentence, words))
            left -= words.count + 1
        }
        return chosen.sorted { $0.0.index < $1.0.index }.map(\.1).joined(separator: " ")
    }

    /// No sentence worth quoting is shorter, in characters.
    private static let shortest = 20

    private func clipped(_ words: String, to characters: Int) -> String {
        guard words.count > characters else { return words }
        let room = words.prefix(characters - 1)
        let end = room.lastIndex(of: " ") ?? room.endIndex
        return room[..<end] + "…"
    }

    /// Three quarters of the shorter one's content words are in the other.
    private static func repeats(_ one: Set<String>, _ other: Set<String>) -> Bool {
        one.intersection(other).count * 4 >= 3 * min(one.count, other.count)
    }

    private static func asksForAClick(_ words: ArraySlice<Word>) -> Bool {
        let opening = words.prefix(3).map(\.lower).joined(separator: " ")
        if clickOpenings.contains(where: { opening.hasPrefix($0) }) { return true }
        return opening.hasPrefix("the post") && words.suffix(12).contains { $0.lower == "appeared" }
    }

    private static let clickOpenings = [
        "read more", "read also", "also read", "subscribe", "sign up", "click here", "follow us", "join our", "advertisement", "disclaimer",
        "related", "continue reading", "see also", "this article is", "image via", "image source", "featured image", "photo by", "source:",
    ]
}
