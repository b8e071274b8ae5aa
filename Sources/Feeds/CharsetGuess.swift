/// Guesses the legacy encoding of a text that names none and is no UTF-8. A guess is made only where the bytes clearly fit: they stand in
/// runs, as letters of a script of its own do and accents of western Europe do not, and the letters are those that the script's languages
/// use most. Windows-1252 is left for everything else.
///
/// The shares are those of running text in the languages, with room for short samples: a title of a dozen letters is enough.
enum CharsetGuess {
    /// Bytes that are looked at.
    private static let sample = 256 << 10

    /// iconv's name of the encoding; nil: none stands out.
    static func name(of bytes: [UInt8]) -> String? {
        bytes.prefix(sample).withUnsafeBufferPointer { source in doubleByte(source) ?? singleByte(source) }
    }

    // MARK: - Chinese, Japanese, Korean

    /// What a text read as pairs of bytes looks like.
    private struct Pairs {
        var count = 0
        /// Pairs with another one right behind them.
        var followed = 0
        /// Pairs whose second byte is below 0xA1, so that no encoding of EUC's kind is meant.
        var narrow = 0
        /// Pairs by their first byte.
        var leads = [Int](repeating: 0, count: 256)
        /// False when a byte was met that begins or ends no pair.
        var isWhole = true

        func share(_ range: ClosedRange<Int>) -> Double { Double(leads[range].reduce(0, +)) / Double(max(1, count)) }
        /// Enough of them, and in runs.
        var isText: Bool { isWhole && count >= 6 && followed * 2 >= count }
    }

    private static func pairs(_ source: UnsafeBufferPointer<UInt8>, singles: ClosedRange<UInt8>?) -> Pairs {
        var pairs = Pairs()
        var index = 0
        while index < source.count {
            let lead = source[index]
            index += 1
            if lead < 0x80 || singles?.contains(lead) == true { continue }
            // A sample may end within a pair.
            guard index < source.count else { break }
            let trail = source[index]
            guard lead > 0x80, lead < 0xFF, trail >= 0x40, trail != 0x7F, trail < 0xFF else {
                pairs.isWhole = false
                return pairs
            }
            index += 1
            pairs.count += 1
            pairs.leads[Int(lead)] += 1
            if trail < 0xA1 { pairs.narrow += 1 }
            if index < source.count, source[index] > 0x80 { pairs.followed += 1 }
        }
        return pairs
    }

    private static func doubleByte(_ source: UnsafeBufferPointer<UInt8>) -> String? {
        let pairs = pairs(source, singles: nil)
        if pairs.isText, pairs.share(0xA1...0xFE) == 1 {
            if pairs.narrow == 0 { return euc(pairs) }
            // Big5: punctuation at A1–A3, common characters from A4 to C6 in the order of their strokes.
            if pairs.narrow * 8 >= pairs.count, pairs.share(0xA1...0xC6) >= 0.9, pairs.share(0xA4...0xC6) >= 0.5 { return "BIG5-HKSCS" }
        }
        // GBK: as GB 2312, with a few characters outside of it.
        if pairs.isText, pairs.narrow * 10 <= pairs.count, pairs.share(0xB0...0xD7) >= 0.6 { return "GB18030" }
        // Shift_JIS: kana at 82 and 83, half-width kana in single bytes.
        let japanese = self.pairs(source, singles: 0xA1...0xDF)
        if japanese.isText, japanese.share(0x82...0x83) >= 0.25, japanese.share(0x81...0x9F) + japanese.share(0xE0...0xFC) == 1 { return "CP932" }
        return nil
    }

    /// All pairs are of two high bytes. Kana stand at A4 and A5, as they do in GB 2312, whose texts hardly hold any; hangul from B0 to C8,
    /// where a third of a Chinese text lies beyond.
    private static func euc(_ pairs: Pairs) -> String? {
        if pairs.share(0xA4...0xA5) >= 0.2 { return "EUC-JP" }
        let signs = pairs.share(0xA1...0xAF)
        if signs < 0.5, pairs.share(0xB0...0xC8) >= (1 - signs) * 0.97 { return "CP949" }
        return pairs.share(0xB0...0xD7) >= 0.6 ? "GB18030" : nil
    }

    // MARK: - Cyrillic, Greek, Hebrew, Thai

    /// One encoding of a script that is written in words.
    private struct Alphabet {
        let name: String
        /// Letters of the inside of words.
        let lower: ClosedRange<UInt8>
        /// Capitals: a word begins with one, or has no others; nil: the script has none.
        let upper: ClosedRange<UInt8>?
        /// Further letters that some of the languages have, of either kind.
        var others: [UInt8] = []
        /// The languages' most frequent letters, and the least share of them among all letters.
        let common: [UInt8]
        let share: Double
    }

    private static let alphabets = [
        // о е а и н т, 44 % of Russian, 40 % of Ukrainian and Bulgarian.
        Alphabet(
            name: "KOI8-U", lower: 0xC0...0xDF, upper: 0xE0...0xFF, others: [0xA3, 0xA4, 0xA6, 0xA7, 0xAD, 0xB3, 0xB4, 0xB6, 0xB7, 0xBD],
            common: [0xCF, 0xC5, 0xC1, 0xC9, 0xCE, 0xD4], share: 0.33),
        Alphabet(
            name: "WINDOWS-1251", lower: 0xE0...0xFF, upper: 0xC0...0xDF,
            others: [0xA1, 0xA2, 0xA5, 0xA8, 0xAA, 0xAF, 0xB2, 0xB3, 0xB4, 0xB8, 0xBA, 0xBF],
            common: [0xEE, 0xE5, 0xE0, 0xE8, 0xED, 0xF2], share: 0.33),
        Alphabet(
            name: "ISO-8859-5", lower: 0xD0...0xEF, upper: 0xB0...0xCF, others: [0xA1, 0xA4, 0xA6, 0xA7, 0xF1, 0xF4, 0xF6, 0xF7],
            common: [0xDE, 0xD5, 0xD0, 0xD8, 0xDD, 0xE2], share: 0.33),
        // α ο ι ε τ σ ν, 60 % of Greek.
        Alphabet(
            name: "WINDOWS-1253", lower: 0xDC...0xFE, upper: 0xC1...0xDB, others: [0xA2, 0xB8, 0xB9, 0xBA, 0xBC, 0xBE, 0xBF],
            common: [0xE1, 0xEF, 0xE9, 0xE5, 0xF4, 0xF3, 0xED], share: 0.45),
        // י ו ה ל א ר ת, 56 % of Hebrew.
        Alphabet(name: "WINDOWS-1255", lower: 0xE0...0xFA, upper: nil, common: [0xE9, 0xE5, 0xE4, 0xEC, 0xE0, 0xF8, 0xFA], share: 0.45),
    ]

    private static func singleByte(_ source: UnsafeBufferPointer<UInt8>) -> String? {
        var best: (name: String, margin: Double)?
        for alphabet in alphabets {
            guard let margin = margin(of: alphabet, in: source), margin > best?.margin ?? 0 else { continue }
            best = (alphabet.name, margin)
        }
        return best?.name ?? (isThai(source) ? "CP874" : nil)
    }

    /// By how much the share of common letters is above the least; nil when the high bytes do not stand as the alphabet's words would.
    private static func margin(of alphabet: Alphabet, in source: UnsafeBufferPointer<UInt8>) -> Double? {
        var high = 0
        var letters = 0
        var common = 0
        var fitting = 0
        var index = 0
        while index < source.count {
            let start = index
            var uppers = 0
            var isMixed = false
            while index < source.count, source[index] >= 0x80 {
                let byte = source[index]
                if alphabet.upper?.contains(byte) == true {
                    if uppers < index - start { isMixed = true }
                    uppers += 1
                } else if !alphabet.lower.contains(byte), !alphabet.others.contains(byte) {
                    break
                }
                if alphabet.common.contains(byte) { common += 1 }
                index += 1
            }
            let count = index - start
            guard count > 0 else {
                if source[index] >= 0x80 { high += 1 }
                index += 1
                continue
            }
            high += count
            letters += count
            let isWord = count > 1 && !isMixed && (uppers <= 1 || uppers == count)
            if isWord, !isLatin(source, start - 1), !isLatin(source, index) { fitting += count }
        }
        guard letters >= 12, fitting * 10 >= high * 8 else { return nil }
        let share = Double(common) / Double(letters)
        return share >= alphabet.share ? share - alphabet.share + 0.001 : nil
    }

    /// True when a letter of ASCII stands there: its neighbours are accented letters of western Europe then.
    private static func isLatin(_ source: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        source.indices.contains(index) && (0x61...0x7A).contains(source[index] | 0x20)
    }

    /// Vowel signs and tone marks stand behind consonants, and there are many of them; runs of letters are long, without blanks.
    private static func isThai(_ source: UnsafeBufferPointer<UInt8>) -> Bool {
        var letters = 0
        var marks = 0
        var misplaced = 0
        var runs = 0
        var previous: UInt8 = 0
        for byte in source {
            defer { previous = byte }
            switch byte {
            case 0..<0x80, 0x85, 0x91...0x97, 0xA0: continue
            case 0xD1, 0xD4...0xDA, 0xE7...0xEE:
                marks += 1
                if !(0xA1...0xDA).contains(previous), !(0xE7...0xEE).contains(previous) { misplaced += 1 }
            case 0xA1...0xFB where !(0xDB...0xDE).contains(byte): break
            default: return false
            }
            letters += 1
            if previous < 0xA1 { runs += 1 }
        }
        return letters >= 12 && letters >= runs * 4 && marks * 10 >= letters && misplaced * 20 <= marks
    }
}
