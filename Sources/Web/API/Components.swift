import Resilience
import Costs
import Host
import Newsroom
import Stores
import WireCore

/// The named shapes of the OpenAPI document, as the JSON is written by the rooms that own the values.
enum Components {
    static let all: [(name: String, shape: Shape)] = [
        ("Problem", problem), ("Source", source), ("Poll", poll), ("Diagnosis", diagnosis), ("Breaker", .object(breaker)), ("Items", items),
        ("Evidence", evidence), ("Article", article), ("LedgerEntry", ledgerEntry), ("Budget", budget), ("Alert", alert), ("AuditEntry", auditEntry),
        ("Briefing", briefing), ("Sentence", sentence), ("Narrative", narrative), ("NarrativeDay", narrativeDay), ("Signal", signal),
        ("Pattern", pattern), ("JobRun", jobRun), ("Job", job), ("Host", host),
    ]

    static let problem = Shape.object([
        .always("type", .text), .always("title", .text), .always("status", .integer(400...599)), .always("detail", .text), .sometimes("hint", .text),
    ])

    private static let outcome = Shape.oneOf(Outcome.allCases.map(\.rawValue))
    private static let safeCount = Shape.integer(0...Int.max)

    static let items = Shape.object(["seen", "new", "updated", "duplicate", "rejected"].map { .always($0, safeCount) })

    static let evidence = Shape.object([
        .always("status", Shape.integer.orNull), .always("contentType", Shape.text.orNull), .always("firstBytes", Shape.text.orNull),
    ])

    static let breaker: [Shape.Member] = [
        .always("state", .oneOf(Breaker.State.allCases.map(\.name))),
        .always("stateNumber", Shape.integer(0...5).noted("0 closed, 1 open, 2 half-open, 3 disabled, 4 forced open, 5 metrics only.")),
        .always("failures", safeCount), .always("timesOpened", safeCount), .always("openedAt", Shape.instant.orNull),
        .always("reopensAt", Shape.instant.orNull), .always("cause", Shape.text.orNull),
    ]

    static let source = Shape.object([
        .always("id", .sourceID), .always("kind", .text), .always("url", .text), .always("status", .oneOf(SourceStatus.allCases.map(\.rawValue))),
        .always("enabled", .flag),
        .sometimes(
            "disabled",
            .object([
                .always("by", Shape.text.orNull), .always("reason", Shape.text.orNull), .always("at", Shape.instant.orNull),
                .always("until", Shape.instant.orNull),
            ])),
        .always("interval", .text), .always("fallback", Shape.text.orNull), .always("lastOutcome", outcome.orNull),
        .always("message", Shape.text.orNull), .always("hint", Shape.text.orNull), .always("lastPollAt", Shape.instant.orNull),
        .always("nextPollAt", Shape.instant.orNull), .always("lastSuccessAt", Shape.instant.orNull),
        .always("lastNewItemAt", Shape.instant.orNull), .always("failingSince", Shape.instant.orNull), .always("servedBy", Shape.text.orNull),
        .always("movedTo", Shape.text.orNull), .always("articles", safeCount), .always("breaker", .named("Breaker")), .always("tags", .list(.text)),
    ])

    /// A poll as it is kept.
    static let poll = Shape.object([
        .always("id", safeCount), .always("source", .sourceID), .always("startedAt", .instant), .always("durationMs", safeCount),
        .always("outcome", outcome), .always("message", .text), .always("hint", Shape.text.orNull), .always("servedBy", Shape.text.orNull),
        .always("attempts", safeCount), .always("pages", safeCount), .always("redirects", safeCount), .always("bytesOnWire", safeCount),
        .always("bytesDecoded", safeCount), .always("items", .named("Items")), .always("evidence", .named("Evidence")),
        .always("breaker", .oneOf(Breaker.State.allCases.map(\.name))), .always("end", .text),
    ])

    static let diagnosis = Shape.object([
        .always("source", .sourceID), .always("outcome", outcome), .always("message", .text), .always("hint", Shape.text.orNull),
        .always("servedBy", Shape.text.orNull), .always("attempts", safeCount), .always("pages", safeCount), .always("redirects", safeCount),
        .always("bytesOnWire", safeCount), .always("bytesDecoded", safeCount), .always("items", .named("Items")), .always("durationMs", safeCount),
        .always("evidence", .named("Evidence")), .always("breaker", .named("Breaker")), .always("nextPollAt", Shape.instant.orNull),
        .always("end", .text), .always("startedAt", .instant), .sometimes("notes", .list(.text)),
        .always(
            "stages",
            .list(
                .object([
                    .always("name", .text), .always("ok", Shape.flag.orNull.noted("Null: not reached.")), .always("ms", safeCount),
                    .always("detail", .text),
                ]))),
        .always("hops", .list(hop)),
        .always("advice", .text),
    ])

    /// One request of the chain; times in milliseconds from its start.
    private static let hop = Shape.object(
        [
            .always("url", .text), .always("status", Shape.integer.orNull), .always("address", Shape.text.orNull), .always("tls", Shape.text.orNull),
        ] + ["resolvedMs", "connectedMs", "securedMs", "requestedMs", "firstByteMs", "endedMs"].map { .always($0, safeCount.orNull) })

    static let article = Shape.object([
        .always("id", safeCount), .always("source", .sourceID), .always("itemId", Shape.text.orNull), .always("title", Shape.text.orNull),
        .always("url", Shape.text.orNull), .always("canonicalUrl", Shape.text.orNull), .always("author", Shape.text.orNull),
        .always("publishedAt", Shape.instant.orNull), .always("updatedAt", Shape.instant.orNull), .always("firstSeenAt", .instant),
        .always("changedAt", Shape.instant.orNull), .always("summary", Shape.text.orNull), .sometimes("content", .text),
        .always("categories", .list(.text)), .always("alsoIn", .list(.sourceID)), .always("nearDuplicateOf", safeCount.orNull),
    ])

    static let ledgerEntry = Shape.object([
        .always("id", .text), .always("at", .instant), .always("operation", .text), .always("provider", .text), .always("model", .text),
        .always("source", Shape.text.orNull), .always("article", safeCount.orNull), .always("key", Shape.text.orNull),
        .always("status", .oneOf(EntryStatus.allCases.map(\.rawValue))), .always("inputTokens", safeCount), .always("outputTokens", safeCount),
        .always("cacheReadTokens", safeCount), .always("cacheWrite5mTokens", safeCount), .always("cacheWrite1hTokens", safeCount),
        .always("webSearches", safeCount), .always("costUSD", .dollars), .always("savedUSD", .dollars), .always("reservedUSD", .dollars),
        .always("priceFrom", .text), .always("messageId", Shape.text.orNull), .always("note", Shape.text.orNull),
        .always("rawUsage", Shape.text.orNull), .always("batch", .flag), .always("region", Shape.text.orNull),
        .always("speed", Shape.text.orNull), .always("serviceTier", Shape.text.orNull),
    ])

    static let budget = Shape.object([
        .always("scope", Shape.text.noted("“desk”, “operation:NAME” or “key:NAME”.")), .always("period", Shape.text.noted("A day or a month.")),
        .always("limitUSD", Shape.dollars.orNull), .always("spentUSD", .dollars), .always("reservedUSD", .dollars),
    ])

    static let alert = Shape.object([
        .always("id", .text), .always("message", .text), .always("at", .instant), .always("deliveredTo", .list(.text)),
    ])

    static let auditEntry = Shape.object([
        .always("id", safeCount), .always("at", .instant), .always("actor", .text), .always("action", .text), .always("subject", Shape.text.orNull),
        .always("detail", Shape.text.orNull), .always("failure", Shape.text.orNull),
    ])

    // MARK: - The newsroom

    private static let method = Shape.oneOf(ReadingMethod.allCases.map(\.rawValue))
    private static let theme = Shape.oneOf(Theme.allCases.map(\.rawValue))

    static let sentence = Shape.object([.always("text", .text), .always("articles", .list(safeCount))])

    static let briefing = Shape.object([
        .always("id", safeCount), .always("date", .day), .always("slot", .oneOf(BriefingSlot.allCases.map(\.rawValue))),
        .always("version", safeCount),
        .always("smoke", .flag), .always("published", .flag), .always("madeAt", .instant), .always("coversFrom", .instant),
        .always("coversTo", .instant),
        .always("method", method), .always("model", Shape.text.orNull), .always("note", Shape.text.orNull),
        .always("confidence", Shape.number.orNull),
        .always("headline", .text), .always("paragraphs", .list(.list(.named("Sentence")))), .always("insights", .list(.named("Sentence"))),
        .always("entities", .list(.text)), .always("patterns", .list(.text)),
        .always(
            "recommendations", .list(.object([.always("title", .text), .always("theme", theme), .always("narrative", safeCount)]))),
        .always("signalCount", safeCount), .always("narrativeCount", safeCount), .always("patternCount", safeCount),
        .always("articleCount", safeCount), .always("refinements", safeCount), .always("costUSD", .dollars), .always("calls", .list(.text)),
    ])

    private static let weighted = Shape.list(.object([.always("name", .text), .always("weight", .number)]))

    static let narrative = Shape.object([
        .always("id", safeCount), .always("title", .text), .always("summary", .text), .always("nucleus", .text), .always("theme", theme),
        .always("actors", weighted), .always("focus", weighted), .always("stage", .oneOf(NarrativeStage.allCases.map(\.rawValue))),
        .always("momentum", .number), .always("articleCount", safeCount), .always("sourceCount", safeCount), .always("sentiment", .number),
        .always("firstAt", .instant), .always("lastAt", .instant), .always("peakDay", .text), .always("peakCount", safeCount),
        .always("dormantAt", Shape.instant.orNull), .always("reactivatedAt", Shape.instant.orNull),
    ])

    static let narrativeDay = Shape.object([
        .always("day", .day), .always("articles", safeCount), .always("sources", safeCount), .always("sentiment", .number),
    ])

    static let signal = Shape.object([
        .always("name", .text), .always("kind", .oneOf(EntityKind.allCases.map(\.rawValue))), .always("ticker", Shape.text.orNull),
        .always("window", .oneOf(SignalWindow.allCases.map(\.rawValue))), .always("score", .number), .always("mentions", safeCount),
        .always("earlierMentions", safeCount), .always("velocity", Shape.number.noted("0.5 is +50 % against the window before.")),
        .always("sources", safeCount), .always("sentiment", .number), .always("trend", .oneOf(Signal.Trend.allCases.map(\.rawValue))),
        .always("emerging", Shape.flag.noted("No narrative carries it.")), .always("narratives", .list(safeCount)),
    ])

    static let pattern = Shape.object([
        .always("id", .text), .always("kind", .oneOf(Pattern.Kind.allCases.map(\.rawValue))), .always("subject", .text), .always("message", .text),
        .always("strength", .number), .always("articles", .list(safeCount)), .always("at", .instant),
    ])

    static let jobRun = Shape.object([
        .always("id", safeCount), .always("job", .text), .always("slot", .text), .always("attempt", safeCount), .always("startedAt", .instant),
        .always("endedAt", Shape.instant.orNull), .always("outcome", .oneOf(JobOutcome.allCases.map(\.rawValue))), .always("message", .text),
        .always("retryAt", Shape.instant.orNull), .always("owner", .text),
    ])

    static let host = Shape.object([
        .always("id", Shape.text.noted("Machine and process.")), .always("machine", .text), .always("pid", .text),
        .always("state", .oneOf(["alive", "dead"])), .always("roles", .list(.text)), .always("version", .text),
        .always("address", Shape.text.orNull), .always("startedAt", .instant), .always("lastBeatAt", .instant),
        .always("lastBeatSecondsAgo", safeCount),
        .always("clockAheadSeconds", Shape.integer.orNull.noted("Of the host's clock before this one's; null for a dead host.")),
        .always("sources", safeCount), .always("pollsPerMinute", safeCount), .always("pollsUnderWay", safeCount), .always("leasesLost", safeCount),
        .always("jobs", .list(.text)),
    ])

    static let job = Shape.object([
        .always("name", .text), .always("about", .text), .always("nextAt", Shape.instant.orNull),
        .always("lastRun", Shape.named("JobRun").orNull),
    ])
}
