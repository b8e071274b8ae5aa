import WireCore

/// JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1).
enum JSONFeedReader {
    static func read(_ bytes: [UInt8], _ limits: FeedLimits, _ time: ReadingTime) throws(FeedError) -> FeedDocument {
        let (unicode, _) = Charset.utf8(bytes, header: nil)
        let root: JSONNode
        do {
            root = try JSONReader.read(unicode, maximumDepth: limits.depth)
        } catch {
            if error.isTooDeep { throw FeedError(.ceiling, "JSON nested deeper than \(limits.depth) levels") }
            let isMeant = DocumentKind.sniff(bytes) == .jsonFeed
            throw FeedError(
                isMeant ? .parse : .wrongKind, "no valid JSON at \(TextPosition(of: error.offset, in: unicode)): \(error.message)")
        }
        if root.object == nil, root.array == nil {
            throw FeedError(.wrongKind, "a JSON value (\(root.value.kindName)) where a feed was due", hint: "Check the source's url.")
        }
        let version = root["version"]?.string ?? ""
        guard root.object != nil, let entries = root["items"]?.array, version.contains("jsonfeed.org/version") || isLikeAFeed(root) else {
            let keys = root.object?.prefix(4).map { SafeText.line($0.key, limit: 20) }.joined(separator: ", ") ?? root.value.kindName
            throw FeedError(
                .wrongKind, "JSON that is no JSON Feed (\(keys)) where a feed was due",
                hint: "Check the source's url; an API needs a kind of its own.")
        }
        var document = FeedDocument()
        document.version = version.hasSuffix("/1.1") ? "json11" : version.hasSuffix("/1") ? "json10" : "json11"
        document.title = text(root["title"])
        document.url = verbatim(root["home_page_url"])
        document.language = verbatim(root["language"])
        let authors = self.authors(root)
        for (index, entry) in entries.enumerated() {
            if index % 16 == 0, time.isOver { throw time.error }
            guard entry.object != nil else {
                document.rejectedEntries += 1
                continue
            }
            guard document.items.count < limits.items else {
                document.isTruncated = true
                break
            }
            document.items.append(item(entry, feedAuthors: authors, limits))
        }
        return document
    }

    private static func isLikeAFeed(_ root: JSONNode) -> Bool {
        root["version"]?.string?.contains("jsonfeed") == true
            || root["title"]?.string != nil && (root["home_page_url"] != nil || root["feed_url"] != nil)
    }

    private static func verbatim(_ node: JSONNode?) -> String? {
        guard let text = node?.string ?? node?.number else { return nil }
        let trimmed = TextFold.trim(text).replacing("\0", with: "\u{FFFD}")
        return trimmed.isEmpty ? nil : trimmed
    }

    private static func text(_ node: JSONNode?) -> String? {
        guard let text = node?.string ?? node?.number else { return nil }
        let folded = TextFold.fold(Array(text.utf8)[...])
        return folded.isEmpty ? nil : folded
    }

    private static func authors(_ node: JSONNode) -> [String] {
        let list = (node["authors"]?.array ?? []) + (node["author"].map { [$0] } ?? [])
        var seen: Set<String> = []
        return list.compactMap { text($0["name"]) }.filter { seen.insert($0).inserted }
    }

    private static func item(_ node: JSONNode, feedAuthors: [String], _ limits: FeedLimits) -> Item {
        let names = authors(node)
        let html = node["content_html"]?.string.flatMap { FieldText.html(Array($0.utf8), base: nil) }
        let plain = node["content_text"]?.string.flatMap { FieldText.html(FieldText.escaped(Array($0.utf8)), base: nil) }
        var draft = ItemDraft()
        for tag in node["tags"]?.array ?? [] { text(tag).map { draft.add(category: $0, most: limits.valuesPerItem) } }
        for node in node["attachments"]?.array ?? [] { attachment(node).map { draft.add($0, most: limits.valuesPerItem) } }
        let updated = node["date_modified"]?.string.flatMap(FeedDate.parse)
        let author = (names.isEmpty ? feedAuthors : names).prefix(limits.valuesPerItem).joined(separator: ", ")
        return Item(
            id: verbatim(node["id"]), title: text(node["title"]), url: verbatim(node["url"]) ?? verbatim(node["external_url"]),
            author: author.isEmpty ? nil : author, publishedAt: node["date_published"]?.string.flatMap(FeedDate.parse) ?? updated,
            updatedAt: updated, summary: text(node["summary"]), content: html ?? plain, categories: draft.categories,
            enclosures: draft.enclosures)
    }

    private static func attachment(_ node: JSONNode) -> Enclosure? {
        guard let url = verbatim(node["url"]) else { return nil }
        let size = node["size_in_bytes"]?.int ?? node["size_in_bytes"]?.double.flatMap { Int(exactly: $0.rounded()) }
        return Enclosure(url: url, type: verbatim(node["mime_type"]), length: size.flatMap { $0 >= 0 ? $0 : nil })
    }
}
