import Costs
import Testing

@Suite("Money")
struct MoneyTests {
    @Test("Every amount reads back from its exact text")
    func roundTrip() throws {
        var random = SeededGenerator(state: 1)
        for _ in 0..<5000 {
            let money = Money(picodollars: Int64.random(in: .min...(.max), using: &random) >> Int64.random(in: 0...63, using: &random))
            #expect(Money(dollars: money.dollars) == money)
            #expect(Money(dollars: money.text(decimals: 12)) == money)
        }
        for picodollars in [Int64.min, .max, 0, 1, -1] {
            let money = Money(picodollars: picodollars)
            #expect(Money(dollars: money.dollars) == money)
        }
    }

    @Test(
        "Amounts are shown without trailing zeros",
        arguments: [(500_000_000_000, "0.5"), (0, "0"), (-5_500_000, "-0.0000055"), (1, "0.000000000001"), (12_000_000_000_000, "12")])
    func shown(picodollars: Int64, text: String) {
        #expect(Money(picodollars: picodollars).dollars == text)
    }

    @Test(
        "A text that is no plain decimal amount is refused",
        arguments: [
            "", "-", ".5", "5.", "1e3", " 1", "1 ", "+1", "0x1", "1,5", "1.0000000000001", "9223372.036854775808", "99999999999999999999", "1.2.3",
        ])
    func refused(text: String) {
        #expect(Money(dollars: text) == nil)
    }

    @Test(
        "Rounding goes half to even, once",
        arguments: [
            ("0.005", 2, "0.00"), ("0.015", 2, "0.02"), ("0.025", 2, "0.02"), ("0.0250000001", 2, "0.03"), ("-0.005", 2, "0.00"),
            ("-0.015", 2, "-0.02"),
            ("0.5", 0, "0"), ("1.5", 0, "2"), ("2.5", 0, "2"), ("0.999999999999", 6, "1.000000"), ("9223372.036854775807", 2, "9223372.04"),
        ])
    func halfEven(amount: String, decimals: Int, text: String) throws {
        #expect(try Fixtures.money(amount).text(decimals: decimals) == text)
    }

    @Test("Sums beyond the range are nil, not wrong")
    func overflow() {
        let most = Money(picodollars: .max)
        #expect(most.adding(Money(picodollars: 1)) == nil)
        #expect(Money(picodollars: .min).subtracting(Money(picodollars: 1)) == nil)
        #expect(most.adding(Money(picodollars: -1)) == Money(picodollars: .max - 1))
        let sum = MoneySum(most) + most
        #expect(sum.money == nil)
        #expect(sum.dollars == "18446744.073709551614")
    }

    @Test("Decimals keep how they were written, and compare by value when asked")
    func decimals() throws {
        let (long, short) = (try #require(ExactDecimal(parsing: "1.10")), try #require(ExactDecimal(parsing: "1.1")))
        #expect(long.description == "1.10")
        #expect(long != short)
        #expect(long.equals(short))
        #expect(long.scaled(to: 0) == nil)
        #expect(long.scaled(to: 1) == 11)
    }

    @Test(
        "A factor is a decimal or a fraction above 0, in lowest terms",
        arguments: [("0.5", 1, 2), ("1.10", 11, 10), ("5/3", 5, 3), ("4/8", 1, 2), ("2", 2, 1), ("1000", 1000, 1)])
    func factors(text: String, numerator: Int64, denominator: Int64) throws {
        let factor = try #require(PriceFactor(parsing: text))
        #expect((factor.numerator, factor.denominator) == (numerator, denominator))
        #expect(factor.text == text)
    }

    @Test("What is no factor is refused", arguments: ["0", "-1", "1001", "1/0", "0/3", "1/2/3", "", "/", "1e3", "1.0000000001", "+1"])
    func noFactors(text: String) {
        #expect(PriceFactor(parsing: text) == nil)
    }
}
