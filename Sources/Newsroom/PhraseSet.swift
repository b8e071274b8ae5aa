/// A text cut into words in small letters, for looking up phrases.
struct WordList: Sendable {
    let words: [String]

    /// What lies beyond so many scalars is not read.
    init(_ text: String, limit: Int = 4000) {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        func end() {
            guard !word.isEmpty else { return }
            words.append(String(word).lowercased())
            word.removeAll()
        }
        for scalar in text.unicodeScalars.prefix(limit) {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "$" || scalar == "%" {
                word.append(scalar)
            } else if scalar != "'", scalar != "\u{2019}", scalar != "." {
                end()
            } else if scalar == "." {
                // "U.S." is one word, a sentence's end is none.
                continue
            }
        }
        end()
        self.words = words
    }
}

/// Phrases that a text can hold; a word matches whole, one that ends in "*" by its beginning.
struct PhraseSet: Sendable {
    private struct Phrase: Sendable {
        var words: [String]
        /// The last word is only a beginning.
        var isOpen: Bool
        var text: String
    }

    /// By the first two letters of the first word.
    private var phrases: [String: [Phrase]] = [:]

    /// One phrase between commas or line ends.
    init(_ list: String) {
        for entry in list.split(whereSeparator: { $0 == "," || $0 == "\n" }) {
            let isOpen = entry.last == "*"
            let words = WordList(isOpen ? String(entry.dropLast()) : String(entry)).words
            guard let first = words.first else { continue }
            phrases[String(first.prefix(2)), default: []].append(Phrase(words: words, isOpen: isOpen, text: words.joined(separator: " ")))
        }
    }

    init(words: some Sequence<String>) { self.init(words.joined(separator: ",")) }

    /// The first phrase that the text holds; nil for none.
    func first(in list: WordList) -> String? {
        for index in list.words.indices {
            if let phrase = match(at: index, list.words) { return phrase }
        }
        return nil
    }

    /// How many places of the text hold one.
    func count(in list: WordList) -> Int { list.words.indices.count { match(at: $0, list.words) != nil } }

    private func match(at index: Int, _ words: [String]) -> String? {
        guard let candidates = phrases[String(words[index].prefix(2))] else { return nil }
        return candidates.first { phrase in
            guard index + phrase.words.count <= words.count else { return false }
            for (step, wanted) in phrase.words.enumerated() {
                let word = words[index + step]
                let isLast = step == phrase.words.count - 1
                guard phrase.isOpen && isLast ? word.hasPrefix(wanted) : word == wanted else { return false }
            }
            return true
        }?.text
    }
}
