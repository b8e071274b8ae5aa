public import FoundationEssentials

/// Writes compact JSON straight into bytes. The caller opens and closes objects and arrays; commas are put by the writer.
public struct JSONWriter {
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    /// An empty document with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// The text so far.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Forgets the text but keeps the memory.
    public mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Ends a document that is one line of several.
    public mutating func endLine() {
        bytes.append(0x0A)
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
        needsComma = true
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    /// `{ … }` around what `body` writes.
    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        open(0x7B)
        try body(&self)
        close(0x7D)
    }

    /// `[ … ]` around what `body` writes.
    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        open(0x5B)
        try body(&self)
        close(0x5D)
    }

    /// `"key":`, to be followed by one value. The name is written as it stands: it holds nothing that needs an escape.
    public mutating func key(_ name: StaticString) {
        separate()
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(contentsOf: Self.endOfKey)
        needsComma = false
    }

    private static let endOfKey: [UInt8] = [0x22, 0x3A]

    /// `"key":` for a name that comes from outside.
    public mutating func key(escaping name: String) {
        string(name)
        bytes.append(0x3A)
        needsComma = false
    }

    public mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }
    public mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        number(value)
    }
    public mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }
    /// Writes nothing when `value` is nil.
    public mutating func member(ifPresent name: StaticString, _ value: String?) {
        if let value { member(name, value) }
    }
    /// Writes nothing when `value` is nil.
    public mutating func member(ifPresent name: StaticString, _ value: Int?) {
        if let value { member(name, value) }
    }
    /// An instant as `YYYY-MM-DDTHH:MM:SSZ`; writes nothing when `value` is nil.
    public mutating func member(ifPresent name: StaticString, _ value: Date?) {
        guard let value else { return }
        key(name)
        separate()
        bytes.append(0x22)
        UTCTime.append(value, to: &bytes)
        bytes.append(0x22)
    }
    /// Writes `null` when `value` is nil.
    public mutating func member(_ name: StaticString, orNull value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }
    /// Writes `null` when `value` is nil.
    public mutating func member(_ name: StaticString, orNull value: Int?) {
        key(name)
        if let value { number(value) } else { null() }
    }

    public mutating func number(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }
    /// A number's digits as they were read, unchanged; the caller vouches that they are a JSON number.
    public mutating func number(asWritten digits: String) {
        separate()
        bytes.append(contentsOf: digits.utf8)
    }
    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A string in quotes; control characters, `"` and `\` are escaped.
    public mutating func string(_ value: String) {
        separate()
        bytes.append(0x22)
        var value = value
        value.withUTF8 { appendEscaped($0) }
        bytes.append(0x22)
    }

    // Which of eight bytes, the first in the lowest place, are control characters, quotes, backslashes or DEL: their highest bits are set.
    // The lowest mark is exact; above it there may be false ones.
    // Source: Sean Eron Anderson, "Bit Twiddling Hacks", “Determine if a word has a byte less than n”.
    @inline(__always)
    private static func marks(_ word: UInt64) -> UInt64 {
        @inline(__always) func below(_ value: UInt64, _ bound: UInt64) -> UInt64 { (value &- ones &* bound) & ~value & highs }
        return below(word, 0x20) | below(word ^ ones &* 0x22, 1) | below(word ^ ones &* 0x5C, 1) | below(word ^ ones &* 0x7F, 1)
    }

    /// The same for 32 bytes at once.
    @inline(__always)
    private static func marks(_ words: SIMD4<UInt64>) -> SIMD4<UInt64> {
        @inline(__always) func below(_ value: SIMD4<UInt64>, _ bound: UInt64) -> SIMD4<UInt64> { (value &- ones &* bound) & ~value & highs }
        return below(words, 0x20) | below(words ^ ones &* 0x22, 1) | below(words ^ ones &* 0x5C, 1) | below(words ^ ones &* 0x7F, 1)
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Bytes that are written at a time: the room for the worst case, six bytes for one, is asked for once for all of them.
    private static let piece = 4 << 10

    /// The inside of a string from UTF-8 bytes.
    private mutating func appendEscaped(_ source: UnsafeBufferPointer<UInt8>) {
        var start = 0
        while start < source.count {
            let end = min(start + Self.piece, source.count)
            let part = UnsafeBufferPointer(rebasing: source[start..<end])
            bytes.append(addingCapacity: part.count * 6) { span in
                span.withUnsafeMutableBufferPointer { target, count in count += Self.escape(part, into: target, at: count) }
            }
            start = end
        }
    }

    /// Copies run by run, with escapes between; gives the bytes that it took, six times those of `source` at most.
    private static func escape(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>, at place: Int) -> Int {
        guard let base = source.baseAddress, let out = target.baseAddress else { return 0 }
        var written = place
        var runStart = 0
        var index = 0
        let raw = UnsafeRawBufferPointer(source)
        func copyRun(to end: Int) {
            out.advanced(by: written).update(from: base + runStart, count: end - runStart)
            written += end - runStart
        }
        func put(_ byte: UInt8) {
            target[written] = byte
            written += 1
        }
        while index < source.count {
            if index + 32 <= source.count, marks(raw.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)) == .zero {
                index += 32
                continue
            }
            if index + 8 <= source.count {
                let plain = marks(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))).trailingZeroBitCount / 8
                index += plain
                if plain == 8 { continue }
            }
            let byte = source[index]
            defer { index += 1 }
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F else { continue }
            copyRun(to: index)
            runStart = index + 1
            put(0x5C)
            switch byte {
            case 0x22, 0x5C: put(byte)
            case 0x0A: put(0x6E)
            case 0x0D: put(0x72)
            case 0x09: put(0x74)
            default:
                put(0x75)
                put(0x30)
                put(0x30)
                put(hexDigit(byte >> 4))
                put(hexDigit(byte & 15))
            }
        }
        copyRun(to: source.count)
        return written - place
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
