/// One source of the demo newsroom: the id and the shape of a real one, its text invented.
public struct DemoSource: Sendable, Equatable {
    /// What the document looks like.
    public enum Shape: Sendable { case arc, wordpress, plainRSS, atomInRSS, ghost, atom, api }

    /// What is wrong with it, if anything.
    public enum Quirk: String, Sendable {
        case none
        /// After eight hours it answers its site's page with status 200.
        case turnsToHTML
        /// Answers 304 whenever it may.
        case onlyNotModified
        /// A bot check: 429 with a challenge page.
        case botWall
        /// One entry in ten is broken XML.
        case brokenEntries
        /// Takes seconds to deliver.
        case slow
    }

    public var id: String
    public var shape: Shape
    public var quirk: Quirk
    /// Stories a day.
    public var perDay: Int
    /// Items that the document shows.
    public var window: Int
    public var note: String

    /// The thirteen, in the shipped registry's order.
    public static let all: [DemoSource] = [
        DemoSource(
            id: "coindesk-api", shape: .api, quirk: .turnsToHTML, perDay: 40, window: 50,
            note: "turns to HTML at 200 after eight hours; coindesk serves"),
        DemoSource(id: "coindesk", shape: .arc, quirk: .none, perDay: 40, window: 25, note: "carries the same articles as the API"),
        DemoSource(id: "cointelegraph", shape: .atomInRSS, quirk: .none, perDay: 60, window: 30, note: ""),
        DemoSource(id: "decrypt", shape: .plainRSS, quirk: .none, perDay: 30, window: 30, note: "empty categories"),
        DemoSource(id: "bitcoinmagazine", shape: .wordpress, quirk: .none, perDay: 12, window: 15, note: ""),
        DemoSource(id: "theblock", shape: .plainRSS, quirk: .none, perDay: 40, window: 20, note: ""),
        DemoSource(id: "cryptoslate", shape: .wordpress, quirk: .none, perDay: 36, window: 10, note: "a window of ten items"),
        DemoSource(id: "bitcoincom", shape: .wordpress, quirk: .brokenEntries, perDay: 40, window: 10, note: "every tenth entry is broken XML"),
        DemoSource(id: "dlnews", shape: .arc, quirk: .none, perDay: 24, window: 100, note: "a large body, compressed"),
        DemoSource(id: "watcherguru", shape: .wordpress, quirk: .none, perDay: 70, window: 10, note: "a window of ten items"),
        DemoSource(id: "glassnode", shape: .ghost, quirk: .onlyNotModified, perDay: 1, window: 15, note: "nothing new all day: 304, and well"),
        DemoSource(id: "messari", shape: .plainRSS, quirk: .botWall, perDay: 6, window: 20, note: "a bot wall behind 429"),
        DemoSource(id: "thedefiant", shape: .atom, quirk: .slow, perDay: 18, window: 40, note: "takes seconds to deliver"),
    ]

    /// Where its document lies on the demo's server.
    public var path: String {
        switch shape {
        case .api: "/"
        default: "/\(id)/feed"
        }
    }
}
