/// A JSON value that knows where it stood in its text, so that an error can name line and column.
///
/// Our own reader, because the registry needs positions and comments-preserving edits, and documents from outside need a bound on
/// depth, which Foundation's decoder (recursive, without one) does not have. RFC 8259, strictly: no NaN, no trailing comma.
public struct JSONNode: Sendable {
    public var value: JSONValue
    /// Byte offsets into the text, the value's first to behind its last.
    public var range: Range<Int>

    public init(value: JSONValue, range: Range<Int>) {
        self.value = value
        self.range = range
    }
}

/// The kinds of JSON value. Numbers keep their digits: 0.0375 and 100-digit integers stay exact.
public indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])

    /// "a string", "an object", …, for messages.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// One member of an object, in the order of the text.
public struct JSONMember: Sendable {
    public var key: String
    public var keyRange: Range<Int>
    public var node: JSONNode

    public init(key: String, keyRange: Range<Int>, node: JSONNode) {
        self.key = key
        self.keyRange = keyRange
        self.node = node
    }
}

extension JSONNode {
    /// The member's value: the last one where a key is given twice; nil when this is no object or has no such key.
    public subscript(_ key: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.last { $0.key == key }?.node
    }
    public var string: String? { if case .string(let text) = value { text } else { nil } }
    public var bool: Bool? { if case .bool(let flag) = value { flag } else { nil } }
    public var array: [JSONNode]? { if case .array(let nodes) = value { nodes } else { nil } }
    public var object: [JSONMember]? { if case .object(let members) = value { members } else { nil } }
    /// The number's digits as written.
    public var number: String? { if case .number(let digits) = value { digits } else { nil } }
    /// A whole number that fits; nil for fractions and what is too large.
    public var int: Int? { number.flatMap { Int($0) } }
    /// A finite number; nil for anything else.
    public var double: Double? { number.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }
    public var isNull: Bool { if case .null = value { true } else { false } }
}

/// Why a text is no JSON: what was found at which byte.
public struct JSONSyntaxError: Error, Sendable, Equatable {
    public var message: String
    /// Byte offset of the fault.
    public var offset: Int
    /// True when the nesting went beyond the reader's depth.
    public var isTooDeep: Bool
}

/// A line and a column, both from 1; the column counts characters.
public struct TextPosition: Sendable, Equatable, CustomStringConvertible {
    public var line: Int
    public var column: Int

    public var description: String { "line \(line), column \(column)" }

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The position of a byte of `text`.
    public init(of offset: Int, in text: [UInt8]) {
        let before = text.prefix(max(0, offset))
        line = before.count { $0 == 0x0A } + 1
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    }
}

/// Reads one JSON document.
public struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0
    private let maximumDepth: Int

    /// Reads the whole of `bytes` as one value; a UTF-8 byte-order mark is skipped, anything behind the value is an error.
    /// Lone surrogates and bytes that are no UTF-8 become U+FFFD.
    public static func read(_ bytes: [UInt8], maximumDepth: Int = 64) throws(JSONSyntaxError) -> JSONNode {
        var reader = JSONReader(bytes: bytes, maximumDepth: maximumDepth)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.at = 3 }
        reader.skipBlanks()
        guard reader.at < bytes.count else { throw reader.fault("nothing but blanks") }
        let node = try reader.value(depth: 1)
        reader.skipBlanks()
        guard reader.at == bytes.count else { throw reader.fault("more text behind the value") }
        return node
    }

    private init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private func fault(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(message: message, offset: at, isTooDeep: false)
    }

    private func unexpected(_ wanted: String) -> JSONSyntaxError {
        guard let current else { return fault("the text ends where \(wanted) was due") }
        let seen = current < 0x80 ? SafeText.line(String(UnicodeScalar(current))) : "a byte of value \(current)"
        return fault("'\(seen)' where \(wanted) was due")
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONNode {
        guard depth <= maximumDepth else {
            throw JSONSyntaxError(message: "nested deeper than \(maximumDepth) levels", offset: at, isTooDeep: true)
        }
        let start = at
        let value: JSONValue
        switch current {
        case 0x7B: value = .object(try members(depth: depth))
        case 0x5B: value = .array(try elements(depth: depth))
        case 0x22: value = .string(try string())
        case 0x74: value = try literal("true", .bool(true))
        case 0x66: value = try literal("false", .bool(false))
        case 0x6E: value = try literal("null", .null)
        case .some(0x2D), .some(0x30...0x39): value = .number(try number())
        default: throw unexpected("a value")
        }
        return JSONNode(value: value, range: start..<at)
    }

    private mutating func members(depth: Int) throws(JSONSyntaxError) -> [JSONMember] {
        var members: [JSONMember] = []
        at += 1
        skipBlanks()
        if current == 0x7D {
            at += 1
            return members
        }
        while true {
            guard current == 0x22 else { throw unexpected("a key in quotes") }
            let start = at
            let key = try string()
            let keyRange = start..<at
            skipBlanks()
            guard current == 0x3A else { throw unexpected("':' behind the key \"\(SafeText.line(key, limit: 40))\"") }
            at += 1
            skipBlanks()
            members.append(JSONMember(key: key, keyRange: keyRange, node: try value(depth: depth + 1)))
            skipBlanks()
            if current == 0x7D {
                at += 1
                return members
            }
            guard current == 0x2C else { throw unexpected("',' or '}'") }
            at += 1
            skipBlanks()
        }
    }

    private mutating func elements(depth: Int) throws(JSONSyntaxError) -> [JSONNode] {
        var nodes: [JSONNode] = []
        at += 1
        skipBlanks()
        if current == 0x5D {
            at += 1
            return nodes
        }
        while true {
            nodes.append(try value(depth: depth + 1))
            skipBlanks()
            if current == 0x5D {
                at += 1
                return nodes
            }
            guard current == 0x2C else { throw unexpected("',' or ']'") }
            at += 1
            skipBlanks()
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let wanted = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[at...].starts(with: wanted) else { throw unexpected("a value") }
        at += wanted.count
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = at
        if current == 0x2D { at += 1 }
        if current == 0x30 { at += 1 } else { try digits() }
        if current == 0x2E {
            at += 1
            try digits()
        }
        if current == 0x65 || current == 0x45 {
            at += 1
            if current == 0x2B || current == 0x2D { at += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        guard let first = current, (0x30...0x39).contains(first) else { throw unexpected("a digit") }
        while let byte = current, (0x30...0x39).contains(byte) { at += 1 }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        at += 1
        let start = at
        while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { at += 1 }
        if current == 0x22 {
            at += 1
            return String(decoding: bytes[start..<at - 1], as: UTF8.self)
        }
        var text = Array(bytes[start..<at])
        while let byte = current {
            if byte == 0x22 {
                at += 1
                return String(decoding: text, as: UTF8.self)
            }
            guard byte >= 0x20 else { throw fault("a control character inside a string; write it as an escape") }
            if byte == 0x5C {
                try escape(into: &text)
            } else {
                text.append(byte)
                at += 1
            }
        }
        throw fault("the text ends inside a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        at += 1
        switch current {
        case 0x22, 0x5C, 0x2F: text.append(bytes[at])
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75:
            text.append(contentsOf: String(try unicodeEscape()).utf8)
            return
        default: throw unexpected("one of \" \\ / b f n r t u behind a backslash")
        }
        at += 1
    }

    private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let high = try hexQuad()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard (0xD800...0xDBFF).contains(high), current == 0x5C, at + 1 < bytes.count, bytes[at + 1] == 0x75 else { return "\u{FFFD}" }
        let resume = at
        at += 1
        let low = try hexQuad()
        guard (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
            at = resume
            return "\u{FFFD}"
        }
        return scalar
    }

    /// The four digits behind "u"; leaves the place behind them.
    private mutating func hexQuad() throws(JSONSyntaxError) -> UInt32 {
        at += 1
        var value: UInt32 = 0
        for _ in 0..<4 {
            switch current {
            case .some(let byte) where (0x30...0x39).contains(byte): value = value << 4 | UInt32(byte - 0x30)
            case .some(let byte) where (0x41...0x46).contains(byte & 0xDF): value = value << 4 | UInt32(byte & 0xDF - 0x37)
            default: throw unexpected("a hexadecimal digit")
            }
            at += 1
        }
        return value
    }
}
