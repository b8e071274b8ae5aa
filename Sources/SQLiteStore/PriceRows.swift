import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `prices`.
extension Database {
    func enter(_ prices: [PricePoint]) throws {
        for point in prices {
            try run(
                "INSERT INTO prices (coin, at, price, source) VALUES (?, ?, ?, ?) ON CONFLICT (coin, at) DO NOTHING", .text(point.coin),
                SQLValue(point.at), .real(point.price), .text(point.source.text))
        }
    }

    func prices(of coin: String, since: Date) throws -> [PricePoint] {
        let sql = "\(Self.selectPrices) WHERE coin = ? AND at >= ? ORDER BY at"
        return try rows(sql, [.text(coin), SQLValue(since)], Self.price)
    }

    /// By coin.
    func latestPrices() throws -> [PricePoint] {
        let sql = """
            WITH RECURSIVE coins (coin) AS (
                SELECT min(coin) FROM prices
                UNION ALL
                SELECT (SELECT min(coin) FROM prices WHERE coin > coins.coin) FROM coins WHERE coin IS NOT NULL)
            \(Self.selectPrices) WHERE (coin, at) IN (SELECT coin, (SELECT max(at) FROM prices AS p WHERE p.coin = coins.coin) FROM coins)
            ORDER BY coin
            """
        return try rows(sql, [], Self.price)
    }

    private static let selectPrices = "SELECT coin, price, at, source FROM prices"

    private static func price(_ row: SQLRow) throws -> PricePoint {
        PricePoint(coin: row.text(0), price: row.double(1), at: row.date(2), source: try row.source(3))
    }
}
