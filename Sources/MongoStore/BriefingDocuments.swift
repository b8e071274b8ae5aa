import Costs
import FoundationEssentials
import Stores
import WireCore

/// `briefings`, each with what it says and whom it cites. A citation stays when its article is pruned.
extension MongoAccess {
    func save(_ briefing: Briefing, isForced: Bool) throws -> BriefingFiling {
        let slot: BSONDocument = ["date": .text(briefing.date), "slot": .text(briefing.slot.rawValue), "is_smoke": .flag(briefing.isSmoke)]
        let last = try first(.briefings, slot, sort: ["version": -1]).map(BriefingDocument.briefing)
        if let last, !briefing.isSmoke, !isForced { return .exists(last) }
        let cited = try citations(of: briefing)
        var saved = briefing
        saved.version = (last?.version ?? 0) + 1
        saved.id = try draw("briefings", 1)?.lowerBound ?? 0
        let document = BriefingDocument.document(saved, cited: cited)
        try insert(.briefings, [document])
        return .saved(try BriefingDocument.briefing(document))
    }

    func briefings(_ query: BriefingQuery) throws -> [Briefing] {
        var conditions: [BSONDocument] = []
        if !query.includesSmoke { conditions.append(["is_smoke": false]) }
        if !query.includesUnpublished { conditions.append(["$or": [["is_smoke": true], ["is_published": true]]]) }
        if let date = query.date { conditions.append(["date": .text(date)]) }
        if let slot = query.slot { conditions.append(["slot": .text(slot.rawValue)]) }
        if let before = query.before { conditions.append(["_id": ["$lt": .int(before)]]) }
        let filter: BSONDocument = conditions.isEmpty ? [:] : ["$and": .list(conditions.map(BSON.document))]
        return try find(.briefings, filter, sort: ["_id": -1], limit: max(0, query.limit)).map(BriefingDocument.briefing)
    }

    func briefing(_ id: Int64) throws -> Briefing? { try first(.briefings, ["_id": .int(id)]).map(BriefingDocument.briefing) }

    func citations(from: Date, to: Date) throws -> [SourceID: Int] {
        let groups = try aggregate(
            .briefings,
            [
                ["$match": ["made_at": ["$gte": BSON(from), "$lt": BSON(to)], "is_smoke": false]], ["$unwind": "$cited"],
                ["$group": ["_id": "$cited.source", "n": ["$sum": 1]]],
            ])
        return Dictionary(try groups.map { (try $0.source("_id"), try $0.int("n")) }) { first, _ in first }
    }

    /// Throws for an article that is not there.
    private func citations(of briefing: Briefing) throws -> [BSON] {
        guard !briefing.cited.isEmpty else { return [] }
        var sources: [Int64: BSON] = [:]
        try each(.articles, ["_id": ["$in": BSON(briefing.cited)]], only: ["source"]) { sources[try $0.int64("_id")] = $0["source"] }
        return try briefing.cited.map { article in
            guard let source = sources[article] else {
                throw DeskError(.store, "a briefing cites article \(article), which the store does not know; it was not saved")
            }
            return ["article": .int(article), "source": source]
        }
    }
}

enum BriefingDocument {
    static func document(_ briefing: Briefing, cited: [BSON]) -> BSONDocument {
        [
            "_id": .int(briefing.id), "date": .text(briefing.date), "slot": .text(briefing.slot.rawValue), "version": BSON(briefing.version),
            "is_smoke": .flag(briefing.isSmoke), "is_published": .flag(briefing.isPublished), "made_at": BSON(briefing.madeAt),
            "covers_from": BSON(briefing.coversFrom), "covers_to": BSON(briefing.coversTo), "method": .text(briefing.method.rawValue),
            "model": BSON(briefing.model), "note": BSON(briefing.note), "confidence": BSON(briefing.confidence),
            "signal_count": BSON(briefing.signalCount), "narrative_count": BSON(briefing.narrativeCount),
            "pattern_count": BSON(briefing.patternCount), "article_count": BSON(briefing.articleCount), "refinements": BSON(briefing.refinements),
            "cost": .int(briefing.cost.picodollars), "calls": BSON(briefing.calls), "content": .document(document(briefing.content)),
            "cited": .list(cited),
        ]
    }

    static func briefing(_ document: BSONDocument) throws -> Briefing {
        var briefing = Briefing(
            date: try document.text("date"), slot: try document.word("slot"), madeAt: try document.date("made_at"),
            coversFrom: try document.date("covers_from"), coversTo: try document.date("covers_to"), method: try document.word("method"),
            content: try content(try document.document("content")))
        (briefing.id, briefing.version) = (try document.int64("_id"), try document.int("version"))
        (briefing.isSmoke, briefing.isPublished) = (try document.flag("is_smoke"), try document.flag("is_published"))
        (briefing.model, briefing.note) = (try document.optionalText("model"), try document.optionalText("note"))
        briefing.confidence = try document.optionalDouble("confidence")
        (briefing.signalCount, briefing.narrativeCount) = (try document.int("signal_count"), try document.int("narrative_count"))
        (briefing.patternCount, briefing.articleCount) = (try document.int("pattern_count"), try document.int("article_count"))
        briefing.refinements = try document.int("refinements")
        (briefing.cost, briefing.calls) = (try document.money("cost"), try document.words("calls"))
        return briefing
    }

    static func document(_ content: Briefing.Content) -> BSONDocument {
        [
            "headline": .text(content.headline), "paragraphs": .list(content.paragraphs.map { ["sentences": .list($0.map(sentence))] }),
            "insights": .list(content.insights.map(sentence)), "entities": BSON(content.entities), "patterns": BSON(content.patterns),
            "recommendations": .list(
                content.recommendations.map {
                    ["title": .text($0.title), "theme": .text($0.theme.rawValue), "narrative": .int($0.narrative)]
                }),
        ]
    }

    private static func sentence(_ sentence: Briefing.Sentence) -> BSON {
        ["text": .text(sentence.text), "articles": BSON(sentence.articles)]
    }

    static func content(_ document: BSONDocument) throws -> Briefing.Content {
        var content = Briefing.Content()
        content.headline = try document.text("headline")
        content.paragraphs = try document.documents("paragraphs").map { try sentences($0, "sentences") }
        content.insights = try sentences(document, "insights")
        (content.entities, content.patterns) = (try document.words("entities"), try document.words("patterns"))
        content.recommendations = try document.documents("recommendations").map {
            Briefing.Recommendation(title: try $0.text("title"), theme: try $0.word("theme"), narrative: try $0.int64("narrative"))
        }
        return content
    }

    private static func sentences(_ document: BSONDocument, _ name: String) throws -> [Briefing.Sentence] {
        try document.documents(name).map { Briefing.Sentence(try $0.text("text"), articles: try $0.numbers("articles")) }
    }
}
