public import Costs
public import FoundationEssentials
import WireCore

/// Which of a day's briefings.
public enum BriefingSlot: String, Sendable, Codable, CaseIterable {
    case morning, afternoon, evening
}

/// A written digest of the news, for one slot of one local day.
public struct Briefing: Sendable, Equatable {
    /// The store's number; 0 before it is stored.
    public var id: Int64 = 0
    /// The local date in the desk's zone, "2026-11-24".
    public var date: String
    public var slot: BriefingSlot
    /// From 1; a forced one for a slot that has one already is the next.
    public var version = 1
    /// Made to see that it can be made: shown as such, never published.
    public var isSmoke = false
    public var isPublished = false
    public var madeAt: Date
    /// The news it covers: from, included, to, excluded.
    public var coversFrom: Date
    public var coversTo: Date
    public var method: ReadingMethod
    public var model: String?
    /// Why no model wrote it, or what was dropped from it.
    public var note: String?
    /// How sure the critique is of it, 0…1; nil for one that no model wrote.
    public var confidence: Double?
    public var content: Content
    public var signalCount = 0
    public var narrativeCount = 0
    public var patternCount = 0
    public var articleCount = 0
    /// How often it was refined after a critique, 0…2.
    public var refinements = 0
    /// What its calls cost, and their ids in the ledger.
    public var cost = Money.zero
    public var calls: [String] = []

    /// What it says.
    public struct Content: Sendable, Equatable {
        public var headline = ""
        /// Paragraphs of sentences.
        public var paragraphs: [[Sentence]] = []
        public var insights: [Sentence] = []
        public var entities: [String] = []
        /// Of the patterns that were found, as sentences.
        public var patterns: [String] = []
        public var recommendations: [Recommendation] = []

        public init() {}
    }

    /// A sentence and the articles that it rests on, at least one, all known to the store.
    public struct Sentence: Sendable, Equatable {
        public var text: String
        public var articles: [Int64]

        public init(_ text: String, articles: [Int64]) {
            self.text = text
            self.articles = articles
        }
    }

    /// What is worth reading on, tied to a narrative.
    public struct Recommendation: Sendable, Equatable {
        public var title: String
        public var theme: Theme
        public var narrative: Int64

        public init(title: String, theme: Theme, narrative: Int64) {
            self.title = title
            self.theme = theme
            self.narrative = narrative
        }
    }

    public init(date: String, slot: BriefingSlot, madeAt: Date, coversFrom: Date, coversTo: Date, method: ReadingMethod, content: Content) {
        self.date = date
        self.slot = slot
        self.madeAt = madeAt
        self.coversFrom = coversFrom
        self.coversTo = coversTo
        self.method = method
        self.content = content
    }

    /// All articles that it cites, each once, in the order of their first citation.
    public var cited: [Int64] {
        var seen: Set<Int64> = []
        return (content.paragraphs.joined() + content.insights).flatMap(\.articles).filter { seen.insert($0).inserted }
    }
}

/// Which briefings to read, newest first.
public struct BriefingQuery: Sendable {
    public var date: String?
    public var slot: BriefingSlot?
    public var includesSmoke = false
    /// False leaves out what is not published; smoke briefings are governed by `includesSmoke` alone.
    public var includesUnpublished = true
    /// Briefings with a smaller id only: the cursor of the next page.
    public var before: Int64?
    public var limit: Int

    public init(limit: Int = 20) { self.limit = limit }
}

/// What came of saving a briefing.
public enum BriefingFiling: Sendable, Equatable {
    case saved(Briefing)
    /// The slot has one, which stays.
    case exists(Briefing)
}
