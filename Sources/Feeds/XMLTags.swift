import WireCore

/// A tag of a small XML document.
public struct XMLTag: Sendable {
    /// What the tag does.
    public enum Kind: Sendable {
        case opening, closing, empty
    }

    public var kind: Kind
    /// Lower case, without prefix.
    public var name: String
    private let attributes: [(name: String, value: String)]

    fileprivate init(kind: Kind, name: String, attributes: [(name: String, value: String)]) {
        self.kind = kind
        self.name = name
        self.attributes = attributes
    }

    /// The value of an attribute, its references decoded; `name` in lower case. Nil when there is none.
    public func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
}

/// Reads the tags of small XML documents, such as lists of feeds; texts are of no interest there.
///
/// Nothing is declared, expanded or looked up: declarations are passed over, and so a document can neither grow nor ask for another. Takes
/// linear time whatever it is given; a tag or a number of attributes beyond ``XMLRepair``'s bounds ends the reading.
public enum XMLTags {
    /// Tells `visit` of each tag in order until it gives false; a tag in which the document breaks off is none. Throws when one is beyond
    /// all bounds.
    public static func read(_ bytes: [UInt8], _ visit: (XMLTag) -> Bool) throws(FeedError) {
        let text = Charset.utf8(bytes, header: nil).bytes
        var rest = text[...]
        while let open = rest.firstIndex(of: 0x3C) {
            rest = rest[open...]
            if let end = endOfOther(rest) {
                rest = rest[end...]
            } else if rest.count > 1, rest[open + 1] == 0x2F || DocumentKind.isNameStart(rest[open + 1]) {
                guard let end = try end(of: rest, in: text) else { return }
                if !visit(try tag(rest[(open + 1)..<end])) { return }
                rest = rest[end...].dropFirst()
            } else {
                rest = rest.dropFirst()
            }
        }
    }

    /// Behind a comment, a CDATA section, an instruction or a declaration; nil when none begins here. One that never ends takes the rest.
    private static func endOfOther(_ rest: ArraySlice<UInt8>) -> Int? {
        for (begin, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] where rest.starts(with: begin.utf8) {
            return Bytes.firstRange(of: Array(end.utf8), in: rest)?.upperBound ?? rest.endIndex
        }
        return rest.starts(with: "<!".utf8) ? Prolog.endOfDoctype(rest.dropFirst()) ?? rest.endIndex : nil
    }

    /// Where the `>` of the tag stands that `rest` begins with, quotes minded; nil when the document ends before it.
    private static func end(of rest: ArraySlice<UInt8>, in text: [UInt8]) throws(FeedError) -> Int? {
        var quote: UInt8?
        let window = rest.prefix(XMLRepair.longestTag)
        for index in window.indices {
            let byte = window[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x3E {
                return index
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
            }
        }
        guard window.count < XMLRepair.longestTag else {
            throw fault("a tag is longer than \(ByteCount(XMLRepair.longestTag))", rest, text)
        }
        return nil
    }

    private static func fault(_ what: String, _ rest: ArraySlice<UInt8>, _ text: [UInt8]) -> FeedError {
        FeedError(.parse, "line \(TextPosition(of: rest.startIndex, in: text).line): \(what)")
    }

    private static func tag(_ body: ArraySlice<UInt8>) throws(FeedError) -> XMLTag {
        let isEnd = body.first == 0x2F
        let kind: XMLTag.Kind = isEnd ? .closing : body.last == 0x2F ? .empty : .opening
        let name = body.dropFirst(isEnd ? 1 : 0).prefix { DocumentKind.isNameByte($0) }
        var attributes: [(name: String, value: String)] = []
        var rest = body[name.endIndex...]
        while true {
            rest = rest.drop { !DocumentKind.isNameStart($0) }
            let key = rest.prefix { DocumentKind.isNameByte($0) }
            guard !key.isEmpty else { break }
            guard attributes.count < XMLRepair.mostAttributes else {
                throw FeedError(.parse, "an element has more than \(XMLRepair.mostAttributes) attributes")
            }
            rest = rest[key.endIndex...].drop { $0 <= 0x20 }
            guard rest.first == 0x3D else { continue }
            rest = rest.dropFirst().drop { $0 <= 0x20 }
            let value = Bytes.takeAttributeValue(&rest)
            attributes.append((localName(key), String(decoding: XMLRepair.decodeReferences(value), as: UTF8.self)))
        }
        return XMLTag(kind: kind, name: localName(name), attributes: attributes)
    }

    private static func localName(_ name: ArraySlice<UInt8>) -> String {
        let local = name.lastIndex(of: 0x3A).map { name[($0 + 1)...] } ?? name
        return String(decoding: local, as: UTF8.self).lowercased()
    }
}
