import Costs
import Foundation
import Host
import LLM
import Resilience
import SQLiteStore
import Stores
import WireCore

/// Thirteen sources' last polls, their articles, and a month of calls to models: the same in every run.
struct StagedNews {
    let store: SQLiteStore
    let clock: StillClock
    let registry: Registry

    static let names: [(String, String)] = [
        ("coindesk-api", "coindesk"), ("coindesk", "feed"), ("cointelegraph", "feed"), ("decrypt", "feed"), ("bitcoinmagazine", "feed"),
        ("theblock", "feed"), ("cryptoslate", "feed"), ("bitcoincom", "feed"), ("dlnews", "feed"), ("watcherguru", "feed"), ("glassnode", "feed"),
        ("messari", "feed"), ("thedefiant", "feed"),
    ]

    /// Titles as a feed of ill will would have them; the tests look for their effects.
    static let hostile = [
        "<script>document.documentElement.dataset.owned = 1</script><img src=x onerror=\"document.documentElement.dataset.owned=1\">",
        "\" onmouseover=\"document.documentElement.dataset.owned=1\" x=\"", "</title></a><svg onload=document.documentElement.dataset.owned=1>",
        "Invoice \u{202E}gnp.exe\u{202C} \u{1B}[31mred\u{7}", "{{7*7}} ${7*7} <%= 7*7 %> &lt;b&gt;&#x3C;i>",
    ]

    func file(isSpent: Bool) async throws {
        // Among the first articles, or the very latest.
        if !isSpent { try await fileHostile() }
        for (index, (name, _)) in Self.names.enumerated() { try await filePolls(of: name, index) }
        if isSpent { try await fileHostile() }
        try await fileCalls(isSpent: isSpent)
        try await enterHosts(isDead: isSpent)
        _ = try await store.raiseAlert(
            id: "cost:day:2026-11-23:0.5", message: "Model calls have cost $0.52 on 2026-11-23; the alert is set at $0.50 a day.",
            at: clock.instant.addingTimeInterval(-50_000))
        for (minutes, action, subject, failure) in [
            (300.0, "source.disable", "glassnode", nil), (90, "source.diagnose", "messari", nil),
            (30, "source.poll", "messari", "its breaker stands in the way"),
        ] as [(Double, String, String, String?)] {
            _ = try await store.enterAudit(
                AuditEntry(
                    at: clock.instant.addingTimeInterval(-minutes * 60), actor: "session from 192.0.2.44", action: action, subject: subject,
                    detail: action == "source.disable" ? "publishes monthly; asked to pause until December, until 2026-12-01T00:00:00Z" : nil,
                    failure: failure))
        }
    }

    /// Two machines; the second is dead, or its clock wrong.
    private func enterHosts(isDead: Bool) async throws {
        for (index, (name, sources)) in [("desk-1", 7), ("desk-2", 5)].enumerated() {
            let isLast = index == 1
            var entry = HostEntry(
                id: "\(name) \(4711 + index):8823\(index):4be2", roles: isLast ? ["poll"] : ["enrich", "poll", "web"], version: "0.1.0",
                address: isLast ? nil : "http://127.0.0.1:8080", startedAt: clock.instant.addingTimeInterval(-90_000), beat: 45_000,
                beatAt: clock.instant.addingTimeInterval(isLast ? (isDead ? -340 : 8) : -1))
            (entry.work.sources, entry.work.pollsPerMinute, entry.work.pollsUnderWay) = (sources, sources * 3, isLast ? 1 : 0)
            entry.work.jobs = isLast ? [] : ["enrich"]
            _ = try await store.beat(entry)
        }
    }

    // MARK: - Polls and articles

    private func filePolls(of name: String, _ index: Int) async throws {
        guard let id = SourceID(name) else { return }
        let isSick = name == "coindesk-api" || name == "messari"
        var state = try await store.sourceState(of: id) ?? SourceState(source: id)
        for poll in (0..<24).reversed() {
            let start = clock.instant.addingTimeInterval(-Double(poll) * 1260 - Double(index * 47 + 70))
            let fails = isSick ? poll < (name == "messari" ? 24 : 6) : name == "thedefiant" && poll % 7 == 3
            var record = PollRecord(source: id, startedAt: start, outcome: fails ? failure(of: name) : poll % 3 == 1 ? .notModified : .ok)
            record.durationMs = name == "thedefiant" ? 6200 : 140 + (poll * 37 + index * 91) % 700
            (record.attempts, record.pages, record.bytesOnWire, record.bytesDecoded) = (1, fails ? 0 : 1, 14_200 + poll * 310, 61_000 + poll * 900)
            var drafts: [ArticleDraft] = []
            if fails {
                record.message = message(of: name)
                record.hint = "Waiting alone does not help. Ask the publisher for access or an API key, or use another address of the source."
                record.evidence = Evidence(
                    status: name == "thedefiant" ? nil : 200, contentType: "text/html",
                    firstBytes: "<!DOCTYPE html><html><head><title>CoinDesk</title>")
                record.servedBy = name == "coindesk-api" ? SourceID("coindesk") : nil
            } else if record.outcome == .ok {
                record.message = "25 items"
                drafts = ArticleDraft.drafts(of: items(of: name, poll, index))
                record.items.seen = 25
            } else {
                record.message = "not modified"
            }
            record.end = "complete"
            state = settled(state, record, index, isSick: isSick, poll)
            record.breaker = state.breaker.state
            state = try await store.file(
                PollFiling(drafts: drafts, state: state, record: record, newItemsPerDay: 5000, bytesStoredPerDay: .mebibytes(64))
            ).state
        }
    }

    private func failure(of name: String) -> Outcome { name == "coindesk-api" ? .wrongKind : name == "messari" ? .blocked : .timeout }

    private func message(of name: String) -> String {
        switch name {
        case "coindesk-api": "an HTML page “CoinDesk” where JSON was due"
        case "messari": "a challenge page of Vercel (x-vercel-mitigated: challenge), status 429"
        default: "no first byte within 6 s"
        }
    }

    private func settled(_ state: SourceState, _ record: PollRecord, _ index: Int, isSick: Bool, _ poll: Int) -> SourceState {
        var state = state
        state.lastPollAt = record.startedAt
        state.nextPollAt = clock.instant.addingTimeInterval(Double(index) * 61 + 95)
        (state.lastOutcome, state.lastMessage, state.lastHint, state.servedBy) = (record.outcome, record.message, record.hint, record.servedBy)
        if record.isWell {
            (state.lastSuccessAt, state.failingSince) = (record.startedAt, nil)
            state.breaker = Breaker()
        } else {
            state.failingSince = state.failingSince ?? record.startedAt
            guard isSick else { return state }
            state.breaker = Breaker(
                state: .open, generation: 3, consecutiveFailures: 24 - poll, window: [true, true, true], slowWindow: [false, false, false],
                timesOpened: 2,
                openedAt: record.startedAt, reopensAt: clock.instant.addingTimeInterval(Double(index) * 61 + 412), probeLeaseUntil: nil,
                cause: record.message)
        }
        return state
    }

    private func items(of name: String, _ poll: Int, _ index: Int) -> [Item] {
        guard name != "glassnode" || poll == 23 else { return [] }
        let headline = Self.headlines[(poll * 5 + index * 3) % Self.headlines.count].title
        let at = clock.instant.addingTimeInterval(-Double(poll) * 1260 - Double(index * 47 + 400))
        return [
            Item(
                id: "\(name)-\(poll)", title: headline, url: "https://\(name).example/2026/11/\(poll)-\(index)", author: "Desk of \(name)",
                publishedAt: at,
                summary:
                    "\(headline). The decision follows weeks of comment from issuers and exchanges, and traders had expected it; volumes rose by a third in the hour after.",
                categories: ["Markets"])
        ]
    }

    private func fileHostile() async throws {
        guard let id = SourceID("bitcoincom") else { return }
        let state = try await store.sourceState(of: id) ?? SourceState(source: id)
        let items = Self.hostile.enumerated().map { number, title in
            Item(
                id: "hostile-\(number)", title: title,
                url: number == 0 ? "javascript:document.documentElement.dataset.owned=1" : "https://bitcoincom.example/h\(number)",
                author: title, summary: title, content: "<p>\(number)</p>", categories: [title])
        }
        var record = PollRecord(source: id, startedAt: clock.instant.addingTimeInterval(-86_000), outcome: .ok)
        (record.message, record.durationMs, record.attempts, record.pages) = ("30 items", 212, 1, 1)
        record.items.seen = items.count
        _ = try await store.file(
            PollFiling(drafts: ArticleDraft.drafts(of: items), state: state, record: record, newItemsPerDay: 5000, bytesStoredPerDay: .mebibytes(64)))
    }

    // MARK: - Calls

    private static let calls: [(operation: String, model: String, provider: String, input: Int, output: Int, cost: Int64, share: Int)] = [
        ("entity_extraction", "claude-haiku-4-5", "anthropic", 1800, 260, 3_100_000_000, 9),
        ("narrative_summary", "claude-haiku-4-5", "anthropic", 4200, 380, 6_100_000_000, 3),
        ("briefing_generation", "claude-sonnet-4-5", "anthropic", 9800, 1450, 51_150_000_000, 3),
        ("gateway", "gpt-4.1-mini", "openai", 2600, 700, 2_160_000_000, 2),
    ]

    private func fileCalls(isSpent: Bool) async throws {
        for day in (0..<30).reversed() {
            for (kind, call) in Self.calls.enumerated() {
                let count = max(1, call.share * (7 + (day * 5 + kind * 3) % 9) / 9)
                for number in 0..<count { try await file(call, day, kind, number, isSpent: isSpent) }
            }
        }
        var held = entry(Self.calls[2], "held-1/1", clock.instant.addingTimeInterval(-3))
        held.bound = Money(picodollars: 90_000_000_000)
        _ = try await store.reserve(held, against: [])
        try await store.addKey(
            GatewayKey(name: "research-notebook", hash: "aa", daily: Money(picodollars: 250_000_000_000), createdAt: clock.instant))
    }

    /// The answer to one call of each of the last fourteen days; those of the first four have expired.
    private func keptAnswer(_ day: Int, _ kind: Int, _ number: Int) -> CachedAnswer? {
        guard kind == 1, number == 0, day < 14 else { return nil }
        return CachedAnswer(
            key: "answer-\(day)", model: "claude-haiku-4-5", provider: "anthropic", body: Array("{\"id\":\"\(day)\"}".utf8), usage: Usage(),
            cost: .zero,
            priceFrom: "row", createdAt: clock.instant.addingTimeInterval(-86_400 * Double(day)),
            expiresAt: clock.instant.addingTimeInterval(day < 10 ? 86_400 : -60))
    }

    private typealias Call = (operation: String, model: String, provider: String, input: Int, output: Int, cost: Int64, share: Int)

    private func entry(_ call: Call, _ id: String, _ at: Date) -> LedgerEntry {
        let sources = ["coindesk", "decrypt", "theblock", "cointelegraph", "dlnews"]
        var purpose = CallPurpose(operation: call.operation, key: call.operation == "gateway" ? "research-notebook" : nil)
        if call.operation == "entity_extraction" { purpose.source = SourceID(sources[id.utf8.reduce(0) { $0 + Int($1) } % sources.count]) }
        return LedgerEntry(
            id: id, at: at, day: registry.gateway.configuration.plan.calendar.day(of: at), purpose: purpose, provider: call.provider,
            model: call.model,
            status: .reserved, bound: Money(picodollars: call.cost * 2), priceFrom: "\(call.provider)/\(call.model)@2025-10-01", owner: "stage",
            expiresAt: at.addingTimeInterval(900))
    }

    private func file(_ call: Call, _ day: Int, _ kind: Int, _ number: Int, isSpent: Bool) async throws {
        let at = clock.instant.addingTimeInterval(-86_400 * Double(day) - Double(number) * 311 - Double(kind) * 60 - 40)
        let id = "call-\(day)-\(kind)-\(number)/1"
        if kind == 0, number % 4 == 3 {
            var cached = entry(call, id, at)
            (cached.status, cached.bound, cached.saved, cached.settledAt) = (.cached, .zero, Money(picodollars: call.cost), at)
            return try await store.enterCached(cached)
        }
        _ = try await store.reserve(entry(call, id, at), against: [])
        let factor = Int64(8 + (day * 7 + number * 3) % 6) * (isSpent ? 14 : 10)
        let isEstimated = day == 0 && kind == 2 && number == 0
        let settlement = Settlement(
            id: id, at: at.addingTimeInterval(2), status: isEstimated ? .estimated : .settled, cost: Money(picodollars: call.cost * factor / 100),
            usage: Usage(inputTokens: call.input, outputTokens: call.output, cacheReadTokens: kind == 2 ? 3100 : 0),
            priceFrom: "\(call.provider)/\(call.model)@2025-10-01", note: isEstimated ? "the stream broke off before its usage came" : nil)
        _ = try await store.settle(settlement)
        if let answer = keptAnswer(day, kind, number) { _ = try await store.keep([answer], capacity: .mebibytes(1)) }
    }
}
