import Feeds
public import FoundationEssentials
public import WireCore

/// Where one field of an item comes from: sources that are tried in order, and what is done to what the first of them holds.
public struct FieldRule: Sendable, Equatable {
    /// One place that a value may come from.
    public enum Source: Sendable, Equatable {
        /// Of the item.
        case pointer(JSONPointer)
        /// The item's own name where the items are the members of an object, or its number in the list, from 0.
        case key
        case constant(String)
        /// Text with pointers in braces: `https://example.com/{/id}`. Holds nothing where one of them does.
        case template([Piece])
    }

    /// A part of a template.
    public enum Piece: Sendable, Equatable {
        case text(String)
        /// Percent-encoded where it stands in an address.
        case pointer(JSONPointer)
    }

    /// What kind of text a value is.
    public enum Markup: String, Sendable, Equatable, CaseIterable {
        case text, html
    }

    public var sources: [Source]
    public var date = DateForm.automatic
    /// Nil: plain text, but HTML for `content`.
    public var markup: Markup?
    /// Cuts a text into several values.
    public var split: String?
    public var prefix: String?
    public var suffix: String?
    /// Rules that count where this one holds nothing; they have none of their own.
    public var alternatives: [FieldRule] = []

    public init(_ sources: [Source]) { self.sources = sources }

    /// A rule that is one pointer.
    public init(_ pointer: JSONPointer) { sources = [.pointer(pointer)] }

    /// Parses `https://example.com/{/id}`; nil when a brace is not closed or holds no pointer.
    public static func template(_ text: String) -> Source? {
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            let inside = rest[rest.index(after: open)...]
            guard let close = inside.firstIndex(of: "}"), let pointer = JSONPointer(String(inside[..<close])) else { return nil }
            pieces.append(.pointer(pointer))
            rest = inside[inside.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        return .template(pieces)
    }

    /// The values of the first source that holds any; at most `most`.
    public func values(in item: JSONNode, key: String, most: Int = 256) -> [String] {
        for source in sources {
            let found = Self.values(of: source, item, key).flatMap(pieces)
            let whole = found.prefix(most).map { (prefix ?? "") + $0 + (suffix ?? "") }
            if !whole.isEmpty { return whole }
        }
        return alternatives.lazy.map { $0.values(in: item, key: key, most: most) }.first { !$0.isEmpty } ?? []
    }

    /// The rule itself or the first alternative that holds something: their texts may be of different kinds.
    func holding(_ item: JSONNode, _ key: String) -> FieldRule {
        ([self] + alternatives).first { rule in rule.sources.contains { !Self.values(of: $0, item, key).isEmpty } } ?? self
    }

    /// The first value.
    public func value(in item: JSONNode, key: String) -> String? { values(in: item, key: key).first }

    /// The instant that the first readable source holds.
    public func instant(in item: JSONNode, key: String) -> Date? {
        sources.lazy.flatMap { Self.values(of: $0, item, key) }.compactMap(date.date).first
            ?? alternatives.lazy.compactMap { $0.instant(in: item, key: key) }.first
    }

    private static func values(of source: Source, _ item: JSONNode, _ key: String) -> [String] {
        switch source {
        case .pointer(let pointer): pointer.find(in: item).map(scalars) ?? []
        case .key: [key]
        case .constant(let text): [text]
        case .template(let pieces): filled(pieces, item).map { [$0] } ?? []
        }
    }

    private static func filled(_ pieces: [Piece], _ item: JSONNode) -> String? {
        var out = ""
        for piece in pieces {
            switch piece {
            case .text(let text): out += text
            case .pointer(let pointer):
                guard let value = pointer.find(in: item).map(scalars)?.first else { return nil }
                out += out.contains("://") ? QueryText.escaped(value, keeping: "/") : value
            }
        }
        return out
    }

    /// The texts and numbers that a value is, or that a list holds; of an object what it is called.
    private static func scalars(_ node: JSONNode) -> [String] {
        switch node.value {
        case .null, .bool: []
        case .number(let digits): [digits]
        case .string(let text): text.isEmpty ? [] : [text]
        case .array(let nodes): nodes.prefix(256).flatMap { $0.array == nil ? scalars($0) : [] }
        case .object: ["name", "title", "label", "term", "value", "text"].lazy.compactMap { node[$0]?.string }.first.map { [$0] } ?? []
        }
    }

    private func pieces(_ text: String) -> [String] {
        guard let split, !split.isEmpty else { return text.allSatisfy(\.isWhitespace) ? [] : [text] }
        return text.split(separator: split).map { String($0.trimming(" \t\n")) }.filter { !$0.isEmpty }
    }
}

/// Which field of an item comes from where.
public struct FieldMap: Sendable, Equatable {
    /// The fields of an item that can be mapped, in the order of the documentation.
    public enum Field: String, Sendable, CaseIterable {
        case id, title, url, author, publishedAt, updatedAt, summary, content, categories, enclosures
    }

    private var rules: [Field: FieldRule] = [:]

    public init() {}

    public subscript(_ field: Field) -> FieldRule? {
        get { rules[field] }
        set { rules[field] = newValue }
    }

    public var isEmpty: Bool { rules.isEmpty }

    /// Those without which nothing can be told from the next: an id, an address or a title.
    public var identifies: Bool { rules[.id] != nil || rules[.url] != nil || rules[.title] != nil }

    /// The item that a node describes; nil when it has neither id, address nor title. `base`: relative addresses are resolved against it.
    public func item(_ node: JSONNode, key: String, base: String?) -> Item? {
        func list(_ field: Field) -> [String] {
            guard let rule = rules[field]?.holding(node, key) else { return [] }
            var seen: Set<String> = []
            return rule.values(in: node, key: key).compactMap { plain($0, rule) }.filter { seen.insert($0).inserted }
        }
        func text(_ field: Field) -> String? { list(field).first }
        func address(_ text: String) -> String? {
            guard !WebAddress.isAbsolute(text), let base else { return text }
            return WebAddress.resolve(text, against: base)
        }
        let id = rules[.id]?.value(in: node, key: key).map { $0.trimming(" \t\n") }.flatMap { $0.isEmpty ? nil : String($0) }
        let url = rules[.url]?.value(in: node, key: key).map { String($0.trimming(" \t\n")) }.flatMap(address)
        let title = text(.title)
        guard id != nil || url != nil || title != nil else { return nil }
        let authors = list(.author)
        return Item(
            id: id, title: title, url: url, author: authors.isEmpty ? nil : authors.joined(separator: ", "),
            publishedAt: rules[.publishedAt]?.instant(in: node, key: key), updatedAt: rules[.updatedAt]?.instant(in: node, key: key),
            summary: text(.summary), content: content(node, key), categories: list(.categories),
            enclosures: list(.enclosures).compactMap(address).map { Enclosure(url: $0) })
    }

    private func plain(_ text: String, _ rule: FieldRule) -> String? {
        let plain = rule.markup == .html ? HTMLText.plain(text) : HTMLText.folded(text)
        return plain.isEmpty ? nil : plain
    }

    private func content(_ node: JSONNode, _ key: String) -> String? {
        guard let rule = rules[.content]?.holding(node, key), let text = rule.value(in: node, key: key) else { return nil }
        let html = rule.markup == .text ? HTMLText.markup(ofPlain: text) : text
        let clean = HTMLText.sanitised(html)
        return clean.isEmpty ? nil : clean
    }
}
