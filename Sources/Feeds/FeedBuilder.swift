internal import CLibXML2
import FoundationEssentials
import WireCore

/// Builds a feed from the parser's events. Text is gathered in one reused buffer and becomes a String once, when its field is complete.
final class FeedBuilder {
    private(set) var document = FeedDocument()
    /// Why no more of the document is wanted; asked after each element.
    private(set) var stop: XMLStop?
    /// The parser at work, to be stopped.
    var parser: xmlParserCtxtPtr?
    /// True once an element that makes this a feed was seen.
    private(set) var isFeed = false
    private(set) var rootName: String?

    private let limits: FeedLimits
    private var frames: [Frame] = []
    /// Elements below which nothing is of interest.
    private var skipping = 0
    private var capture: Capture? {
        didSet {
            isCapturing = capture != nil
            capturesMarkup = capture?.isMarkup ?? false
        }
    }
    // What the text callback, the hottest of all, needs to know of ``capture``.
    private var isCapturing = false
    private var capturesMarkup = false
    /// Elements open inside the field that is being gathered: it holds markup that was not escaped.
    private var inner = 0
    private var buffer = TextBuffer(capacity: 16 << 10)
    private var item: ItemDraft?
    private var authorName: String?
    private var authorEmail: String?
    private var fields = FeedFields()
    private var elements = NameTable()
    private var isRDF = false
    private var rootNamespace = ""
    private var isInFeed = false
    private var depth = 0
    /// The open elements that declare namespaces, outermost first, and how many all of them declare.
    private var namespaces: [(depth: Int, count: Int)] = []
    private var namespaceCount = 0

    private struct NameKey: Hashable {
        let local: UnsafePointer<UInt8>
        let uri: UnsafePointer<UInt8>?
        let prefix: UnsafePointer<UInt8>?
    }

    /// What the names met so far mean: the first few in a list, because comparing pointers is quicker than hashing them; a document with
    /// more of them than any honest one has the rest in a dictionary.
    private struct NameTable {
        private var few: [(key: NameKey, element: FeedElement)] = []
        private var many: [NameKey: FeedElement] = [:]

        subscript(_ key: NameKey) -> FeedElement? {
            // By index: an iterator would keep the list alive once more for every element.
            for index in few.indices where few[index].key == key { return few[index].element }
            return many.isEmpty ? nil : many[key]
        }

        mutating func add(_ key: NameKey, _ element: FeedElement) {
            if few.count < 32 { few.append((key, element)) } else { many[key] = element }
        }
    }

    private struct Frame {
        var element: FeedElement
        /// The base for relative addresses; nil: none known.
        var base: String?
    }

    /// A field whose text is being gathered.
    private struct Capture {
        var element: FeedElement
        var type: String
        var mode: String
        var isMarkup = false
        var rank = 0
        /// Of an Atom link or a guid.
        var flag: String?
    }

    private let isPlainUTF8: Bool

    /// `isPlainUTF8`: no other encoding was declared or guessed.
    init(limits: FeedLimits, baseURL: String?, isPlainUTF8: Bool) {
        self.limits = limits
        self.isPlainUTF8 = isPlainUTF8
        frames = [Frame(element: .unknown, base: baseURL)]
    }

    private var base: String? { frames.last?.base }

    // MARK: - Events

    /// `namespaces`: how many the element declares.
    func start(_ name: XMLName, _ attributes: XMLAttributes, namespaces: Int) {
        depth += 1
        if depth > limits.depth { stop = .tooDeep }
        if attributes.count > XMLRepair.mostAttributes { stop = .attributes }
        if namespaces > 0 { open(namespaces: namespaces) }
        guard stop == nil else { return }
        if skipping > 0 {
            skipping += 1
            return
        }
        if isCapturing { return openMarkup(name, attributes) }
        if rootName == nil { begin(root: name, attributes) }
        let element = element(name)
        if isRDF, document.version.isEmpty, element == .channel || element == .item {
            // Without any namespace it is RDF in name only.
            document.version = FeedVersion.rdf(name.namespace) ?? (rootNamespace.isEmpty ? "" : "rss090")
        }
        begin(field: element, attributes)
    }

    func end() {
        if let last = namespaces.last, last.depth == depth {
            namespaceCount -= last.count
            namespaces.removeLast()
        }
        depth -= 1
        if skipping > 0 {
            skipping -= 1
            return
        }
        if inner > 0 { return closeMarkup() }
        if isCapturing { finishCapture() }
        guard let frame = frames.popLast() else { return }
        switch frame.element {
        case .item, .entry: finishItem()
        case .atomAuthor: finishAuthor()
        default: break
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard skipping == 0, isCapturing, buffer.count + bytes.count <= limits.fieldBytes else { return }
        if capturesMarkup {
            for byte in bytes {
                switch byte {
                case 0x26: buffer.append(contentsOf: Array("&amp;".utf8))
                case 0x3C: buffer.append(contentsOf: Array("&lt;".utf8))
                case 0x3E: buffer.append(contentsOf: Array("&gt;".utf8))
                default: buffer.append(byte)
                }
            }
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Stops the reading because its time is used up.
    func endForTime() { stop = .time }

    /// Stops the reading before libxml2 looks into a DOCTYPE that ``Prolog`` has not found.
    func refuseDoctype() { stop = .doctype }

    /// Namespaces in scope at one place. libxml2 looks through all of them for every prefix that is not declared, so that it takes their
    /// number times the elements' to read a document. What a document declares one after the other costs no more than attributes do.
    static let mostNamespaces = 256

    private func open(namespaces count: Int) {
        namespaces.append((depth, count))
        namespaceCount += count
        if namespaceCount > Self.mostNamespaces { stop = .namespaces }
    }

    // MARK: - Names

    private func element(_ name: XMLName) -> FeedElement {
        let key = NameKey(local: name.local, uri: name.uri, prefix: name.prefix)
        if let known = elements[key] { return known }
        let family = FeedElement.family(uri: name.namespace, prefix: name.prefixName, isInFeed: isInFeed, root: rootNamespace)
        let element = FeedElement.named(name.localName, family)
        elements.add(key, element)
        return element
    }

    // MARK: - The root

    private func begin(root name: XMLName, _ attributes: XMLAttributes) {
        rootName = name.localName
        rootNamespace = name.namespace
        elements = NameTable()
        fields.language.offer(attributes.value("lang", prefix: "xml"), rank: 9)
        switch name.localName.lowercased() {
        case "rss":
            isFeed = true
            document.version = FeedVersion.rss(attributes.value("version"))
        case "rdf":
            isFeed = true
            isRDF = true
            document.version = FeedVersion.rdf(name.defaultNamespace) ?? ""
        case "feed":
            isFeed = true
            isInFeed = true
            document.version = FeedVersion.atom(name.namespace, version: attributes.value("version"))
        case "entry":
            isInFeed = true
            document.version = FeedVersion.atom(name.namespace, version: nil)
        case "channel":
            isFeed = true
            document.version = "rss"
        default: break
        }
    }

    // MARK: - Fields

    private func push(_ element: FeedElement, _ attributes: XMLAttributes) {
        var base = self.base
        if let own = attributes.value("base", prefix: "xml"), !own.isEmpty {
            base = base.flatMap { WebAddress.resolve(own, against: $0) } ?? (WebAddress.isAbsolute(own) ? own : base)
        }
        frames.append(Frame(element: element, base: base))
    }

    private func begin(field original: FeedElement, _ attributes: XMLAttributes) {
        var element = original
        // In a feed without its namespace, and in RSS, the same word means the field of the format.
        if isInFeed, element == .feed || element == .rss { element = .feed }
        switch element {
        case .rdf, .rss, .feed, .channel, .transparent:
            return push(element, attributes)
        case .item, .entry: return beginItem(element, attributes)
        case .atomAuthor:
            authorName = nil
            authorEmail = nil
            return push(.atomAuthor, attributes)
        case .unknown where frames.count <= 1: return push(.unknown, attributes)
        case .unknown, .ignored: return ignore(attributes)
        default: break
        }
        // Below an element of no interest everything is.
        if frames.last?.element == .ignored { return ignore(attributes) }
        push(element, attributes)
        switch element {
        case .enclosure: addEnclosure(attributes)
        case .atomLink: addLink(attributes)
        case .atomCategory:
            // The term is in the attribute; the text, if any, is not the category.
            if let term = attributes.value("term") ?? attributes.value("label"), !term.isEmpty {
                addCategory(TextFold.fold(Array(term.utf8)[...]))
            } else {
                beginCapture(element, attributes)
            }
        default: beginCapture(element, attributes)
        }
    }

    /// Passes over an element. Inside an entry that goes for all of it; outside, an entry may still begin in it, because some feeds
    /// never close what stands before their entries.
    private func ignore(_ attributes: XMLAttributes) {
        if item != nil { skipping = 1 } else { push(.ignored, attributes) }
    }

    private func beginCapture(_ element: FeedElement, _ attributes: XMLAttributes) {
        buffer.removeAll()
        var new = Capture(
            element: element, type: attributes.value("type")?.lowercased() ?? "", mode: attributes.value("mode")?.lowercased() ?? "")
        switch element {
        case .guid: new.flag = attributes.value("isPermaLink")?.lowercased()
        case .link:
            new.flag = attributes.value("href")
            new.type = attributes.value("rel")?.lowercased() ?? ""
        case .atomContent: new.flag = attributes.value("src")
        default: break
        }
        if new.type == "xhtml" || new.mode == "xml" && new.type.contains("html") || element == .xhtmlBody
            || new.type == "application/xhtml+xml" && new.mode != "escaped"
        {
            new.isMarkup = true
        }
        capture = new
    }

    private func beginItem(_ element: FeedElement, _ attributes: XMLAttributes) {
        if document.items.count >= limits.items {
            document.isTruncated = true
            stop = .full
            return
        }
        isFeed = true
        push(element, attributes)
        item = ItemDraft()
        if let about = attributes.value("about", prefix: "rdf") ?? attributes.value("about") { item?.about = TextFold.trim(about) }
    }

    private func finishItem() {
        guard let draft = item else { return }
        item = nil
        let built = draft.finish()
        document.items.append(built)
    }

    // MARK: - Markup inside a field

    private func openMarkup(_ name: XMLName, _ attributes: XMLAttributes) {
        guard var current = capture else { return }
        // An author of RSS that is built like Atom's.
        if !current.isMarkup {
            let sofar = buffer.bytes
            buffer.removeAll()
            current.isMarkup = true
            capture = current
            sofar.withUnsafeBufferPointer { text($0) }
        }
        inner += 1
        guard buffer.count < limits.fieldBytes else {
            openTags.append([])
            return
        }
        let tag = Array(name.localName.utf8)
        openTags.append(tag)
        buffer.append(0x3C)
        buffer.append(contentsOf: tag)
        for index in 0..<attributes.count {
            guard let (local, prefix) = attributes.name(at: index), prefix.isEmpty else { continue }
            buffer.append(0x20)
            buffer.append(contentsOf: local.utf8)
            buffer.append(contentsOf: [0x3D, 0x22])
            for byte in attributes.value(at: index).utf8 {
                switch byte {
                case 0x26: buffer.append(contentsOf: Array("&amp;".utf8))
                case 0x3C: buffer.append(contentsOf: Array("&lt;".utf8))
                case 0x22: buffer.append(contentsOf: Array("&quot;".utf8))
                default: buffer.append(byte)
                }
            }
            buffer.append(0x22)
        }
        // xml:base inside xhtml content changes what its addresses mean.
        if let own = attributes.value("base", prefix: "xml"), !own.isEmpty, inner == 1 {
            let outer = base
            frames[frames.count - 1].base = outer.flatMap { WebAddress.resolve(own, against: $0) } ?? own
        }
        buffer.append(0x3E)
    }

    private var openTags: [[UInt8]] = []

    private func closeMarkup() {
        inner -= 1
        guard let tag = openTags.popLast(), !tag.isEmpty else { return }
        let isVoid = ["br", "img", "hr", "input", "wbr", "area", "col", "source", "track", "embed"].contains(
            String(decoding: tag, as: UTF8.self).lowercased())
        guard !isVoid else { return }
        buffer.append(contentsOf: [0x3C, 0x2F])
        buffer.append(contentsOf: tag)
        buffer.append(0x3E)
    }

    // MARK: - Finished fields

    private func finishCapture() {
        guard let done = capture else { return }
        capture = nil
        inner = 0
        openTags.removeAll()
        let value = FieldText(bytes: buffer.bytes, isMarkup: done.isMarkup, type: done.type, mode: done.mode, base: base, isPlainUTF8: isPlainUTF8)
        if item != nil { finishItemField(done, value) } else { finishFeedField(done, value) }
    }

    private func finishItemField(_ done: Capture, _ value: FieldText) {
        let element = done.element
        if isInAuthor {
            switch element {
            case .name, .title, .atomTitle: authorName = value.plainText
            case .email: authorEmail = value.plainText
            default: break
            }
            return
        }
        switch element {
        case .title: item?.title.offer(value.rssText, rank: 0)
        case .atomTitle: item?.title.offer(value.atomText, rank: 1)
        case .dcTitle: item?.title.offer(value.rssText, rank: 2)
        case .link: addTextLink(done, value)
        case .guid:
            item?.id.offer(value.verbatim, rank: 0)
            item?.isPermalink = done.flag != "false"
        case .id: item?.id.offer(value.verbatim, rank: 1)
        case .pubDate: item?.published.offer(value.date, rank: 0)
        case .published: item?.published.offer(value.date, rank: 1)
        case .issued: item?.published.offer(value.date, rank: 2)
        case .termsIssued: item?.published.offer(value.date, rank: 3)
        case .dcDate: item?.published.offer(value.date, rank: 4)
        case .created: item?.published.offer(value.date, rank: 5)
        case .termsCreated: item?.published.offer(value.date, rank: 6)
        case .updated: item?.updated.offer(value.date, rank: 0)
        case .modified: item?.updated.offer(value.date, rank: 1)
        case .termsModified: item?.updated.offer(value.date, rank: 2)
        case .description: item?.summary.offer(value.htmlText, rank: 0)
        case .atomSummary: item?.summary.offer(value.atomText, rank: 1)
        case .dcDescription: item?.summary.offer(value.htmlText, rank: 2)
        case .itunesSummary: item?.summary.offer(value.htmlText, rank: 3)
        case .itunesSubtitle: item?.summary.offer(value.htmlText, rank: 5)
        case .mediaDescription: item?.summary.offer(value.htmlText, rank: 4)
        case .encoded: item?.content.offer(value.html, rank: 0)
        case .atomContent: if done.flag == nil { item?.content.offer(value.atomHTML, rank: 1) }
        case .xhtmlBody: item?.content.offer(value.html, rank: 2)
        case .dcCreator: add(author: value.plainText, to: \.creators)
        case .author: add(author: value.plainText, to: \.authors)
        case .itunesAuthor: add(author: value.plainText, to: \.itunesAuthors)
        case .category, .dcSubject, .atomCategory: if let text = value.htmlText { addCategory(text) }
        default: break
        }
    }

    private var isInAuthor: Bool { frames.count >= 2 && frames[frames.count - 2].element == .atomAuthor }

    private func finishFeedField(_ done: Capture, _ value: FieldText) {
        guard !isInAuthor else { return }
        switch done.element {
        case .title: fields.title.offer(value.rssText, rank: 0)
        case .atomTitle: fields.title.offer(value.atomText, rank: 1)
        case .dcTitle: fields.title.offer(value.rssText, rank: 2)
        case .link:
            let text = value.verbatim ?? (done.type.isEmpty || done.type == "alternate" ? done.flag.flatMap { $0.isEmpty ? nil : $0 } : nil)
            fields.url.offer(text.map { resolved($0) }, rank: 0)
        case .language: fields.language.offer(value.plainText, rank: 0)
        case .dcLanguage: fields.language.offer(value.plainText, rank: 1)
        case .ttl:
            if let minutes = value.plainText.flatMap({ Int($0) }), (1...525_600).contains(minutes) { fields.ttl = minutes }
        case .updatePeriod: fields.period = value.plainText?.lowercased()
        case .updateFrequency: fields.frequency = value.plainText.flatMap { Int($0) }
        default: break
        }
    }

    // MARK: - Links, categories, enclosures, authors

    private func resolved(_ url: String) -> String { base.flatMap { WebAddress.resolve(url, against: $0) } ?? url }

    private func addTextLink(_ done: Capture, _ value: FieldText) {
        if let text = value.verbatim { return item?.url.offer(resolved(text), rank: 0) ?? () }
        // An Atom link in a document that forgot the namespace.
        if let href = done.flag, !href.isEmpty, done.type.isEmpty || done.type == "alternate" { item?.url.offer(resolved(href), rank: 3) }
    }

    private func addLink(_ attributes: XMLAttributes) {
        guard let href = attributes.value("href").map(TextFold.trim), !href.isEmpty else { return beginCapture(.link, attributes) }
        let rel = attributes.value("rel")?.lowercased() ?? "alternate"
        let type = attributes.value("type")?.lowercased() ?? ""
        let url = resolved(href)
        if rel == "enclosure" {
            guard item != nil else { return }
            let length = attributes.value("length").flatMap { Int(TextFold.trim($0)) }.flatMap { $0 >= 0 ? $0 : nil }
            item?.add(Enclosure(url: url, type: type.isEmpty ? nil : type, length: length), most: limits.valuesPerItem)
            return
        }
        guard rel == "alternate" || rel.hasSuffix("/alternate") || rel.isEmpty else { return }
        let isPage = type.isEmpty || type == "text/html" || type == "application/xhtml+xml"
        let rank = isPage ? 1 : 2
        if item != nil { item?.url.offer(url, rank: rank) } else { fields.url.offer(url, rank: rank) }
    }

    /// `folded`: plain text.
    private func addCategory(_ folded: String) {
        if !folded.isEmpty { item?.add(category: folded, most: limits.valuesPerItem) }
    }

    private func addEnclosure(_ attributes: XMLAttributes) {
        guard item != nil, let url = (attributes.value("url") ?? attributes.value("href")).map(TextFold.trim), !url.isEmpty else { return }
        let type = attributes.value("type").map(TextFold.trim)
        let length = attributes.value("length").flatMap { Int(TextFold.trim($0)) }.flatMap { $0 >= 0 ? $0 : nil }
        item?.add(Enclosure(url: resolved(url), type: type.flatMap { $0.isEmpty ? nil : $0 }, length: length), most: limits.valuesPerItem)
    }

    private func add(author: String?, to list: WritableKeyPath<ItemDraft, [String]>) {
        guard let known = item?[keyPath: list].count, known < limits.valuesPerItem else { return }
        item?[keyPath: list] += PersonName.read(author)
    }

    private func finishAuthor() {
        let name = authorName ?? authorEmail
        authorName = nil
        authorEmail = nil
        guard let name, !name.isEmpty else { return }
        add(author: name, to: \.authors)
    }

    /// The feed as read; to be called once, at the end.
    func finish() -> FeedDocument {
        // A document that breaks off inside an entry keeps what the entry had.
        if item != nil {
            document.openItem = document.items.count
            finishItem()
        }
        document.title = fields.title.value
        document.url = fields.url.value
        document.language = fields.language.value
        document.advisedInterval = fields.advisedInterval
        return document
    }
}
