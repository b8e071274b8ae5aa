package import FoundationEssentials
package import WireCore

/// The titles of the last 72 hours, in memory: where a new article finds what it resembles.
///
/// Kept out of the engines' files, where its scattered keys would cost more writing than all the rest of an article. Only heads of families are
/// in it (articles that are no near duplicates themselves), so that a crowd of like titles stays cheap. How it comes to know what was added,
/// by whichever process, is each engine's own affair.
package struct TitleHeads {
    private struct Head {
        var source: String
        var seenAt: Int64
        var words: [UInt64]
    }

    /// More are not remembered, the oldest go first: about 20 MB.
    package static let most = 50_000
    /// Heads under one key: few share one by accident; the bound is for those who do it on purpose.
    private static let mostOfKey = 8
    private static let horizon = Int64(Resemblance.horizon.milliseconds)

    private var heads: [Int64: Head] = [:]
    private var byKey: [Int64: [Int64]] = [:]
    /// The heads' ids, oldest first from `oldest` on.
    private var order: [Int64] = []
    private var oldest = 0

    package init() {}

    /// Who was seen before, in milliseconds since 1970, resembles nothing that is new at `instant`.
    package static func horizon(at instant: Date) -> Int64 { instant.milliseconds - horizon }

    package func contains(_ id: Int64) -> Bool { heads[id] != nil }

    /// Adds a head; false when its title says too little to be compared.
    package mutating func add(_ id: Int64, title: String, source: String, seenAt: Int64) -> Bool {
        let words = Resemblance.words(of: title)
        let keys = Resemblance.keys(of: words)
        guard !keys.isEmpty else { return false }
        heads[id] = Head(source: source, seenAt: seenAt, words: words)
        order.append(id)
        for key in keys {
            let others = byKey[key] ?? []
            // One of each source, so that no source can crowd the others out.
            guard others.count < Self.mostOfKey, !others.contains(where: { heads[$0]?.source == source }) else { continue }
            byKey[key, default: []].append(id)
        }
        return true
    }

    /// Takes back what was added last.
    package mutating func takeBack(_ id: Int64) {
        remove(id)
        if order.count > oldest, order.last == id { order.removeLast() }
    }

    /// Forgets what lies behind the horizon, and the oldest of too many.
    package mutating func forgetOld(at instant: Date) {
        let horizon = Self.horizon(at: instant)
        while let id = order.dropFirst(oldest).first, order.count - oldest > Self.most || (heads[id]?.seenAt ?? 0) < horizon {
            remove(id)
            oldest += 1
        }
        if oldest > order.count / 2 {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    /// The earliest head that another source brought within the horizon and whose title resembles the draft's. Articles of one
    /// source are never linked with each other: a series ("Market report for Monday") is no duplicate.
    package func head(resembling draft: ArticleDraft, notOf source: SourceID, at instant: Date) -> Int64? {
        let candidates = Set(draft.resemblance.flatMap { byKey[$0] ?? [] })
        guard !candidates.isEmpty, let title = draft.item.title else { return nil }
        let words = Resemblance.words(of: title)
        return candidates.sorted().first { id in
            guard let head = heads[id], head.source != source.text else { return false }
            return abs(instant.milliseconds - head.seenAt) <= Self.horizon
                && Resemblance.jaccard(words, head.words) >= Resemblance.threshold
        }
    }

    private mutating func remove(_ id: Int64) {
        for key in Resemblance.keys(of: heads[id]?.words ?? []) {
            let others = (byKey[key] ?? []).filter { $0 != id }
            byKey[key] = others.isEmpty ? nil : others
        }
        heads[id] = nil
    }
}
