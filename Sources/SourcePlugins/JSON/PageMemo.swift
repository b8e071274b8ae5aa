import FoundationEssentials
import WireCore

/// What a page's reader must know of the pages before it: how many there were, how many entries they held, and the newest instant.
struct PageMemo: Equatable {
    private(set) var index = 0
    private(set) var seen = 0
    /// Milliseconds since 1970.
    private(set) var newest: Int?

    init() {}

    /// As ``text`` wrote it; anything else counts as the first page's.
    init(_ text: String?) {
        let parts = (text ?? "").split(separator: ",").map { Int($0) }
        guard parts.count == 3, let index = parts[0], let seen = parts[1], let newest = parts[2] else { return }
        (self.index, self.seen, self.newest) = (index, seen, newest == 0 ? nil : newest)
    }

    var text: String { "\(index),\(seen),\(newest ?? 0)" }

    /// Takes in what a page held. What is dated later than `now` counts as of now: a single entry from the future must not hide those that
    /// appear until then.
    mutating func note(_ items: [Item], now: Date) {
        let times = items.compactMap(\.publishedAt).map { Int(($0.timeIntervalSince1970 * 1000).rounded(.down)) }
        let present = Int(now.timeIntervalSince1970 * 1000)
        let past = times.filter { $0 <= present }.max() ?? (times.isEmpty ? nil : present)
        newest = [past, newest].compactMap { $0 }.max()
    }

    /// The memo for the next page.
    func following(_ count: Int) -> PageMemo {
        var next = self
        next.index += 1
        next.seen += count
        return next
    }
}

/// What an earlier poll knew: the newest entry's time, or, where entries have no dates, the marks of the first page's.
struct Bookmark {
    private(set) var newest: Date?
    private var marks: Set<String> = []

    private static let mostMarks = 64
    private static let prefix = "marks:"

    /// A time in the future, left behind by an entry with a false date, counts as none.
    init(_ context: PollContext) {
        guard let state = context.state else { return }
        if state.hasPrefix(Self.prefix) {
            marks = Set(state.dropFirst(Self.prefix.count).split(separator: ",").map(String.init))
        } else if let number = Int(state), number > 0 {
            let date = Date(timeIntervalSince1970: Double(number) / 1000)
            newest = date <= context.now ? date : nil
        }
    }

    /// True when one of the items was on the first page of the last poll.
    func knows(_ items: [Item]) -> Bool { items.contains { marks.contains(Self.mark(of: $0)) } }

    /// The state that a page leaves behind; nil where there is nothing to keep.
    func moved(by memo: PageMemo, isFirst: Bool, items: [Item]) -> String? {
        if let latest = memo.newest { return String(max(latest, newest.map { Int($0.timeIntervalSince1970 * 1000) } ?? 0)) }
        guard isFirst, !items.isEmpty else { return nil }
        return Self.prefix + items.prefix(Self.mostMarks).map(Self.mark).joined(separator: ",")
    }

    /// FNV-1a, 64 bits, of what tells an item from the others. Source: Fowler, Noll, Vo.
    private static func mark(of item: Item) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in (item.id ?? item.url ?? item.title ?? "").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 36)
    }
}
