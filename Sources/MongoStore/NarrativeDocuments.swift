import FoundationEssentials
import Stores
import WireCore

/// `narratives`, and `enrichments` as far as they belong to one. Whoever lets an article join a narrative writes the narrative too: a host
/// that merges it at the same moment is in the way then, and one of them looks again.
extension MongoAccess {
    func narratives(_ query: NarrativeQuery) throws -> [Narrative] {
        var conditions: [BSONDocument] = [["merged_into": .null]]
        if let stages = query.stages { conditions.append(["stage": ["$in": BSON(stages.map(\.rawValue).sorted())]]) }
        if let since = query.since { conditions.append(["last_at": ["$gte": BSON(since)]]) }
        if let nucleus = query.nucleus { conditions.append(["nucleus": .text(nucleus)]) }
        if query.isReactivated { conditions.append(["reactivated_at": ["$ne": .null]]) }
        if let after = query.after {
            let last: BSON = .int(try narrativeDocument(after).int64("last_at"))
            conditions.append(["$or": [["last_at": ["$lt": last]], ["last_at": last, "_id": ["$gt": .int(after)]]]])
        }
        let filter: BSONDocument = ["$and": .list(conditions.map(BSON.document))]
        return try find(.narratives, filter, sort: ["last_at": -1, "_id": 1], limit: max(0, query.limit)).map(NarrativeDocument.narrative)
    }

    /// Of a merged one the narrative that took it in.
    func narrative(_ id: Int64) throws -> Narrative? {
        guard let document = try first(.narratives, ["_id": .int(id)]) else { return nil }
        guard let home = try document.optionalInt64("merged_into") else { return try NarrativeDocument.narrative(document) }
        return try NarrativeDocument.narrative(narrativeDocument(home))
    }

    func save(_ changes: NarrativeChanges) throws -> [Narrative] {
        try requireUnderWay(changes.run)
        let ids = try changes.saved.map(save)
        for merge in changes.merged { try self.merge(merge) }
        return try ids.map { try NarrativeDocument.narrative(narrativeDocument($0)) }
    }

    func timeline(of narrative: Int64) throws -> [NarrativeDay] {
        guard let document = try first(.narratives, ["_id": .int(narrative)]) else { return [] }
        let home = try document.optionalInt64("merged_into") ?? narrative
        var days: [Int64: (sources: Set<String>, sentiments: [Double])] = [:]
        try each(.enrichments, ["narrative": .int(home)], sort: ["_id": 1], only: ["at", "source", "sentiment"]) { enrichment in
            let day = try enrichment.date("at").utcDay
            days[day, default: ([], [])].sources.insert(try enrichment.text("source"))
            days[day, default: ([], [])].sentiments.append(try enrichment.double("sentiment"))
        }
        return days.sorted { $0.key < $1.key }.map { day, news in
            NarrativeDay(
                day: String(UTCTime.text(Date(milliseconds: day * 86_400_000)).prefix(10)), articles: news.sentiments.count,
                sources: news.sources.count, sentiment: news.sentiments.reduce(0, +) / Double(news.sentiments.count))
        }
    }

    // MARK: - Steps

    /// Returns the narrative's number.
    private func save(_ saved: NarrativeChanges.Saved) throws -> Int64 {
        var id = saved.narrative.id
        let fields = try NarrativeDocument.fields(of: saved.narrative)
        if id == 0 {
            id = try draw("narratives", 1)?.lowerBound ?? 0
            try insert(.narratives, [["_id": .int(id), "merged_into": .null] + fields])
        } else {
            try update(.narratives, ["_id": .int(id)], ["$set": .document(fields)])
        }
        let home = try home(of: id)
        if !saved.joining.isEmpty {
            let joining: BSONDocument = ["_id": ["$in": BSON(saved.joining)], "narrative": .null]
            try update(.enrichments, joining, ["$set": ["narrative": .int(home)]], isMany: true)
        }
        return id
    }

    /// One that was merged before stays where it is.
    private func merge(_ merge: NarrativeChanges.Merge) throws {
        guard try home(of: merge.narrative) == merge.narrative else { return }
        let home = try home(of: merge.into)
        guard home != merge.narrative else { throw DeskError(.store, "narrative \(merge.narrative) cannot be merged into itself") }
        // Those that it took in before point to the new home too: no chain is ever longer than one.
        let merged: BSONDocument = ["$or": [["_id": .int(merge.narrative)], ["merged_into": .int(merge.narrative)]]]
        try update(.narratives, merged, ["$set": ["merged_into": .int(home)]], isMany: true)
        // The home is written too, so that another host cannot merge it away at the same moment.
        try update(.narratives, ["_id": .int(home)], ["$inc": ["merges": 1]])
        try update(.enrichments, ["narrative": .int(merge.narrative)], ["$set": ["narrative": .int(home)]], isMany: true)
    }

    /// The narrative that took this one in; itself, when none did.
    private func home(of id: Int64) throws -> Int64 { try narrativeDocument(id).optionalInt64("merged_into") ?? id }

    private func narrativeDocument(_ id: Int64) throws -> BSONDocument {
        guard let document = try first(.narratives, ["_id": .int(id)]) else {
            throw DeskError(.store, "there is no narrative \(id)", hint: "`wiredesk narratives` lists those that there are.")
        }
        return document
    }
}

private enum NarrativeDocument {
    static func fields(of narrative: Narrative) throws -> BSONDocument {
        [
            "title": .text(narrative.title), "summary": .text(narrative.summary), "nucleus": .text(narrative.nucleus),
            "theme": .text(narrative.theme.rawValue), "actors": try list(narrative.actors), "focus": try list(narrative.focus),
            "stage": .text(narrative.stage.rawValue), "momentum": .real(narrative.momentum), "article_count": BSON(narrative.articleCount),
            "source_count": BSON(narrative.sourceCount), "sentiment": .real(narrative.sentiment), "first_at": BSON(narrative.firstAt),
            "last_at": BSON(narrative.lastAt), "peak_day": .text(narrative.peakDay), "peak_count": BSON(narrative.peakCount),
            "dormant_at": BSON(narrative.dormantAt), "reactivated_at": BSON(narrative.reactivatedAt), "hot_until": BSON(narrative.hotUntil),
            "updated_at": BSON(narrative.updatedAt),
        ]
    }

    static func narrative(_ document: BSONDocument) throws -> Narrative {
        var narrative = Narrative(
            title: try document.text("title"), nucleus: try document.text("nucleus"), theme: try document.word("theme"),
            actors: try weighted(document, "actors"), focus: try weighted(document, "focus"), firstAt: try document.date("first_at"),
            lastAt: try document.date("last_at"), updatedAt: try document.date("updated_at"))
        (narrative.id, narrative.summary, narrative.stage) = (try document.int64("_id"), try document.text("summary"), try document.word("stage"))
        (narrative.momentum, narrative.sentiment) = (try document.double("momentum"), try document.double("sentiment"))
        (narrative.articleCount, narrative.sourceCount) = (try document.int("article_count"), try document.int("source_count"))
        (narrative.peakDay, narrative.peakCount) = (try document.text("peak_day"), try document.int("peak_count"))
        narrative.dormantAt = try document.optionalDate("dormant_at")
        narrative.reactivatedAt = try document.optionalDate("reactivated_at")
        (narrative.hotUntil, narrative.mergedInto) = (try document.optionalDate("hot_until"), try document.optionalInt64("merged_into"))
        return narrative
    }

    private static func list(_ weighted: [Weighted]) throws -> BSON {
        for each in weighted where !each.weight.isFinite {
            throw DeskError(.store, "the weight of “\(SafeText.line(each.name, limit: 80))” is no number")
        }
        return .list(weighted.map { ["name": .text($0.name), "weight": .real($0.weight)] })
    }

    private static func weighted(_ document: BSONDocument, _ name: String) throws -> [Weighted] {
        try document.documents(name).map { Weighted(try $0.text("name"), try $0.double("weight")) }
    }
}

/// `patterns`.
extension MongoAccess {
    /// Returns the ids that are new, in the order given.
    func save(_ patterns: [Pattern]) throws -> [String] {
        guard !patterns.isEmpty else { return [] }
        let known = try find(.patterns, ["_id": ["$in": BSON(patterns.map(\.id))]], only: ["_id"]).map { Array(try $0.text("_id").utf8) }
        var seen = Set(known)
        let new = patterns.filter { seen.insert(Array($0.id.utf8)).inserted }.map(\.id)
        try update(
            .patterns,
            patterns.map { pattern in
                .put([
                    "_id": .text(pattern.id), "kind": .text(pattern.kind.rawValue), "subject": .text(pattern.subject),
                    "message": .text(pattern.message), "strength": .real(pattern.strength), "articles": BSON(pattern.articles),
                    "at": BSON(pattern.at),
                ])
            })
        return new
    }

    func patterns(since: Date, limit: Int) throws -> [Pattern] {
        try find(.patterns, ["at": ["$gte": BSON(since)]], sort: ["at": -1, "_id": 1], limit: max(0, limit)).map { document in
            Pattern(
                id: try document.text("_id"), kind: try document.word("kind"), subject: try document.text("subject"),
                message: try document.text("message"), strength: try document.double("strength"), articles: try document.numbers("articles"),
                at: try document.date("at"))
        }
    }
}
