/// A number of bytes, written "8MiB", "64KiB" or "512B" in the registry.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var bytes: Int

    public init(_ bytes: Int) { self.bytes = bytes }
    public static func kibibytes(_ n: Int) -> ByteCount { ByteCount(n << 10) }
    public static func mebibytes(_ n: Int) -> ByteCount { ByteCount(n << 20) }

    /// Reads "8MiB", "64 KiB", "512B"; also the decimal "8MB". Nil for anything else.
    public init?(parsing text: String) {
        guard let (number, unit) = splitQuantity(text) else { return nil }
        let factors = ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000]
        guard let factor = factors[unit] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        bytes = product
    }

    /// The shortest exact form that ``init(parsing:)`` reads back.
    public var description: String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes != 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)B"
    }

    /// For people: "1.4 MiB".
    public var short: String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes >= 1 << shift {
            let tenths = (bytes * 10) >> shift
            return tenths >= 100 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(bytes) B"
    }

    public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }
}

extension Duration {
    /// Reads "500ms", "30s", "15m", "6h", "7d", "2w". Nil for anything else: a bare number has no unit and is refused.
    public init?(parsing text: String) {
        guard let (number, unit) = splitQuantity(text), number <= 100_000_000 else { return nil }
        switch unit {
        case "ms": self = .milliseconds(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(number * 60)
        case "h": self = .seconds(number * 3600)
        case "d": self = .seconds(number * 86_400)
        case "w": self = .seconds(number * 604_800)
        default: return nil
        }
    }

    /// Whole milliseconds, rounded down.
    public var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }

    /// Seconds as a floating-point number, for arithmetic with dates.
    public var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The shortest exact form that ``init(parsing:)`` reads back (to the millisecond).
    public var text: String {
        let total = milliseconds
        for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] where total != 0 && total % size == 0 {
            return "\(total / size)\(unit)"
        }
        return "\(total)ms"
    }

    /// For people, two units at most: "2 h 5 min", "3 d", "450 ms".
    public var short: String {
        let total = milliseconds
        if total < 0 { return "−" + (.zero - self).short }
        if total < 1000 { return "\(total) ms" }
        if total < 10_000, total % 1000 >= 100 { return "\(total / 1000).\(total % 1000 / 100) s" }
        let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)]
        let seconds = total / 1000
        for (index, (unit, size)) in units.enumerated() where seconds >= size {
            let whole = seconds / size
            guard index + 1 < units.count, whole < 10 else { return "\(whole) \(unit)" }
            let (nextUnit, nextSize) = units[index + 1]
            let rest = seconds % size / nextSize
            return rest == 0 ? "\(whole) \(unit)" : "\(whole) \(unit) \(rest) \(nextUnit)"
        }
        return "0 s"
    }
}

/// "15m" → (15, "m"). Nil unless it is digits, perhaps one blank, then letters.
private func splitQuantity(_ text: String) -> (Int, String)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, let number = Int(digits) else { return nil }
    var unit = text[digits.endIndex...]
    if unit.first == " " { unit = unit.dropFirst() }
    guard !unit.isEmpty, unit.allSatisfy({ $0.isASCII && $0.isLetter }) else { return nil }
    return (number, String(unit))
}

extension Int {
    /// The number with its noun, for people: "1 item", "2 items".
    public func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
