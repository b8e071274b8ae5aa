import FoundationEssentials
import Stores
import WireCore

/// A value of MongoDB's documents, as far as the store uses them. Instants are kept as `int` (milliseconds), as in SQLite, except where the
/// server itself must understand them (`instant`).
enum BSON: Sendable, Equatable {
    case null
    case flag(Bool)
    case int(Int64)
    case real(Double)
    case text(String)
    case bytes([UInt8])
    case instant(Int64)
    case list([BSON])
    case document(BSONDocument)
    /// A kind that the store does not write; only its presence is known.
    case other(UInt8)
}

extension BSON: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    init(integerLiteral value: Int64) { self = .int(value) }
    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: BSON...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, BSON)...) { self = .document(BSONDocument(elements)) }

    init(_ number: Int) { self = .int(Int64(number)) }
    init(_ number: Int?) { self = number.map { .int(Int64($0)) } ?? .null }
    init(_ number: Int64?) { self = number.map(BSON.int) ?? .null }
    /// What is no number is kept as nothing.
    init(_ number: Double?) { self = number.flatMap { $0.isNaN ? nil : .real($0) } ?? .null }
    init(_ text: String?) { self = text.map(BSON.text) ?? .null }
    init(_ instant: Date?) { self = instant.map { .int($0.milliseconds) } ?? .null }
    init(_ words: [String]) { self = .list(words.map(BSON.text)) }
    init(_ numbers: [Int64]) { self = .list(numbers.map(BSON.int)) }
}

/// Named values in order.
struct BSONDocument: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private(set) var fields: [(name: String, value: BSON)]

    init(_ fields: [(String, BSON)] = []) { self.fields = fields.map { (name: $0.0, value: $0.1) } }
    init(dictionaryLiteral elements: (String, BSON)...) { self.init(elements) }

    /// Looking up an absent name gives nil; setting appends or replaces, setting nil removes.
    subscript(name: String) -> BSON? {
        get { fields.first { $0.name == name }?.value }
        set {
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append((name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Both, the other's behind.
    static func + (a: BSONDocument, b: BSONDocument) -> BSONDocument {
        var sum = a
        sum.fields += b.fields
        return sum
    }

    static func == (a: BSONDocument, b: BSONDocument) -> Bool {
        a.fields.elementsEqual(b.fields) { $0.name == $1.name && $0.value == $1.value }
    }
}

extension BSON {
    /// True when somewhere in it stands a floating-point value that is no number.
    var holdsNaN: Bool {
        switch self {
        case .real(let number): number.isNaN
        case .list(let elements): elements.contains(where: \.holdsNaN)
        case .document(let document): document.fields.contains(where: \.value.holdsNaN)
        default: false
        }
    }
}

// MARK: - Bytes (bsonspec.org, version 1.1)

extension BSONDocument {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        write(to: &bytes)
        return bytes
    }

    fileprivate func write(to bytes: inout [UInt8]) {
        BSON.writeFrame(fields.lazy.map { ($0.name, $0.value) }, to: &bytes)
    }

    /// Reads a document. Nil for bytes that are none, and for more than 64 levels.
    init?(bytes: UnsafeRawBufferPointer) {
        var reader = BSONReader(bytes: bytes)
        guard let document = reader.document(depth: 0), reader.isAtEnd else { return nil }
        self = document
    }
}

extension BSON {
    fileprivate static func writeFrame(_ fields: some Sequence<(String, BSON)>, to bytes: inout [UInt8]) {
        let start = bytes.count
        append(Int32(0), to: &bytes)
        for (name, value) in fields {
            bytes.append(value.kind)
            bytes += name.utf8
            bytes.append(0)
            value.writeValue(to: &bytes)
        }
        bytes.append(0)
        withUnsafeBytes(of: Int32(truncatingIfNeeded: bytes.count - start).littleEndian) { size in
            for (offset, byte) in size.enumerated() { bytes[start + offset] = byte }
        }
    }

    private var kind: UInt8 {
        switch self {
        case .real: 0x01
        case .text: 0x02
        case .document: 0x03
        case .list: 0x04
        case .bytes: 0x05
        case .flag: 0x08
        case .instant: 0x09
        case .null, .other: 0x0A
        case .int: 0x12
        }
    }

    private func writeValue(to bytes: inout [UInt8]) {
        switch self {
        case .null, .other: break
        case .flag(let flag): bytes.append(flag ? 1 : 0)
        case .int(let number), .instant(let number): Self.append(number, to: &bytes)
        case .real(let number): Self.append(Int64(bitPattern: number.bitPattern), to: &bytes)
        case .text(let text):
            Self.append(Int32(truncatingIfNeeded: text.utf8.count + 1), to: &bytes)
            bytes += text.utf8
            bytes.append(0)
        case .bytes(let blob):
            Self.append(Int32(truncatingIfNeeded: blob.count), to: &bytes)
            bytes.append(0)
            bytes += blob
        case .list(let elements): Self.writeFrame(elements.lazy.enumerated().map { ("\($0.offset)", $0.element) }, to: &bytes)
        case .document(let document): document.write(to: &bytes)
        }
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}

/// Walks through the bytes of a document; every length is checked against what is there.
private struct BSONReader {
    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func document(depth: Int) -> BSONDocument? {
        guard depth < 64, let size = number(as: Int32.self), size >= 5, position - 4 + Int(size) <= bytes.count else { return nil }
        let end = position - 4 + Int(size)
        var fields: [(String, BSON)] = []
        while position < end {
            guard let kind = number(as: UInt8.self) else { return nil }
            if kind == 0 { return position == end ? BSONDocument(fields) : nil }
            guard let name = name(), let value = value(of: kind, depth: depth) else { return nil }
            fields.append((name, value))
        }
        return nil
    }

    private mutating func value(of kind: UInt8, depth: Int) -> BSON? {
        switch kind {
        case 0x01: number(as: UInt64.self).map { .real(Double(bitPattern: $0)) }
        case 0x02: text().map(BSON.text)
        case 0x03: document(depth: depth + 1).map(BSON.document)
        case 0x04: document(depth: depth + 1).map { .list($0.fields.map(\.value)) }
        case 0x05: blob().map(BSON.bytes)
        case 0x07: skip(12, kind)
        case 0x08: number(as: UInt8.self).map { .flag($0 != 0) }
        case 0x09: number(as: Int64.self).map(BSON.instant)
        case 0x0A: .null
        case 0x10: number(as: Int32.self).map { .int(Int64($0)) }
        case 0x11: skip(8, kind)
        case 0x12: number(as: Int64.self).map(BSON.int)
        case 0x13: skip(16, kind)
        case 0xFF, 0x7F: .other(kind)
        default: nil
        }
    }

    private mutating func number<Number: FixedWidthInteger>(as: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard bytes.count - position >= size else { return nil }
        defer { position += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    private mutating func name() -> String? {
        guard let end = bytes[position...].firstIndex(of: 0) else { return nil }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    private mutating func text() -> String? {
        guard let size = number(as: Int32.self), size >= 1, bytes.count - position >= Int(size) else { return nil }
        defer { position += Int(size) }
        return String(decoding: bytes[position..<position + Int(size) - 1], as: UTF8.self)
    }

    private mutating func blob() -> [UInt8]? {
        guard let size = number(as: Int32.self), size >= 0, number(as: UInt8.self) != nil, bytes.count - position >= Int(size) else { return nil }
        defer { position += Int(size) }
        return Array(bytes[position..<position + Int(size)])
    }

    private mutating func skip(_ size: Int, _ kind: UInt8) -> BSON? {
        guard bytes.count - position >= size else { return nil }
        position += size
        return .other(kind)
    }
}
