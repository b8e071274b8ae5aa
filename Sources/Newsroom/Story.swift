import FoundationEssentials
import Stores
import WireCore

/// A narrative while a round of clustering looks at it: with its fingerprint and what joined it in this round.
struct Story: Sendable, Equatable {
    /// With id 0 when this round founded it.
    private(set) var narrative: Narrative
    private(set) var fingerprint: Fingerprint
    /// In the order in which they joined.
    private(set) var joiners: [StoryArticle] = []

    init(_ narrative: Narrative) {
        self.narrative = narrative
        fingerprint = Fingerprint(of: narrative)
    }

    /// Founds one on articles that belong together; of `telling` each is a report of its own, the others repeat one of them. Nil when none is telling.
    init?(founding articles: [StoryArticle], telling: Set<Int64>, now: Date) {
        let reports = articles.filter { telling.contains($0.id) }.sorted { $0.id < $1.id }
        guard let first = reports.first else { return nil }
        let nucleus = Self.commonest(reports.compactMap(\.fingerprint.nucleus)) ?? ""
        let theme = Self.commonest(reports.map(\.fingerprint.theme.rawValue)).flatMap(Theme.init) ?? first.fingerprint.theme
        narrative = Narrative(
            title: first.title, nucleus: nucleus, theme: theme, actors: [], focus: [], firstAt: first.at, lastAt: first.at, updatedAt: now)
        fingerprint = Fingerprint(nucleus: nucleus, theme: theme, actors: [], focus: [])
        for article in articles.sorted(by: { $0.id < $1.id }) { take(article, isReport: telling.contains(article.id)) }
        if let headline = Self.headline(of: reports, fingerprint: fingerprint) {
            narrative.title = headline.title
            narrative.summary = headline.summary
        }
    }

    /// Takes an article in. One that only repeats another (`isReport` false) counts, but does not change what the story is about.
    mutating func take(_ article: StoryArticle, isReport: Bool) {
        if NarrativeLifecycle.isDormant(narrative, at: article.at) { comeBack(at: article.at) }
        let count = Double(narrative.articleCount)
        narrative.sentiment = (narrative.sentiment * count + article.sentiment) / (count + 1)
        if isReport {
            let gap = article.at.timeIntervalSince(narrative.lastAt)
            fingerprint.add(article.fingerprint, count: narrative.articleCount, gap: gap)
            narrative.actors = fingerprint.actors.heaviestFirst
            narrative.focus = fingerprint.focus.heaviestFirst
        }
        narrative.articleCount += 1
        narrative.firstAt = min(narrative.firstAt, article.at)
        narrative.lastAt = max(narrative.lastAt, article.at)
        joiners.append(article)
    }

    /// Notes that it was dormant until now. Its stage is judged at the end of the round; until then it is an echo.
    private mutating func comeBack(at instant: Date) {
        if narrative.stage != .dormant { narrative.dormantAt = narrative.lastAt.addingTimeInterval(NarrativeLifecycle.dormantAfter) }
        narrative.reactivatedAt = instant
        narrative.stage = .echo
    }

    /// Counts its sources and finds its busiest day, from all its articles that are known.
    mutating func count(_ sightings: [NarrativeActivity.Sighting]) {
        narrative.sourceCount = max(narrative.sourceCount, Set(sightings.map(\.source)).count)
        var days: [String: Int] = [:]
        for sighting in sightings { days[UTCTime.day(of: sighting.at), default: 0] += 1 }
        for (day, count) in days.sorted(by: { $0.key < $1.key }) where count > narrative.peakCount {
            narrative.peakDay = day
            narrative.peakCount = count
        }
    }

    /// The article that is most like the fingerprint; of equals the first.
    static func headline(of articles: [StoryArticle], fingerprint: Fingerprint) -> StoryArticle? {
        var best: (article: StoryArticle, likeness: Double)?
        for article in articles.sorted(by: { $0.id < $1.id }) where !article.title.isEmpty {
            let likeness = article.fingerprint.similarity(to: fingerprint)
            if best.map({ likeness > $0.likeness }) ?? true { best = (article, likeness) }
        }
        return best?.article
    }

    /// The most frequent; of equals the first by name.
    private static func commonest(_ names: [String]) -> String? {
        let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.max { $0.value != $1.value ? $0.value < $1.value : $0.key > $1.key }?.key
    }
}

extension UTCTime {
    /// "2026-11-24".
    static func day(of date: Date) -> String { String(text(date).prefix(10)) }
}
