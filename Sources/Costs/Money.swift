// Costs: usage × price = cost. Read in this order: Money, Usage, PriceTable (what a model costs from a day on), Pricing (the
// arithmetic), UsageReading (what a provider's usage object says), Budget, BudgetPlan (limits, days, alerts), LedgerEntry. PriceImport
// compares a foreign list with the table. Arithmetic only: no I/O and no clock of its own; it knows no store and no provider.
// Tests: Tests/CostsTests.

/// An amount of US dollars, exact: whole picodollars (10⁻¹² $) in 64 bits, so ±9.2 million dollars.
///
/// The smallest price in use is half a nanodollar a token (batch cache reads of a small model), which picodollars hold and nanodollars
/// do not. Sums that may leave the range are taken in ``MoneySum``. Rounding happens once, at the edge, in ``text(decimals:)``.
public struct Money: Sendable, Hashable, Comparable {
    public var picodollars: Int64

    public init(picodollars: Int64) { self.picodollars = picodollars }

    public static let zero = Money(picodollars: 0)
    public static let perDollar: Int64 = 1_000_000_000_000
    /// Decimals of a dollar that an amount can hold.
    public static let decimals = 12

    /// Reads plain decimal dollars, "0.50", "-3", "0.0000055"; at most 12 decimals, no exponent, no blanks.
    /// Nil for anything else and beyond the range.
    public init?(dollars text: String) {
        guard let decimal = ExactDecimal(parsing: text, maximumDecimals: Self.decimals),
            let picodollars = decimal.scaled(to: Self.decimals).flatMap(Int64.init(exactly:))
        else { return nil }
        self.picodollars = picodollars
    }

    /// The sum; nil beyond the range.
    public func adding(_ other: Money) -> Money? {
        let (sum, overflow) = picodollars.addingReportingOverflow(other.picodollars)
        return overflow ? nil : Money(picodollars: sum)
    }

    /// The difference; nil beyond the range.
    public func subtracting(_ other: Money) -> Money? {
        let (difference, overflow) = picodollars.subtractingReportingOverflow(other.picodollars)
        return overflow ? nil : Money(picodollars: difference)
    }

    /// Exact decimal dollars without trailing zeros: "0.5", "0", "-0.0000055".
    public var dollars: String { MoneySum(self).dollars }

    /// Dollars rounded half to even to `decimals` (0–12) places: "0.50".
    public func text(decimals: Int) -> String { MoneySum(self).text(decimals: decimals) }

    public static func < (a: Money, b: Money) -> Bool { a.picodollars < b.picodollars }
}

/// A sum of amounts in 128 bits: more than all the money there is, so that adding up a ledger cannot overflow.
public struct MoneySum: Sendable, Hashable, Comparable {
    public var picodollars: Int128

    public init(picodollars: Int128 = 0) { self.picodollars = picodollars }
    public init(_ money: Money) { picodollars = Int128(money.picodollars) }

    public static func + (a: MoneySum, b: Money) -> MoneySum { MoneySum(picodollars: a.picodollars + Int128(b.picodollars)) }
    public static func + (a: MoneySum, b: MoneySum) -> MoneySum { MoneySum(picodollars: a.picodollars + b.picodollars) }
    public static func - (a: MoneySum, b: MoneySum) -> MoneySum { MoneySum(picodollars: a.picodollars - b.picodollars) }
    public static func += (a: inout MoneySum, b: Money) { a = a + b }
    public static func < (a: MoneySum, b: MoneySum) -> Bool { a.picodollars < b.picodollars }

    /// The amount as ``Money``; nil beyond its range.
    public var money: Money? { Int64(exactly: picodollars).map(Money.init(picodollars:)) }

    /// Exact decimal dollars without trailing zeros.
    public var dollars: String {
        let (whole, fraction) = picodollars.magnitude.quotientAndRemainder(dividingBy: UInt128(Money.perDollar))
        let sign = picodollars < 0 ? "-" : ""
        guard fraction != 0 else { return "\(sign)\(whole)" }
        let digits = String(fraction)
        let padded = String(repeating: "0", count: Money.decimals - digits.count) + digits
        return "\(sign)\(whole).\(padded.prefix(padded.count - padded.reversed().prefix { $0 == "0" }.count))"
    }

    /// Dollars rounded half to even to `decimals` (0–12) places.
    public func text(decimals: Int) -> String {
        let places = min(max(decimals, 0), Money.decimals)
        var step: UInt128 = 1
        for _ in places..<Money.decimals { step *= 10 }
        var (units, rest) = picodollars.magnitude.quotientAndRemainder(dividingBy: step)
        if rest * 2 > step || rest * 2 == step && units % 2 == 1 { units += 1 }
        rest = 0
        let sign = picodollars < 0 && units > 0 ? "-" : ""
        let digits = String(units)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        guard places > 0 else { return sign + padded }
        return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
    }
}
