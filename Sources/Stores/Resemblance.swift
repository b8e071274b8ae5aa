/// Whether two titles tell the same news in nearly the same words.
///
/// Titles are compared as sets of significant words: two titles resemble each other when their sets share at least
/// ``threshold`` of all their words (Jaccard). So that not every pair must be compared, each title gets a few keys by MinHash
/// (Broder, "On the resemblance and containment of documents", 1997): four bands of two hashes. Two titles with a Jaccard of j
/// share one of them with probability 1 − (1 − j²)⁴: 0.83 at 0.6, 0.98 at 0.8, 1 at 1; at 0.2 it is 0.15, and the comparison of the
/// words then says no.
public enum Resemblance {
    /// The share of common words from which two titles resemble each other; equality resembles.
    public static let threshold = 0.6
    /// Titles with fewer significant words say too little to be compared.
    public static let fewestWords = 4
    /// First-seen times further apart than this are not the same news.
    public static let horizon = Duration.seconds(72 * 3600)

    private static let bands = 4
    private static let hashesPerBand = 2
    /// What lies beyond is not read: no title makes the desk work for long.
    private static let longestTitle = 2000

    /// The significant words of a title, hashed: case folded, punctuation stripped, English stop words dropped. A text without
    /// spaces between its words (Chinese, Japanese) is few words, so it is never compared.
    public static func words(of title: String) -> Set<UInt64> {
        var words: Set<UInt64> = []
        var word = ""
        for scalar in title.unicodeScalars.prefix(longestTitle) {
            if isPartOfWord(scalar) {
                word.unicodeScalars.append(scalar)
            } else if scalar != "'", scalar != "\u{2019}" {
                take(&word, into: &words)
            }
        }
        take(&word, into: &words)
        return words
    }

    /// The keys of a title, of which two resembling titles are likely to share one; empty below ``fewestWords``.
    public static func keys(of words: Set<UInt64>) -> [Int64] {
        guard words.count >= fewestWords else { return [] }
        return (0..<bands).map { band in
            var key = UInt64(band)
            for index in 0..<hashesPerBand {
                let seed = StableHash.spread(UInt64(band * hashesPerBand + index))
                let least = words.reduce(UInt64.max) { min($0, StableHash.spread($1 ^ seed)) }
                key = StableHash.spread(key ^ least)
            }
            return Int64(bitPattern: key)
        }
    }

    /// The share of words that two titles have in common, 0–1; 0 for two without words.
    public static func jaccard(_ a: Set<UInt64>, _ b: Set<UInt64>) -> Double {
        let common = a.intersection(b).count
        let all = a.count + b.count - common
        return all == 0 ? 0 : Double(common) / Double(all)
    }

    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0..<0x80: false
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }

    private static func take(_ word: inout String, into words: inout Set<UInt64>) {
        guard !word.isEmpty else { return }
        let folded = word.lowercased()
        word = ""
        if !stopWords.contains(folded) { words.insert(StableHash.of(folded)) }
    }

    private static let stopWords: Set<String> = [
        "a", "about", "after", "against", "all", "amid", "an", "and", "are", "as", "at", "be", "been", "before", "but", "by",
        "can", "could",
        "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "here", "his", "how", "if", "in", "into", "is",
        "it", "its",
        "may", "might", "more", "no", "not", "now", "of", "off", "on", "or", "our", "out", "over", "says", "she", "should", "so",
        "than",
        "that", "the", "their", "them", "there", "these", "they", "this", "to", "under", "up", "was", "we", "were", "what",
        "when", "which",
        "while", "who", "why", "will", "with", "would", "you", "your",
    ]
}
