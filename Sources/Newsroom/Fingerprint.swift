public import FoundationEssentials
public import Stores

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What tells a story from others: who it is about, its theme, who else acts, and the words that it turns on.
///
/// A weight is the share of the story's articles that have the name or word, old articles counting less than young ones.
public struct Fingerprint: Sendable, Equatable {
    /// The entity that it is about; nil when it is about none.
    public var nucleus: String?
    public var theme: Theme
    /// At most ``actorCeiling``, the nucleus not among them.
    public var actors: WeightedNames
    /// At most ``wordCeiling``, in small letters; of an article's none that only repeats the nucleus or is one of the trade's (``TradeWords``).
    public var focus: WeightedNames

    public static let actorCeiling = 8
    public static let wordCeiling = 12

    public init(nucleus: String?, theme: Theme, actors: [Weighted], focus: [Weighted]) {
        let nucleus = nucleus.flatMap { $0.isEmpty ? nil : $0 }
        self.nucleus = nucleus
        self.theme = theme
        self.actors = WeightedNames(actors.filter { $0.name != nucleus }, ceiling: Self.actorCeiling)
        self.focus = WeightedNames(focus, ceiling: Self.wordCeiling)
    }

    /// An article's: its actors weigh a fifth of their salience each, its focus words (its keywords where it has none) 1 each.
    public init(of enrichment: Enrichment) {
        let words = enrichment.focus.isEmpty ? enrichment.keywords : enrichment.focus
        // "Bitcoin" as a focus word of an article about Bitcoin would make every two of them alike.
        var own = Set(Self.parts((enrichment.nucleus ?? "").lowercased()))
        if let ticker = enrichment.mentions.first(where: { $0.name == enrichment.nucleus })?.ticker { own.insert(ticker.lowercased()) }
        self.init(
            nucleus: enrichment.nucleus, theme: enrichment.theme,
            actors: enrichment.mentions.map { Weighted($0.name, Double(min(max($0.salience, 1), 5)) / 5) },
            focus: words.prefix(8).map { $0.lowercased() }.filter { !Self.parts($0).allSatisfy { own.contains($0) || TradeWords.all.contains($0) } }
                .map { Weighted($0, 1) })
    }

    /// The words of a name.
    private static func parts(_ name: String) -> [String] { name.split { !$0.isLetter && !$0.isNumber }.map(String.init) }

    public init(of narrative: Narrative) {
        self.init(nucleus: narrative.nucleus, theme: narrative.theme, actors: narrative.actors, focus: narrative.focus)
    }

    // MARK: Likeness

    /// How alike two stories are, 0…1: 0.5 × cosine of the focus words + 0.3 if the nucleus is the same + 0.1 × cosine of the actors
    /// + 0.1 if the theme is the same.
    ///
    /// The weights are those of the system that this one replaces, with the theme in the place of its "actions", which nobody extracts any more.
    /// A part that neither side has (no nucleus, no actors, no focus words) says nothing: it is left out and the rest is scaled up to 1.
    /// Worked: same nucleus and theme, two of four equal words in common, no actors on either side: (0.5 × 0.5 + 0.3 + 0.1) / 0.9 = 0.722.
    /// Kept to nine decimals, so that a threshold is not missed by a rounding error.
    public func similarity(to other: Self) -> Double { likeness(to: other).similarity }

    /// ``similarity(to:)``, and whether the two turn on common words: at least two, or all that the shorter one has, and never none. Without that, "Bitcoin"
    /// and "markets" alone would draw everything into one story.
    func likeness(to other: Self) -> (similarity: Double, isSameMatter: Bool) {
        let words = focus.overlap(with: other.focus)
        var (sum, weights) = (0.1, 0.1)
        if theme != other.theme { sum = 0 }
        if !(focus.isEmpty && other.focus.isEmpty) {
            sum += 0.5 * words.cosine
            weights += 0.5
        }
        if nucleus != nil || other.nucleus != nil {
            sum += nucleus == other.nucleus ? 0.3 : 0
            weights += 0.3
        }
        if !(actors.isEmpty && other.actors.isEmpty) {
            sum += 0.1 * actors.overlap(with: other.actors).cosine
            weights += 0.1
        }
        let needed = min(2, focus.count, other.focus.count)
        return ((sum / weights * 1e9).rounded() / 1e9, words.shared >= max(needed, 1))
    }

    // MARK: Growing

    /// What one article adds to a story of `count` articles whose last is `gap` seconds older (negative: younger) than it.
    ///
    /// The story's weights are the running mean of its articles. It counts as many articles as it has, at most twenty, halved for each 72 h of the gap,
    /// and never as less than one: so what it was about fades, and a story that comes back keeps half of what it was. A count of 0 leaves the
    /// article's weights alone. Worked: four articles, 72 h ago, all with "etf"; one without it now: (2 × 1 + 1 × 0) / 3 = 0.6667.
    public mutating func add(_ article: Self, count: Int, gap: TimeInterval) {
        merge(article, mass: Self.mass(count: count, age: gap), otherMass: 1)
    }

    /// Takes in another story: the mean of both, each counting as many articles as it has (at most twenty), the one whose last article is older halved for each
    /// 72 h that it is older.
    public mutating func merge(_ other: Self, counts: (own: Int, other: Int), lasts: (own: Date, other: Date)) {
        let gap = lasts.other.timeIntervalSince(lasts.own)
        merge(other, mass: Self.mass(count: counts.own, age: gap), otherMass: Self.mass(count: counts.other, age: -gap))
    }

    private mutating func merge(_ other: Self, mass: Double, otherMass: Double) {
        let actors = actors.blended(with: other.actors, mass: mass, otherMass: otherMass, ceiling: Self.actorCeiling + 1)
        self.actors = WeightedNames(actors.heaviestFirst.filter { $0.name != nucleus }, ceiling: Self.actorCeiling)
        focus = focus.blended(with: other.focus, mass: mass, otherMass: otherMass, ceiling: Self.wordCeiling)
    }

    private static func mass(count: Int, age: TimeInterval) -> Double {
        guard count > 0 else { return 0 }
        let fading = age > 0 ? exponential(-age / (72 * 3600)) : 1
        return max(1, Double(min(count, 20)) * fading)
    }

    /// 2 to the power of `x`.
    static func exponential(_ x: Double) -> Double { pow(2, x) }
}
