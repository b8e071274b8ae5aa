import FoundationEssentials
import Stores

/// Which articles belong to which narrative, and which tell a new one: pure, and the same for the same articles in any order.
///
/// An article joins the narrative that it is most like, if it is like enough: 0.5 where the narrative's last article is less than 48 h older, else
/// 0.6, and 0.8 where the narrative is dormant, for 30 d after its last article. Articles that join nothing are put together among themselves, each compared
/// with the fingerprint that a group has so far, never with single articles of it, so that no chain of neighbours runs through the news: it joins the
/// group that it is most like, at 0.5 if that is about the same nucleus, else at 0.8. In each case the two must turn on common words
/// (``Fingerprint/likeness(to:)``), because that two articles are about Bitcoin and the markets makes no story. A group of three articles of two sources
/// is a new narrative. The whole is repeated until it changes nothing (at most ``roundCeiling`` times; news needs two or three), so that a second run
/// over what is left finds nothing either.
///
/// An article that nearly repeats another (`nearDuplicateOf`) goes where that one is and counts neither towards the three articles nor towards the two sources.
/// Equality joins, at each threshold of likeness; a gap of exactly 48 h asks for 0.6, one of exactly 30 d still joins.
enum Clustering {
    /// The bounds of a round.
    static let freshGap: TimeInterval = 48 * 3600
    static let dormantGap: TimeInterval = 30 * 86_400
    /// Stories compared with one article.
    static let candidateCeiling = 64
    static let roundCeiling = 20
    static let minimumReports = 3
    static let minimumSources = 2

    /// Articles of which each nearly repeats the first.
    private struct Pack {
        /// The one of lowest id.
        var report: StoryArticle
        var repeats: [StoryArticle] = []
        var all: [StoryArticle] { [report] + repeats }
    }

    /// A group of packs that may become a narrative.
    private struct Group {
        var fingerprint: Fingerprint
        var lastAt: Date
        var packs: [Pack]
    }

    /// All stories, in the order of `narratives`, new ones behind them; those that something joined have joiners.
    ///
    /// `homes` tells the narratives of articles outside `articles` that some of them nearly repeat.
    static func assign(_ articles: [StoryArticle], to narratives: [Narrative], homes: [Int64: Int64] = [:], now: Date) -> [Story] {
        var stories = narratives.map(Story.init)
        let numbers = Dictionary(narratives.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var (packs, placed) = pack(articles, homes: homes.compactMapValues { numbers[$0] })
        for (article, story) in placed { stories[story].take(article, isReport: false) }
        var index = StoryIndex()
        for story in stories { index.append(story.fingerprint) }
        for _ in 0..<roundCeiling {
            let waiting = packs.count
            packs = join(packs, &stories, &index)
            let founded = found(packs, now: now)
            packs = founded.left
            for story in founded.stories {
                stories.append(story)
                index.append(story.fingerprint)
            }
            if packs.count == waiting { break }
        }
        return stories
    }

    // MARK: Near-duplicates

    /// Packs by the id of their report, and the articles whose original already is in a story.
    private static func pack(_ articles: [StoryArticle], homes: [Int64: Int]) -> ([Pack], [(StoryArticle, Int)]) {
        let sorted = articles.sorted { $0.id < $1.id }
        let originals = Dictionary(sorted.map { ($0.id, $0.nearDuplicateOf) }, uniquingKeysWith: { first, _ in first })
        var packs: [Pack] = []
        var numbers: [Int64: Int] = [:]
        var placed: [(StoryArticle, Int)] = []
        var seen: Set<Int64> = []
        for article in sorted where seen.insert(article.id).inserted {
            let root = root(of: article, originals: originals)
            if root != article.id, let home = homes[root] {
                placed.append((article, home))
            } else if let number = numbers[root] {
                packs[number].repeats.append(article)
            } else {
                numbers[root] = packs.count
                packs.append(Pack(report: article))
            }
        }
        return (packs, placed)
    }

    /// The end of the chain of originals, at most sixteen steps; in a ring the lowest id met.
    private static func root(of article: StoryArticle, originals: [Int64: Int64?]) -> Int64 {
        var (root, lowest) = (article.id, article.id)
        for _ in 0..<16 {
            guard let next = originals[root] ?? nil, next != root else { return root }
            root = next
            lowest = min(lowest, root)
        }
        return lowest
    }

    // MARK: Joining and founding

    /// Puts packs into the stories that they are most like; returns those that are like none.
    private static func join(_ packs: [Pack], _ stories: inout [Story], _ index: inout StoryIndex) -> [Pack] {
        packs.filter { pack in
            guard let best = mostAlike(pack.report, stories, &index) else { return true }
            let old = stories[best].fingerprint
            stories[best].take(pack.report, isReport: true)
            for article in pack.repeats { stories[best].take(article, isReport: false) }
            index.update(best, from: old, to: stories[best].fingerprint)
            return false
        }
    }

    private static func mostAlike(_ article: StoryArticle, _ stories: [Story], _ index: inout StoryIndex) -> Int? {
        best(of: index.candidates(for: article.fingerprint, ceiling: candidateCeiling)) { number in
            let likeness = article.fingerprint.likeness(to: stories[number].fingerprint)
            guard likeness.isSameMatter, let least = threshold(stories[number].narrative, at: article.at) else { return nil }
            return likeness.similarity >= least ? likeness.similarity : nil
        }
    }

    /// How like a narrative an article of this instant must be; nil when it cannot join at all.
    static func threshold(_ narrative: Narrative, at instant: Date) -> Double? {
        let gap = instant.timeIntervalSince(narrative.lastAt)
        if NarrativeLifecycle.isDormant(narrative, at: instant) { return gap <= dormantGap ? 0.8 : nil }
        return gap < freshGap ? 0.5 : 0.6
    }

    /// Groups packs among themselves; a group that is large enough becomes a story.
    private static func found(_ packs: [Pack], now: Date) -> (stories: [Story], left: [Pack]) {
        var groups: [Group] = []
        var index = StoryIndex()
        for pack in packs {
            let fingerprint = pack.report.fingerprint
            let home = best(of: index.candidates(for: fingerprint, ceiling: candidateCeiling)) { number in
                let group = groups[number].fingerprint
                let likeness = fingerprint.likeness(to: group)
                let least = fingerprint.nucleus != nil && fingerprint.nucleus == group.nucleus ? 0.5 : 0.8
                return likeness.isSameMatter && likeness.similarity >= least ? likeness.similarity : nil
            }
            if let home {
                let old = groups[home].fingerprint
                let gap = pack.report.at.timeIntervalSince(groups[home].lastAt)
                groups[home].fingerprint.add(fingerprint, count: groups[home].packs.count, gap: gap)
                groups[home].lastAt = max(groups[home].lastAt, pack.report.at)
                groups[home].packs.append(pack)
                index.update(home, from: old, to: groups[home].fingerprint)
            } else {
                groups.append(Group(fingerprint: fingerprint, lastAt: pack.report.at, packs: [pack]))
                index.append(fingerprint)
            }
        }
        var stories: [Story] = []
        var left: [Pack] = []
        for group in groups {
            let isStory = group.packs.count >= minimumReports && Set(group.packs.map(\.report.source)).count >= minimumSources
            if isStory, let story = Story(founding: group.packs.flatMap(\.all), telling: Set(group.packs.map(\.report.id)), now: now) {
                stories.append(story)
            } else {
                left += group.packs
            }
        }
        return (stories, left.sorted { $0.report.id < $1.report.id })
    }

    /// The candidate of the highest value; of equals the lowest number.
    static func best(of candidates: [Int], value: (Int) -> Double?) -> Int? {
        var best: (number: Int, value: Double)?
        for number in candidates {
            guard let value = value(number) else { continue }
            guard let top = best else {
                best = (number, value)
                continue
            }
            if value > top.value || (value == top.value && number < top.number) { best = (number, value) }
        }
        return best?.number
    }
}
