import CLibXML2
public import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lists of feeds as other readers exchange them: OPML 2.0 (opml.org/spec2.opml).
public enum OPML {
    /// One feed of a list.
    public struct Outline: Sendable, Equatable {
        public var title: String
        /// The feed's address.
        public var feedURL: String
        /// The site's address.
        public var siteURL: String?
        /// The folders that it lies in, outermost first, and its `category` words.
        public var tags: [String]

        public init(title: String, feedURL: String, siteURL: String? = nil, tags: [String] = []) {
            self.title = title
            self.feedURL = feedURL
            self.siteURL = siteURL
            self.tags = tags
        }
    }

    /// A list is no larger.
    public static let maximumBytes = 8 << 20
    /// More feeds than this are not taken from one list.
    public static let maximumFeeds = 20_000

    /// Reads a list. Throws `usage` when it is none; outlines without an address are folders.
    public static func read(_ bytes: [UInt8], file: String) throws(DeskError) -> [Outline] {
        guard bytes.count <= maximumBytes else { throw DeskError(.usage, "larger than \(ByteCount(maximumBytes))", place: file) }
        let head = String(decoding: bytes.prefix(4096), as: UTF8.self)
        guard !head.contains("<!DOCTYPE") && !head.contains("<!ENTITY") else {
            throw DeskError(.usage, "an OPML list with a document type is not read", place: file, hint: "Remove the <!DOCTYPE …> from it.")
        }
        let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue | XML_PARSE_RECOVER.rawValue)
        let document = bytes.withUnsafeBytes { raw in
            xmlReadMemory(raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), nil, nil, options)
        }
        defer { xmlFreeDoc(document) }
        guard let root = xmlDocGetRootElement(document), name(root).lowercased() == "opml" else {
            throw DeskError(.usage, "this is no OPML list", place: file, hint: "Other feed readers export one under “export” or “OPML”.")
        }
        var outlines: [Outline] = []
        collect(root.pointee.children, folders: [], depth: 0, into: &outlines)
        return outlines
    }

    private static func name(_ node: xmlNodePtr) -> String { node.pointee.name.map { String(cString: $0) } ?? "" }

    private static func attribute(_ node: xmlNodePtr, _ wanted: String) -> String? {
        var next = node.pointee.properties
        while let attribute = next {
            if attribute.pointee.name.map({ String(cString: $0) })?.lowercased() == wanted.lowercased() {
                guard let text = xmlNodeListGetString(node.pointee.doc, attribute.pointee.children, 1) else { return nil }
                defer { free(text) }
                let value = String(cString: text)
                return value.isEmpty ? nil : value
            }
            next = attribute.pointee.next
        }
        return nil
    }

    private static func collect(_ first: xmlNodePtr?, folders: [String], depth: Int, into outlines: inout [Outline]) {
        var next = first
        while let node = next, depth < 32, outlines.count < maximumFeeds {
            next = node.pointee.next
            guard node.pointee.type == XML_ELEMENT_NODE else { continue }
            guard name(node).lowercased() == "outline" else {
                collect(node.pointee.children, folders: folders, depth: depth + 1, into: &outlines)
                continue
            }
            let title = attribute(node, "text") ?? attribute(node, "title")
            if let url = attribute(node, "xmlUrl") {
                let words = attribute(node, "category")?.split(separator: ",").map { $0.split(separator: "/").joined(separator: "/") } ?? []
                var tags = folders
                for word in words where !word.isEmpty && !tags.contains(word) { tags.append(word) }
                outlines.append(Outline(title: title ?? url, feedURL: url, siteURL: attribute(node, "htmlUrl"), tags: tags))
            } else {
                collect(node.pointee.children, folders: folders + (title.map { [$0] } ?? []), depth: depth + 1, into: &outlines)
            }
        }
    }

    /// Writes a list.
    public static func write(_ outlines: [Outline], title: String) -> String {
        let lines = outlines.map { outline in
            var line =
                "    <outline type=\"rss\" text=\"\(escaped(outline.title))\" title=\"\(escaped(outline.title))\" xmlUrl=\"\(escaped(outline.feedURL))\""
            if let site = outline.siteURL { line += " htmlUrl=\"\(escaped(site))\"" }
            if !outline.tags.isEmpty { line += " category=\"\(escaped(outline.tags.joined(separator: ",")))\"" }
            return line + "/>"
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <opml version="2.0">
              <head><title>\(escaped(title))</title></head>
              <body>
            \(lines.joined(separator: "\n"))
              </body>
            </opml>

            """
    }

    private static func escaped(_ text: String) -> String {
        SafeText.line(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
