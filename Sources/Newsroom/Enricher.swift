import Costs
import FoundationEssentials
public import Logging
public import Stores
public import WireCore

/// Reads new articles, each once.
///
/// An article is claimed, read by the desk itself, and either filed as that or set aside for a model. Articles that wait for a model are asked
/// about together, by source. What a crash leaves half done is claimed again when its claim has run out: the same batch is the same question,
/// and the gateway's cache answers it without a second bill.
public struct Enricher: Sendable {
    private let store: any NewsroomStore
    private let models: ModelDesk?
    private let settings: EnrichmentSettings
    private let triage: Triage
    private let clock: any DeskClock
    private let logger: Logger
    private let job: Int64?

    /// Articles of one claim, and claims of one run at most.
    private static let claimSize = 64
    private static let claimsPerRun = 40
    /// How long a claim holds.
    private static let lease = Duration.seconds(900)
    /// A batch that was claimed so often and never filed is read by the desk itself.
    private static let mostAttempts = 3

    /// `models` nil: there is none to ask. `job`: the number of the job's run that this is.
    public init(store: any NewsroomStore, models: ModelDesk?, settings: EnrichmentSettings, clock: any DeskClock, logger: Logger, job: Int64? = nil) {
        self.job = job
        self.store = store
        self.models = models
        self.settings = settings
        triage = Triage(settings)
        self.clock = clock
        self.logger = logger
    }

    /// What a run came to.
    struct Tally: Sendable, Equatable {
        var byModel = 0
        var simple = 0
        var calls = 0
        /// The first reason why a model did not read what it should have.
        var obstacle: String?
    }

    /// Reads what waits, up to a run's bounds. Only one run goes on at a time over all hosts, as the job's lease sees to, so that claims which are
    /// still held belong to runs that ended; if one of them comes to life again, its filing is refused.
    public func run() async throws -> JobResult {
        var tally = Tally()
        _ = try await store.releaseAllClaims(run: job)
        try await readNew(&tally)
        try await readWithModel(&tally)
        guard tally.byModel + tally.simple > 0 else { return .nothingToDo("no article waits") }
        let models = tally.calls > 0 ? ", \(tally.byModel) of them by a model in \(tally.calls.counted("call"))" : ""
        let obstacle = tally.obstacle.map { "; no model: \($0)" } ?? ""
        return .done("\((tally.byModel + tally.simple).counted("article")) read\(models)\(obstacle)")
    }

    /// Why no model can be asked at all; nil: one can.
    private var obstacle: String? {
        guard let models else { return "no model is configured" }
        return models.obstacle(to: settings.models)
    }

    // MARK: - New articles

    private func readNew(_ tally: inout Tally) async throws {
        for _ in 0..<Self.claimsPerRun {
            let now = clock.now()
            guard let claim = try await store.claimNewArticles(limit: Self.claimSize, now: now, until: now.addingTimeInterval(Self.lease.seconds))
            else {
                return
            }
            let obstacle = self.obstacle
            var places = try await placesForModel(now: now)
            var done: [Enrichment] = []
            var waiting: [Int64] = []
            for article in claim.articles {
                let text = ArticleText(article)
                let tier = triage.tier(title: text.title, body: text.body)
                let reader = triage.reader(of: article, tier: tier, at: SimpleReading.instant(of: article), now: now)
                if reader == .model, obstacle == nil, places > 0 {
                    waiting.append(article.id)
                    places -= 1
                } else {
                    var enrichment = SimpleReading(text).enrichment(of: article, tier: tier, now: now)
                    if reader == .model {
                        enrichment.note = obstacle ?? "models have read their \(settings.articlesPerDay) articles of the day"
                        tally.obstacle = tally.obstacle ?? enrichment.note
                    }
                    done.append(enrichment)
                }
                // Polls go before: each article gives way to them.
                await Task.yield()
            }
            if !waiting.isEmpty { try await store.setAsideForModel(waiting, claim: claim.number, now: now) }
            tally.simple += try await store.file(done, claim: claim.number)
            try Task.checkCancellation()
        }
    }

    /// How many articles models may still read: the day's ceiling, and a third of it within six hours, so that a busy morning leaves some for
    /// the evening. What waits counts as read.
    private func placesForModel(now: Date) async throws -> Int {
        func read(within hours: Double) async throws -> Int {
            try await store.processingCounts(from: now.addingTimeInterval(-hours * 3600), to: now.addingTimeInterval(1)).reduce(0) { $0 + $1.model }
        }
        let waiting = try await store.enrichmentBacklog().forModel
        let day = settings.articlesPerDay - (try await read(within: 24))
        let quarter = max(1, settings.articlesPerDay / 3) - (try await read(within: 6))
        return min(day, quarter) - waiting
    }

    // MARK: - Articles for a model

    private func readWithModel(_ tally: inout Tally) async throws {
        while tally.calls < settings.callsPerRun {
            let now = clock.now()
            let obstacle = self.obstacle
            // Where no model can be asked, nothing waits for company.
            guard
                let claim = try await store.claimModelBatch(
                    size: obstacle == nil ? settings.batch : 1, patience: obstacle == nil ? settings.patience : .zero, now: now,
                    until: now.addingTimeInterval(Self.lease.seconds))
            else { return }
            do {
                guard try await read(claim, obstacle: obstacle, now: now, &tally) else { return }
            } catch {
                try? await store.releaseClaim(claim.number)
                throw error
            }
            try Task.checkCancellation()
        }
    }

    /// False: the claim was given back, and it is better to wait for the next run.
    private func read(_ claim: ArticleClaim, obstacle: String?, now: Date, _ tally: inout Tally) async throws -> Bool {
        let texts = claim.articles.map(ArticleText.init)
        var simple: [Enrichment] = []
        for (article, text) in zip(claim.articles, texts) {
            simple.append(SimpleReading(text).enrichment(of: article, tier: triage.tier(title: text.title, body: text.body), now: now))
            await Task.yield()
        }
        var reason = obstacle ?? (claim.attempt > Self.mostAttempts ? "\(claim.attempt - 1) attempts came to nothing" : nil)
        var answered: Answered?
        if reason == nil, let models, let source = claim.articles.first?.source, let first = claim.articles.first?.id {
            let prompt = EnrichmentPrompt(texts)
            do throws(Unanswered) {
                answered = try await ask(models, prompt, prompt.question(models: settings.models, source: source, article: first), &tally)
                reason = answered?.problem
            } catch {
                guard !error.mayPass || claim.attempt >= Self.mostAttempts else {
                    tally.obstacle = tally.obstacle ?? error.reason
                    try await store.releaseClaim(claim.number)
                    return false
                }
                reason = error.reason
            }
        }
        let enrichments = simple.indices.map { index -> Enrichment in
            var enrichment = simple[index]
            if let answered { enrichment.callID = answered.reply.callID }
            if let answered, let reading = answered.readings[index] {
                enrichment = reading.merged(into: enrichment, of: texts[index])
                enrichment.model = answered.reply.model
            } else {
                enrichment.note = reason
            }
            return enrichment
        }
        let filed = try await store.file(enrichments, claim: claim.number)
        let byModel = enrichments.count { $0.method == .model }
        tally.byModel += min(filed, byModel)
        tally.simple += max(0, filed - byModel)
        if let reason {
            tally.obstacle = tally.obstacle ?? reason
            logger.info(
                "articles were read without a model",
                metadata: ["articles": "\(enrichments.count - byModel)", "reason": "\(SafeText.line(reason, limit: 200))"])
        }
        return true
    }

    private struct Answered: Sendable {
        var reply: Reply
        var readings: [Int: ModelReading]
        /// What is wrong with the rest; nil: nothing.
        var problem: String?
    }

    /// Asks; an answer that does not fit is sent back once, with what is wrong with it.
    private func ask(_ models: ModelDesk, _ prompt: EnrichmentPrompt, _ question: Question, _ tally: inout Tally) async throws(Unanswered) -> Answered
    {
        tally.calls += 1
        let reply = try await models.ask(question)
        let answer = prompt.read(reply.text)
        guard !answer.problems.isEmpty else { return Answered(reply: reply, readings: answer.readings) }
        var second = question
        second.turns += [
            reply.text.isEmpty ? "(nothing)" : String(reply.text.prefix(4000)),
            "This cannot be used: \(answer.problems.prefix(4).joined(separator: "; ")). Answer again, with the JSON array for all articles and nothing else.",
        ]
        tally.calls += 1
        do throws(Unanswered) {
            let repaired = try await models.ask(second)
            let again = prompt.read(repaired.text)
            let readings = answer.readings.merging(again.readings) { _, new in new }
            let problem = again.problems.first.map { "the model's answer did not fit, twice: \($0)" }
            return Answered(reply: repaired, readings: readings, problem: problem)
        } catch {
            return Answered(reply: reply, readings: answer.readings, problem: "the model's answer did not fit, and was not repaired: \(error.reason)")
        }
    }
}
