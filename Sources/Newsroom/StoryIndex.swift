import Stores

/// Finds the stories that share focus words with an article, without looking at the others.
///
/// An inverted index: for each word the stories that have it. A story that has lost a word since is found by it all the same; the comparison of the
/// fingerprints decides.
struct StoryIndex {
    private var stories: [String: [Int]] = [:]
    private var nuclei: [String?] = []
    /// Shared words by story; zero between two questions.
    private var counts: [Int] = []

    /// The next number is the next story's: 0, 1, 2….
    mutating func append(_ fingerprint: Fingerprint) {
        for item in fingerprint.focus.entries { stories[item.name, default: []].append(nuclei.count) }
        nuclei.append(fingerprint.nucleus)
        counts.append(0)
    }

    /// A story's words have changed.
    mutating func update(_ story: Int, from old: Fingerprint, to new: Fingerprint) {
        let known = Set(old.focus.entries.map(\.name))
        for item in new.focus.entries where !known.contains(item.name) { stories[item.name, default: []].append(story) }
    }

    /// At most `ceiling` stories, those with the most shared words first; the same nucleus counts as two words. Of equals the lower number first.
    mutating func candidates(for fingerprint: Fingerprint, ceiling: Int) -> [Int] {
        var found: [Int] = []
        for item in fingerprint.focus.entries {
            for story in stories[item.name] ?? [] {
                if counts[story] == 0 { found.append(story) }
                counts[story] += 1
            }
        }
        var ranks = [[Int]](repeating: [], count: Fingerprint.wordCeiling + 3)
        for story in found {
            let bonus = fingerprint.nucleus != nil && nuclei[story] == fingerprint.nucleus ? 2 : 0
            ranks[min(counts[story] + bonus, ranks.count - 1)].append(story)
            counts[story] = 0
        }
        var best: [Int] = []
        for rank in ranks.reversed() where best.count < ceiling {
            best += rank.sorted().prefix(ceiling - best.count)
        }
        return best
    }
}
