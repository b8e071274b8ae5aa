public import Fetch
public import FoundationEssentials
public import WireCore

/// Guesses from an answer how a JSON API can be read: where its items are and which field is which. Pure; what it proposes is for a person to
/// look at.
public struct JSONShape: Sendable {
    public var configuration: JSONAPIConfiguration
    /// The items that the proposal gives of this answer.
    public var items: [Item]

    /// Nil when the document is no JSON, or holds no list whose entries have something to know them by.
    public init?(_ document: Document, now: Date) {
        let context = PollContext(now: now, state: nil, ceilings: Ceilings())
        guard let root = try? APIAnswer.json(document, context) else { return nil }
        let candidates = Self.lists(in: root, at: .root, depth: 0).prefix(Self.mostLists).map { Candidate($0.entries, at: $0.pointer) }
        guard let best = candidates.max(by: { $0.score < $1.score }), best.score > 0 else { return nil }
        var configuration = JSONAPIConfiguration()
        configuration.items = best.pointer
        configuration.fields = best.fields
        configuration.paging = Self.paging(root, document)
        guard let page = try? Self.read(document, configuration, context), !page.items.isEmpty else { return nil }
        configuration.order = Self.order(of: page.items)
        self.configuration = configuration
        items = page.items
    }

    private static let mostLists = 64

    private static func read(_ document: Document, _ configuration: JSONAPIConfiguration, _ context: PollContext) throws(ReadFailure) -> Page {
        let adapter = JSONAPIAdapter(url: document.url, configuration: configuration)
        return try adapter.read(document, of: adapter.firstRequest(context), context)
    }

    private static func order(of items: [Item]) -> JSONAPIConfiguration.Order {
        let times = items.compactMap(\.publishedAt)
        guard times.count > 1, times.count == items.count else { return .newestFirst }
        if zip(times, times.dropFirst()).allSatisfy({ $0 >= $1 }) { return .newestFirst }
        return zip(times, times.dropFirst()).allSatisfy { $0 <= $1 } ? .oldestFirst : .none
    }

    /// Every list of objects, the outermost first.
    private static func lists(in node: JSONNode, at pointer: JSONPointer, depth: Int) -> [(pointer: JSONPointer, entries: [JSONNode])] {
        guard depth < 6 else { return [] }
        if let elements = node.array {
            let objects = elements.prefix(20).filter { $0.object != nil }
            return objects.isEmpty ? [] : [(pointer, objects)]
        }
        return (node.object ?? []).prefix(200).flatMap { lists(in: $0.node, at: pointer.appending($0.key), depth: depth + 1) }
    }

    private static func paging(_ root: JSONNode, _ document: Document) -> JSONAPIConfiguration.Paging? {
        if LinkHeader.next(in: document.headers) != nil { return .init(by: .link(nil)) }
        let places = [
            "/next", "/next_page", "/nextPage", "/next_url", "/nextUrl", "/next_page_url", "/nextPageUrl", "/nextLink", "/@odata.nextLink",
            "/links/next",
            "/_links/next/href", "/pagination/next", "/pagination/next_url", "/paging/next", "/meta/next", "/response/next",
        ]
        let found = places.compactMap { JSONPointer($0) }.first { place in
            place.find(in: root)?.string.map { $0.hasPrefix("http") || $0.hasPrefix("/") || $0.hasPrefix("?") } ?? false
        }
        return found.map { .init(by: .link($0)) }
    }
}

extension FieldMap {
    /// The fields that entries seem to have, by their names and by what they hold.
    static func guessed(from entries: [JSONNode]) -> FieldMap { Candidate(entries, at: .root).fields }
}

/// A list that may be the one, with the fields that its entries seem to have.
private struct Candidate {
    let pointer: JSONPointer
    private(set) var fields = FieldMap()
    private(set) var score = 0

    init(_ entries: [JSONNode], at pointer: JSONPointer) {
        self.pointer = pointer
        let leaves = Leaf.all(in: entries)
        for field in FieldMap.Field.allCases {
            guard let leaf = Self.best(for: field, among: leaves) else { continue }
            fields[field] = FieldRule(leaf.pointer)
        }
        guard fields.identifies else { return }
        // A title and an address make news; a date makes it likely; long lists are likelier than short ones.
        let weights: [(FieldMap.Field, Int)] = [(.title, 30), (.url, 20), (.publishedAt, 20), (.id, 10), (.summary, 5), (.author, 3)]
        score = weights.reduce(min(entries.count, 9)) { $0 + (fields[$1.0] == nil ? 0 : $1.1) }
    }

    private static func best(for field: FieldMap.Field, among leaves: [Leaf]) -> Leaf? {
        let names = names[field] ?? []
        let rated = leaves.compactMap { leaf -> (leaf: Leaf, rank: Int)? in
            guard let rank = names.firstIndex(of: leaf.name) ?? names.firstIndex(of: leaf.owner).flatMap({ Self.isName(leaf, of: field) ? $0 : nil }),
                leaf.suits(field)
            else { return nil }
            return (leaf, rank * 4 + leaf.depth * 6)
        }
        return rated.min { $0.rank < $1.rank }?.leaf
    }

    /// `author/name` and the like.
    private static func isName(_ leaf: Leaf, of field: FieldMap.Field) -> Bool {
        field == .author && ["name", "login", "username", "displayname", "fullname"].contains(leaf.name)
    }

    /// What fields are called, without capitals and separators; the likeliest first.
    private static let names: [FieldMap.Field: [String]] = [
        .id: ["id", "guid", "uuid", "objectid", "articleid", "nodeid", "documentnumber", "key", "slug", "shortid"],
        .title: ["title", "headline", "webtitle", "storytitle", "subject", "fulltitle", "name", "label"],
        .url: ["url", "link", "weburl", "htmlurl", "webpageurl", "articleurl", "permalink", "canonicalurl", "href", "shareurl", "sourceurl", "uri"],
        .author: ["author", "authors", "byline", "creator", "owner", "by", "user", "authorname", "username", "submitteruser"],
        .publishedAt: [
            "publishedat", "published", "publishedon", "pubdate", "publishdate", "publicationdate", "webpublicationdate", "datepublished",
            "createdat",
            "createdutc", "creationdate", "created", "publishedutc", "timepublished", "datetime", "date", "time", "timestamp", "seendate",
            "createdati",
        ],
        .updatedAt: ["updatedat", "updated", "lastmodified", "modified", "datemodified", "lastupdated"],
        .summary: ["summary", "description", "abstract", "excerpt", "snippet", "trailtext", "teaser", "subtitle", "lead", "selftext"],
        .content: ["content", "contenthtml", "body", "html", "bodyhtml", "text", "fulltext", "storytext"],
        .categories: ["tags", "categories", "category", "keywords", "topics", "taglist", "section", "sectionname", "newssite"],
        .enclosures: ["imageurl", "urltoimage", "image", "thumbnailurl", "coverimage", "thumbnail"],
    ]
}

/// A member of the entries, over all of them.
private struct Leaf {
    var pointer: JSONPointer
    /// Lower case, letters and digits only.
    var name: String
    /// The same of the object that holds it.
    var owner: String
    var depth: Int
    var values: [JSONNode]

    static func all(in entries: [JSONNode]) -> [Leaf] {
        var leaves: [String: Leaf] = [:]
        var order: [String] = []
        func visit(_ node: JSONNode, _ pointer: JSONPointer, _ name: String, _ owner: String, _ depth: Int) {
            if let members = node.object {
                guard depth < 3 else { return }
                for member in members.prefix(100) { visit(member.node, pointer.appending(member.key), plain(member.key), name, depth + 1) }
            } else if !node.isNull {
                if leaves[pointer.text] == nil { order.append(pointer.text) }
                leaves[pointer.text, default: Leaf(pointer: pointer, name: name, owner: owner, depth: depth, values: [])].values.append(node)
            }
        }
        for entry in entries { visit(entry, .root, "", "", 0) }
        return order.compactMap { leaves[$0] }
    }

    private static func plain(_ key: String) -> String { key.lowercased().filter { $0.isLetter || $0.isNumber } }

    private var texts: [String] { values.compactMap { $0.string ?? $0.number } }

    /// True when what it holds is what the field must be.
    func suits(_ field: FieldMap.Field) -> Bool {
        switch field {
        case .id: return texts.count == values.count && Set(texts).count == texts.count
        case .url, .enclosures: return !texts.isEmpty && texts.allSatisfy { $0.isEmpty || $0.hasPrefix("http") || $0.hasPrefix("/") }
        case .publishedAt, .updatedAt: return !texts.isEmpty && texts.allSatisfy { DateForm.automatic.date(of: $0) != nil }
        case .author, .categories: return values.contains { $0.string != nil || $0.array?.isEmpty == false }
        case .title, .summary, .content: return values.contains { $0.string?.isEmpty == false }
        }
    }
}
