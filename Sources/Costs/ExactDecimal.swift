/// A decimal number as written, exact: `digits` × 10^−`decimals`. For prices, factors and amounts; never a floating-point number.
public struct ExactDecimal: Sendable, Hashable {
    public var digits: Int64
    /// Places behind the point, 0–12.
    public var decimals: Int

    public init(digits: Int64, decimals: Int) {
        self.digits = digits
        self.decimals = decimals
    }

    /// Reads "3", "-0.0375", "1.10"; no exponent, no blanks, at most `maximumDecimals` places. Nil for anything else.
    public init?(parsing text: String, maximumDecimals: Int = 12) {
        var rest = text.utf8[...]
        let isNegative = rest.first == 0x2D
        if isNegative { rest = rest.dropFirst() }
        let whole = rest.prefix { $0 != 0x2E }
        let fraction = rest.dropFirst(whole.count + 1)
        guard !whole.isEmpty, whole.count == rest.count || !fraction.isEmpty, fraction.count <= maximumDecimals else { return nil }
        var value: Int64 = 0
        for byte in [whole, fraction].joined() {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, overflow2) = shifted.subtractingReportingOverflow(Int64(byte - 0x30))
            guard !overflow, !overflow2 else { return nil }
            // Counted downwards, so that the least number can be read.
            value = next
        }
        guard isNegative || value != .min else { return nil }
        digits = isNegative ? value : -value
        decimals = fraction.count
    }

    /// The whole number of 10^−`places` units; nil where `places` is too few to hold it exactly, or beyond 128 bits.
    public func scaled(to places: Int) -> Int128? {
        guard places >= decimals else {
            var divisor: Int128 = 1
            for _ in places..<decimals { divisor *= 10 }
            let (quotient, rest) = Int128(digits).quotientAndRemainder(dividingBy: divisor)
            return rest == 0 ? quotient : nil
        }
        var value = Int128(digits)
        for _ in decimals..<places {
            let (next, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = next
        }
        return value
    }
}

extension ExactDecimal: CustomStringConvertible {
    public var description: String {
        let text = String(digits.magnitude)
        let sign = digits < 0 ? "-" : ""
        guard decimals > 0 else { return sign + text }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - text.count)) + text
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
