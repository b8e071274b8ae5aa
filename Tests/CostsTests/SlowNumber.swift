/// A whole number from 0 on of any size, digit by digit as on paper: slow, and with nothing in common with the code under test.
struct SlowNumber {
    /// Decimal digits, the lowest first, without leading zeros; empty is 0.
    var digits: [Int] = []

    init(digits: [Int]) {
        self.digits = digits
        while self.digits.last == 0 { self.digits.removeLast() }
    }

    init(_ text: String) { self.init(digits: text.reversed().compactMap(\.wholeNumberValue)) }

    var text: String { digits.isEmpty ? "0" : digits.reversed().map(String.init).joined() }

    static func + (a: SlowNumber, b: SlowNumber) -> SlowNumber {
        var (sum, carry) = ([Int](), 0)
        for place in 0..<max(a.digits.count, b.digits.count) + 1 {
            let digit = (place < a.digits.count ? a.digits[place] : 0) + (place < b.digits.count ? b.digits[place] : 0) + carry
            sum.append(digit % 10)
            carry = digit / 10
        }
        return SlowNumber(digits: sum)
    }

    static func * (a: SlowNumber, b: SlowNumber) -> SlowNumber {
        var product = [Int](repeating: 0, count: a.digits.count + b.digits.count + 1)
        for (i, x) in a.digits.enumerated() {
            for (j, y) in b.digits.enumerated() { product[i + j] += x * y }
        }
        for place in 0..<product.count - 1 {
            product[place + 1] += product[place] / 10
            product[place] %= 10
        }
        return SlowNumber(digits: product)
    }

    func isAtLeast(_ other: SlowNumber) -> Bool {
        if digits.count != other.digits.count { return digits.count > other.digits.count }
        return !digits.reversed().lexicographicallyPrecedes(other.digits.reversed())
    }

    /// a − b, where b is not greater.
    func less(_ other: SlowNumber) -> SlowNumber {
        var (rest, borrow) = (digits, 0)
        for place in rest.indices {
            rest[place] -= (place < other.digits.count ? other.digits[place] : 0) + borrow
            borrow = rest[place] < 0 ? 1 : 0
            if borrow == 1 { rest[place] += 10 }
        }
        return SlowNumber(digits: rest)
    }

    /// The quotient, rounded up.
    func dividedUp(by divisor: SlowNumber) -> SlowNumber {
        var (quotient, rest) = ([Int](), SlowNumber(digits: []))
        for digit in digits.reversed() {
            rest = SlowNumber(digits: [digit] + rest.digits)
            var count = 0
            while rest.isAtLeast(divisor) { (rest, count) = (rest.less(divisor), count + 1) }
            quotient.insert(count, at: 0)
        }
        let whole = SlowNumber(digits: quotient)
        return rest.digits.isEmpty ? whole : whole + SlowNumber("1")
    }

    static func powerOfTen(_ exponent: Int) -> SlowNumber { SlowNumber(digits: [Int](repeating: 0, count: exponent) + [1]) }
}

/// A fraction of two such numbers.
struct SlowFraction {
    var above: SlowNumber
    var below = SlowNumber("1")

    init(above: SlowNumber, below: SlowNumber) { (self.above, self.below) = (above, below) }

    /// "0.0375", "20/11" or "3".
    init(_ text: String) {
        let parts = text.split(separator: "/")
        if parts.count == 2 {
            self.init(above: SlowNumber(String(parts[0])), below: SlowNumber(String(parts[1])))
        } else {
            let places = text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
            self.init(above: SlowNumber(text.filter { $0 != "." }), below: .powerOfTen(places))
        }
    }

    static func + (a: SlowFraction, b: SlowFraction) -> SlowFraction {
        SlowFraction(above: a.above * b.below + b.above * a.below, below: a.below * b.below)
    }
    static func * (a: SlowFraction, b: SlowFraction) -> SlowFraction { SlowFraction(above: a.above * b.above, below: a.below * b.below) }
}
