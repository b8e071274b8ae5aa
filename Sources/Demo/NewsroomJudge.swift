import Costs
import FoundationEssentials
import Host
import LLM
import Newsroom
import Stores
import WireCore

/// Holds what the newsroom made of the news against what should have come of it.
struct NewsroomJudge {
    private let articles: Int
    private let enriched: [EnrichedArticle]
    private let backlog: EnrichmentBacklog
    private let narratives: [Narrative]
    private let briefings: [Briefing]
    private let runs: [JobRun]
    private let entries: [LedgerEntry]
    private let ledgerFaults: [String]
    private let bill: DemoModel.Bill
    private let registry: Registry
    private let start: Date
    private let end: Date

    init(store: any WholeStore, model: DemoModel, registry: Registry, start: Date, end: Date) async throws {
        articles = try await store.articleCounts().values.reduce(0, +)
        var enriched: [EnrichedArticle] = []
        var query = EnrichedQuery(limit: 1000)
        while true {
            let page = try await store.enrichedArticles(query)
            enriched += page
            guard page.count == query.limit, let last = page.last else { break }
            query.before = last.id
        }
        self.enriched = enriched
        backlog = try await store.enrichmentBacklog()
        narratives = try await store.narratives(NarrativeQuery(limit: 10_000))
        briefings = try await store.briefings(BriefingQuery(limit: 1000))
        runs = try await store.jobRuns(job: nil, limit: 5000)
        var entries: [LedgerEntry] = []
        try await store.eachPage(of: LedgerQuery(limit: 1000)) { entries += $0 }
        self.entries = entries
        ledgerFaults = try await store.reconcileLedger()
        bill = model.bill
        self.registry = registry
        self.start = start
        self.end = end
    }

    private typealias Check = DemoReport.Check

    var checks: [DemoReport.Check] { [readOnce, slots, citations, orders, stories, metered, cheap] }

    /// Each article has one reading, or waits; nothing is read twice.
    private var readOnce: DemoReport.Check {
        let waiting = backlog.new + backlog.forModel
        let isWhole = Set(enriched.map(\.id)).count == enriched.count && enriched.count + waiting == articles
        let byModel = enriched.count { $0.enrichment.method == .model }
        return Check(
            name: "every article is read once", ok: isWhole && backlog.new < max(60, articles / 10),
            detail: "\(enriched.count) of \(articles), \(byModel) by a model, \(waiting) wait for company")
    }

    /// Each slot that was due has one briefing.
    private var slots: DemoReport.Check {
        let schedule = registry.newsroom.schedule
        var due: [String] = []
        for (job, slot) in [(Job.morningBriefing, BriefingSlot.morning), (.eveningBriefing, .evening)] {
            var instant = start.addingTimeInterval(-1)
            while let next = schedule.nextSlot(of: job, after: instant), next.due < end.addingTimeInterval(-3600) {
                due.append("\(next.key) \(slot.rawValue)")
                instant = next.due
            }
        }
        let made = briefings.map { "\($0.date) \($0.slot.rawValue)" }
        let missing = Set(due).subtracting(made)
        let doubled = made.count - Set(made).count
        let byModel = briefings.count { $0.method == .model }
        return Check(
            name: "every slot has one briefing", ok: missing.isEmpty && doubled == 0,
            detail: missing.isEmpty
                ? "\(made.count) written, \(byModel) by a model, \(doubled) twice" : "missing: \(missing.sorted().joined(separator: ", "))")
    }

    /// Every sentence of every briefing rests on articles that are there.
    private var citations: DemoReport.Check {
        let known = Set(enriched.map(\.id))
        let sentences = briefings.flatMap { $0.content.paragraphs.joined() + $0.content.insights }
        let bad = sentences.count { $0.articles.isEmpty || !$0.articles.allSatisfy(known.contains) }
        return Check(name: "every sentence cites what is there", ok: bad == 0, detail: "\(sentences.count) sentences, \(bad) without")
    }

    /// What an article ordered and the model obeyed is nowhere.
    private var orders: DemoReport.Check {
        let inArticles = enriched.count { article in article.enrichment.mentions.contains { $0.name == DemoModel.obedience } }
        let inBriefings = briefings.count { briefing in
            (briefing.content.paragraphs.joined() + briefing.content.insights).contains { $0.text.contains(DemoModel.obedience) }
        }
        return Check(
            name: "orders found in articles come to nothing", ok: inArticles + inBriefings == 0,
            detail: "\(inArticles) articles and \(inBriefings) briefings obeyed")
    }

    private var stories: DemoReport.Check {
        let active = narratives.count { $0.stage.isActive }
        // The night is quiet: half a day tells one at least, a whole one three.
        let hours = end.timeIntervalSince(start) / 3600
        let due = hours >= 20 ? 3 : hours >= 10 ? 1 : 0
        return Check(
            name: "stories are found", ok: narratives.count >= due && narratives.allSatisfy { $0.sourceCount >= 2 },
            detail: "\(narratives.count) narratives, \(active) of them alive")
    }

    /// What the model would bill is what the ledger has, to the token, and every sum agrees.
    private var metered: DemoReport.Check {
        let settled = entries.filter { $0.status == .settled }
        let tokens = settled.reduce(into: (input: 0, output: 0)) { sum, entry in
            sum.input += entry.usage.inputTokens
            sum.output += entry.usage.outputTokens
        }
        let isEqual = tokens.input == bill.inputTokens && tokens.output == bill.outputTokens
        let faults = ledgerFaults.isEmpty ? "all sums agree" : ledgerFaults.prefix(2).joined(separator: "; ")
        return Check(
            name: "every token is metered", ok: isEqual && ledgerFaults.isEmpty,
            detail: "\(settled.count) calls, \(tokens.input) tokens in and \(tokens.output) out, as the model counts; \(faults)")
    }

    /// A month at this pace with 450 articles a day, at the prices of the system that this one replaces, is within its $1.63.
    private var cheap: DemoReport.Check {
        let days = max(0.25, end.timeIntervalSince(start) / 86_400)
        let readOfSpan = max(1, enriched.count { $0.enrichment.enrichedAt >= start && $0.at >= start.addingTimeInterval(-86_400) })
        func month(_ sum: MoneySum, per: Double) -> MoneySum { MoneySum(picodollars: Int128(Double(sum.picodollars) * per)) }
        // Reading grows with the articles, briefings with the days.
        let perArticle = 450 * 30 / Double(readOfSpan)
        let perDay = 30 / days
        var (replaced, reading) = (MoneySum(), MoneySum())
        var shipped = MoneySum()
        for entry in entries where entry.status == .settled || entry.status == .estimated {
            let factor = entry.purpose.operation == EnrichmentPrice.operation ? perArticle : perDay
            shipped = shipped + month(MoneySum(entry.cost), per: factor)
            let before = month(EnrichmentPrice.before(entry), per: factor)
            replaced = replaced + before
            if entry.purpose.operation == EnrichmentPrice.operation { reading = reading + before }
        }
        let bar = MoneySum(picodollars: Int128(163) * Int128(Money.perDollar) / 100)
        return Check(
            // Of a few briefings, one that was written twice says too much about a month.
            name: "a month costs less than it did", ok: briefings.count < 6 || replaced <= bar && shipped < replaced,
            detail:
                "$\(replaced.text(decimals: 2)) at the old prices ($\(reading.text(decimals: 2)) of it for reading; Haiku $0.80/$4, Sonnet $3/$15; the bar is $1.63), $\(shipped.text(decimals: 2)) with the shipped models, "
                + "at 450 articles a day")
    }
}

/// What an entry would have cost with the replaced system's models: Haiku for reading and criticism, Sonnet for writing.
private enum EnrichmentPrice {
    static let operation = "entity_extraction"

    static func before(_ entry: LedgerEntry) -> MoneySum {
        // Picodollars a token: dollars per million times a million.
        let (input, output): (Int128, Int128) = entry.purpose.operation == "briefing_generation" ? (3_000_000, 15_000_000) : (800_000, 4_000_000)
        return MoneySum(picodollars: Int128(entry.usage.inputTokens) * input + Int128(entry.usage.outputTokens) * output)
    }
}
