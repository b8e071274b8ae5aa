/// What a price is multiplied by under some term: an exact ratio above 0, written "1.1" or, where no decimal is exact, "5/3".
public struct PriceFactor: Sendable {
    /// As written in the table.
    public let text: String
    /// In lowest terms, both above 0.
    public let numerator: Int64
    public let denominator: Int64

    public static let one = PriceFactor(text: "1", numerator: 1, denominator: 1)
    /// How it is written, for messages.
    public static let rule = "a text such as \"0.5\" or \"5/3\", above 0 and at most 1000, with at most 9 decimals"

    private init(text: String, numerator: Int64, denominator: Int64) {
        self.text = text
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Reads "2", "0.5", "1.10" or "5/3" (two whole numbers below 10⁹); nil for anything else, for 0 and for more than 1000.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first else { return nil }
        if parts.count == 2 {
            guard let above = Self.whole(first), let below = Self.whole(parts[1]) else { return nil }
            self.init(text: text, ratio: above, to: below)
        } else {
            guard let decimal = ExactDecimal(parsing: text, maximumDecimals: 9) else { return nil }
            var below: Int64 = 1
            for _ in 0..<decimal.decimals { below *= 10 }
            self.init(text: text, ratio: decimal.digits, to: below)
        }
    }

    /// The exact quotient of two prices, as short as it can be written; nil when either is 0 or the quotient is no factor.
    public init?(_ price: ExactDecimal, over base: ExactDecimal) {
        guard let above = price.scaled(to: 12), let below = base.scaled(to: 12), above > 0, below > 0 else { return nil }
        let divisor = greatestCommonDivisor(above, below)
        guard let numerator = Int64(exactly: above / divisor), let denominator = Int64(exactly: below / divisor) else { return nil }
        var (digits, rest, places) = (Int128(numerator), denominator, 0)
        while rest % 10 == 0 { (rest, places) = (rest / 10, places + 1) }
        while rest % 2 == 0, places < 10 { (digits, rest, places) = (digits * 5, rest / 2, places + 1) }
        while rest % 5 == 0, places < 10 { (digits, rest, places) = (digits * 2, rest / 5, places + 1) }
        let decimal = rest == 1 ? Int64(exactly: digits).map { ExactDecimal(digits: $0, decimals: places).normalized.description } : nil
        self.init(parsing: decimal ?? "\(numerator)/\(denominator)")
    }

    private init?(text: String, ratio above: Int64, to below: Int64) {
        guard above > 0, below > 0, Int128(above) <= 1000 * Int128(below) else { return nil }
        let divisor = Int64(greatestCommonDivisor(Int128(above), Int128(below)))
        self.init(text: text, numerator: above / divisor, denominator: below / divisor)
    }

    private static func whole(_ text: Substring) -> Int64? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}

extension PriceFactor: Comparable, Hashable {
    /// Equal by value: "0.5" and "1/2" are one factor.
    public static func == (a: PriceFactor, b: PriceFactor) -> Bool { a.numerator == b.numerator && a.denominator == b.denominator }
    public static func < (a: PriceFactor, b: PriceFactor) -> Bool {
        Int128(a.numerator) * Int128(b.denominator) < Int128(b.numerator) * Int128(a.denominator)
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(numerator)
        hasher.combine(denominator)
    }
}

/// Of two numbers above 0, by Euclid.
func greatestCommonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}
