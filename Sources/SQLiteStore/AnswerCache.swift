import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `answers` and `answer_size`.
extension Database {
    func cachedAnswer(_ place: AnswerPlace, now: Date) throws -> CachedAnswer? {
        let sql = "SELECT \(AnswerColumns.all) FROM answers WHERE number = ? AND key = ? AND expires_at > ?"
        return try first(sql, .integer(place.number), .text(place.key), SQLValue(now), make: AnswerColumns.answer)
    }

    func answerPlaces(after number: Int64, limit: Int) throws -> [AnswerPlace] {
        let sql = "SELECT number, key FROM answers WHERE number > ? ORDER BY number LIMIT ?"
        return try rows(sql, [.integer(number), SQLValue(max(0, limit))]) { AnswerPlace(key: $0.text(1), number: $0.int64(0)) }
    }

    /// Nil, and nothing written, where it is larger than the capacity.
    func keepAnswer(_ answer: CachedAnswer, capacity: ByteCount, _ book: LedgerBook) throws -> AnswerPlace? {
        let most = Int64(clamping: capacity.bytes)
        guard answer.body.count <= most else { return nil }
        try run(AnswerColumns.insert, AnswerColumns.values(of: answer))
        let place = AnswerPlace(key: answer.key, number: lastInsertedRowID)
        try book.addAnswerBytes(Int64(answer.body.count), self)
        while try book.answerBytes(self) > most {
            let removed = try removeAnswers("number = (SELECT number FROM answers ORDER BY created_at, number LIMIT 1)", nil, book)
            guard removed > 0 else { break }
        }
        return place
    }

    /// Removes some of the expired answers and returns how many; 0: there are no more.
    func clearSomeExpiredAnswers(now: Date, _ book: LedgerBook) throws -> Int {
        try removeAnswers("number IN (SELECT number FROM answers WHERE expires_at <= ? LIMIT 500)", SQLValue(now), book)
    }

    func cacheStatistics(now: Date) throws -> CacheStatistics {
        var statistics = CacheStatistics()
        statistics.total = try first("SELECT count(*) FROM answers") { $0.int(0) } ?? 0
        statistics.expired = try first("SELECT count(*) FROM answers WHERE expires_at <= ?", SQLValue(now)) { $0.int(0) } ?? 0
        statistics.bytes = try first("SELECT bytes FROM answer_size") { $0.int(0) } ?? 0
        return statistics
    }

    @discardableResult
    private func removeAnswers(_ condition: String, _ value: SQLValue?, _ book: LedgerBook) throws -> Int {
        let sizes = try rows("DELETE FROM answers WHERE \(condition) RETURNING size", [value].compactMap { $0 }) { $0.int64(0) }
        if !sizes.isEmpty { try book.addAnswerBytes(-sizes.reduce(0, +), self) }
        return sizes.count
    }
}

/// The columns of `answers`, without the number, in the order in which they are written and read.
private enum AnswerColumns {
    private static let names =
        ["key", "model", "provider"] + UsageNumbers.names + ["cost", "price_from", "created_at", "expires_at", "size", "body"]
    static let all = names.joined(separator: ", ")
    static let insert = "INSERT INTO answers (\(all)) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))"

    static func values(of answer: CachedAnswer) -> [SQLValue] {
        [.text(answer.key), .text(answer.model), .text(answer.provider)] + UsageColumns.values(of: answer.usage) + [
            SQLValue(answer.cost), .text(answer.priceFrom), SQLValue(answer.createdAt), SQLValue(answer.expiresAt),
            SQLValue(answer.body.count), .blob(answer.body),
        ]
    }

    static func answer(_ row: SQLRow) -> CachedAnswer {
        CachedAnswer(
            key: row.text(0), model: row.text(1), provider: row.text(2), body: row.bytes(14), usage: UsageColumns.usage(row, from: 3),
            cost: row.money(9), priceFrom: row.text(10), createdAt: row.date(11), expiresAt: row.date(12))
    }
}
