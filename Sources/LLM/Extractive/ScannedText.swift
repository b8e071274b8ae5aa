/// A word of a text, as the finders need it.
struct Word {
    /// What stands between a word and the one before it.
    enum Gap {
        /// One blank, hyphen, dot, slash or ampersand: the two may form one name.
        case narrow
        /// A blank and an opening bracket, as in "Bitcoin (BTC)".
        case bracket
        case wide
    }

    /// In small letters, without a possessive "'s", the dots of "U.S." and the commas of "1,000".
    var lower: String
    /// Where it stands among the text's scalars.
    var range: Range<Int>
    /// Its first byte in the text's UTF-8.
    var offset: Int
    /// Begins with a capital letter.
    var isCapitalised: Bool
    /// Has no small letter, and at least one capital.
    var isCapitals: Bool
    var isNumber: Bool
    var gap: Gap
    /// The currency sign right before it.
    var sign: Unicode.Scalar?
}

/// A text taken apart into words and sentences in one pass over its scalars.
struct ScannedText {
    let scalars: [Unicode.Scalar]
    let words: [Word]
    /// Ranges of scalars, without the blanks around them; only those that hold a word.
    let sentences: [Range<Int>]

    init(_ text: String) {
        scalars = Self.opening(of: text)
        var scanner = WordScanner(scalars)
        words = scanner.words()
        sentences = SentenceSplitter(scalars, words: words).sentences
    }

    /// The window's scalars; one that the window's edge would cut is left out.
    private static func opening(of text: String) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(min(text.utf8.count, Extractive.window))
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= Extractive.window else { break }
            scalars.append(scalar)
        }
        return scalars
    }

    /// The text of a range, its white space folded.
    func text(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        var needsBlank = false
        for scalar in scalars[range] {
            if scalar.isBlank {
                needsBlank = !text.isEmpty
                continue
            }
            if needsBlank { text.append(" ") }
            needsBlank = false
            text.append(scalar)
        }
        return String(text)
    }
}

extension Unicode.Scalar {
    var isBlank: Bool {
        switch value {
        case 0x20, 0x09...0x0D, 0x85, 0xA0, 0x2000...0x200B, 0x2028, 0x2029, 0x202F, 0x3000, 0xFEFF: true
        default: false
        }
    }
    var isDigit: Bool { (0x30...0x39).contains(value) }
    var isCapital: Bool { isASCII ? (0x41...0x5A).contains(value) : properties.isUppercase }
    var isSmall: Bool { isASCII ? (0x61...0x7A).contains(value) : properties.isLowercase }
    /// Belongs to a word: a letter, a digit or a mark on a letter.
    var isWordPart: Bool {
        if isASCII { return isDigit || (0x41...0x5A).contains(value & ~0x20) }
        return properties.isAlphabetic || properties.generalCategory == .nonspacingMark
    }
    var isApostrophe: Bool { value == 0x27 || value == 0x2019 }
}
