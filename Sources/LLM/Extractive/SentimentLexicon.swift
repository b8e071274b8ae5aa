/// The words that make news sound good or bad, with their weights −3…3, made ready for looking up.
struct SentimentLexicon: Sendable {
    static let shared = SentimentLexicon(lines: SentimentData.weights)

    /// By first word, the longest phrase first.
    private var phrases: [String: [(rest: [String], weight: Double)]] = [:]

    init(lines: String) {
        for line in lines.split(separator: "\n") {
            let fields = line.split(separator: ":")
            guard fields.count == 2, let weight = Double(fields[0]) else { continue }
            for phrase in fields[1].split(separator: ",") {
                let words = phrase.split(separator: " ").map(String.init)
                guard let first = words.first else { continue }
                phrases[first, default: []].append((Array(words.dropFirst()), weight))
            }
        }
        for key in phrases.keys { phrases[key]?.sort { $0.rest.count > $1.rest.count } }
    }

    /// The weight of the longest phrase that begins at a word, and how many words it has.
    func entry(at index: Int, in words: [Word]) -> (weight: Double, count: Int)? {
        for phrase in phrases[words[index].lower] ?? [] where index + phrase.rest.count < words.count {
            let follows = phrase.rest.enumerated().allSatisfy { words[index + 1 + $0].lower == $1 && words[index + 1 + $0].gap == .narrow }
            if follows { return (phrase.weight, 1 + phrase.rest.count) }
        }
        return nil
    }

    /// What the up to three words before make of a weight: each negation turns it round at three quarters of its size, words of
    /// degree next to it make it larger or smaller. A comma or a stop between ends their reach.
    func factor(before index: Int, in words: [Word]) -> Double {
        var factor = 1.0
        for distance in 1...3 {
            let place = index - distance
            guard place >= 0, words[place + 1].gap == .narrow else { break }
            let word = words[place].lower
            if SentimentData.negations.contains(word) || word.hasSuffix("n't") { factor *= -0.75 }
            if distance <= 2, let degree = SentimentData.degrees[word] { factor *= degree }
            if distance <= 2, SentimentData.turning.contains(word) { factor *= -1 }
        }
        return factor
    }
}
