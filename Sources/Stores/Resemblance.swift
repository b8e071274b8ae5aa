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

    /// The significant words of a title, hashed, sorted, each once: case folded, punctuation stripped, English stop words dropped.
    /// A text without spaces between its words (Chinese, Japanese) is few words, so it is never compared.
    public static func words(of title: String) -> [UInt64] {
        var collector = WordCollector()
        if title.utf8.allSatisfy({ $0 < 0x80 }) {
            for byte in title.utf8.prefix(longestTitle) { collector.take(byte) }
        } else {
            for scalar in title.lowercased().unicodeScalars.prefix(longestTitle) { collector.take(scalar) }
        }
        collector.endWord()
        return sortedOnce(collector.words.filter { !stopWords.contains($0) })
    }

    /// The keys of a title, of which two resembling titles are likely to share one; empty below ``fewestWords``.
    public static func keys(of words: [UInt64]) -> [Int64] {
        guard words.count >= fewestWords else { return [] }
        return (0..<bands).map { band in
            var key = UInt64(band)
            for index in 0..<hashesPerBand {
                let seed = StableHash.spread(UInt64(band * hashesPerBand + index))
                var least = UInt64.max
                for word in words { least = min(least, StableHash.spread(word ^ seed)) }
                key = StableHash.spread(key ^ least)
            }
            return Int64(bitPattern: key)
        }
    }

    /// The share of words that two titles have in common, 0–1; 0 for two without words. Both as ``words(of:)`` makes them.
    public static func jaccard(_ a: [UInt64], _ b: [UInt64]) -> Double {
        var (i, j, common) = (0, 0, 0)
        while i < a.count, j < b.count {
            if a[i] == b[j] { common += 1 }
            let (left, right) = (a[i], b[j])
            if left <= right { i += 1 }
            if right <= left { j += 1 }
        }
        let all = a.count + b.count - common
        return all == 0 ? 0 : Double(common) / Double(all)
    }

    private static func sortedOnce(_ words: [UInt64]) -> [UInt64] {
        var sorted: [UInt64] = []
        sorted.reserveCapacity(words.count)
        for word in words.sorted() where word != sorted.last { sorted.append(word) }
        return sorted
    }

    private static let stopWords = Set(
        [
            "a", "about", "after", "against", "all", "amid", "an", "and", "are", "as", "at", "be", "been", "before", "but", "by",
            "can", "could",
            "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "here", "his", "how", "if", "in", "into", "is",
            "it", "its",
            "may", "might", "more", "no", "not", "now", "of", "off", "on", "or", "our", "out", "over", "says", "she", "should", "so",
            "than",
            "that", "the", "their", "them", "there", "these", "they", "this", "to", "under", "up", "was", "we", "were", "what",
            "when", "which",
            "while", "who", "why", "will", "with", "would", "you", "your",
        ].map { StableHash.of($0) })
}

/// Cuts a text into words and hashes them as it reads.
private struct WordCollector {
    private(set) var words: [UInt64] = []
    private var word = StableHash()
    private var isInWord = false

    mutating func take(_ byte: UInt8) {
        switch byte {
        case 0x30...0x39, 0x61...0x7A: extend(byte)
        case 0x41...0x5A: extend(byte | 0x20)
        // An apostrophe joins: "Coinbase's" is one word.
        case 0x27: break
        default: endWord()
        }
    }

    /// A scalar of a text in lower case.
    mutating func take(_ scalar: Unicode.Scalar) {
        if scalar.isASCII { return take(UInt8(scalar.value)) }
        if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
            UTF8.encode(scalar)?.forEach { extend($0) }
        } else if scalar != "\u{2019}" {
            endWord()
        }
    }

    private mutating func extend(_ byte: UInt8) {
        word.add(byte)
        isInWord = true
    }

    mutating func endWord() {
        guard isInWord else { return }
        words.append(word.value)
        (word, isInWord) = (StableHash(), false)
    }
}
