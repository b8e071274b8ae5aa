/// The name of a source, the key of all that is kept about it: never its position in the registry, never its address.
///
/// 1 to 64 characters of `a–z`, `0–9`, `-`, `_` and `.`, the first a letter or a digit.
public struct SourceID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The id as written.
    public let text: String

    /// Nil when `text` is no valid id.
    public init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, Self.isAlphanumeric(first) else { return nil }
        guard text.utf8.allSatisfy({ Self.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }) else { return nil }
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = SourceID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no source id. \(Self.rule)")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var description: String { text }

    /// What an id may look like, for messages.
    public static let rule = "1 to 64 characters of a–z, 0–9, '-', '_' and '.', the first a letter or a digit"

    public static func < (a: SourceID, b: SourceID) -> Bool { a.text < b.text }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
}
