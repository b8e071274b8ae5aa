/// FNV-1a, 64 bits: the same number for the same bytes in every process and version. For recognising, not for security.
///
/// Source: draft-eastlake-fnv. The hash of no bytes is `0xcbf29ce484222325`, of "a" `0xaf63dc4c8601ec8c`.
package struct StableHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// Begins elsewhere, so that two hashes of the same bytes are independent.
    init(salt: UInt64) { value ^= salt }

    /// Takes in one byte.
    package mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// Takes in a kind and the eight bytes of a number, lowest first.
    mutating func add(_ kind: UInt8, _ number: UInt64) {
        add(kind)
        for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    /// Takes in a text's UTF-8.
    mutating func add(_ text: String) {
        var (text, hash) = (text, self)
        text.withUTF8 { bytes in
            for byte in bytes { hash.add(byte) }
        }
        self = hash
    }

    /// Takes in a field: absent, empty and "a" + "b" against "ab" all differ.
    mutating func addField(_ text: String?) {
        guard let text else { return add(0xFE) }
        add(text)
        add(0xFF)
    }

    /// Sixteen hexadecimal digits.
    package var hex: String { Self.hex(value) }

    /// Sixteen hexadecimal digits.
    static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The hash of one text.
    static func of(_ text: String) -> UInt64 {
        var hash = StableHash()
        hash.add(text)
        return hash.value
    }

    /// Spreads a number over all its bits (the finaliser of SplitMix64): FNV alone leaves the high bits of short words alike.
    static func spread(_ number: UInt64) -> UInt64 {
        var z = number &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
