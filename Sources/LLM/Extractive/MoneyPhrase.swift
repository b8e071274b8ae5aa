/// A sum of money in a text, brought to one form: "$1.2 million" for $1.2M, $1.2 mln and 1.2 million dollars.
struct MoneyPhrase {
    var name: String
    /// How many words it takes up.
    var wordCount: Int

    /// The sum that begins at a number; nil for a number alone and for a percentage.
    init?(at index: Int, in words: [Word]) {
        let word = words[index]
        let digits = word.lower.prefix { ("0"..."9").contains($0) || $0 == "." }
        guard digits.count <= 20 else { return nil }
        var scale: String?
        var count = 1
        if digits.count < word.lower.count {
            guard let glued = Self.scales[String(word.lower.dropFirst(digits.count))] else { return nil }
            scale = glued
        } else if let next = Self.follower(of: index, in: words), let spelled = Self.scales[next.lower], next.range.count > 1 || word.sign != nil {
            scale = spelled
            count = 2
        }
        var sign = word.sign.map(String.init)
        if sign == nil, let next = Self.follower(of: index + count - 1, in: words), let unit = Self.units[next.lower] {
            sign = unit
            count += 1
        }
        guard let sign else { return nil }
        name = sign + digits + (scale.map { " " + $0 } ?? "")
        wordCount = count
    }

    private static func follower(of index: Int, in words: [Word]) -> Word? {
        guard index + 1 < words.count, words[index + 1].gap == .narrow else { return nil }
        return words[index + 1]
    }

    private static let scales = [
        "k": "thousand", "thousand": "thousand", "m": "million", "mm": "million", "mn": "million", "mln": "million", "million": "million",
        "b": "billion", "bn": "billion", "bln": "billion", "billion": "billion", "t": "trillion", "tn": "trillion", "trln": "trillion",
        "trillion": "trillion",
    ]

    private static let units = [
        "dollars": "$", "dollar": "$", "usd": "$", "euros": "€", "euro": "€", "eur": "€", "pounds": "£", "gbp": "£", "yen": "¥", "jpy": "¥",
    ]
}
