import WireCore

/// One value of a row, as no engine in particular keeps it. Instants are whole milliseconds since 1970 UTC, money whole picodollars,
/// flags 0 and 1.
public enum TransferValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
    case list([TransferValue])

    public init(_ text: String?) { self = text.map(TransferValue.text) ?? .null }
    public init(_ number: Int64?) { self = number.map(TransferValue.integer) ?? .null }
    public init(_ number: Double?) { self = number.map(TransferValue.real) ?? .null }

    /// About how much memory it takes, in bytes.
    public var size: Int {
        switch self {
        case .null, .integer, .real: 16
        case .text(let text): 16 + text.utf8.count
        case .blob(let bytes): 16 + bytes.count
        case .list(let values): values.reduce(16) { $0 + $1.size }
        }
    }

    /// Nil for anything but a text.
    public var text: String? { if case .text(let text) = self { text } else { nil } }
    /// Nil for anything but a whole number.
    public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    /// Nil for anything but a number.
    public var double: Double? {
        switch self {
        case .real(let number): number
        case .integer(let number): Double(number)
        default: nil
        }
    }
    /// Empty for anything but a list.
    public var elements: [TransferValue] { if case .list(let values) = self { values } else { [] } }
}

/// One thing that a store keeps: a value for each of its kind's columns, in their order.
public struct TransferRow: Sendable, Equatable {
    public var values: [TransferValue]

    public init(_ values: [TransferValue]) { self.values = values }

    /// About how much memory it takes, in bytes.
    public var size: Int { values.reduce(32) { $0 + $1.size } }
}

/// Rows of one kind, and where the next page begins.
public struct TransferPage: Sendable {
    public var rows: [TransferRow]
    /// Behind the last row; nil when there is no more.
    public var next: TransferCursor?

    public init(rows: [TransferRow], next: TransferCursor?) {
        self.rows = rows
        self.next = next
    }
}

/// A place in the rows of a kind, which only the engine that gave it understands: whole numbers and texts.
public struct TransferCursor: Sendable, Equatable {
    public var values: [TransferValue]

    public init(_ values: [TransferValue]) { self.values = values }

    /// As it is kept between two runs: a JSON list of numbers and texts.
    public var text: String {
        var json = JSONWriter(capacity: 64)
        json.array { json in
            for value in values {
                switch value {
                case .integer(let number): json.number(Int(number))
                case .text(let text): json.string(text)
                default: json.null()
                }
            }
        }
        return json.text
    }

    /// Nil for a text that ``text`` did not give.
    public init?(parsing text: String) {
        guard let nodes = (try? JSONReader.read(Array(text.utf8)))?.array else { return nil }
        values = nodes.map { node in
            node.int.map { .integer(Int64($0)) } ?? node.string.map(TransferValue.text) ?? .null
        }
    }
}

/// How many rows of a kind there are and what they say, in whatever order they were read.
///
/// Each row gives two independent 64-bit FNV-1a hashes; the sums of all are compared. It recognises mistakes, not forgeries.
public struct TransferFingerprint: Sendable, Equatable {
    public private(set) var rows = 0
    private var sums: (UInt64, UInt64) = (0, 0)

    public init() {}

    public mutating func add(_ row: TransferRow) {
        var hashes = (StableHash(), StableHash(salt: 0x5bd1_e995_9e37_79b9))
        for value in row.values { value.add(to: &hashes) }
        rows += 1
        sums.0 &+= StableHash.spread(hashes.0.value)
        sums.1 &+= StableHash.spread(hashes.1.value)
    }

    /// 32 hexadecimal digits.
    public var checksum: String { StableHash.hex(sums.0) + StableHash.hex(sums.1) }

    public static func == (a: Self, b: Self) -> Bool { a.rows == b.rows && a.sums == b.sums }
}

extension TransferValue {
    /// Each value begins with its kind and, where it could be longer or shorter, its length: no two rows are the same bytes.
    fileprivate func add(to hashes: inout (StableHash, StableHash)) {
        func add(_ kind: UInt8, _ number: UInt64) {
            hashes.0.add(kind, number)
            hashes.1.add(kind, number)
        }
        switch self {
        case .null: add(0, 0)
        case .integer(let number): add(1, UInt64(bitPattern: number))
        // A zero is a zero: not every engine keeps its sign.
        case .real(let number): add(2, number == 0 ? 0 : number.bitPattern)
        case .text(let text):
            add(3, UInt64(text.utf8.count))
            hashes.0.add(text)
            hashes.1.add(text)
        case .blob(let bytes):
            add(4, UInt64(bytes.count))
            for byte in bytes {
                hashes.0.add(byte)
                hashes.1.add(byte)
            }
        case .list(let values):
            add(5, UInt64(values.count))
            for value in values { value.add(to: &hashes) }
        }
    }
}
