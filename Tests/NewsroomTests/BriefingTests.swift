import Costs
import Foundation
import LLM
import Newsroom
import SQLiteStore
import Stores
import TestSupport
import Testing
import WireCore

@Suite("Briefings") struct BriefingTests {
    private static let order = BriefingOrder(slot: .morning, date: "2026-11-24")
    private static let news = [
        "SEC approves spot Solana ETF after two years", "Hackers drain $120 million from Aave in exploit", "BlackRock buys 5,000 BTC for its fund",
        "Federal Reserve holds rates as inflation cools", "Tether mints $1 billion on Tron",
    ]
    private static let good = """
        {"headline":"A quiet morning","paragraphs":[[{"t":"The first thing happened.","a":[1]},{"t":"So did the second.","a":[2,3]}]],\
        "insights":[{"t":"Both matter.","a":[1,2]}],"recommend":[{"title":"More","n":1}]}
        """
    private static let content = #"{"confidence":0.9,"problems":[]}"#

    /// A desk with a morning's articles, read without a model.
    private static func with(_ model: StubModel?, budget: Money? = nil, _ body: (DeskRig) async throws -> Void) async throws {
        try await DeskRig.with(model, budget: budget) { rig in
            try await rig.file(news)
            _ = try await rig.enricher { $0.usesModel = false }.run()
            try await body(rig)
        }
    }

    private static func made(_ answer: BriefingAnswer) throws -> Briefing {
        guard case .made(let briefing) = answer else { throw DeskError(.failure, "not made: \(answer)") }
        return briefing
    }

    @Test("A briefing is written, criticised and saved; what it cost is what the ledger has for its calls")
    func whole() async throws {
        let model = StubModel(.text(Self.good), .text(Self.content))
        try await Self.with(model) { rig in
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            #expect(briefing.method == .model && briefing.isPublished && !briefing.isSmoke && briefing.version == 1)
            #expect(briefing.content.headline == "A quiet morning" && briefing.confidence == 0.9 && briefing.refinements == 0)
            #expect(briefing.articleCount == 5 && briefing.cited.count == 3)
            let entries = try await rig.entries()
            #expect(entries.map(\.purpose.operation) == ["briefing_generation", "briefing_critique"])
            #expect(entries.map(\.model) == ["claude-sonnet-4-5", "claude-haiku-4-5"])
            #expect(entries.reduce(MoneySum()) { $0 + $1.cost } == MoneySum(briefing.cost) && briefing.cost > .zero)
            #expect(briefing.calls.count == 2)
            #expect(try await rig.store.briefings(BriefingQuery()) == [briefing])
        }
    }

    @Test("A slot has one briefing: asked again, it is shown, and nothing is called")
    func once() async throws {
        let model = StubModel(.text(Self.good), .text(Self.content))
        try await Self.with(model) { rig in
            let first = try Self.made(try await rig.briefings().make(Self.order))
            let second = try await rig.briefings().make(Self.order)
            #expect(second == .exists(first))
            #expect(model.seen.count == 2)
        }
    }

    @Test("Forced, it is the next version; the same inputs are the same question, which the cache answers for nothing")
    func forced() async throws {
        let model = StubModel(.text(Self.good), .text(Self.content))
        try await Self.with(model) { rig in
            _ = try await rig.briefings().make(Self.order)
            var order = Self.order
            order.isForced = true
            let second = try Self.made(try await rig.briefings().make(order))
            #expect(second.version == 2 && second.cost == .zero && model.seen.count == 2)
        }
    }

    @Test("A smoke briefing covers the last day, though another has just told of it")
    func smokeAfterAnother() async throws {
        try await Self.with(nil) { rig in
            let morning = try Self.made(try await rig.briefings().make(Self.order))
            var order = Self.order
            order.slot = .afternoon
            guard case .noNews = try await rig.briefings().make(order) else { throw DeskError(.failure, "the morning's news is told again") }
            order.isSmoke = true
            #expect(try Self.made(try await rig.briefings().make(order)).articleCount == morning.articleCount)
        }
    }

    @Test("A smoke briefing is marked, not published, uses no slot up and is left out of lists unless asked for")
    func smoke() async throws {
        try await Self.with(StubModel(.text(Self.good), .text(Self.content))) { rig in
            var order = Self.order
            order.isSmoke = true
            let smoke = try Self.made(try await rig.briefings().make(order))
            #expect(smoke.isSmoke && !smoke.isPublished)
            #expect(try await rig.store.briefings(BriefingQuery()).isEmpty)
            let published = try Self.made(try await rig.briefings().make(Self.order))
            #expect(published.version == 1)
        }
    }

    @Test("A sentence that cites nothing known is dropped, and the briefing says so")
    func citations() async throws {
        let text = """
            {"headline":"H","paragraphs":[[{"t":"Known.","a":[1]},{"t":"Invented.","a":[99]},{"t":"Uncited.","a":[]},{"t":"Also known.","a":[2]}]],"insights":[]}
            """
        try await Self.with(StubModel(.text(text), .text(Self.content), .text(text), .text(Self.content), .text(text))) { rig in
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            #expect(briefing.content.paragraphs.joined().map(\.text) == ["Known.", "Also known."])
            #expect(briefing.note == "Dropped: 2 sentences that cited no known article.")
            let known = Set(try await rig.enriched().map(\.id))
            #expect(briefing.cited.allSatisfy(known.contains))
        }
    }

    @Test("A figure that no cited article gives is sent back, and dropped if it stays")
    func figures() async throws {
        let text = """
            {"headline":"H","paragraphs":[[{"t":"One.","a":[1]},{"t":"Losses reached $999 million.","a":[1,2,3,4,5]},{"t":"Two.","a":[2]}]],"insights":[]}
            """
        let model = StubModel(.text(text), .text(Self.content), .text(text), .text(Self.content), .text(text))
        try await Self.with(model) { rig in
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            #expect(model.seen.contains { $0.contains("names 999, which the articles it cites do not give") })
            #expect(briefing.content.paragraphs.joined().map(\.text) == ["One.", "Two."])
            #expect(briefing.note == "Dropped: 1 sentence with figures that no cited article gives.")
            #expect(briefing.refinements == 2)
        }
    }

    @Test("A critique that is not convinced has it written again, once, with what it found")
    func refinement() async throws {
        let doubtful = #"{"confidence":0.4,"problems":["too vague"]}"#
        let model = StubModel(.text(Self.good), .text(doubtful), .text(Self.good.replacing("quiet", with: "loud")), .text(doubtful))
        try await Self.with(model) { rig in
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            #expect(model.seen.count == 4 && briefing.refinements == 1)
            #expect(briefing.content.headline == "A loud morning" && briefing.confidence == 0.4)
            #expect(model.seen[2].contains("too vague"))
        }
    }

    @Test("However often it is faulty, it is refined twice at most, and no more sure than an unchecked text can be")
    func refinements() async throws {
        func faulty(_ number: Int) -> String {
            "{\"headline\":\"H\(number)\",\"paragraphs\":[[{\"t\":\"One.\",\"a\":[1]},{\"t\":\"Two.\",\"a\":[2]},{\"t\":\"No \(number).\",\"a\":[]}]]}"
        }
        let model = StubModel(
            .text(faulty(1)), .text(Self.content), .text(faulty(2)), .text(Self.content), .text(faulty(3)), .text(Self.content))
        try await Self.with(model) { rig in
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            #expect(model.seen.count == 5 && briefing.refinements == 2)
            #expect(briefing.content.headline == "H3" && briefing.confidence == 0.6)
        }
    }

    @Test("Prose around the JSON does not matter; a critique that cannot be read ends nothing")
    func prose() async throws {
        try await Self.with(StubModel(.text("Here it is:\n```json\n\(Self.good)\n```"), .text("looks fine"))) { rig in
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            #expect(briefing.method == .model && briefing.confidence == 0.6)
        }
    }

    @Test(
        "A model that never gives a briefing leaves it to the desk, which says why",
        arguments: ["no idea", "{}", #"{"paragraphs":[[{"t":"x","a":[77]}]]}"#])
    func nonsense(text: String) async throws {
        let model = StubModel(.text(text))
        try await Self.with(model) { rig in
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            #expect(briefing.method == .simple && briefing.note == "Written without a model: the model's answers were no briefing.")
            #expect(briefing.content.paragraphs.count >= 3 && briefing.confidence == nil)
            // The second refinement asks what the first did: the cache answers it.
            #expect(model.seen.count == 2 && briefing.calls.count == 3 && briefing.cost > .zero)
        }
    }

    @Test("Without a key, or with a spent budget, it is extractive, useful, and says so")
    func extractive() async throws {
        for (model, budget) in [(nil, nil), (StubModel(.text(Self.good)), Money(picodollars: 5))] as [(StubModel?, Money?)] {
            try await Self.with(model, budget: budget) { rig in
                let briefing = try Self.made(try await rig.briefings().make(Self.order))
                #expect(briefing.method == .simple && briefing.cost == .zero && briefing.note?.hasPrefix("Written without a model: ") == true)
                #expect(!briefing.content.headline.isEmpty)
                let known = Set(try await rig.enriched().map(\.id))
                let sentences = briefing.content.paragraphs.joined()
                #expect(sentences.count == 5 && sentences.allSatisfy { !$0.articles.isEmpty && $0.articles.allSatisfy(known.contains) })
                let text = BriefingRendering(briefing, sources: try await rig.store.enrichedArticles(ids: briefing.cited)).text(as: .text)
                #expect(text.contains("Written without a model") && text.contains("[1] coindesk:"))
            }
        }
    }

    @Test("Passing trouble is thrown while there are attempts left, and does not end the last one")
    func trouble() async throws {
        try await Self.with(StubModel(.status(529))) { rig in
            await #expect(throws: DeskError.self) { try await rig.briefings().make(Self.order, isLastAttempt: false) }
            #expect(try await rig.store.briefings(BriefingQuery()).isEmpty)
            let last = try Self.made(try await rig.briefings().make(Self.order, isLastAttempt: true))
            #expect(last.method == .simple)
        }
    }

    @Test("Without news there is no briefing")
    func noNews() async throws {
        try await DeskRig.with(StubModel(.text(Self.good))) { rig in
            let answer = try await rig.briefings().make(Self.order)
            #expect(answer == .noNews("no article since 2026-11-23T12:00:00Z is worth telling of"))
        }
    }

    @Test("A briefing covers what came since the last one")
    func span() async throws {
        try await Self.with(nil) { rig in
            let morning = try Self.made(try await rig.briefings().make(Self.order))
            rig.clock.advance(12 * 3600)
            try await rig.file(["Coinbase sued by SEC in new case"])
            _ = try await rig.enricher { $0.usesModel = false }.run()
            let evening = try Self.made(try await rig.briefings().make(BriefingOrder(slot: .evening, date: "2026-11-24")))
            #expect(evening.coversFrom == morning.coversTo && evening.articleCount == 1)
        }
    }

    @Test("Whatever a title or a model says, it is harmless in every form", arguments: BriefingRendering.Format.allCases)
    func rendering(format: BriefingRendering.Format) async throws {
        let hostile = "<script>alert(1)</script> [x](javascript:alert(1)) \u{1B}[31m SEC"
        let answer = #"{"headline":"<img src=x>","paragraphs":[[{"t":"<b>One</b> \u001b[31m","a":[1]},{"t":"Two","a":[1]}]],"insights":[]}"#
        try await DeskRig.with(StubModel(.text(answer), .text(Self.content))) { rig in
            try await rig.file([hostile])
            _ = try await rig.enricher { $0.usesModel = false }.run()
            let briefing = try Self.made(try await rig.briefings().make(Self.order))
            let text = BriefingRendering(briefing, sources: try await rig.store.enrichedArticles(ids: briefing.cited)).text(as: format)
            #expect(!text.contains("\u{1B}"))
            if format != .text { #expect(!text.contains("<script") && !text.contains("<img")) }
            #expect(format != .markdown || !text.contains("[x](javascript"))
            #expect(format != .html || !text.contains("=\"javascript"))
        }
    }
}
