/// Takes a text apart into words.
struct WordScanner {
    private let scalars: [Unicode.Scalar]
    private var at = 0
    /// The byte offset of `at`.
    private var offset = 0

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    mutating func words() -> [Word] {
        var words: [Word] = []
        while at < scalars.count {
            if scalars[at].isWordPart {
                words.append(word(after: words.last))
            } else {
                step()
            }
        }
        return words
    }

    private mutating func step() {
        offset += UTF8.width(scalars[at])
        at += 1
    }

    private func scalar(_ index: Int) -> Unicode.Scalar? {
        scalars.indices.contains(index) ? scalars[index] : nil
    }

    private mutating func word(after previous: Word?) -> Word {
        let start = at
        let startOffset = offset
        let isNumber = scalars[at].isDigit
        var text = String.UnicodeScalarView()
        var hasSmall = false
        var hasCapital = false
        while let next = scalar(at) {
            if next.isWordPart {
                text.append(next)
                hasSmall = hasSmall || next.isSmall
                hasCapital = hasCapital || next.isCapital
            } else if isInnerApostrophe {
                text.append("'")
            } else if isInnerPoint {
                if isNumber, next == "." { text.append(".") }
            } else {
                break
            }
            step()
        }
        return Word(
            lower: String(text).lowercased(), range: start..<at, offset: startOffset, isCapitalised: scalars[start].isCapital,
            isCapitals: hasCapital && !hasSmall, isNumber: isNumber, gap: gap(from: previous, to: start), sign: sign(before: start))
    }

    /// An apostrophe inside a word, as in "isn't"; not that of a possessive "'s".
    private var isInnerApostrophe: Bool {
        guard scalars[at].isApostrophe, let next = scalar(at + 1), next.isWordPart, scalar(at - 1)?.isWordPart == true else { return false }
        let isPossessive = (next == "s" || next == "S") && scalar(at + 2)?.isWordPart != true
        return !isPossessive
    }

    /// A point or comma between digits, or the point between single letters, as in "U.S".
    private var isInnerPoint: Bool {
        let point = scalars[at]
        guard point == "." || point == ",", let before = scalar(at - 1), let after = scalar(at + 1) else { return false }
        if before.isDigit && after.isDigit { return true }
        let isLetterBefore = before.isWordPart && !before.isDigit && scalar(at - 2)?.isWordPart != true
        return point == "." && isLetterBefore && after.isWordPart && !after.isDigit && scalar(at + 2)?.isWordPart != true
    }

    private func gap(from previous: Word?, to start: Int) -> Word.Gap {
        guard let previous else { return .wide }
        let between = scalars[previous.range.upperBound..<start]
        guard let first = between.first, let last = between.last, between.count <= 2 else { return .wide }
        if between.count == 2 {
            if first.isBlank, last == "(" || last == "[" { return .bracket }
            let isShortened = Self.shortened.contains(previous.lower) || scalars[previous.range].contains(".")
            return first == "." && last.isBlank && isShortened && !previous.isNumber ? .narrow : .wide
        }
        switch first {
        case "-", ".", "/", "&", "\u{2010}", "\u{2011}": return .narrow
        default: return first.isBlank ? .narrow : .wide
        }
    }

    /// Words that are written with a point and are a part of the name behind them, as in "Mt. Gox".
    private static let shortened: Set<String> = ["mt", "sen", "st", "dr", "mr", "mrs", "ms"]

    private func sign(before start: Int) -> Unicode.Scalar? {
        guard let before = scalar(start - 1) else { return nil }
        switch before {
        case "$", "€", "£", "¥": return before
        default: return nil
        }
    }
}
