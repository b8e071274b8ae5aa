/// The names, made ready for looking up word by word.
struct Gazetteer: Sendable {
    /// What has the name.
    struct Subject: Sendable {
        var kind: Entity.Kind
        var name: String
        var ticker: String?
    }

    /// What the text must show for a spelling to count.
    enum Rule: Sendable {
        case anyCase
        case capitalised
        case capitals
        /// A capital, in a text about crypto.
        case capitalisedInContext
    }

    struct Spelling: Sendable {
        var words: [String]
        var rule: Rule
        /// Nil for a phrase that only looks like a name.
        var subject: Int?
    }

    struct Ticker: Sendable {
        var isAmbiguous: Bool
        var subject: Int
    }

    static let shared = Gazetteer(lines: GazetteerData.lines)

    private(set) var subjects: [Subject] = []
    /// By first word, the longest first.
    private(set) var spellings: [String: [Spelling]] = [:]
    /// By ticker in small letters.
    private(set) var tickers: [String: Ticker] = [:]
    /// Words that show that a text is about crypto.
    private(set) var context = GazetteerData.context

    init(lines: String) {
        for line in lines.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(Self.trimmed)
            guard fields.count == 4 else { continue }
            guard let kind = Entity.Kind(rawValue: fields[0]) else {
                for phrase in Self.list(fields[3]) { add(phrase, of: nil) }
                continue
            }
            add(kind, name: fields[1], tickers: Self.list(fields[2]), spellings: Self.list(fields[3]))
        }
        for key in spellings.keys { spellings[key]?.sort { $0.words.count > $1.words.count } }
    }

    private mutating func add(_ kind: Entity.Kind, name: String, tickers: [String], spellings: [String]) {
        let index = subjects.count
        let main = tickers.first.map { $0.hasPrefix("~") ? String($0.dropFirst()) : $0 }
        subjects.append(Subject(kind: kind, name: name, ticker: kind == .coin ? main : nil))
        for ticker in tickers {
            let isAmbiguous = ticker.hasPrefix("~")
            let key = (isAmbiguous ? String(ticker.dropFirst()) : ticker).lowercased()
            self.tickers[key] = Ticker(isAmbiguous: isAmbiguous, subject: index)
            if kind == .coin, !isAmbiguous { context.insert(key) }
        }
        for spelling in spellings {
            add(spelling, of: index)
            if kind == .coin, spelling.allSatisfy(\.isLetter) { context.insert(spelling) }
        }
    }

    private mutating func add(_ spelling: String, of subject: Int?) {
        let (rule, text) = Self.rule(of: spelling)
        let words = text.lowercased().split(separator: " ").map(String.init)
        guard let first = words.first else { return }
        spellings[first, default: []].append(Spelling(words: words, rule: rule, subject: subject))
    }

    private static func rule(of spelling: String) -> (Rule, Substring) {
        switch spelling.first {
        case "^": (.capitalised, spelling.dropFirst())
        case "!": (.capitals, spelling.dropFirst())
        case "~": (.capitalisedInContext, spelling.dropFirst())
        default: (.anyCase, spelling[...])
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func list(_ field: String) -> [String] {
        field.split(separator: ",").map(trimmed).filter { !$0.isEmpty }
    }
}
