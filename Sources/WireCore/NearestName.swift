/// Finds the name that was meant.
public enum NearestName {
    /// The candidate nearest to `name` by edit distance, or nil when none is near enough to be a likely slip
    /// (more than a third of its letters, or more than three edits).
    public static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8.prefix(64))
        let limit = max(1, min(3, wanted.count / 3 + 1))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(wanted, Array(candidate.lowercased().utf8.prefix(64)))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// The `count` candidates nearest to `name`, best first, however far; of equally near ones the alphabetically first.
    public static func ranked(_ name: String, among candidates: some Sequence<String>, count: Int) -> [String] {
        let wanted = Array(name.lowercased().utf8.prefix(64))
        let rated = Set(candidates).map { (name: $0, distance: distance(wanted, Array($0.lowercased().utf8.prefix(64)))) }
        return rated.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(count).map(\.name)
    }

    /// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours each count one.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [Int](repeating: 0, count: b.count + 1)
            row[0] = i
            for j in 1...b.count {
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
