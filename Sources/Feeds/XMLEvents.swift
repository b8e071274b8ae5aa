internal import CLibXML2

/// Why a reading stops the parser.
enum XMLStop: Equatable {
    case tooDeep
    /// Enough entries were read.
    case full
    /// An element with more attributes than any honest one.
    case attributes
    /// More namespaces in scope than any honest document has.
    case namespaces
    /// The time for the document is used up.
    case time
    /// A DOCTYPE, where only blanks had been left of it.
    case doctype
}

/// An element's or attribute's name.
struct XMLName {
    /// Pointers into the parser's dictionary: equal names have equal pointers during one parse.
    let local: UnsafePointer<UInt8>
    let prefix: UnsafePointer<UInt8>?
    let uri: UnsafePointer<UInt8>?
    /// The default namespace that the element declares; empty: none.
    var defaultNamespace = ""

    var localName: String { String(cString: local) }
    var prefixName: String { prefix.map { String(cString: $0) } ?? "" }
    var namespace: String { uri.map { String(cString: $0) } ?? "" }
}

/// The attributes of an element as libxml2 hands them over: five pointers each.
struct XMLAttributes {
    let count: Int
    let base: UnsafeMutablePointer<UnsafePointer<UInt8>?>?

    /// The value of the attribute of that local name, references decoded; `prefix` nil takes any.
    func value(_ name: StaticString, prefix: StaticString? = nil) -> String? {
        for index in 0..<count where matches(index, name, prefix) { return value(at: index) }
        return nil
    }

    private func matches(_ index: Int, _ name: StaticString, _ prefix: StaticString?) -> Bool {
        guard let local = base?[index * 5], Self.isEqual(local, name) else { return false }
        guard let prefix else { return base?[index * 5 + 1] == nil }
        return base?[index * 5 + 1].map { Self.isEqual($0, prefix) } ?? false
    }

    /// Compares without regard to ASCII case.
    private static func isEqual(_ text: UnsafePointer<UInt8>, _ name: StaticString) -> Bool {
        for index in 0..<name.utf8CodeUnitCount where text[index] == 0 || text[index] | 0x20 != name.utf8Start[index] | 0x20 { return false }
        return text[name.utf8CodeUnitCount] == 0
    }

    func name(at index: Int) -> (local: String, prefix: String)? {
        guard let local = base?[index * 5] else { return nil }
        return (String(cString: local), base?[index * 5 + 1].map { String(cString: $0) } ?? "")
    }

    func value(at index: Int) -> String {
        guard let start = base?[index * 5 + 3], let end = base?[index * 5 + 4] else { return "" }
        let bytes = UnsafeBufferPointer(start: start, count: end - start)
        guard bytes.contains(0x26) else { return String(decoding: bytes, as: UTF8.self) }
        // Without NOENT libxml2 leaves "&#38;" for an ampersand in attributes.
        return String(decoding: XMLRepair.decodeReferences(Array(bytes)[...]), as: UTF8.self)
    }
}

/// One pass of libxml2's push parser over a document in UTF-8 that has no DOCTYPE. No network, no entities, no recovery.
enum XMLPass {
    /// How a pass ended.
    enum Ending: Equatable {
        case complete
        case stopped(XMLStop)
        /// Not well-formed; the handler has seen what came before.
        case broken(line: Int, message: String)
    }

    private static let isReady: Bool = {
        xmlInitParser()
        xmlSetExternalEntityLoader { _, _, _ in nil }
        return true
    }()

    /// Tells libxml2 to stop when the builder wants no more.
    private static func checkStop(_ builder: FeedBuilder) {
        if builder.stop != nil, let parser = builder.parser { xmlStopParser(parser) }
    }

    static let chunk = 32 << 10

    /// Tells `builder` of every element and text, in order.
    static func run(_ bytes: [UInt8], _ builder: FeedBuilder, _ time: ReadingTime) -> Ending {
        guard isReady else { return .broken(line: 0, message: "libxml2 cannot be set up") }
        var callbacks = self.callbacks
        let me = Unmanaged.passUnretained(builder).toOpaque()
        guard let parser = xmlCreatePushParserCtxt(&callbacks, me, nil, 0, nil) else { return .broken(line: 0, message: "no memory for a parser") }
        builder.parser = parser
        defer {
            builder.parser = nil
            xmlFreeParserCtxt(parser)
        }
        xmlCtxtUseOptions(parser, Int32(XML_PARSE_NONET.rawValue))
        xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8)
        // The declaration's encoding is settled: the bytes are UTF-8 whatever it says.
        xmlCtxtUseOptions(parser, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
        let isWellFormed = feed(bytes, parser) {
            if time.isOver { builder.endForTime() }
            return builder.stop == nil
        }
        if let stop = builder.stop { return .stopped(stop) }
        guard !isWellFormed || parser.pointee.wellFormed == 0 else { return .complete }
        let error = parser.pointee.lastError
        let message = error.message.map { String(cString: $0) } ?? "not well-formed"
        return .broken(line: Int(error.line), message: String(message.prefix { $0 != "\n" }))
    }

    /// Hands the document over in pieces, as long as `mayGoOn` says so.
    private static func feed(_ bytes: [UInt8], _ parser: xmlParserCtxtPtr, while mayGoOn: () -> Bool) -> Bool {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self) else { return false }
            var offset = 0
            while offset < raw.count {
                guard mayGoOn() else { return false }
                let count = min(chunk, raw.count - offset)
                let code = xmlParseChunk(parser, base + offset, Int32(count), 0)
                offset += count
                if code != 0, parser.pointee.wellFormed == 0 || parser.pointee.disableSAX != 0 { return false }
            }
            return xmlParseChunk(parser, base, 0, 1) == 0 || parser.pointee.wellFormed == 1
        }
    }

    nonisolated(unsafe) private static let callbacks: xmlSAXHandler = {
        var handler = xmlSAXHandler()
        handler.initialized = XML_SAX2_MAGIC
        handler.startElementNs = { data, local, prefix, uri, namespaceCount, namespaces, count, _, attributes in
            guard let data, let local else { return }
            var name = XMLName(local: local, prefix: prefix, uri: uri)
            if namespaceCount > 0, let namespaces {
                for index in 0..<Int(namespaceCount) where namespaces[index * 2] == nil {
                    name.defaultNamespace = namespaces[index * 2 + 1].map { String(cString: $0) } ?? ""
                }
            }
            Unmanaged<FeedBuilder>.fromOpaque(data)._withUnsafeGuaranteedRef {
                $0.start(name, XMLAttributes(count: Int(count), base: attributes), namespaces: Int(namespaceCount))
                checkStop($0)
            }
        }
        handler.endElementNs = { data, _, _, _ in
            guard let data else { return }
            Unmanaged<FeedBuilder>.fromOpaque(data)._withUnsafeGuaranteedRef {
                $0.end()
                checkStop($0)
            }
        }
        handler.internalSubset = { data, _, _, _ in
            guard let data else { return }
            Unmanaged<FeedBuilder>.fromOpaque(data)._withUnsafeGuaranteedRef {
                $0.refuseDoctype()
                checkStop($0)
            }
        }
        let text: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<xmlChar>?, Int32) -> Void = { data, text, count in
            guard let data, let text else { return }
            Unmanaged<FeedBuilder>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.text(UnsafeBufferPointer(start: text, count: Int(count))) }
        }
        handler.characters = text
        handler.ignorableWhitespace = text
        handler.cdataBlock = text
        // Errors are read off the context; nothing goes to stderr.
        handler.serror = { _, _ in }
        return handler
    }()
}
