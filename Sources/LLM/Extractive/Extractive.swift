/// The desk's own reader, for when no model is configured, affordable or reachable: free, on this machine, and the same answer to the
/// same text every time.
///
/// Read in this order: `ScannedText` (words and sentences), `Gazetteer` (the names, from `GazetteerData`), `Entity`, `Sentiment` (from
/// `SentimentLexicon`), `Summary`. It knows no HTML and opens nothing; the input is plain text. All of it takes time linear in the
/// text. Tests: `Tests/LLMTests`.
public enum Extractive {
    /// How much of a text is read, in bytes of UTF-8: news says first what matters, and a fallback must not fail on a long article.
    public static let window = 64 << 10
    /// The most entities that are given, first come first.
    public static let mostEntities = 200

    /// The names in a text, by their first position.
    public static func entities(in text: String) -> [Entity] {
        EntityFinder(ScannedText(text)).entities
    }

    /// How good the news sounds.
    public static func sentiment(of text: String) -> Sentiment {
        Sentiment(of: ScannedText(text).words)
    }

    /// The sentences that say most, in the text's order: at most `sentences` of them and at most `characters` characters. The lead
    /// comes first unless it says nothing; a lead that is too long is cut at a word and ends in "…". Empty for a text without words.
    public static func summary(of text: String, title: String? = nil, sentences: Int = 3, characters: Int = 600) -> String {
        Summary(of: ScannedText(text), title: title.map { ScannedText($0) }).text(sentences: sentences, characters: characters)
    }

    /// The words used most, without those that every text uses; of two used equally often, the earlier comes first.
    public static func keywords(in text: String, count: Int = 8) -> [Keyword] {
        Keyword.counted(in: ScannedText(text).words, most: count)
    }

    /// What a name by itself means, whatever spelling or ticker it is given as ("btc", "$SOL", "Securities and Exchange Commission"); nil for a
    /// name that the desk does not know. Counts one mention at position 0.
    public static func known(_ name: String) -> Entity? {
        let gazetteer = Gazetteer.shared
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "." }.map { $0.filter { $0 != "." } }.filter { !$0.isEmpty }
        guard let first = words.first, words.count <= 8 else { return nil }
        let spelled = gazetteer.spellings[first]?.first { $0.words == words }?.subject
        guard let subject = spelled ?? (words.count == 1 ? gazetteer.tickers[first]?.subject : nil) else { return nil }
        let entry = gazetteer.subjects[subject]
        return Entity(name: entry.name, kind: entry.kind, ticker: entry.ticker, count: 1, position: 0, confidence: 0.9)
    }
}
