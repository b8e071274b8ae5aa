import Foundation
public import SourcePlugins
import WireCore

/// A page that a source under test understands, made anew for each request.
public enum TestDocument: Sendable {
    /// A file with places to fill in: `{{n}}` the page's number, `{{time}}` an instant (RFC 3339), `{{seconds}}` the same since 1970, `{{next}}`
    /// the next page's address, empty where there is none.
    case text(String)
    /// RSS 2.0.
    case feed
    /// `{"items":[…],"next":"…"}`, items under their own names.
    case neutral
    /// The CoinDesk Data API's list of so many articles.
    case coindesk(Int)
    /// As a registry's entry of kind `json` describes it.
    case api(JSONAPIConfiguration)

    /// What tells one page from another.
    struct Numbers {
        var page = 1
        /// Seconds since 1970 of its newest item.
        var time: Int
        var next = ""
    }

    func page(_ numbers: Numbers) -> [UInt8] {
        switch self {
        case .text(let text): Array(Self.filled(text, numbers).utf8)
        case .feed: Array(Self.filled(Self.feedText, numbers).utf8)
        case .neutral: Array(Self.filled(Self.neutralText, numbers).utf8)
        case .coindesk(let count): Self.coindesk(count, numbers)
        case .api(let configuration): APIPage(configuration, numbers).bytes
        }
    }

    private static func filled(_ text: String, _ numbers: Numbers) -> String {
        let instant = UTCTime.text(Date(timeIntervalSince1970: Double(numbers.time)))
        return text.replacing("{{n}}", with: String(numbers.page)).replacing("{{time}}", with: instant)
            .replacing("{{seconds}}", with: String(numbers.time)).replacing("{{next}}", with: numbers.next)
    }

    private static let feedText = """
        <?xml version="1.0"?><rss version="2.0"><channel><title>Test</title><link>https://news.example/</link>
        <item><guid>{{n}}-1</guid><title>Story {{n}}-1</title><link>https://news.example/{{n}}-1</link></item>
        <item><guid>{{n}}-2</guid><title>Story {{n}}-2</title><link>https://news.example/{{n}}-2</link></item>
        </channel></rss>
        """

    private static let neutralText = """
        {"items":[{"id":"{{n}}-1","title":"Story {{n}}-1","url":"https://news.example/{{n}}-1","publishedAt":"{{time}}"},\
        {"id":"{{n}}-2","title":"Story {{n}}-2","url":"https://news.example/{{n}}-2","publishedAt":"{{time}}"}],"next":"{{next}}"}
        """

    private static func coindesk(_ count: Int, _ numbers: Numbers) -> [UInt8] {
        // A full page asks for another; the last one is not full.
        let entries = (1...max(1, numbers.next.isEmpty ? count - 1 : count)).map { index in
            let name = "\(numbers.page)-\(index)"
            return "{\"GUID\":\"\(name)\",\"TITLE\":\"Story \(name)\",\"URL\":\"https://news.example/\(name)\",\"PUBLISHED_ON\":\(numbers.time)}"
        }
        return Array("{\"Data\":[\(entries.joined(separator: ","))],\"Err\":{}}".utf8)
    }
}

/// A page of an API that is known by its description alone.
private struct APIPage {
    private let configuration: JSONAPIConfiguration
    private let numbers: TestDocument.Numbers

    init(_ configuration: JSONAPIConfiguration, _ numbers: TestDocument.Numbers) {
        self.configuration = configuration
        self.numbers = numbers
    }

    /// A value by its place.
    private indirect enum Tree {
        case leaf(JSONValue)
        case branch([(key: String, tree: Tree)])

        mutating func set(_ steps: ArraySlice<String>, _ value: Tree) {
            guard let key = steps.first else { return self = value }
            var members: [(key: String, tree: Tree)] = []
            if case .branch(let present) = self { members = present }
            var child = members.first { $0.key == key }?.tree ?? .branch([])
            child.set(steps.dropFirst(), value)
            members.removeAll { $0.key == key }
            self = .branch(members + [(key, child)])
        }

        var node: JSONNode {
            switch self {
            case .leaf(let value): return JSONNode(value: value, range: 0..<0)
            case .branch(let members):
                let isList = !members.isEmpty && members.allSatisfy { Int($0.key) != nil }
                if isList { return JSONNode(value: .array(members.map(\.tree.node)), range: 0..<0) }
                return JSONNode(value: .object(members.map { JSONMember(key: $0.key, keyRange: 0..<0, node: $0.tree.node) }), range: 0..<0)
            }
        }
    }

    var bytes: [UInt8] {
        var root = Tree.branch([])
        // A full page asks for another; the last one is not full.
        let full = min(200, configuration.paging?.size ?? 2)
        let count = configuration.skip + (numbers.next.isEmpty ? full - 1 : full)
        root.set(Self.steps(configuration.items), .leaf(.array((1...max(1, count)).map { item($0).node })))
        guard let paging = configuration.paging else { return root.node.rendered }
        let next: JSONValue = numbers.next.isEmpty ? .null : .string(numbers.next)
        switch paging.by {
        case .link(let pointer?), .cursor(_, let pointer, false, _): root.set(Self.steps(pointer), .leaf(next))
        default: break
        }
        if let more = paging.more { root.set(Self.steps(more), .leaf(.bool(!numbers.next.isEmpty))) }
        for pointer in [paging.total, paging.pages].compactMap({ $0 }) {
            root.set(Self.steps(pointer), .leaf(.number(numbers.next.isEmpty ? "1" : "1000000")))
        }
        return root.node.rendered
    }

    private func item(_ index: Int) -> Tree {
        var item = Tree.branch([])
        let name = "\(numbers.page)-\(index)"
        if let paging = configuration.paging, case .cursor(_, let pointer, true, _) = paging.by, !numbers.next.isEmpty {
            item.set(Self.steps(pointer), .leaf(.string(name)))
        }
        for field in FieldMap.Field.allCases {
            guard let rule = configuration.fields[field], let source = rule.sources.first else { continue }
            switch source {
            case .pointer(let pointer): item.set(Self.steps(pointer), .leaf(value(of: field, rule, name)))
            case .template(let pieces):
                for case .pointer(let pointer) in pieces { item.set(Self.steps(pointer), .leaf(.string(name))) }
            case .key, .constant: break
            }
        }
        return item
    }

    private func value(of field: FieldMap.Field, _ rule: FieldRule, _ name: String) -> JSONValue {
        switch field {
        case .publishedAt, .updatedAt:
            let text = rule.date.text(of: Date(timeIntervalSince1970: Double(numbers.time)))
            return rule.date == .seconds || rule.date == .milliseconds ? .number(text) : .string(text)
        case .url, .enclosures: return .string(rule.prefix == nil ? "https://news.example/\(name)" : "/\(name)")
        case .id: return .string(name)
        default: return .string("Story \(name)")
        }
    }

    private static func steps(_ pointer: JSONPointer) -> ArraySlice<String> {
        pointer.text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }[...]
    }
}
