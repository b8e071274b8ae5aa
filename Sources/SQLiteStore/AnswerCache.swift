import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `answers` and `answer_size`.
extension Database {
    func cachedAnswer(key: String, now: Date) throws -> CachedAnswer? {
        let sql = "SELECT \(AnswerColumns.all) FROM answers WHERE key = ? AND expires_at > ?"
        return try first(sql, .text(key), SQLValue(now), make: AnswerColumns.answer)
    }

    func answerKeys(after last: Int64, limit: Int) throws -> AnswerKeys {
        let sql = "SELECT number, key FROM answers WHERE number > ? ORDER BY number LIMIT ?"
        let found = try rows(sql, [.integer(last), SQLValue(max(0, limit))]) { ($0.int64(0), $0.text(1)) }
        return AnswerKeys(keys: found.map(\.1), last: found.last?.0 ?? last)
    }

    func keepAnswer(_ answer: CachedAnswer, capacity: ByteCount, _ book: LedgerBook) throws {
        let most = Int64(clamping: capacity.bytes)
        guard answer.body.count <= most else { return }
        let values = AnswerColumns.values(of: answer)
        try run(AnswerColumns.insert, values)
        // Rarely is there one of that key already.
        if changesCount == 0 {
            try removeAnswers("key = ?", .text(answer.key), book)
            try run(AnswerColumns.insert, values)
        }
        try book.addAnswerBytes(Int64(answer.body.count), self)
        while try book.answerBytes(self) > most {
            let removed = try removeAnswers("number = (SELECT number FROM answers ORDER BY created_at, number LIMIT 1)", nil, book)
            guard removed > 0 else { return }
        }
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
    static let insert = "INSERT INTO answers (\(all)) VALUES (\(names.map { _ in "?" }.joined(separator: ", "))) ON CONFLICT DO NOTHING"

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
