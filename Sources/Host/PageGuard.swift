import SourcePlugins
import Stores
import WireCore

/// Why a poll ended where it did. Every way to end has its name; the raw values are kept in the poll's record.
public enum PollEnd: String, Sendable, Equatable, Codable {
    /// The adapter wanted nothing more.
    case complete
    /// The adapter asked for a page that this poll has asked for already.
    case tokenSeen = "token_seen"
    /// A document came that this poll has read already, byte for byte.
    case pageSeen = "page_seen"
    /// A page held nothing that this poll had not read before.
    case nothingNew = "nothing_new"
    /// A time cursor did not move strictly backwards.
    case cursorStuck = "cursor_stuck"
    /// The ceiling on attempts, pages or items.
    case attempts, pages, items
    /// A failure; the outcome says which.
    case failed
    /// Nothing was asked: the breaker refused, or the entry cannot work.
    case refused

    /// True when the source, not the desk's own plan, ran on: such a poll is told as `ceiling`.
    var isRunaway: Bool {
        switch self {
        case .tokenSeen, .pageSeen, .cursorStuck, .attempts, .pages, .items: true
        case .complete, .nothingNew, .failed, .refused: false
        }
    }

    /// One line for people.
    func message(_ ceilings: Ceilings) -> String {
        switch self {
        case .complete, .failed, .refused: ""
        case .tokenSeen: "the source leads to a page that was read before; stopped there"
        case .pageSeen: "the source gave the same page again; stopped there"
        case .nothingNew: "the next page held nothing new"
        case .cursorStuck: "the source's time cursor does not move on; stopped there"
        case .attempts: "stopped at the ceiling of \(ceilings.attempts) attempts"
        case .pages: "stopped at the ceiling of \(ceilings.pages) pages"
        case .items: "stopped at the ceiling of \(ceilings.items) items"
        }
    }
}

/// Decides, page by page, whether a poll may go on. Pure; law 1 in one place: a set of what was seen and ceilings, both, because a
/// source with ever new tokens defeats the set, and a long honest archive a low ceiling.
struct PageGuard {
    let ceilings: Ceilings
    private(set) var pages = 0
    private(set) var items = 0
    private var requests: Set<String> = []
    private var bodies: Set<UInt64> = []
    private var identities: Set<String> = []
    private var cursor: Int?

    init(ceilings: Ceilings) { self.ceilings = ceilings }

    /// Asked before each page; nil lets it be fetched.
    mutating func admit(_ request: PageRequest) -> PollEnd? {
        guard pages < ceilings.pages else { return .pages }
        guard requests.insert(request.token ?? request.url).inserted else { return .tokenSeen }
        guard let next = request.cursor else { return nil }
        if let cursor, next >= cursor { return .cursorStuck }
        cursor = next
        return nil
    }

    /// Asked with each page's bytes; nil lets them be read.
    mutating func admit(body: [UInt8]) -> PollEnd? {
        pages += 1
        return bodies.insert(Self.hash(body)).inserted ? nil : .pageSeen
    }

    /// Takes a page's items: those that this poll has not had yet, as many as the ceiling leaves, and whether to stop there.
    mutating func take(_ page: Page) -> (items: [Item], end: PollEnd?) {
        var fresh: [Item] = []
        for item in page.items {
            let identity = item.id ?? item.url ?? "\(item.title ?? "")\u{0}\(item.summary ?? item.content ?? "")"
            // The first page is taken whole: what is there twice is for the store to count.
            guard pages <= 1 || !identities.contains(identity) else { continue }
            identities.insert(identity)
            guard items < ceilings.items else { return (fresh, .items) }
            items += 1
            fresh.append(item)
        }
        if page.isTruncated { return (fresh, .items) }
        if fresh.isEmpty, pages > 1 { return (fresh, .nothingNew) }
        return (fresh, nil)
    }

    /// FNV-1a, 64 bits, over at most 64 KiB and the length: enough to know a page again.
    /// Source: Fowler, Noll, Vo; draft-eastlake-fnv.
    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes.prefix(64 << 10) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return (hash ^ UInt64(bytes.count)) &* 0x100_0000_01B3
    }
}
