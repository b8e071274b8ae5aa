/// Walks once over a text's words and looks each up in the gazetteer, the longest name first.
struct EntityFinder {
    /// By first position.
    var entities: [Entity] { Array(found.values.sorted { ($0.position, $0.name) < ($1.position, $1.name) }.prefix(Extractive.mostEntities)) }

    private let text: ScannedText
    private let gazetteer = Gazetteer.shared
    /// The text is about crypto.
    private let hasContext: Bool
    /// The text is written in capitals, which then mean nothing.
    private let shouts: Bool
    private var found: [String: Entity] = [:]
    /// The coin, company or person named last, and the index behind its last word.
    private var last: (subject: Int, end: Int)?

    init(_ text: ScannedText) {
        self.text = text
        hasContext = text.words.contains { [context = gazetteer.context] word in context.contains(word.lower) }
        let long = text.words.count { $0.range.count > 2 && !$0.isNumber }
        let capitals = text.words.count { $0.range.count > 2 && $0.isCapitals }
        shouts = long >= 3 && capitals * 2 > long
        var index = 0
        while index < text.words.count { index = look(at: index) }
    }

    /// Records what begins at a word, and gives the index to go on at.
    private mutating func look(at index: Int) -> Int {
        let word = text.words[index]
        if word.isNumber, let amount = MoneyPhrase(at: index, in: text.words) {
            record(name: amount.name, kind: .amount, ticker: nil, offset: word.offset, confidence: 0.9)
            return index + amount.wordCount
        }
        if word.sign == "$", let ticker = gazetteer.tickers[word.lower] {
            record(ticker.subject, words: index..<index + 1, confidence: ticker.isAmbiguous ? 0.9 : 0.95)
            return index + 1
        }
        for spelling in gazetteer.spellings[word.lower] ?? [] where matches(spelling, at: index) {
            if let subject = spelling.subject {
                record(subject, words: index..<index + spelling.words.count, confidence: confidence(of: spelling, at: index))
            }
            return index + spelling.words.count
        }
        if word.isCapitals, let ticker = gazetteer.tickers[word.lower], counts(ticker, at: index) {
            record(ticker.subject, words: index..<index + 1, confidence: ticker.isAmbiguous ? 0.7 : 0.9)
        }
        return index + 1
    }

    private func matches(_ spelling: Gazetteer.Spelling, at index: Int) -> Bool {
        let words = text.words
        guard index + spelling.words.count <= words.count else { return false }
        for (step, wanted) in spelling.words.enumerated().dropFirst() {
            guard words[index + step].lower == wanted, words[index + step].gap != .wide else { return false }
        }
        switch spelling.rule {
        case .anyCase: return true
        case .capitalised: return words[index].isCapitalised
        case .capitals: return words[index].isCapitals && !(shouts && spelling.words[0].count < 3)
        case .capitalisedInContext: return words[index].isCapitalised && hasContext && !shouts
        }
    }

    /// An ambiguous ticker without "$" needs the context, and is none before "fees" and the like.
    private func counts(_ ticker: Gazetteer.Ticker, at index: Int) -> Bool {
        guard ticker.isAmbiguous else { return true }
        guard hasContext, !shouts else { return false }
        return !(index + 1 < text.words.count && Self.notBehindATicker.contains(text.words[index + 1].lower))
    }

    private static let notBehindATicker: Set<String> = ["fee", "fees", "limit", "limits"]

    private func confidence(of spelling: Gazetteer.Spelling, at index: Int) -> Double {
        switch spelling.rule {
        case .anyCase: spelling.words.count > 1 || text.words[index].range.count > 4 ? 0.95 : 0.9
        case .capitalised, .capitals: 0.85
        case .capitalisedInContext: startsSentence(index) ? 0.55 : 0.75
        }
    }

    /// Any word begins a sentence with a capital.
    private func startsSentence(_ index: Int) -> Bool {
        guard index > 0 else { return true }
        let between = text.scalars[text.words[index - 1].range.upperBound..<text.words[index].range.lowerBound]
        return between.contains { $0 == "." || $0 == "!" || $0 == "?" || $0 == "\n" || $0 == ":" }
    }

    private mutating func record(_ subject: Int, words: Range<Int>, confidence: Double) {
        let isRepeated = last.map { $0.subject == subject && $0.end == words.lowerBound } ?? false && text.words[words.lowerBound].gap == .bracket
        last = (subject, words.upperBound)
        guard !isRepeated else { return }
        let entry = gazetteer.subjects[subject]
        record(name: entry.name, kind: entry.kind, ticker: entry.ticker, offset: text.words[words.lowerBound].offset, confidence: confidence)
    }

    private mutating func record(name: String, kind: Entity.Kind, ticker: String?, offset: Int, confidence: Double) {
        let key = "\(kind.rawValue) \(name)"
        if var entity = found[key] {
            entity.count += 1
            entity.confidence = max(entity.confidence, confidence)
            found[key] = entity
        } else {
            found[key] = Entity(name: name, kind: kind, ticker: ticker, count: 1, position: offset, confidence: confidence)
        }
    }
}
