import Costs
import FoundationEssentials
public import Logging
public import Stores
public import WireCore

/// What is asked of the briefing desk.
public struct BriefingOrder: Sendable, Equatable {
    public var slot: BriefingSlot
    /// The local date.
    public var date: String
    /// True: even if the slot has one.
    public var isForced = false
    /// True: only to see that it works; never published.
    public var isSmoke = false

    public init(slot: BriefingSlot, date: String, isForced: Bool = false, isSmoke: Bool = false) {
        self.slot = slot
        self.date = date
        self.isForced = isForced
        self.isSmoke = isSmoke
    }
}

/// What became of an order.
public enum BriefingAnswer: Sendable, Equatable {
    case made(Briefing)
    /// The slot has one already.
    case exists(Briefing)
    /// Why there is nothing to write about.
    case noNews(String)
}

/// Writes briefings: gathers what happened since the last one, has it written, criticised and refined, and saves it, once a slot.
///
/// Where no model can be asked, or none gives anything of use, the briefing is the desk's own and says why. A provider's passing trouble is
/// thrown instead, so that the job tries again; at its last attempt it is written without a model.
public struct BriefingDesk: Sendable {
    private let store: any NewsroomStore
    private let models: ModelDesk?
    private let settings: BriefingSettings
    private let clock: any DeskClock
    private let logger: Logger

    /// News is looked for so far back at most, and so far where there was no briefing before.
    private static let longestSpan = Duration.seconds(36 * 3600)
    private static let firstSpan = Duration.seconds(24 * 3600)
    /// A usable draft is refined when the critique is less sure of it than this; and a second time only for what the desk itself finds wrong.
    private static let enough = 0.7
    /// The most confidence that is left when the last refinement was not criticised any more.
    private static let unchecked = 0.6

    /// `models` nil: there is none to ask.
    public init(store: any NewsroomStore, models: ModelDesk?, settings: BriefingSettings, clock: any DeskClock, logger: Logger) {
        self.store = store
        self.models = models
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// Carries out an order. `isLastAttempt`: passing trouble is not thrown any more.
    public func make(_ order: BriefingOrder, isLastAttempt: Bool = true) async throws -> BriefingAnswer {
        if !order.isForced, !order.isSmoke, let existing = try await existing(order) { return .exists(existing) }
        let inputs = try await gather(order)
        guard !inputs.articles.isEmpty else {
            return .noNews("no article since \(UTCTime.text(inputs.from)) is worth telling of")
        }
        var briefing = try await written(order, inputs, isLastAttempt: isLastAttempt)
        briefing.signalCount = inputs.signals.count
        briefing.narrativeCount = inputs.narratives.count
        briefing.patternCount = inputs.patterns.count
        briefing.articleCount = inputs.articleCount
        briefing.content.entities = inputs.signals.prefix(10).map(\.entity)
        briefing.content.patterns = inputs.patterns.prefix(BriefingInputs.shownPatterns).map(\.message)
        if briefing.content.recommendations.isEmpty { briefing.content.recommendations = ExtractiveBriefing.recommendations(inputs) }
        briefing.isSmoke = order.isSmoke
        briefing.isPublished = !order.isSmoke
        switch try await store.save(briefing, isForced: order.isForced) {
        case .saved(let saved): return .made(saved)
        case .exists(let other): return .exists(other)
        }
    }

    private func existing(_ order: BriefingOrder) async throws -> Briefing? {
        var query = BriefingQuery(limit: 1)
        query.date = order.date
        query.slot = order.slot
        return try await store.briefings(query).first
    }

    // MARK: - Inputs

    /// From where the last briefing of another slot ends, so that a forced one covers what its first version did. A smoke one tries the
    /// whole way, so it covers a day, whatever was written an hour ago.
    private func gather(_ order: BriefingOrder) async throws -> BriefingInputs {
        let now = clock.now()
        let others = order.isSmoke ? [] : try await store.briefings(BriefingQuery(limit: 20))
        let last = others.first { $0.date != order.date || $0.slot != order.slot }
        let from = max(last?.coversTo ?? now.addingTimeInterval(-Self.firstSpan.seconds), now.addingTimeInterval(-Self.longestSpan.seconds))
        let desk = NarrativeDesk(store: store)
        let narratives = try await store.narratives(
            NarrativeQuery(stages: [.hot, .reactivated, .rising, .emerging, .echo], since: from, limit: 100))
        let signals = try await desk.signals(window: .day, now: now, limit: BriefingInputs.mostSignals)
        var articles: [EnrichedArticle] = []
        var query = EnrichedQuery(from: from, to: now, limit: 500)
        query.tierAtMost = .normal
        while articles.count < 2000 {
            let page = try await store.enrichedArticles(query)
            articles += page
            guard page.count == query.limit, let oldest = page.last else { break }
            query.before = oldest.id
            await Task.yield()
        }
        let ranked = narratives.sorted { (Self.rank($0.stage), $1.articleCount, $1.id) < (Self.rank($1.stage), $0.articleCount, $0.id) }
        return BriefingInputs(
            date: order.date, slot: order.slot, from: from, to: now, articles: BriefingInputs.pick(articles, narratives: narratives),
            articleCount: articles.count, signals: signals, narratives: Array(ranked.prefix(BriefingInputs.mostNarratives)),
            patterns: try await store.patterns(since: from, limit: BriefingInputs.mostNarratives))
    }

    private static func rank(_ stage: NarrativeStage) -> Int {
        switch stage {
        case .hot: 0
        case .reactivated: 1
        case .rising: 2
        case .emerging: 3
        case .echo: 4
        case .cooling: 5
        case .dormant: 6
        }
    }

    // MARK: - Writing

    private func written(_ order: BriefingOrder, _ inputs: BriefingInputs, isLastAttempt: Bool) async throws -> Briefing {
        var bill = Bill()
        var reason: String
        if !settings.usesModel {
            reason = "models are switched off for briefings"
        } else if let models {
            do throws(Unanswered) {
                if let briefing = try await byModel(models, order, inputs, &bill) { return briefing }
                reason = "the model's answers were no briefing"
            } catch {
                guard !error.mayPass || isLastAttempt else {
                    throw DeskError(
                        .failure, "the briefing could not be written: \(error.reason)", hint: "It is tried again; `wiredesk jobs` shows when.")
                }
                reason = error.reason
            }
        } else {
            reason = "no model is configured"
        }
        logger.notice("the briefing is written without a model", metadata: ["reason": "\(SafeText.line(reason, limit: 200))"])
        var briefing = empty(order, inputs, .simple, ExtractiveBriefing.content(inputs))
        briefing.note = "Written without a model: \(reason)."
        (briefing.cost, briefing.calls) = (bill.cost, bill.calls)
        return briefing
    }

    private func empty(_ order: BriefingOrder, _ inputs: BriefingInputs, _ method: ReadingMethod, _ content: Briefing.Content) -> Briefing {
        Briefing(
            date: order.date, slot: order.slot, madeAt: clock.now(), coversFrom: inputs.from, coversTo: inputs.to, method: method, content: content)
    }

    /// What the calls of one briefing cost.
    private struct Bill {
        var cost = Money.zero
        var calls: [String] = []

        mutating func add(_ reply: Reply) {
            cost = cost.adding(reply.cost) ?? cost
            calls.append(reply.callID)
        }
    }

    /// Written, criticised, refined. Nil when no round gave a briefing that can be used.
    private func byModel(
        _ models: ModelDesk, _ order: BriefingOrder, _ inputs: BriefingInputs, _ bill: inout Bill
    ) async throws(Unanswered) -> Briefing? {
        let prompt = BriefingPrompt(inputs: inputs)
        var reply = try await models.ask(prompt.question(models: settings.models))
        bill.add(reply)
        var draft = BriefingDraft(reply.text, inputs)
        var best = draft?.isUsable == true ? draft : nil
        var writer = reply.model
        var confidence: Double?
        var refinements = 0
        while true {
            var faults = draft?.faults() ?? ["the answer was no JSON object"]
            if let draft, draft.isUsable {
                let (said, problems) = await criticism(of: draft, prompt, models, &bill)
                confidence = said
                if refinements == 0, let said, said < Self.enough {
                    faults += problems.isEmpty ? ["it is not convincing: say more exactly what happened"] : problems
                }
            }
            guard !faults.isEmpty, refinements < settings.refinements else { break }
            refinements += 1
            do throws(Unanswered) {
                reply = try await models.ask(prompt.refinement(of: reply.text, problems: faults, models: settings.models))
            } catch {
                // A draft that can be used is better than none.
                if best != nil { break }
                throw error
            }
            bill.add(reply)
            draft = BriefingDraft(reply.text, inputs)
            if let draft, draft.isUsable {
                best = draft
                writer = reply.model
                confidence = min(confidence ?? Self.unchecked, Self.unchecked)
            }
            if refinements == settings.refinements { break }
        }
        guard let best else { return nil }
        let (content, withheld) = best.withoutFaults
        guard content.paragraphs.joined().count >= 1 else { return nil }
        var briefing = empty(order, inputs, .model, content)
        briefing.model = writer
        briefing.confidence = confidence
        briefing.refinements = refinements
        (briefing.cost, briefing.calls) = (bill.cost, bill.calls)
        var notes: [String] = []
        if best.dropped > 0 { notes.append("\(best.dropped.counted("sentence")) that cited no known article") }
        if withheld > 0 { notes.append("\(withheld.counted("sentence")) with figures that no cited article gives") }
        if !notes.isEmpty { briefing.note = "Dropped: " + notes.joined(separator: ", ") + "." }
        return briefing
    }

    /// The critique's confidence, nil when there was none, and what it found. A critique that fails ends no briefing.
    private func criticism(
        of draft: BriefingDraft, _ prompt: BriefingPrompt, _ models: ModelDesk, _ bill: inout Bill
    ) async -> (Double?, [String]) {
        guard settings.refinements > 0 else { return (nil, []) }
        do throws(Unanswered) {
            let reply = try await models.ask(prompt.criticism(of: draft.content, models: settings.reviewModels))
            bill.add(reply)
            guard let critique = BriefingPrompt.readCritique(reply.text) else { return (Self.unchecked, []) }
            return (critique.confidence, critique.problems)
        } catch {
            logger.info("a briefing was not criticised", metadata: ["reason": "\(SafeText.line(error.reason, limit: 200))"])
            return (nil, [])
        }
    }
}
