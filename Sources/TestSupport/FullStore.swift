import Costs
import FoundationEssentials
import Resilience
public import Stores
import WireCore

/// Fills a store, through its contract, with something of every kind that it keeps: with every particular once, and once without any.
public enum FullStore {
    public static func fill(_ store: any WholeStore) async throws {
        let rig = NewsroomRig(store: store, other: store)
        let articles = try await fillNews(rig)
        try await fillNewsroom(rig, articles)
        try await fillLedger(LedgerRig(store: store, other: store))
        var line = AuditEntry(at: rig.at(1), actor: "token 127.0.0.1", action: "source.disable")
        _ = try await store.enterAudit(line)
        (line.subject, line.detail, line.failure) = ("alpha", "“why” \u{0} not", "no")
        _ = try await store.enterAudit(line)
        _ = try await store.publishRegistry(Array("{}\u{0}\n".utf8), replacing: 0, by: "desk@one", at: rig.at(2))
        _ = try await store.publishRegistry(Array("{ }\n".utf8), replacing: 1, by: "desk@two", at: rig.at(3))
    }

    private static func fillNews(_ rig: NewsroomRig) async throws -> [Int64] {
        let desk = StoreRig(store: rig.store)
        var item = Item(id: "a\u{0}b", title: "Bitcoin ETF inflows reach a record high this week", url: "https://news.example/full?x=1&ü=é")
        (item.author, item.summary, item.content) = ("J. Müller 🚀", "A “summary”", "<p>" + String(repeating: "content ", count: 300) + "</p>")
        (item.publishedAt, item.updatedAt) = (rig.at(-60.25), rig.at(-30))
        item.categories = ["Markets", "ETF, spot", ""]
        item.enclosures = [Enclosure(url: "https://news.example/a.mp3", type: "audio/mpeg", length: 123), Enclosure(url: "https://news.example/b")]
        let first = try await desk.file([item, Item(id: "bare")], from: .alpha, at: 0)
        // Another source shows the same address, and one resembles it.
        var resembling = Item.plain("other")
        resembling.title = "Bitcoin ETF inflows reach record high this week"
        let second = try await desk.file([item, resembling], from: .beta, at: 10)
        item.content = "<p>edited</p>"
        try await desk.file([item], from: .alpha, at: 20)
        // An article that is pruned, and whose item stays known.
        try await desk.file([.plain("old")], from: .gamma, at: -40 * 86_400)
        _ = try await rig.store.prune(pollsBefore: rig.at(-1e9), articlesBefore: rig.at(-86_400))
        try await saveState(rig)
        return first.newArticles + second.newArticles
    }

    private static func saveState(_ rig: NewsroomRig) async throws {
        var state = try rig.wanted(try await rig.store.sourceState(of: .beta), "state")
        (state.nextPollAt, state.notBefore, state.lastPollAt) = (rig.at(100), rig.at(90), rig.at(10))
        (state.lastSuccessAt, state.failingSince) = (rig.at(9.001), rig.at(8))
        (state.lastOutcome, state.lastMessage, state.lastHint, state.servedBy) = (.wrongKind, "HTML\u{1B}[1m", "look", .gamma)
        (state.validatorsURL, state.validators) = ("https://news.example/f", Validators(etag: "\"e\"", lastModified: "yesterday"))
        (state.movedTo, state.adapterState, state.meanGapSeconds, state.advisedSeconds) = ("https://n.example", "{}", 1234.5678, 60)
        state.breaker = Breaker(
            state: .open, generation: 3, consecutiveFailures: 4, window: [true, false, true], slowWindow: [false], timesOpened: 2,
            openedAt: rig.at(5), reopensAt: rig.at(500), probeLeaseUntil: rig.at(501), cause: "5 failures")
        _ = try await rig.store.save(state)
        var failed = try await StoreRig(store: rig.store).filing([], from: .gamma, at: 30)
        failed.record.outcome = .blocked
        (failed.record.hint, failed.record.servedBy, failed.record.durationMs) = ("h", .alpha, 12)
        failed.record.evidence = Evidence(status: 503, contentType: "text/html", firstBytes: "<html>")
        _ = try await rig.store.file(failed)
    }

    private static func fillNewsroom(_ rig: NewsroomRig, _ articles: [Int64]) async throws {
        let store = rig.store
        var full = rig.enrichment(articles[0], at: 1, tier: .high, sentiment: -1.0 / 3, "Bitcoin", "Ether", "Bitcoin")
        full.mentions[0].ticker = "BTC"
        (full.model, full.callID, full.nucleus, full.amount, full.note) = ("claude", "call-1", "Bitcoin", 1.5e9, "why")
        (full.focus, full.keywords, full.summary) = (["etf", "“record”"], ["inflows"], "A summary.")
        let claim = try await rig.claimed(at: 50)
        _ = try await store.file([full, rig.enrichment(articles[2], from: .beta, at: 2)], claim: claim.number)
        try await store.setAsideForModel([articles[1]], claim: claim.number, now: rig.at(51))
        try await store.releaseClaim(claim.number)
        _ = try await rig.batch(size: 1, at: 60)
        try await rig.articles("waits", from: .gamma, at: 70)

        var narrative = rig.narrative("ETF inflows", last: 5)
        (narrative.actors, narrative.focus) = ([Weighted("SEC", 0.1), Weighted("BlackRock", 1)], [Weighted("etf", 2.0 / 3)])
        (narrative.summary, narrative.stage, narrative.momentum) = ("s", .hot, 1.25)
        (narrative.dormantAt, narrative.reactivatedAt, narrative.hotUntil) = (rig.at(1), rig.at(2), rig.at(3))
        let small = try await rig.save(rig.narrative("Small"), joining: [articles[2]])
        let saved = try await rig.save(narrative, joining: [articles[0]])
        try await rig.merge(small.id, into: saved.id)
        _ = try await store.save([
            Pattern(
                id: "surge:Bitcoin:2026-11-24", kind: .surge, subject: "Bitcoin", message: "m", strength: 81.5, articles: [articles[0]], at: rig.at(4)
            )
        ])
        try await fillBriefings(rig, articles, narrative: saved.id)
        try await rig.ran(rig.request("brief", "2026-11-24 morning", at: 10), as: .done)
        try await rig.ran(rig.request("enrich", "1", at: 20), as: .failed, retryAt: 30)
        _ = try await rig.begun(rig.request("merge", "1", at: 30))
        try await store.enter([rig.price("bitcoin", 97_123.45, at: 1), rig.price("bitcoin", 97_200, at: 2), rig.price("ether", 3_000.1, at: 1)])
        _ = try await store.raiseAlert(subject: "price:bitcoin", message: "m", at: rig.at(3.25), cooldown: .seconds(60))
    }

    private static func fillBriefings(_ rig: NewsroomRig, _ articles: [Int64], narrative: Int64) async throws {
        var briefing = rig.briefing(citing: [articles[2], articles[0]])
        briefing.content.headline = "Record inflows"
        briefing.content.insights = [.init("An insight.", articles: [articles[0]])]
        (briefing.content.entities, briefing.content.patterns) = (["Bitcoin"], ["Bitcoin surges."])
        briefing.content.recommendations = [.init(title: "Read on", theme: .markets, narrative: narrative)]
        (briefing.model, briefing.note, briefing.confidence) = ("claude", "n", 0.85)
        (briefing.method, briefing.isPublished, briefing.refinements, briefing.cost) = (.model, true, 1, Money(picodollars: 1_234_567))
        (briefing.calls, briefing.signalCount, briefing.articleCount) = (["call-1", "call-2"], 3, 2)
        try await rig.saved(briefing)
        var smoke = rig.briefing("2026-11-25", .evening)
        smoke.isSmoke = true
        try await rig.saved(smoke)
    }

    private static func fillLedger(_ rig: LedgerRig) async throws {
        let store = rig.store
        var key = GatewayKey(name: "team", hash: "aa", daily: Money(picodollars: 5), createdAt: rig.at(0))
        try await store.addKey(key)
        (key.name, key.hash, key.daily) = ("gone", "bb", nil)
        try await store.addKey(key)
        _ = try await store.revokeKey(name: "gone", at: rig.at(9))
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.webSearches) = (1000, 200, 30, 1)
        var entry = rig.entry("full", bound: 900, key: "team", source: .alpha)
        entry.purpose.article = 1
        try await rig.spend(entry, cost: 777, usage: usage)
        try await rig.spend(rig.entry("estimated", bound: 50, day: .tomorrow), cost: 50, status: .estimated)
        try await rig.spend(rig.entry("released", bound: 60, operation: "brief"), cost: 0, status: .released)
        try await store.enterCached(rig.cached("cached", saved: 41))
        try await rig.reserve(rig.entry("open", bound: 300, key: "team"))
        let answer = CachedAnswer(
            key: "k1", model: "claude", provider: "anthropic", body: [0, 1, 255], usage: usage, cost: Money(picodollars: 7), priceFrom: "row",
            createdAt: rig.at(1), expiresAt: rig.at(1e6))
        _ = try await rig.store.keep([answer], capacity: .mebibytes(1))
        _ = try await store.raiseAlert(id: "cost:day", message: "m", at: rig.at(5))
        try await store.noteDelivery(alert: "cost:day", channel: "webhook", at: rig.at(7))
        try await store.noteDelivery(alert: "cost:day", channel: "mail", at: rig.at(6))
    }
}
