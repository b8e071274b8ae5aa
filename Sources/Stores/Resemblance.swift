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
        let isASCII = title.utf8.allSatisfy { $0 < 0x80 }
        var words: [UInt64] = []
        var word = StableHash()
        var isInWord = false
        for scalar in (isASCII ? title : title.lowercased()).unicodeScalars.prefix(longestTitle) {
            if let letter = folded(scalar) {
                UTF8.encode(letter)?.forEach { word.add($0) }
                isInWord = true
            } else if isInWord, scalar != "'", scalar != "\u{2019}" {
                words.append(word.value)
                (word, isInWord) = (StableHash(), false)
            }
        }
        if isInWord { words.append(word.value) }
        return sortedOnce(words.filter { !stopWords.contains($0) })
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

    /// The scalar as a part of a word, ASCII in lower case; nil for what separates words.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0x30...0x39, 0x61...0x7A: scalar
        case 0x41...0x5A: Unicode.Scalar(UInt8(scalar.value | 0x20))
        case 0..<0x80: nil
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil ? scalar : nil
        }
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
