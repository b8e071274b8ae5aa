import Costs
import Foundation
import Host
import Newsroom
import SQLiteStore
import Stores
import Synchronization
import Web
import WireCore

/// What a newsroom has made of the articles: written into the store as the newsroom's own jobs write it. What pages show of it is computed
/// by the product.
struct StagedNewsroom: Sendable {
    let store: SQLiteStore
    let scene: Scene
    let now: Date

    /// Articles that nobody has looked at, and those that wait for a model.
    private static let new = 7
    private static let forModel = 23

    func fill() async throws {
        try await enrich()
        try await tellNarratives()
        try await notePatterns()
        try await writeBriefings()
        try await runJobs()
    }

    // MARK: - Articles

    private func enrich() async throws {
        guard let claim = try await store.claimNewArticles(limit: 1000, now: now, until: now.addingTimeInterval(600)) else { return }
        let read = claim.articles.dropLast(Self.new + Self.forModel)
        _ = try await store.file(read.enumerated().map { enrichment(of: $1, $0) }, claim: claim.number)
        try await store.setAsideForModel(
            claim.articles.dropLast(Self.new).suffix(Self.forModel).map(\.id), claim: claim.number, now: now.addingTimeInterval(-1500))
        try await store.releaseClaim(claim.number)
    }

    private func enrichment(of article: Article, _ number: Int) -> Enrichment {
        let title = article.item.title ?? ""
        let news = StagedNews.headlines.first { $0.title == title }
        // Most of a day, some of the day before, few of the week before those; the ETF is news of today.
        let hours =
            switch number % 4 {
            case _ where news?.isNew == true: number * 7 % 23
            case 0, 2: number * 7 % 23
            case 1: 24 + number * 5 % 23
            default: 48 + number * 11 % 160
            }
        var enrichment = Enrichment(
            article: article.id, source: article.source, at: now.addingTimeInterval(-Double(hours) * 3600 - 300), enrichedAt: article.firstSeenAt,
            method: scene != .broken && number % 3 > 0 ? .model : .simple, tier: number % 5 == 0 ? .normal : .high,
            sentiment: news.map { $0.sentiment + Double(number % 5 - 2) * 0.05 } ?? 0, theme: news?.theme ?? .markets)
        enrichment.model = enrichment.method == .model ? "claude-haiku-4-5" : nil
        enrichment.note = scene == .broken ? "the day's budget is spent" : nil
        enrichment.summary = article.item.summary ?? ""
        // A feed of ill will names things too.
        let names = news?.names ?? [.init(name: String(title.prefix(80)), kind: .other, salience: 5, confidence: 0.5)]
        enrichment.mentions = names
        enrichment.nucleus = names.first?.name
        enrichment.focus = news?.words ?? []
        return enrichment
    }

    // MARK: - Narratives and patterns

    private static let stories: [(title: String, nucleus: String, theme: Theme, stage: NarrativeStage, momentum: Double, headlines: [Int])] = [
        ("Spot Solana ETF decision slips into January", "SEC", .regulation, .hot, 2.4, [0]),
        ("ETF inflows return to bitcoin", "Bitcoin", .institutions, .rising, 1.6, [1, 13, 14]),
        ("Europe questions Tether's reserves", "Tether", .stablecoins, .emerging, 1.9, [3]),
        ("Ethereum raises its gas limit", "Ethereum", .infrastructure, .cooling, 0.7, [2, 12]),
        ("Oracle exploits at lending protocols", "Aave", .security, .reactivated, 1.3, [5]), (StagedNews.hostile[0], "", .culture, .echo, 0.2, []),
    ]

    private func tellNarratives() async throws {
        let articles = try await store.enrichedArticles(EnrichedQuery(limit: 1000))
        var changes = NarrativeChanges()
        for story in Self.stories {
            let titles = story.headlines.map { StagedNews.headlines[$0].title } + (story.headlines.isEmpty ? [story.title] : [])
            let own = articles.filter { titles.contains($0.title) }
            guard let last = own.map(\.at).max(), let first = own.map(\.at).min() else { continue }
            var narrative = Narrative(
                title: story.title, nucleus: own.compactMap(\.enrichment.nucleus).first ?? story.nucleus, theme: story.theme,
                actors: [Weighted(story.nucleus, 1), Weighted("BlackRock", 0.6), Weighted("VanEck", 0.4)].filter { !$0.name.isEmpty },
                focus: own[0].enrichment.focus.map { Weighted($0, 0.7) }, firstAt: first, lastAt: last, updatedAt: now)
            (narrative.stage, narrative.momentum) = (story.stage, story.momentum)
            (narrative.articleCount, narrative.sourceCount) = (own.count, Set(own.map(\.source)).count)
            narrative.sentiment = own.reduce(0) { $0 + $1.enrichment.sentiment } / Double(own.count)
            let days = Dictionary(grouping: own) { String(UTCTime.text($0.at).prefix(10)) }.mapValues(\.count)
            if let peak = days.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) { (narrative.peakDay, narrative.peakCount) = peak }
            narrative.summary = "\(story.title): issuers, exchanges and desks read the same filings in opposite ways."
            changes.saved.append(.init(narrative, joining: own.map(\.id)))
        }
        _ = try await store.save(changes)
    }

    private func notePatterns() async throws {
        let desk = NarrativeDesk(store: store)
        let solana = try await desk.signals(window: .day, now: now, limit: 500).first { $0.entity == "Solana" }
        let (mentions, before) = (solana?.mentions ?? 0, solana?.earlierMentions ?? 0)
        _ = try await store.save([
            Pattern(
                id: "surge:Solana:2026-11-24", kind: .surge, subject: "Solana",
                message: "Solana is in \(mentions) articles of 24 h, against \(before) in the 24 h before.", strength: 88, articles: [],
                at: now.addingTimeInterval(-2000)),
            Pattern(
                id: "divergence:Tether:2026-11-24", kind: .divergence, subject: "Tether",
                message: "Sources read Tether in opposite ways: the brightest at +0.31, the darkest at −0.62, over 6 articles in 24 h.", strength: 61,
                articles: [], at: now.addingTimeInterval(-9000)),
        ])
    }

    // MARK: - Briefings

    private func writeBriefings() async throws {
        let articles = try await store.enrichedArticles(EnrichedQuery(limit: 60)).map(\.id)
        for index in (0..<6).reversed() {
            let slot: BriefingSlot = index % 2 == 0 ? .morning : .evening
            let made = now.addingTimeInterval(-Double(index) * 43_200 - 3900)
            let isSimple = index == 3
            var briefing = Briefing(
                date: String(UTCTime.text(made).prefix(10)), slot: slot, madeAt: made, coversFrom: made.addingTimeInterval(-43_200), coversTo: made,
                method: isSimple ? .simple : .model, content: content(slot, citing: Array(articles.dropFirst(index * 6).prefix(8))))
            (briefing.isSmoke, briefing.isPublished) = (index == 4, index != 4)
            briefing.model = isSimple ? nil : "claude-sonnet-4-5"
            briefing.note = isSimple ? "no model wrote it: the day's budget is spent" : nil
            (briefing.cost, briefing.confidence, briefing.articleCount) = (Money(picodollars: isSimple ? 0 : 51_150_000_000), 0.82, 214)
            (briefing.signalCount, briefing.narrativeCount, briefing.patternCount) = (12, 5, 2)
            _ = try await store.save(briefing, isForced: false)
        }
    }

    private func content(_ slot: BriefingSlot, citing cited: [Int64]) -> Briefing.Content {
        func sentence(_ text: String, _ from: Int, _ count: Int) -> Briefing.Sentence {
            Briefing.Sentence(text, articles: Array(cited.dropFirst(from).prefix(count)))
        }
        var content = Briefing.Content()
        content.headline =
            slot == .morning
            ? "Regulators wait, money returns: ETF inflows resume while Solana's decision slips"
            : "Stablecoins before committees on two continents; miners sell into weakness"
        content.paragraphs = [
            [
                sentence("The SEC moved its decision on a spot Solana ETF to January, citing the volume of comment letters.", 0, 2),
                sentence("Issuers called the delay procedural; two exchanges paused their listing plans.", 2, 1),
            ],
            [
                sentence("Bitcoin held above $91,000 as funds recorded their first week of inflows since October.", 3, 2),
                sentence("Funding rates turned negative, which desks read as short positioning rather than fear.", 5, 1),
            ],
        ]
        content.insights = [sentence("Sources disagree about Tether: two report fresh questions, one a settled review.", 6, 2)]
        content.recommendations = [.init(title: "Spot Solana ETF decision slips into January", theme: .regulation, narrative: 1)]
        return content
    }

    // MARK: - Jobs

    private func runJobs() async throws {
        for index in (0..<24).reversed() {
            let job: Job = [.enrich, .enrich, .narratives, .enrich, .watch, .morningBriefing][index % 6]
            let isBriefing = job == .morningBriefing
            let start = now.addingTimeInterval(-Double(index) * 600 - 130)
            let slot = isBriefing ? "2026-11-\(24 - index / 6)" : String(UTCTime.text(start).prefix(16))
            guard isBriefing, scene == .broken || index == 23 else {
                let isIdle = index % 5 == 4
                try await run(
                    job, slot, at: start, for: 4, as: isIdle ? .nothingToDo : .done, isIdle ? "nothing new" : "12 articles read, 9 by a model")
                continue
            }
            for attempt in 1...3 {
                try await run(
                    job, slot, at: start.addingTimeInterval(Double(attempt - 3) * 70), for: 61, as: attempt == 3 ? .givenUp : .failed,
                    "the provider answered 529 three times")
            }
        }
    }

    private func run(_ job: Job, _ slot: String, at start: Date, for seconds: Double, as outcome: JobOutcome, _ message: String) async throws {
        let request = JobRequest(job: job.rawValue, slot: slot, owner: "desk-1", now: start, lease: .seconds(300), attempts: 3)
        guard case .granted(let run) = try await store.begin(request) else {
            throw DeskError(.failure, "the stage's run of \(job.rawValue) at \(slot) is not granted")
        }
        let end = start.addingTimeInterval(seconds)
        _ = try await store.end(run.id, as: outcome, message: message, retryAt: outcome == .failed ? end : nil, at: end)
    }

    // MARK: - The door

    /// The door to what the store holds, with the product's own schedule; orders are taken, and written by nobody.
    func door(_ schedule: JobSchedule) -> NewsroomDoor {
        let orders = Orders()
        return NewsroomDoor(
            store: store,
            schedule: { now in
                Job.allCases.map { PlannedJob(name: $0.rawValue, about: $0.purpose, nextAt: schedule.nextSlot(of: $0, after: now)?.due) }
            },
            order: { order in
                let slot = order.slot ?? .morning
                return BriefingTicket(
                    id: "briefing/2026-11-24 \(slot.rawValue)/\(orders.next())", slot: slot, message: "The \(slot.rawValue) briefing is ordered")
            })
    }

    /// How many briefings were ordered.
    private final class Orders: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
    }
}
