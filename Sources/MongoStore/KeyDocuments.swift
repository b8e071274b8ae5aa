import Costs
import FoundationEssentials
import Stores
import WireCore

/// `gateway_keys`.
enum KeyDocument {
    static func document(_ key: GatewayKey) -> BSONDocument {
        [
            "_id": .text(key.name), "hash": .text(key.hash), "daily": BSON(key.daily?.picodollars), "monthly": BSON(key.monthly?.picodollars),
            "created_at": BSON(key.createdAt), "revoked_at": BSON(key.revokedAt),
        ]
    }

    static func key(_ document: BSONDocument) throws -> GatewayKey {
        GatewayKey(
            name: try document.text("_id"), hash: try document.text("hash"), daily: try document.optionalMoney("daily"),
            monthly: try document.optionalMoney("monthly"), createdAt: try document.date("created_at"),
            revokedAt: try document.optionalDate("revoked_at"))
    }
}

extension MongoAccess {
    func addKey(_ key: GatewayKey) throws {
        guard try !exists(.keys, ["$or": [["_id": .text(key.name)], ["hash": .text(key.hash)]]]) else {
            throw DeskError(
                .usage, "there is a key named “\(SafeText.line(key.name, limit: 80))” already, or one with the same secret",
                hint: "Choose another name; `wiredesk keys` lists them all, revoked ones too.")
        }
        try insert(.keys, [KeyDocument.document(key)])
    }
}

/// `answers`.
enum AnswerDocument {
    static func document(_ answer: CachedAnswer, number: Int64) -> BSONDocument {
        let head: BSONDocument = [
            "_id": .int(number), "number": .int(number), "key": .text(answer.key), "model": .text(answer.model), "provider": .text(answer.provider),
            "cost": .int(answer.cost.picodollars), "price_from": .text(answer.priceFrom), "created_at": BSON(answer.createdAt),
            "expires_at": BSON(answer.expiresAt), "size": BSON(answer.body.count),
        ]
        return head + UsageDocument.fields(of: answer.usage) + ["body": .bytes(answer.body)]
    }

    static func answer(_ document: BSONDocument) throws -> CachedAnswer {
        CachedAnswer(
            key: try document.text("key"), model: try document.text("model"), provider: try document.text("provider"),
            body: try document.bytes("body"), usage: try UsageDocument.usage(document), cost: try document.money("cost"),
            priceFrom: try document.text("price_from"), createdAt: try document.date("created_at"), expiresAt: try document.date("expires_at"))
    }
}

/// The bytes of all answers are counted under a name of `numbers`.
extension MongoAccess {
    static let answerBytesName = "answer_bytes"
    /// A document of MongoDB holds 16 MiB.
    private static let largestBody = 15 << 20

    /// Nil, and nothing written, where it is too large.
    func keepAnswer(_ answer: CachedAnswer, capacity: ByteCount) throws -> AnswerPlace? {
        let most = Int64(clamping: capacity.bytes)
        guard answer.body.count <= most, answer.body.count <= Self.largestBody else { return nil }
        let place = AnswerPlace(key: answer.key, number: try draw("answers", 1)?.lowerBound ?? 0)
        try insert(.answers, [AnswerDocument.document(answer, number: place.number)])
        var bytes = try next(Self.answerBytesName, adding: answer.body.count)
        while bytes > most {
            let oldest = try find(.answers, [:], sort: ["created_at": 1, "number": 1], limit: 1, only: ["_id"]).compactMap { $0["_id"] }
            guard let id = oldest.first, try removeAnswers(["_id": id]) > 0 else { break }
            bytes = try answerBytes()
        }
        return place
    }

    /// Removes some of the expired answers and returns how many; 0: there are no more.
    func clearSomeExpiredAnswers(now: Date) throws -> Int { try removeAnswers(["expires_at": ["$lte": BSON(now)]]) }

    func answerPlaces(after number: Int64, limit: Int) throws -> [AnswerPlace] {
        try find(.answers, ["number": ["$gt": .int(number)]], sort: ["number": 1], limit: max(0, limit), only: ["key", "number"])
            .map { AnswerPlace(key: try $0.text("key"), number: try $0.int64("number")) }
    }

    func cacheStatistics(now: Date) throws -> CacheStatistics {
        var statistics = CacheStatistics()
        statistics.total = try count(.answers)
        statistics.expired = try count(.answers, ["expires_at": ["$lte": BSON(now)]])
        statistics.bytes = Int(try answerBytes())
        return statistics
    }

    private func answerBytes() throws -> Int64 { try first(.numbers, ["_id": .text(Self.answerBytesName)])?.int64("value") ?? 0 }

    /// Removes some and returns how many; 0: there are no more.
    @discardableResult
    func removeAnswers(_ filter: BSONDocument) throws -> Int {
        let found = try find(.answers, filter, limit: Pruning.perStep, only: ["_id", "size"])
        guard !found.isEmpty else { return 0 }
        let bytes = try found.reduce(0) { $0 + (try $1.int("size")) }
        _ = try next(Self.answerBytesName, adding: -bytes)
        return try remove(.answers, ["_id": ["$in": .list(found.compactMap { $0["_id"] })]])
    }
}
