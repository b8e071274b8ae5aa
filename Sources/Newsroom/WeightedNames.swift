public import Stores

/// Names with weights above 0 and up to 1, kept by name so that two of them are compared in one walk.
public struct WeightedNames: Sendable, Equatable {
    /// By name, each once.
    private(set) var entries: [Weighted] = []
    /// The Euclidean length of the weights.
    private var norm = 0.0

    /// Weights below this one are forgotten: what only one of fifty articles says.
    static let faintest = 0.02

    /// Takes the heaviest, at most `ceiling`, of equal weights the first by name. Of a name given twice the greater weight holds; empty names, names
    /// beyond 80 bytes and weights that are no number, or not above ``faintest``, are left out; weights beyond 1 become 1.
    init(_ names: [Weighted], ceiling: Int) {
        var weights: [String: Double] = [:]
        for item in names where !item.name.isEmpty && item.name.utf8.count <= 80 && item.weight.isFinite {
            weights[item.name] = max(weights[item.name] ?? 0, min(item.weight, 1))
        }
        var kept = weights.filter { $0.value >= Self.faintest }.map { Weighted($0.key, $0.value) }
        if kept.count > ceiling { kept = Array(kept.sorted(by: Self.isHeavier).prefix(ceiling)) }
        entries = kept.sorted { $0.name < $1.name }
        norm = entries.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
    }

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }
    public var heaviestFirst: [Weighted] { entries.sorted(by: Self.isHeavier) }

    private static func isHeavier(_ a: Weighted, _ b: Weighted) -> Bool { a.weight != b.weight ? a.weight > b.weight : a.name < b.name }

    /// The cosine of the angle between the two, 0 (nothing in common) to 1 (the same in the same proportions), and how many names both have.
    func overlap(with other: Self) -> (cosine: Double, shared: Int) {
        var (i, j, product, shared) = (0, 0, 0.0, 0)
        while i < entries.count, j < other.entries.count {
            if entries[i].name == other.entries[j].name {
                product += entries[i].weight * other.entries[j].weight
                shared += 1
                i += 1
                j += 1
            } else if entries[i].name < other.entries[j].name {
                i += 1
            } else {
                j += 1
            }
        }
        return (shared == 0 ? 0 : min(product / (norm * other.norm), 1), shared)
    }

    /// The weighted mean of the two: a name that only one has counts as 0 in the other. Kept to four decimals.
    func blended(with other: Self, mass: Double, otherMass: Double, ceiling: Int) -> Self {
        let total = mass + otherMass
        guard total > 0 else { return self }
        var sums: [String: Double] = [:]
        for item in entries { sums[item.name, default: 0] += item.weight * mass }
        for item in other.entries { sums[item.name, default: 0] += item.weight * otherMass }
        return Self(sums.map { Weighted($0.key, ($0.value / total * 10_000).rounded() / 10_000) }, ceiling: ceiling)
    }
}
