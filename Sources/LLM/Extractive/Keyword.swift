/// A word that a text uses often.
public struct Keyword: Sendable, Hashable, Codable {
    /// In small letters.
    public var word: String
    public var count: Int

    public init(word: String, count: Int) {
        self.word = word
        self.count = count
    }

    /// The `most` frequent content words; of two used equally often, the earlier comes first.
    static func counted(in words: [Word], most: Int) -> [Keyword] {
        var order: [String: Int] = [:]
        var all: [Keyword] = []
        for word in words where word.isContent {
            if let index = order[word.lower] {
                all[index].count += 1
            } else {
                order[word.lower] = all.count
                all.append(Keyword(word: word.lower, count: 1))
            }
        }
        let ranked = all.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
        return ranked.prefix(max(0, most)).map(\.element)
    }
}

extension Word {
    /// Says something about this text: no number, three to forty letters (or an acronym of two), and no stop word.
    var isContent: Bool {
        guard !isNumber, range.count <= 40, range.count > 2 || range.count == 2 && isCapitals else { return false }
        return !StopWords.english.contains(lower) && !lower.contains("'")
    }
}
