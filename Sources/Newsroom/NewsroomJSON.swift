import Costs
public import Stores
public import WireCore

// The JSON forms of what the newsroom makes, for the command line and the API alike. Each writes members into an object that is open.

extension Briefing {
    public func write(to json: inout JSONWriter) {
        json.member("id", Int(id))
        json.member("date", date)
        json.member("slot", slot.rawValue)
        json.member("version", version)
        json.member("smoke", isSmoke)
        json.member("published", isPublished)
        json.member("madeAt", UTCTime.text(madeAt))
        json.member("coversFrom", UTCTime.text(coversFrom))
        json.member("coversTo", UTCTime.text(coversTo))
        json.member("method", method.rawValue)
        json.member("model", orNull: model)
        json.member("note", orNull: note)
        json.key("confidence")
        json.decimal(confidence)
        json.member("headline", content.headline)
        json.key("paragraphs")
        json.array { list in
            for paragraph in content.paragraphs { Self.write(paragraph, to: &list) }
        }
        json.key("insights")
        Self.write(content.insights, to: &json)
        json.key("entities")
        json.array { list in content.entities.forEach { list.string($0) } }
        json.key("patterns")
        json.array { list in content.patterns.forEach { list.string($0) } }
        json.key("recommendations")
        json.array { list in
            for recommendation in content.recommendations {
                list.object {
                    $0.member("title", recommendation.title)
                    $0.member("theme", recommendation.theme.rawValue)
                    $0.member("narrative", Int(recommendation.narrative))
                }
            }
        }
        json.member("signalCount", signalCount)
        json.member("narrativeCount", narrativeCount)
        json.member("patternCount", patternCount)
        json.member("articleCount", articleCount)
        json.member("refinements", refinements)
        json.member("costUSD", cost.dollars)
        json.key("calls")
        json.array { list in calls.forEach { list.string($0) } }
    }

    private static func write(_ sentences: [Sentence], to json: inout JSONWriter) {
        json.array { list in
            for sentence in sentences {
                list.object {
                    $0.member("text", sentence.text)
                    $0.key("articles")
                    $0.array { numbers in sentence.articles.forEach { numbers.number(Int($0)) } }
                }
            }
        }
    }
}

extension Narrative {
    public func write(to json: inout JSONWriter) {
        json.member("id", Int(id))
        json.member("title", title)
        json.member("summary", summary)
        json.member("nucleus", nucleus)
        json.member("theme", theme.rawValue)
        json.key("actors")
        Self.write(actors, to: &json)
        json.key("focus")
        Self.write(focus, to: &json)
        json.member("stage", stage.rawValue)
        json.key("momentum")
        json.decimal(momentum)
        json.member("articleCount", articleCount)
        json.member("sourceCount", sourceCount)
        json.key("sentiment")
        json.decimal(sentiment)
        json.member("firstAt", UTCTime.text(firstAt))
        json.member("lastAt", UTCTime.text(lastAt))
        json.member("peakDay", peakDay)
        json.member("peakCount", peakCount)
        json.member("dormantAt", orNull: dormantAt.map(UTCTime.text))
        json.member("reactivatedAt", orNull: reactivatedAt.map(UTCTime.text))
    }

    private static func write(_ words: [Weighted], to json: inout JSONWriter) {
        json.array { list in
            for word in words {
                list.object {
                    $0.member("name", word.name)
                    $0.key("weight")
                    $0.decimal(word.weight)
                }
            }
        }
    }
}

extension Pattern {
    public func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("kind", kind.rawValue)
        json.member("subject", subject)
        json.member("message", message)
        json.key("strength")
        json.decimal(strength)
        json.key("articles")
        json.array { list in articles.forEach { list.number(Int($0)) } }
        json.member("at", UTCTime.text(at))
    }
}

extension JobRun {
    public func write(to json: inout JSONWriter) {
        json.member("id", Int(id))
        json.member("job", job)
        json.member("slot", slot)
        json.member("attempt", attempt)
        json.member("startedAt", UTCTime.text(startedAt))
        json.member("endedAt", orNull: endedAt.map(UTCTime.text))
        json.member("outcome", outcome.rawValue)
        json.member("message", message)
        json.member("retryAt", orNull: retryAt.map(UTCTime.text))
        json.member("owner", owner)
    }
}

extension NarrativeDay {
    public func write(to json: inout JSONWriter) {
        json.member("day", day)
        json.member("articles", articles)
        json.member("sources", sources)
        json.key("sentiment")
        json.decimal(sentiment)
    }
}

extension EnrichedArticle {
    public func write(to json: inout JSONWriter) {
        json.member("id", Int(id))
        json.member("source", source.text)
        json.member("title", title)
        json.member("url", orNull: url)
        json.member("at", UTCTime.text(at))
        json.member("tier", enrichment.tier.name)
        json.member("method", enrichment.method.rawValue)
        json.member("model", orNull: enrichment.model)
        json.member("callId", orNull: enrichment.callID)
        json.member("note", orNull: enrichment.note)
        json.key("sentiment")
        json.decimal(enrichment.sentiment)
        json.member("theme", enrichment.theme.rawValue)
        json.member("nucleus", orNull: enrichment.nucleus)
        json.member("summary", enrichment.summary)
        json.key("focus")
        json.array { list in enrichment.focus.forEach { list.string($0) } }
        json.key("keywords")
        json.array { list in enrichment.keywords.forEach { list.string($0) } }
        json.key("entities")
        json.array { list in
            for mention in enrichment.mentions {
                list.object {
                    $0.member("name", mention.name)
                    $0.member("kind", mention.kind.rawValue)
                    $0.member("ticker", orNull: mention.ticker)
                    $0.member("salience", mention.salience)
                }
            }
        }
        json.member("narrative", orNull: narrative.map { Int($0) })
        json.member("nearDuplicateOf", orNull: nearDuplicateOf.map { Int($0) })
    }
}

extension Signal {
    public func write(to json: inout JSONWriter) {
        json.member("name", entity)
        json.member("kind", kind.rawValue)
        json.member("ticker", orNull: ticker)
        json.member("window", window.rawValue)
        json.key("score")
        json.decimal(score)
        json.member("mentions", mentions)
        json.member("earlierMentions", earlierMentions)
        json.key("velocity")
        json.decimal(velocity)
        json.member("sources", sources)
        json.key("sentiment")
        json.decimal(sentiment)
        json.member("trend", trend.rawValue)
        json.member("emerging", isEmerging)
        json.key("narratives")
        json.array { list in narratives.forEach { list.number(Int($0)) } }
    }
}

extension EntityStatistic {
    public func write(to json: inout JSONWriter) {
        json.member("name", name)
        json.member("kind", kind.rawValue)
        json.member("ticker", orNull: ticker)
        json.member("mentions", mentions)
        json.member("sources", sources)
        json.key("sentiment")
        json.decimal(sentiment)
        json.member("firstAt", UTCTime.text(firstAt))
    }
}

extension JSONWriter {
    /// A share, a score or a mean, to four decimals; null for nil and for what is no number.
    public mutating func decimal(_ value: Double?) {
        guard let value, value.isFinite, abs(value) < 1e12 else { return null() }
        number(asWritten: "\((value * 10_000).rounded() / 10_000)")
    }
}
