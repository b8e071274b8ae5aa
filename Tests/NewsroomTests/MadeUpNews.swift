import FoundationEssentials
import Stores
import WireCore

/// Articles and narratives for the tests of narratives.
enum MadeUpNews {
    /// 2026-11-24T08:00:00Z.
    static let start = Date(timeIntervalSince1970: 1_795_507_200)

    static func at(hours: Double) -> Date { start.addingTimeInterval((hours * 3600).rounded()) }

    /// One article; `focus` and `actors` as words with blanks between them.
    static func article(
        _ id: Int64, _ title: String = "", about nucleus: String? = "Bitcoin", theme: Theme = .markets, focus: String = "", actors: String = "",
        from source: String = "alpha", hours: Double = 0, sentiment: Double = 0, repeats original: Int64? = nil, tier: RelevanceTier = .normal
    ) -> EnrichedArticle {
        var enrichment = Enrichment(
            article: id, source: Self.source(source), at: at(hours: hours), enrichedAt: at(hours: hours), method: .simple, tier: tier,
            sentiment: sentiment, theme: theme)
        enrichment.nucleus = nucleus
        enrichment.focus = focus.split(separator: " ").map(String.init)
        enrichment.summary = "Summary \(id)."
        let names = [nucleus].compactMap(\.self) + actors.split(separator: " ").map(String.init)
        enrichment.mentions = names.map { EntityMention(name: $0, kind: .coin, salience: $0 == nucleus ? 5 : 3, confidence: 1) }
        return EnrichedArticle(
            title: title.isEmpty ? "Headline number \(id) of the day" : title, url: nil, nearDuplicateOf: original, enrichment: enrichment)
    }

    static func narrative(
        _ id: Int64, about nucleus: String = "Bitcoin", theme: Theme = .markets, focus: String, actors: String = "", first: Double = -24,
        last: Double = 0,
        articles: Int = 3, stage: NarrativeStage = .emerging
    ) -> Narrative {
        var narrative = Narrative(
            title: "Narrative \(id)", nucleus: nucleus, theme: theme, actors: weighted(actors), focus: weighted(focus), firstAt: at(hours: first),
            lastAt: at(hours: last), updatedAt: at(hours: last))
        narrative.id = id
        narrative.articleCount = articles
        narrative.stage = stage
        return narrative
    }

    static func source(_ text: String) -> SourceID {
        guard let id = SourceID(text) else { preconditionFailure("\(text) is no source id") }
        return id
    }

    /// "a b" as two names of weight 1.
    static func weighted(_ names: String) -> [Weighted] { names.split(separator: " ").map { Weighted(String($0), 1) } }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension MadeUpNews {
    /// Articles of seven entities over a small vocabulary, so that many are alike and many are not.
    static func crowd(_ count: Int, _ numbers: inout SeededNumbers) -> [EnrichedArticle] {
        (1...count).map { number in
            let story = Int.random(in: 0...15, using: &numbers)
            let words = (0..<Int.random(in: 1...6, using: &numbers)).map { _ in "w\(story * 3 + Int.random(in: 0...6, using: &numbers))" }
            let original = number > 10 && Int.random(in: 0...9, using: &numbers) == 0 ? Int64.random(in: 1..<Int64(number), using: &numbers) : nil
            return article(
                Int64(number), about: "N\(story % 7)", theme: Theme.allCases[story % 3], focus: words.joined(separator: " "),
                actors: "A\(Int.random(in: 0...4, using: &numbers))", from: "s\(Int.random(in: 0...6, using: &numbers))",
                hours: -Double.random(in: 0...47, using: &numbers), sentiment: Double.random(in: -1...1, using: &numbers), repeats: original)
        }
    }
}
