import FoundationEssentials
import LLM
import Stores
import WireCore

/// A model's briefing as it was read: what can be used, what was dropped, and what is wrong with it.
///
/// A sentence that cites no article of the material is dropped. One that names a figure which none of its articles gives is a fault that a
/// refinement is asked to mend; what is left of those at the end is dropped too (``withoutFaults``).
struct BriefingDraft: Sendable {
    var content = Briefing.Content()
    /// Sentences without a known citation.
    var dropped = 0
    /// Sentences with figures of their own.
    private var unsupported: [String] = []
    /// False: too little is left to be a briefing.
    var isUsable: Bool { content.paragraphs.joined().count >= 2 }

    /// A sentence is no longer, in characters.
    private static let longest = 600
    private static let mostParagraphs = 6
    private static let mostSentences = 8

    /// Reads an answer. Nil when it holds no JSON object.
    init?(_ text: String, _ inputs: BriefingInputs) {
        guard let root = SaidJSON.first(in: text), root.object != nil else { return nil }
        content.headline = Self.line(root["headline"]?.string ?? "", limit: 200)
        if content.headline.isEmpty { content.headline = inputs.articles.first?.title ?? "" }
        for paragraph in (root["paragraphs"]?.array ?? []).prefix(Self.mostParagraphs) {
            let sentences = (paragraph.array ?? [paragraph]).prefix(Self.mostSentences).compactMap { sentence($0, inputs) }
            if !sentences.isEmpty { content.paragraphs.append(sentences) }
        }
        content.insights = (root["insights"]?.array ?? []).prefix(Self.mostSentences).compactMap { sentence($0, inputs) }
        var seen: Set<Int64> = []
        for node in (root["recommend"]?.array ?? []).prefix(6) {
            guard let number = node["n"]?.int, let narrative = Self.element(number, of: inputs.narratives.prefix(BriefingInputs.shownNarratives)),
                seen.insert(narrative.id).inserted
            else { continue }
            let title = Self.line(node["title"]?.string ?? "", limit: 160)
            content.recommendations.append(
                Briefing.Recommendation(title: title.isEmpty ? narrative.title : title, theme: narrative.theme, narrative: narrative.id))
        }
    }

    private static func element<C: RandomAccessCollection>(_ number: Int, of list: C) -> C.Element? where C.Index == Int {
        number >= 1 && number <= list.count ? list[list.startIndex + number - 1] : nil
    }

    private mutating func sentence(_ node: JSONNode, _ inputs: BriefingInputs) -> Briefing.Sentence? {
        let text = Self.line(node["t"]?.string ?? node.string ?? "", limit: Self.longest)
        guard !text.isEmpty else { return nil }
        var seen: Set<Int64> = []
        let cited = (node["a"]?.array ?? []).prefix(12).compactMap { $0.int.flatMap { Self.element($0, of: inputs.articles) } }
            .filter { seen.insert($0.id).inserted }
        guard !cited.isEmpty else {
            dropped += 1
            return nil
        }
        let given = Set(cited.flatMap { Figures.all(in: $0.title + " " + $0.enrichment.summary) })
        if let figure = Figures.notable(in: text).first(where: { !given.contains($0) }) {
            unsupported.append(text)
            problems.append("\"\(text.prefix(80))\" names \(figure), which the articles it cites do not give")
        }
        return Briefing.Sentence(text, articles: cited.map(\.id))
    }

    /// What the desk itself found wrong, for a refinement.
    private(set) var problems: [String] = []

    /// Everything to mend: the desk's own findings first.
    func faults() -> [String] {
        var faults = problems
        if dropped > 0 { faults.append("\(dropped.counted("sentence")) cited no article of the material and were dropped") }
        if !isUsable { faults.append("fewer than two sentences of the paragraphs cite an article of the material") }
        return faults
    }

    /// Without the sentences whose figures no article gives, and how many those were.
    var withoutFaults: (content: Briefing.Content, count: Int) {
        let bad = Set(unsupported)
        var clean = content
        clean.paragraphs = content.paragraphs.map { $0.filter { !bad.contains($0.text) } }.filter { !$0.isEmpty }
        clean.insights = content.insights.filter { !bad.contains($0.text) }
        return (clean, bad.count)
    }

    /// White space folded, nothing that colours a terminal.
    static func line(_ text: String, limit: Int) -> String {
        SafeText.line(text.split(whereSeparator: \.isWhitespace).joined(separator: " "), limit: limit)
    }
}

/// The numbers of a text, compared by their digits: "$67,187.33" is 67187.33, "1.20" is 1.2.
enum Figures {
    /// Every number.
    static func all(in text: String) -> [String] { found(in: text).map(\.digits) }

    /// Those that claim something: with a currency or per cent sign, or of two digits and more that are no year.
    static func notable(in text: String) -> [String] {
        found(in: text).filter { figure in
            if figure.isMarked { return true }
            guard let value = Double(figure.digits) else { return false }
            return value >= 10 && !(value >= 1990 && value <= 2100 && value == value.rounded())
        }.map(\.digits)
    }

    private static func found(in text: String) -> [(digits: String, isMarked: Bool)] {
        var figures: [(String, Bool)] = []
        let scalars = Array(text.unicodeScalars.prefix(4000))
        var index = 0
        while index < scalars.count {
            guard isDigit(scalars[index]) else {
                index += 1
                continue
            }
            let start = index
            var digits = ""
            while index < scalars.count {
                if isDigit(scalars[index]) {
                    digits.unicodeScalars.append(scalars[index])
                } else if scalars[index] == "." || scalars[index] == ",", index + 1 < scalars.count, isDigit(scalars[index + 1]) {
                    if scalars[index] == "." { digits += "." }
                } else {
                    break
                }
                index += 1
            }
            let before = start > 0 ? scalars[start - 1] : " "
            let after = index < scalars.count ? scalars[index] : " "
            // Part of a name, such as "Web3" or "L2".
            guard !before.properties.isAlphabetic else { continue }
            figures.append((normal(digits), "$€£¥".unicodeScalars.contains(before) || after == "%"))
        }
        return figures
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

    private static func normal(_ digits: String) -> String {
        guard digits.contains(".") else { return digits }
        var text = digits
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
