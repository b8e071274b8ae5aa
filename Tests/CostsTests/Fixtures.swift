import Costs
import Foundation
import Testing
import WireCore

/// Random numbers that are the same in every run (SplitMix64, Steele and others 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

enum Fixtures {
    /// A file of the project, by its path from the root.
    static func bytes(of path: String) throws -> [UInt8] {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return [UInt8](try Data(contentsOf: root.appendingPathComponent(path)))
    }

    static func shippedTable() throws -> PriceTable { try PriceTableReader.read(bytes(of: "Prices.json"), file: "Prices.json") }

    static func instant(_ text: String) throws -> Date { try #require(UTCTime.parse(text)) }

    static func node(_ text: String) throws -> JSONNode { try JSONReader.read(Array(text.utf8)) }

    static func money(_ dollars: String) throws -> Money { try #require(Money(dollars: dollars)) }

    /// A table of one model with one row, the row's members given as JSON.
    static func row(_ members: String) throws -> PriceRow {
        let text = #"{"version": 1, "models": [{"provider": "anthropic", "id": "m", "prices": [{"from": "2026-01-01", \#(members)}]}]}"#
        let table = try PriceTableReader.read(Array(text.utf8), file: "test")
        return try #require(table.models.first?.prices.first)
    }
}
