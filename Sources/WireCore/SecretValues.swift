/// The secrets of one source, to be taken out of whatever is shown, stored or logged of its answers: a server may send a key back.
///
/// A secret is recognised as it was sent, in part (the token behind `Bearer `, the value of a cookie), and in the guises that servers echo
/// it in: percent-encoded, escaped for JSON or HTML, in UTF-16, each byte in a guise of its own; also where the end of the text, or an
/// ellipsis, cuts it. Pure.
public struct SecretValues: Sendable, Equatable {
    /// What stands where a secret was.
    public static let mark = "REDACTED"
    /// Shorter values are no secrets, and would deface every text.
    static let shortest = 4

    /// The longest first, so that a part never leaves the rest of the whole behind.
    private let values: [[UInt8]]

    /// `texts`: header values and keys as they are sent.
    public init(_ texts: [String] = []) {
        let all = Set(texts.flatMap(Self.parts).map { Array($0.utf8) }).filter { $0.count >= Self.shortest }
        values = all.sorted { ($0.count, String(decoding: $0, as: UTF8.self)) > ($1.count, String(decoding: $1, as: UTF8.self)) }
    }

    public var isEmpty: Bool { values.isEmpty }

    /// The whole, and each of its words and values that is long enough to be a secret of its own.
    private static func parts(of text: String) -> [String] {
        let words = text.split { " \t;,".contains($0) }
        let members = words.compactMap { word in word.firstIndex(of: "=").map { word[word.index(after: $0)...] } }
        return [text] + (words + members).filter { $0.utf8.count >= 8 }.map(String.init)
    }

    /// The text with every secret replaced.
    public func redacted(_ text: String) -> String {
        guard !isEmpty, let bytes = redacted(Array(text.utf8), orNil: ()) else { return text }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The bytes with every secret replaced.
    public func redacted(_ bytes: [UInt8]) -> [UInt8] { isEmpty ? bytes : redacted(bytes, orNil: ()) ?? bytes }

    /// Nil when there is no secret in it, so that nothing is copied.
    private func redacted(_ bytes: [UInt8], orNil: Void) -> [UInt8]? {
        var starts = [Bool](repeating: false, count: 256)
        for value in values { starts[Int(value[0])] = true }
        for guise in "%\\&".utf8 { starts[Int(guise)] = true }
        var out: [UInt8] = []
        var copied = 0
        var index = 0
        while index < bytes.count {
            if starts[Int(bytes[index])], let end = values.lazy.compactMap({ Self.match($0, in: bytes, at: index) }).first {
                out += bytes[copied..<index]
                out += Self.mark.utf8
                (copied, index) = (end, end)
            } else {
                index += 1
            }
        }
        return copied == 0 ? nil : out + bytes[copied...]
    }

    /// Behind the secret that begins at `start`; nil when none does.
    private static func match(_ secret: [UInt8], in bytes: [UInt8], at start: Int) -> Int? {
        var index = start
        for (count, wanted) in secret.enumerated() {
            guard index < bytes.count, !bytes[index...].starts(with: "…".utf8) else { return count >= shortest ? index : nil }
            guard let next = unit(wanted, in: bytes, at: index) else { return nil }
            index = next
            // The empty halves of UTF-16's letters.
            while index < bytes.count, bytes[index] == 0, count + 1 < secret.count { index += 1 }
        }
        return index
    }

    /// Behind one byte of a secret in any guise; nil when another byte stands there. A guise that the end cuts counts as the byte.
    private static func unit(_ wanted: UInt8, in bytes: [UInt8], at index: Int) -> Int? {
        let byte = bytes[index]
        let rest = bytes[(index + 1)...]
        switch byte {
        case 0x25 where hex(rest.prefix(2)) == Int(wanted): return index + 3
        case 0x25 where wanted != 0x25 && rest.count < 2: return bytes.count
        case 0x2B where wanted == 0x20: return index + 1
        case 0x5C where rest.first == 0x75 && hex(rest.dropFirst().prefix(4)) == Int(wanted): return index + 6
        case 0x5C where rest.first == wanted && (wanted == 0x2F || wanted == 0x22 || wanted == 0x5C): return index + 2
        case 0x26: return reference(wanted, rest) ?? (wanted == 0x26 ? index + 1 : nil)
        default: return byte == wanted ? index + 1 : nil
        }
    }

    /// The number that two or four hexadecimal digits write; nil when there are fewer, or others.
    private static func hex(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.count == 2 || digits.count == 4 else { return nil }
        return number(digits, radix: 16)
    }

    private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> Int? {
        guard !digits.isEmpty else { return nil }
        var number = 0
        for digit in digits {
            let value: Int
            switch digit {
            case 0x30...0x39: value = Int(digit) - 0x30
            case 0x41...0x46, 0x61...0x66: value = Int(digit | 0x20) - 0x57
            default: return nil
            }
            guard value < radix else { return nil }
            number = number * radix + value
        }
        return number
    }

    private static let names: [(name: [UInt8], byte: UInt8)] = [
        (Array("amp".utf8), 0x26), (Array("lt".utf8), 0x3C), (Array("gt".utf8), 0x3E), (Array("quot".utf8), 0x22), (Array("apos".utf8), 0x27),
    ]

    /// HTML's references, by name or number; `rest` begins behind the ampersand.
    private static func reference(_ wanted: UInt8, _ rest: ArraySlice<UInt8>) -> Int? {
        guard let end = rest.prefix(8).firstIndex(of: 0x3B) else { return nil }
        let name = rest[..<end]
        guard name.first == 0x23 else { return names.contains { $0.byte == wanted && name.elementsEqual($0.name) } ? end + 1 : nil }
        let isHex = name.dropFirst().first.map { $0 | 0x20 == 0x78 } ?? false
        return number(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10) == Int(wanted) ? end + 1 : nil
    }
}
