import Costs
import Foundation
import Testing
import WireCore

@Suite("Price table")
struct PriceTableTests {
    @Test("The shipped table is in the writer's layout, byte for byte")
    func layout() throws {
        let text = String(decoding: try Fixtures.bytes(of: "Prices.json"), as: UTF8.self)
        #expect(PriceTableWriter.text(try Fixtures.shippedTable()) == text)
    }

    @Test("The schema in the documentation is the one that the program makes")
    func schema() throws {
        let bytes = try Fixtures.bytes(of: "docs/prices.schema.json")
        #expect(PriceTable.schemaText == String(decoding: bytes, as: UTF8.self))
        #expect((try JSONReader.read(bytes))["properties"]?["models"] != nil)
    }

    @Test("The shipped table knows the models in use and the retired ones, by id and by alias")
    func shipped() throws {
        let table = try Fixtures.shippedTable()
        let today = try Fixtures.instant("2026-11-24T12:00:00Z")
        for (name, input, output) in [
            ("claude-3-5-haiku-20241022", "0.80", "4"), ("claude-3-5-sonnet-20241022", "3", "15"), ("claude-3-opus-20240229", "15", "75"),
            ("claude-haiku-4-5-20251001", "1", "5"), ("gpt-4o-mini", "0.15", "0.6"), ("gpt-5", "1.25", "10"),
        ] {
            let row = try table.lookup(model: name).row(at: today)
            #expect((row.prices.input.description, row.prices.output.description) == (input, output), "\(name)")
        }
        let row = try table.lookup(model: "claude-haiku-4-5", provider: "anthropic").row(at: today)
        #expect(row.name == "anthropic/claude-haiku-4-5@2025-10-01")
        #expect(table.row(named: row.name) == row)
        #expect(table.row(named: "anthropic/claude-haiku-4-5@2025-10-02") == nil)
        #expect(table.row(named: "openai/claude-haiku-4-5@2025-10-01") == nil)
    }

    @Test("A change of price holds from its UTC midnight on")
    func rows() throws {
        let model = try Fixtures.shippedTable().lookup(model: "claude-sonnet-5-5")
        #expect(try model.row(at: Fixtures.instant("2026-10-06T23:59:59Z")).prices.cacheRead?.description == "0.20")
        #expect(try model.row(at: Fixtures.instant("2026-10-07T00:00:00Z")).prices.cacheRead?.description == "0.10")
        let fault = #expect(throws: PriceFault.self) { try model.row(at: Fixtures.instant("2025-01-01")) }
        #expect(fault?.code == .notYetPriced)
        #expect(fault?.message == "anthropic/claude-sonnet-5-5 has no price on 2025-01-01; its prices begin on 2026-09-28")
    }

    @Test("An unknown model is refused with the nearest known names, letter for letter and provider for provider")
    func unknown() throws {
        let table = try Fixtures.shippedTable()
        let fault = #expect(throws: PriceFault.self) { try table.lookup(model: "claude-haiku-4.5") }
        #expect(fault?.code == .unknownModel)
        #expect(fault?.nearest.first == "claude-haiku-4-5")
        #expect(fault?.nearest.count == 3)
        #expect(throws: PriceFault.self) { try table.lookup(model: "Claude-Haiku-4-5") }
        #expect(throws: PriceFault.self) { try table.lookup(model: "") }
        let other = #expect(throws: PriceFault.self) { try table.lookup(model: "gpt-5", provider: "anthropic") }
        #expect(other?.nearest.allSatisfy { $0.hasPrefix("claude") } == true)
    }

    private static let good = """
        {
          "version": 1,
          "models": [
            {"provider": "anthropic", "id": "a", "aliases": ["a-1"], "prices": [
              {"from": "2026-01-01", "input": "1", "output": "2", "cacheRead": "0.1",
               "tiers": [{"promptAbove": 10, "input": "3", "output": "4", "cacheRead": "0.2"}]}]},
            {"provider": "openai", "id": "b", "prices": [
              {"from": "2026-01-01", "input": "1", "output": "2", "factors": {"batch": "0.5"}},
              {"from": "2026-02-01", "input": "1", "output": "2"}]}
          ]
        }
        """

    struct Mistake: Sendable, CustomTestStringConvertible {
        var from: String
        var to: String
        var line: Int
        var column: Int
        var message: String
        var testDescription: String { "\(from) → \(to)" }
    }

    @Test(
        "A mistake is named with its line and column, what was seen and what is allowed",
        arguments: [
            Mistake(
                from: #""input": "1", "output": "2", "cacheRead""#, to: #""input": 1.5, "output": "2", "cacheRead""#, line: 5, column: 39,
                message: #"input of a price row of model "a" is the number 1.5, but a price is a decimal text: write "input": "1.5", "#
                    + "so that no program reads it as binary floating point"),
            Mistake(
                from: #""factors""#, to: #""factorz""#, line: 8, column: 59,
                message: #"unknown key "factorz" in a price row of model "b"; did you mean "factors"? Allowed: from, input, output, "#
                    + "cacheRead, cacheWrite5m, cacheWrite1h, webSearch, factors, tiers"),
            Mistake(
                from: #""0.1""#, to: #""1e-1""#, line: 5, column: 72,
                message: #"cacheRead of a price row of model "a" is "1e-1", but must be dollars as a decimal text such as "0.0375", from 0 to "#
                    + "1000000, with at most 12 decimals, without exponent"),
            Mistake(
                from: #""2026-02-01""#, to: #""2026-01-01""#, line: 9, column: 16,
                message: #"from of a price row of model "b" is "2026-01-01", but must be later than the row before, "2026-01-01""#),
            Mistake(
                from: #""2026-02-01""#, to: #""2026-02-30""#, line: 9, column: 16,
                message: #"from of a price row of model "b" is "2026-02-30", but must be a day such as "2026-10-07" (UTC)"#),
            Mistake(
                from: #""id": "b""#, to: #""id": "a-1""#, line: 7, column: 34,
                message: #"the id "a-1" of model "a-1" is already the alias at line 4; a name is one model's only"#),
            Mistake(
                from: #""id": "b""#, to: #""id": "b", "aliases": ["a"]"#, line: 7, column: 51,
                message: #"the alias "a" of model "b" is already the id at line 4; a name is one model's only"#),
            Mistake(
                from: #""openai""#, to: #""openia""#, line: 7, column: 18,
                message: #"provider of model "b" is "openia", but must be one of anthropic, openai, extractive; did you mean "openai"?"#),
            Mistake(
                from: #""batch": "0.5""#, to: #""batch": 0.5"#, line: 8, column: 80,
                message: #"batch of factors of a price row of model "b" is the number 0.5, but a factor is a text such as "0.5" or "5/3", above 0 "#
                    + "and at most 1000, with at most 9 decimals; write it in quotes"),
            Mistake(
                from: #", "cacheRead": "0.2""#, to: "", line: 6, column: 18,
                message: #"the row has a price "cacheRead" and the tier has none; in a tier of a price row of model "a" both or neither must"#),
            Mistake(
                from: #""promptAbove": 10"#, to: #""promptAbove": 0"#, line: 6, column: 34,
                message: #"promptAbove of a tier of a price row of model "a" is 0, but must be a whole number from 1 to 100000000"#),
            Mistake(
                from: #""version": 1"#, to: #""version": 2"#, line: 2, column: 14,
                message: "version of the price table is 2, but must be 1, the version that this program reads"),
            Mistake(
                from: #""output": "2", "factors""#, to: #""factors""#, line: 8, column: 7,
                message: #"a price row of model "b" has no "output""#),
            Mistake(
                from: #""output": "2", "factors""#, to: #""output": "2", "output": "2", "factors""#, line: 8, column: 59,
                message: #""output" is given twice in a price row of model "b""#),
            Mistake(from: "\"version\": 1,", to: "\"version\": 1", line: 3, column: 3, message: "no valid JSON: '\"' where ',' or '}' was due"),
        ])
    func mistakes(mistake: Mistake) throws {
        let text = Self.good.replacingOccurrences(of: mistake.from, with: mistake.to)
        #expect(text != Self.good)
        let refusal = #expect(throws: PriceTableRefusal.self) { try PriceTableReader.read(Array(text.utf8), file: "P.json") }
        #expect(refusal?.description == "P.json:\(mistake.line):\(mistake.column): \(mistake.message)")
    }

    @Test("All mistakes come at once, in the order of the text; there is no partial table")
    func severalMistakes() throws {
        let text = #"{"version": 1, "models": [5, {"provider": "x", "prices": []}, {"provider": "openai", "id": "q", "prices": [{}]}]}"#
        let refusal = try #require(throws: PriceTableRefusal.self) { try PriceTableReader.read(Array(text.utf8), file: "P.json") }
        #expect(refusal.problems.count == 7)
        #expect(refusal.problems.map(\.position.column) == refusal.problems.map(\.position.column).sorted())
        #expect(refusal.deskError.code == .config)
    }

    @Test("A price of zero, a dearest price and tiers out of order are told apart")
    func bounds() throws {
        func read(_ price: String) throws -> PriceRow { try Fixtures.row(#""input": "\#(price)", "output": "0""#) }
        #expect(try read("0").prices.input.digits == 0)
        #expect(try read("1000000").prices.input.digits == 1_000_000)
        for price in ["1000000.1", "-1", "9223372036854775807", "0.0000000000001"] {
            #expect(throws: PriceTableRefusal.self) { try read(price) }
        }
        let tier = #"{"promptAbove": 10, "input": "1", "output": "1"}"#
        #expect(throws: PriceTableRefusal.self) { try Fixtures.row(#""input": "1", "output": "1", "tiers": [\#(tier), \#(tier)]"#) }
    }

    @Test("Any table reads back as it was written")
    func writing() throws {
        let table = try PriceTableReader.read(Array(Self.good.utf8), file: "P.json")
        let text = PriceTableWriter.text(table)
        let again = try PriceTableReader.read(Array(text.utf8), file: "P.json")
        #expect(again == table)
        #expect(PriceTableWriter.text(again) == text)
    }
}
