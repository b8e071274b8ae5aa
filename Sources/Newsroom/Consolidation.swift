import FoundationEssentials
import Stores

/// Which narratives tell the same story: pure, and the same for the same narratives in any order.
///
/// Two narratives with the same nucleus and theme and a likeness of at least 0.9 become one, the older: of equal age the one of lower number.
/// It takes in everything: fingerprint, counts, first and last article, what holds it hot. The whole is repeated until nothing is alike, so
/// that every narrative that is taken in goes to one that stays.
enum Consolidation {
    static let threshold = 0.9

    /// One that stays, with the numbers of those that it took in.
    struct Survivor: Equatable {
        var narrative: Narrative
        fileprivate var fingerprint: Fingerprint
        var parts: [Int64] = []
    }

    /// Those that took others in, the oldest first.
    static func merge(_ narratives: [Narrative]) -> [Survivor] {
        let sorted = narratives.sorted { $0.firstAt != $1.firstAt ? $0.firstAt < $1.firstAt : $0.id < $1.id }
        var survivors = sorted.map { Survivor(narrative: $0, fingerprint: Fingerprint(of: $0)) }
        while true {
            let count = survivors.count
            survivors = round(survivors)
            if survivors.count == count { break }
        }
        return survivors.filter { !$0.parts.isEmpty }
    }

    private static func round(_ survivors: [Survivor]) -> [Survivor] {
        var kept: [Survivor] = []
        var index = StoryIndex()
        for survivor in survivors {
            let home = Clustering.best(of: index.candidates(for: survivor.fingerprint, ceiling: Clustering.candidateCeiling)) { number in
                let other = kept[number].fingerprint
                guard other.nucleus == survivor.fingerprint.nucleus, other.theme == survivor.fingerprint.theme else { return nil }
                let likeness = survivor.fingerprint.likeness(to: other)
                return likeness.isSameMatter && likeness.similarity >= threshold ? likeness.similarity : nil
            }
            if let home {
                let old = kept[home].fingerprint
                kept[home].takeIn(survivor)
                index.update(home, from: old, to: kept[home].fingerprint)
            } else {
                kept.append(survivor)
                index.append(survivor.fingerprint)
            }
        }
        return kept
    }
}

extension Consolidation.Survivor {
    /// The sources and the busiest day of both together are counted by whoever can read the articles; until then the greater figure stands.
    fileprivate mutating func takeIn(_ other: Self) {
        let (mine, its) = (narrative, other.narrative)
        fingerprint.merge(other.fingerprint, counts: (mine.articleCount, its.articleCount), lasts: (mine.lastAt, its.lastAt))
        narrative.actors = fingerprint.actors.heaviestFirst
        narrative.focus = fingerprint.focus.heaviestFirst
        let total = Double(mine.articleCount + its.articleCount)
        if total > 0 {
            narrative.sentiment = (mine.sentiment * Double(mine.articleCount) + its.sentiment * Double(its.articleCount)) / total
        }
        narrative.articleCount += its.articleCount
        narrative.sourceCount = max(mine.sourceCount, its.sourceCount)
        if its.peakCount > mine.peakCount { (narrative.peakDay, narrative.peakCount) = (its.peakDay, its.peakCount) }
        narrative.firstAt = min(mine.firstAt, its.firstAt)
        narrative.lastAt = max(mine.lastAt, its.lastAt)
        narrative.hotUntil = [mine.hotUntil, its.hotUntil].compactMap(\.self).max()
        narrative.dormantAt = [mine.dormantAt, its.dormantAt].compactMap(\.self).max()
        narrative.reactivatedAt = [mine.reactivatedAt, its.reactivatedAt].compactMap(\.self).max()
        if mine.stage == .dormant, its.stage != .dormant {
            // The other is how it came back.
            narrative.stage = .echo
            narrative.reactivatedAt = max(its.reactivatedAt ?? its.firstAt, mine.lastAt)
        }
        parts += [its.id] + other.parts
    }
}
