/// Finds where sentences end: at a terminator with a blank and no small letter behind it, and at an empty line. Points of
/// abbreviations, initials and decimals end nothing.
struct SentenceSplitter {
    private let scalars: [Unicode.Scalar]
    private(set) var sentences: [Range<Int>] = []
    private let words: [Word]
    /// The first word that ends behind the place looked at; moves only forward.
    private var nextWord = 0

    init(_ scalars: [Unicode.Scalar], words: [Word]) {
        self.scalars = scalars
        self.words = words
        var start = 0
        var firstWord = 0
        var at = 0
        while at < scalars.count {
            while nextWord < words.count, words[nextWord].range.upperBound <= at { nextWord += 1 }
            let end = end(at: at)
            if let end {
                add(start..<end, hasWord: firstWord < nextWord)
                start = end
                firstWord = nextWord
                at = max(end, at + 1)
            } else {
                at += 1
            }
        }
        add(start..<scalars.count, hasWord: firstWord < words.count)
    }

    private mutating func add(_ range: Range<Int>, hasWord: Bool) {
        guard hasWord else { return }
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, scalars[low].isBlank { low += 1 }
        while high > low, scalars[high - 1].isBlank { high -= 1 }
        sentences.append(low..<high)
    }

    /// Where the sentence ends, when the scalar at `at` ends one.
    private func end(at: Int) -> Int? {
        switch scalars[at] {
        case "\n": return isEmptyLine(after: at) ? at : nil
        case "。", "！", "？": return at + 1
        case ".", "!", "?", "…": break
        default: return nil
        }
        var end = at + 1
        while end < scalars.count, end < at + 4, Self.closers.contains(scalars[end]) { end += 1 }
        guard end < scalars.count else { return end }
        guard scalars[end].isBlank else { return nil }
        guard let next = firstVisible(after: end) else { return end }
        guard !next.isSmall else { return nil }
        return scalars[at] == "." && isAbbreviation(endingAt: at) ? nil : end
    }

    private func isEmptyLine(after at: Int) -> Bool {
        var next = at + 1
        while next < scalars.count, next < at + 4, scalars[next] == "\r" || scalars[next] == " " || scalars[next] == "\t" { next += 1 }
        return next < scalars.count && scalars[next] == "\n"
    }

    /// The first scalar of the next sentence behind blanks and opening quotes, looking a few scalars far.
    private func firstVisible(after end: Int) -> Unicode.Scalar? {
        scalars[end..<min(end + 8, scalars.count)].first { !$0.isBlank && !Self.openers.contains($0) }
    }

    /// The point belongs to the word before it, unless that may end a sentence and a usual first word follows.
    private func isAbbreviation(endingAt point: Int) -> Bool {
        guard nextWord > 0, words[nextWord - 1].range.upperBound == point else { return false }
        let word = words[nextWord - 1]
        if Self.neverLast.contains(word.lower) { return true }
        let isInitial = word.range.count == 1 && word.isCapitalised
        let hasPoints = !word.isNumber && scalars[word.range].contains(".")
        guard isInitial || hasPoints || Self.maybeLast.contains(word.lower) else { return false }
        return !(nextWord < words.count && Self.firstWords.contains(words[nextWord].lower))
    }

    private static let closers: Set<Unicode.Scalar> = [".", "!", "?", "…", "\"", "'", "”", "’", ")", "]", "»"]
    private static let openers: Set<Unicode.Scalar> = ["\"", "'", "“", "‘", "(", "[", "«", "—", "–", "-", "•"]
    private static let neverLast: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "sen", "rep", "gov", "gen", "st", "vs", "approx", "jan", "feb", "mar", "apr", "aug", "sept", "sep", "oct",
        "nov", "dec", "eg", "ie", "fig", "mt",
    ]
    private static let maybeLast: Set<String> = ["inc", "corp", "ltd", "co", "llc", "bros", "jr", "sr", "etc", "al", "plc"]
    /// Words that begin sentences far more often than they follow an abbreviation.
    private static let firstWords: Set<String> = [
        "the", "a", "an", "it", "its", "in", "he", "she", "they", "but", "and", "this", "that", "these", "those", "on", "at", "for", "however",
        "meanwhile", "we", "i", "as", "if", "while", "when", "after", "before", "according", "there", "some", "both", "now", "still", "also",
    ]
}
