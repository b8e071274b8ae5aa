public import FoundationEssentials
public import Stores
import WireCore

/// What stands out over many articles: a pure function of statistics, recent articles and narratives.
///
/// A pattern is dated by the youngest article that shows it and named by kind, subject and that UTC day, so that looking again finds the same pattern.
/// An emergence is named without a day: a narrative emerges once.
public enum PatternWatch {
    /// What is looked at.
    public struct Input: Sendable {
        /// The last 24 h, and the seven days before them.
        public var day: [EntityStatistic]
        public var earlier: [EntityStatistic]
        /// Up to tier `normal`, of the last 48 h.
        public var articles: [EnrichedArticle]
        public var narratives: [Narrative]
        public var now: Date

        public init(day: [EntityStatistic], earlier: [EntityStatistic], articles: [EnrichedArticle], narratives: [Narrative], now: Date) {
            self.day = day
            self.earlier = earlier
            self.articles = articles
            self.narratives = narratives
            self.now = now
        }
    }

    /// A narrative that a market event holds hot.
    public struct Heat: Sendable, Equatable {
        public var narrative: Int64
        public var until: Date
    }

    /// What was found.
    public struct Findings: Sendable, Equatable {
        /// By kind as declared, then by strength, the strongest first, then by id; at most ``PatternWatch/ceiling`` of a kind.
        public var patterns: [Pattern] = []
        /// By number, each once.
        public var heat: [Heat] = []
    }

    /// Patterns of one kind in one look.
    public static let ceiling = 20

    /// Looks for every kind of pattern.
    public static func look(_ input: Input) -> Findings {
        let scene = Scene(input)
        let events = MarketEvent.all.flatMap { scene.occurrences(of: $0) }
        let found = scene.surges() + scene.sentimentShifts() + scene.divergences() + scene.emergences() + events.map(\.pattern)
        var findings = Findings()
        for kind in Pattern.Kind.allCases {
            let ofKind = found.filter { $0.kind == kind }
            findings.patterns += ofKind.sorted { $0.strength != $1.strength ? $0.strength > $1.strength : $0.id < $1.id }.prefix(ceiling)
        }
        let heat = Dictionary(events.compactMap(\.heat).map { ($0.narrative, $0.until) }, uniquingKeysWith: max)
        findings.heat = heat.map { Heat(narrative: $0.key, until: $0.value) }.sorted { $0.narrative < $1.narrative }
        return findings
    }
}

/// The input, arranged for looking.
private struct Scene {
    let input: PatternWatch.Input
    /// By id, the youngest first.
    let articles: [EnrichedArticle]
    let earlier: [String: EntityStatistic]
    /// Articles by the entities that they mention, the youngest first.
    let articlesOf: [String: [EnrichedArticle]]

    init(_ input: PatternWatch.Input) {
        self.input = input
        articles = input.articles.sorted { $0.id > $1.id }
        earlier = Dictionary(input.earlier.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var articlesOf: [String: [EnrichedArticle]] = [:]
        for article in articles where input.now.timeIntervalSince(article.at) < Self.day {
            for name in Set(article.enrichment.mentions.map(\.name)) { articlesOf[name, default: []].append(article) }
        }
        self.articlesOf = articlesOf
    }

    static let day: TimeInterval = 86_400

    // MARK: Entities

    /// More than 10 mentions in 24 h, and more than five times the entity's daily mean of the seven days before (of fewer days where the desk is younger;
    /// a mean below one a day counts as one). A desk without a whole day of history sees none. Strength: ten times the ratio, at most 100.
    func surges() -> [Pattern] {
        let days = historyDays
        guard days >= 1 else { return [] }
        return input.day.compactMap { statistic in
            let mean = max(Double(earlier[statistic.name]?.mentions ?? 0) / days, 1)
            let ratio = Double(statistic.mentions) / mean
            guard statistic.mentions > 10, ratio > 5 else { return nil }
            return pattern(
                .surge, of: statistic, strength: 10 * ratio,
                "\(name(statistic)) is in \(statistic.mentions) articles of \(statistic.sources) sources in 24 h, \(Figure.plain(ratio)) times its usual."
            )
        }
    }

    /// The mean of 24 h differs by at least 0.4 from that of the seven days before, each of at least five articles. Strength: the difference in hundredths, at
    /// most 100.
    func sentimentShifts() -> [Pattern] {
        input.day.compactMap { statistic in
            guard let before = earlier[statistic.name], statistic.mentions >= 5, before.mentions >= 5 else { return nil }
            // To the rounding of a mean: 0.6 − 0.2 must be 0.4.
            let shift = ((statistic.sentiment - before.sentiment) * 1e9).rounded() / 1e9
            guard abs(shift) >= 0.4 else { return nil }
            return pattern(
                .sentimentShift, of: statistic, strength: 100 * abs(shift),
                "The news about \(name(statistic)) turned \(shift > 0 ? "brighter" : "darker"): \(Sentences.signed(statistic.sentiment)) "
                    + "over \(statistic.mentions) articles in 24 h, \(Sentences.signed(before.sentiment)) in the seven days before.")
        }
    }

    /// The means of the brightest and the darkest source lie more than 0.6 apart. Strength: half of the distance in hundredths.
    func divergences() -> [Pattern] {
        input.day.compactMap { statistic in
            let gap = statistic.highestSource - statistic.lowestSource
            guard gap > 0.6 + 1e-9 else { return nil }
            return pattern(
                .divergence, of: statistic, strength: 50 * gap,
                "Sources read \(name(statistic)) in opposite ways: the brightest at \(Sentences.signed(statistic.highestSource)), "
                    + "the darkest at \(Sentences.signed(statistic.lowestSource)), over \(statistic.mentions) articles in 24 h.")
        }
    }

    /// Days of history before the last 24 h, 0…7: since the desk met its first entity.
    private var historyDays: Double {
        guard let first = (input.day + input.earlier).map(\.firstAt).min() else { return 0 }
        let days = input.now.timeIntervalSince(first) / Self.day - 1
        return days.isFinite ? min(max(days, 0), 7) : 0
    }

    private func pattern(_ kind: Pattern.Kind, of statistic: EntityStatistic, strength: Double, _ message: String) -> Pattern? {
        pattern(kind, subject: statistic.name, strength: strength, message, articles: articlesOf[statistic.name] ?? [])
    }

    private func name(_ statistic: EntityStatistic) -> String { SafeText.line(statistic.name, limit: 80) }

    // MARK: Narratives

    /// A narrative whose first article is less than 48 h old, told by at least three sources; found once in its life. Strength: 20 for each source,
    /// at most 100.
    func emergences() -> [Pattern] {
        var byNarrative: [Int64: [EnrichedArticle]] = [:]
        for article in articles { if let home = article.narrative { byNarrative[home, default: []].append(article) } }
        return input.narratives.compactMap { narrative in
            guard input.now.timeIntervalSince(narrative.firstAt) < 2 * Self.day, narrative.sourceCount >= 3, narrative.mergedInto == nil else {
                return nil
            }
            return Pattern(
                id: "emergence:\(narrative.id)", kind: .emergence, subject: narrative.title,
                message:
                    "A new story in \(narrative.articleCount) articles of \(narrative.sourceCount) sources: \(SafeText.line(narrative.title, limit: 200))",
                strength: Double(min(20 * narrative.sourceCount, 100)), articles: (byNarrative[narrative.id] ?? []).prefix(10).map(\.id),
                at: min(narrative.lastAt, input.now))
        }
    }

    // MARK: Market events

    /// Each occurrence of a market event with the narrative that it holds hot: the one with the most of its articles, of equals the lowest number.
    func occurrences(of event: MarketEvent) -> [(pattern: Pattern, heat: PatternWatch.Heat?)] {
        let telling = articles.filter { article in
            article.nearDuplicateOf == nil && input.now.timeIntervalSince(article.at) < Self.day && event.isTold(by: MarketEvent.words(of: article))
        }
        guard event.isOfOneEntity else { return occurrence(of: event, subject: "market", telling).map { [$0] } ?? [] }
        var groups: [String: [EnrichedArticle]] = [:]
        for article in telling {
            if let nucleus = article.enrichment.nucleus, !nucleus.isEmpty { groups[nucleus, default: []].append(article) }
        }
        return groups.sorted { $0.key < $1.key }.compactMap { occurrence(of: event, subject: $0.key, $0.value) }
    }

    private func occurrence(
        of event: MarketEvent, subject: String, _ articles: [EnrichedArticle]
    ) -> (pattern: Pattern, heat: PatternWatch.Heat?)? {
        let sources = Set(articles.map(\.source)).count
        let entities = Set(articles.flatMap { $0.enrichment.mentions.map(\.name) }).count
        let amount = articles.compactMap(\.enrichment.amount).filter(\.isFinite).max() ?? 0
        let sentiments = articles.map(\.enrichment.sentiment).filter(\.isFinite)
        let sentiment = sentiments.isEmpty ? 0 : sentiments.reduce(0, +) / Double(sentiments.count)
        guard articles.count >= event.minimumArticles, sources >= event.minimumSources, entities >= event.minimumEntities else { return nil }
        guard amount >= event.minimumAmount, sentiment <= event.sentimentAtMost else { return nil }
        let about = event.isOfOneEntity ? " of \(SafeText.line(subject, limit: 80))" : ""
        let sums = amount > 0 ? ", up to \(Figure.dollars(amount))" : ""
        let strength = 100 * Double(articles.count) / Double(2 * event.minimumArticles + 2)
        let message =
            "\(event.name)\(about) in \(articles.count) articles of \(sources) sources in 24 h\(sums), naming \(entities == 1 ? "one entity" : "\(entities) entities")."
        guard let pattern = pattern(event.kind, subject: subject, strength: strength, message, articles: articles) else { return nil }
        let homes = Dictionary(articles.compactMap(\.narrative).map { ($0, 1) }, uniquingKeysWith: +)
        let hottest = homes.max { $0.value != $1.value ? $0.value < $1.value : $0.key > $1.key }
        let last = articles.map(\.at).max() ?? input.now
        return (pattern, hottest.map { PatternWatch.Heat(narrative: $0.key, until: last.addingTimeInterval(event.holdsHotHours * 3600)) })
    }

    /// Nil when the strength is no number.
    private func pattern(_ kind: Pattern.Kind, subject: String, strength: Double, _ message: String, articles: [EnrichedArticle]) -> Pattern? {
        guard strength.isFinite else { return nil }
        let at = min(articles.map(\.at).max() ?? input.now, input.now)
        return Pattern(
            id: "\(kind.rawValue):\(subject):\(UTCTime.day(of: at))", kind: kind, subject: subject, message: message,
            strength: (min(max(strength, 0), 100) * 10).rounded() / 10, articles: articles.prefix(10).map(\.id), at: at)
    }
}

/// Figures as messages show them.
enum Figure {
    /// "6.4", "12".
    static func plain(_ number: Double) -> String {
        let tenths = (min(max(number, -1e12), 1e12) * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
    }

    /// "$1.2B", "$740M", "$900K", "$12".
    static func dollars(_ amount: Double) -> String {
        for (unit, letter) in [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")] where amount >= unit { return "$" + plain(amount / unit) + letter }
        return "$" + plain(amount)
    }
}
