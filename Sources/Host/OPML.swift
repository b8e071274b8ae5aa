import Feeds
public import WireCore

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

    /// Folders lie no deeper in each other.
    public static let maximumDepth = 32
    /// Of a folder's name this many characters are kept as a tag.
    private static let tagLength = 100
    /// Of the words of one `category` attribute this many are kept.
    private static let mostWords = 32

    /// What a list holds.
    public struct List: Sendable, Equatable {
        public var outlines: [Outline] = []
        /// True when there were more than ``maximumFeeds``; the first ones are kept.
        public var isTruncated = false
        /// True when it breaks off before its end; what came before is kept.
        public var isCutShort = false
    }

    /// Reads a list. Throws `usage` when it is none, `failure` when it is nested too deep; outlines without an address are folders.
    public static func read(_ bytes: [UInt8], file: String) throws(DeskError) -> List {
        guard bytes.count <= maximumBytes else { throw DeskError(.usage, "larger than \(ByteCount(maximumBytes))", place: file) }
        var reading = Reading()
        do {
            try XMLTags.read(bytes) { reading.take($0) }
        } catch {
            throw DeskError(.failure, "this OPML list cannot be read: \(error.message)", place: file)
        }
        guard reading.isList else {
            throw DeskError(.usage, "this is no OPML list", place: file, hint: "Other feed readers export one under “export” or “OPML”.")
        }
        guard !reading.isTooDeep else {
            throw DeskError(.failure, "its folders are nested deeper than \(maximumDepth) levels; nothing was taken from it", place: file)
        }
        reading.list.isCutShort = !reading.isEnded && !reading.list.isTruncated
        return reading.list
    }

    /// A list under way.
    private struct Reading {
        var list = List()
        var isList = false
        var isEnded = false
        var isTooDeep = false
        /// The names of the open outlines; nil for one that is a feed or has no name.
        private var open: [String?] = []

        /// Takes one tag; false when no more is wanted.
        mutating func take(_ tag: XMLTag) -> Bool {
            guard tag.name != "opml" else {
                isEnded = tag.kind != .opening
                isList = isList || tag.kind != .closing
                return !isEnded
            }
            guard isList else { return false }
            guard tag.name == "outline" else { return true }
            guard tag.kind != .closing else {
                _ = open.popLast()
                return true
            }
            let title = (tag.attribute("text").flatMap(filled) ?? tag.attribute("title").flatMap(filled)).map { SafeText.line($0) }
            let url = tag.attribute("xmlurl").flatMap(filled)
            if let url {
                guard list.outlines.count < maximumFeeds else {
                    list.isTruncated = true
                    return false
                }
                list.outlines.append(
                    Outline(title: title ?? SafeText.line(url), feedURL: url, siteURL: tag.attribute("htmlurl").flatMap(filled), tags: tags(tag)))
            }
            if tag.kind == .opening { open.append(url == nil ? title.map { String($0.prefix(tagLength)) } : nil) }
            isTooDeep = open.count > maximumDepth
            return !isTooDeep
        }

        private func tags(_ tag: XMLTag) -> [String] {
            var tags: [String] = []
            for folder in open.compactMap({ $0 }) where !tags.contains(folder) { tags.append(folder) }
            for path in (tag.attribute("category") ?? "").split(separator: ",").prefix(mostWords) {
                let word = SafeText.line(String(path.split(separator: "/").joined(separator: "/").prefix(tagLength)))
                if filled(word) != nil, !tags.contains(word) { tags.append(word) }
            }
            return tags
        }

        /// Nil for blanks.
        private func filled(_ text: String) -> String? { text.allSatisfy(\.isWhitespace) ? nil : text }
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
