import FoundationEssentials
import Stores
import WireCore

/// `prices`.
extension MongoAccess {
    func enter(_ prices: [PricePoint]) throws {
        let entered = prices.map { point in
            let document: BSONDocument = [
                "coin": .text(point.coin), "at": BSON(point.at), "price": .real(point.price), "source": .text(point.source.text),
            ]
            let id = BSON.text("\(point.coin)\n\(point.at.milliseconds)")
            return Update(filter: ["_id": id], change: ["$setOnInsert": .document(document)], isUpsert: true)
        }
        try update(.prices, entered)
    }

    func prices(of coin: String, since: Date) throws -> [PricePoint] {
        try find(.prices, ["coin": .text(coin), "at": ["$gte": BSON(since)]], sort: ["at": 1]).map(Self.price)
    }

    /// By coin.
    func latestPrices() throws -> [PricePoint] {
        let latest: [BSONDocument] = [
            ["$sort": ["coin": 1, "at": -1]], ["$group": ["_id": "$coin", "last": ["$first": "$$ROOT"]]], ["$sort": ["_id": 1]],
        ]
        return try aggregate(.prices, latest).map { try Self.price(try $0.document("last")) }
    }

    private static func price(_ document: BSONDocument) throws -> PricePoint {
        PricePoint(
            coin: try document.text("coin"), price: try document.double("price"), at: try document.date("at"), source: try document.source("source"))
    }
}
