import Costs
import FoundationEssentials
import Stores
import WireCore

/// `ledger`: how an entry is written and read; one document from its reservation to its end, never removed.
enum LedgerDocument {
    static func document(_ entry: LedgerEntry, number: Int64) -> BSONDocument {
        let purpose = entry.purpose
        var document: BSONDocument = [
            "_id": .text(entry.id), "number": .int(number), "at": BSON(entry.at), "day": .text(entry.day.text), "operation": .text(purpose.operation),
            "provider": .text(entry.provider), "model": .text(entry.model), "bound": .int(entry.bound.picodollars),
            "saved": .int(entry.saved.picodollars), "owner": .text(entry.owner), "expires_at": BSON(entry.expiresAt),
        ]
        // Absent where there is none, so that their indexes hold only what has one.
        if let source = purpose.source { document["source"] = .text(source.text) }
        if let article = purpose.article { document["article"] = .int(article) }
        if let key = purpose.key { document["key"] = .text(key) }
        return document + ending(of: entry)
    }

    /// What the end of a reservation changes.
    static func ending(of entry: LedgerEntry) -> BSONDocument {
        let terms = entry.terms
        let head: BSONDocument = ["status": .text(entry.status.rawValue), "cost": .int(entry.cost.picodollars)]
        let tail: BSONDocument = [
            "is_batch": .flag(terms.isBatch), "region": BSON(terms.region), "speed": BSON(terms.speed), "service_tier": BSON(terms.serviceTier),
            "price_from": .text(entry.priceFrom), "message_id": BSON(entry.messageID), "raw_usage": BSON(entry.rawUsage), "note": BSON(entry.note),
            "settled_at": BSON(entry.settledAt),
        ]
        return head + UsageDocument.fields(of: entry.usage) + tail
    }

    static func entry(_ document: BSONDocument) throws -> LedgerEntry {
        let purpose = CallPurpose(
            operation: try document.text("operation"), source: try document.optionalSource("source"), article: try document.optionalInt64("article"),
            key: try document.optionalText("key"))
        var entry = LedgerEntry(
            id: try document.text("_id"), at: try document.date("at"), day: LedgerPeriod(try document.text("day")), purpose: purpose,
            provider: try document.text("provider"), model: try document.text("model"), status: try document.word("status"),
            bound: try document.money("bound"), priceFrom: try document.text("price_from"), owner: try document.text("owner"),
            expiresAt: try document.date("expires_at"))
        (entry.saved, entry.cost) = (try document.money("saved"), try document.money("cost"))
        entry.usage = try UsageDocument.usage(document)
        entry.terms = CallTerms(
            isBatch: try document.flag("is_batch"), region: try document.optionalText("region"), speed: try document.optionalText("speed"),
            serviceTier: try document.optionalText("service_tier"))
        (entry.messageID, entry.rawUsage) = (try document.optionalText("message_id"), try document.optionalText("raw_usage"))
        (entry.note, entry.settledAt) = (try document.optionalText("note"), try document.optionalDate("settled_at"))
        return entry
    }
}

/// The six numbers of a usage, the same in every document that has them.
enum UsageDocument {
    static func fields(of usage: Usage) -> BSONDocument { BSONDocument(zip(UsageNumbers.names, UsageNumbers.of(usage)).map { ($0, BSON($1)) }) }

    static func usage(_ document: BSONDocument) throws -> Usage {
        Usage(
            inputTokens: try document.int("input_tokens"), outputTokens: try document.int("output_tokens"),
            cacheReadTokens: try document.int("cache_read_tokens"), cacheWrite5mTokens: try document.int("cache_write_5m_tokens"),
            cacheWrite1hTokens: try document.int("cache_write_1h_tokens"), webSearches: try document.int("web_searches"))
    }
}

/// The ledger as lists and reports read it.
extension MongoAccess {
    func ledgerEntries(_ query: LedgerQuery) throws -> [LedgerEntry] {
        var conditions = BSONDocument()
        var days = BSONDocument()
        if let from = query.from { days["$gte"] = .text(from.text) }
        if let to = query.to { days["$lte"] = .text(to.text) }
        if !days.fields.isEmpty { conditions["day"] = .document(days) }
        if let after = query.after {
            guard let entry = try first(.ledger, ["_id": .text(after)], only: ["number"]) else {
                throw DeskError(
                    .usage, "there is no ledger entry “\(SafeText.line(after, limit: 80))” to go on behind", hint: "Begin with the first page again.")
            }
            conditions["number"] = .document([query.isNewestFirst ? "$lt" : "$gt": .int(try entry.int64("number"))])
        }
        if let key = query.key { conditions["key"] = .text(key) }
        if let operation = query.operation { conditions["operation"] = .text(operation) }
        if let source = query.source { conditions["source"] = .text(source.text) }
        let order: BSONDocument = ["number": query.isNewestFirst ? -1 : 1]
        return try find(.ledger, conditions, sort: order, limit: max(0, query.limit)).map(LedgerDocument.entry)
    }

    func totals(_ filter: BSONDocument) throws -> [LedgerTotal] {
        try find(.ledgerTotals, filter, sort: ["_id": 1]).map(TotalDocument.total)
    }

    func standing(of scope: BudgetScope, in period: LedgerPeriod) throws -> BudgetStanding {
        try first(.standings, ["_id": .text(period.text + "\n" + scope.text)])?.standing ?? BudgetStanding()
    }
}
