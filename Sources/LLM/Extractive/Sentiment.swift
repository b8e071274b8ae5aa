/// How good a text sounds.
public struct Sentiment: Sendable, Hashable, Codable {
    public enum Label: String, Sendable, Codable {
        case negative, neutral, positive
    }

    /// −1 (all bad) … 1 (all good), both excluded; 0 when nothing in it is either.
    public var score: Double
    /// Positive at 0.25 and above, negative at −0.25 and below.
    public var label: Label { score >= 0.25 ? .positive : score <= -0.25 ? .negative : .neutral }

    public init(score: Double) {
        self.score = score
    }
}

extension Sentiment {
    /// The weights of the words and phrases found, summed and divided by (the sum of their sizes + 2): one word of weight 2 gives 0.5,
    /// two of them 0.67, and as many good as bad ones 0, however long the text is.
    init(of words: [Word]) {
        let lexicon = SentimentLexicon.shared
        var sum = 0.0
        var size = 0.0
        var index = 0
        while index < words.count {
            guard let (weight, count) = lexicon.entry(at: index, in: words) else {
                index += 1
                continue
            }
            let value = weight * lexicon.factor(before: index, in: words)
            sum += value
            size += abs(value)
            index += count
        }
        self.init(score: sum / (size + 2))
    }
}
