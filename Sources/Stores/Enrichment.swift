public import FoundationEssentials
public import WireCore

/// How much an article matters to the desk, by rules alone.
public enum RelevanceTier: Int, Sendable, Codable, CaseIterable, Comparable {
    /// Regulation, security, institutions, market data, adoption.
    case high = 1
    case normal = 2
    /// Off topic, speculation, price predictions, retrospectives: no signal and no narrative counts it.
    case noise = 3

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// "high", "normal", "noise".
    public var name: String {
        switch self {
        case .high: "high"
        case .normal: "normal"
        case .noise: "noise"
        }
    }
}

/// Who read an article: a model, or the desk's own reader (`extractive`).
public enum ReadingMethod: String, Sendable, Codable, CaseIterable {
    case model, simple
}

/// What a named thing is.
public enum EntityKind: String, Sendable, Codable, CaseIterable {
    case coin, company, exchange, regulator, person, other
}

/// What an article is about, of twelve.
public enum Theme: String, Sendable, Codable, CaseIterable {
    case regulation, institutions, security, markets, defi, stablecoins, infrastructure, exchanges, adoption, mining, culture, macro
}

/// An entity that an article speaks of, under its one name.
public struct EntityMention: Sendable, Equatable {
    /// "Bitcoin", whatever spelling the article uses.
    public var name: String
    public var kind: EntityKind
    /// A coin's main ticker, in capitals.
    public var ticker: String?
    /// 1 (named in passing) to 5 (what it is about).
    public var salience: Int
    /// 0…1.
    public var confidence: Double

    public init(name: String, kind: EntityKind, ticker: String? = nil, salience: Int, confidence: Double) {
        self.name = name
        self.kind = kind
        self.ticker = ticker
        self.salience = salience
        self.confidence = confidence
    }
}

/// What the desk understood of one article. There is one for an article, or none: "not yet" is no value of it.
public struct Enrichment: Sendable, Equatable {
    public var article: Int64
    public var source: SourceID
    /// The instant that windows of time count it by: when it was published, or first seen where that is unknown or in the future.
    public var at: Date
    public var enrichedAt: Date
    public var method: ReadingMethod
    /// The model that answered; nil when none did.
    public var model: String?
    /// The call in the ledger; nil when there was none.
    public var callID: String?
    public var tier: RelevanceTier
    /// −1…1.
    public var sentiment: Double
    public var theme: Theme
    /// The name of the entity that it is about; one of `mentions`.
    public var nucleus: String?
    /// The words that tell its news from others', at most eight, in small letters.
    public var focus: [String]
    /// At most ten, in small letters.
    public var keywords: [String]
    /// Its most telling sentences, at most 400 characters.
    public var summary: String
    /// The largest sum of money it speaks of, in US dollars; nil when it names none.
    public var amount: Double?
    /// At most forty.
    public var mentions: [EntityMention]
    /// Why no model read it though it should have ("the day's budget is spent").
    public var note: String?

    public init(
        article: Int64, source: SourceID, at: Date, enrichedAt: Date, method: ReadingMethod, tier: RelevanceTier, sentiment: Double, theme: Theme
    ) {
        self.article = article
        self.source = source
        self.at = at
        self.enrichedAt = enrichedAt
        self.method = method
        self.tier = tier
        self.sentiment = sentiment
        self.theme = theme
        focus = []
        keywords = []
        summary = ""
        mentions = []
    }
}

/// An article with what was understood of it, without its content.
public struct EnrichedArticle: Sendable, Equatable {
    public var title: String
    public var url: String?
    public var nearDuplicateOf: Int64?
    /// The narrative that it belongs to.
    public var narrative: Int64?
    public var enrichment: Enrichment

    public var id: Int64 { enrichment.article }
    public var source: SourceID { enrichment.source }
    public var at: Date { enrichment.at }

    public init(title: String, url: String?, nearDuplicateOf: Int64? = nil, narrative: Int64? = nil, enrichment: Enrichment) {
        self.title = title
        self.url = url
        self.nearDuplicateOf = nearDuplicateOf
        self.narrative = narrative
        self.enrichment = enrichment
    }
}

/// Articles that one worker has taken, and nobody else has until the claim runs out.
public struct ArticleClaim: Sendable, Equatable {
    /// The fencing number: grows with each claim. What is filed under an older one changes nothing.
    public var number: Int64
    /// How often these articles were claimed together, this time included, from 1.
    public var attempt: Int
    /// With their content, by id.
    public var articles: [Article]

    public init(number: Int64, attempt: Int, articles: [Article]) {
        self.number = number
        self.attempt = attempt
        self.articles = articles
    }
}

/// Articles that wait to be enriched.
public struct EnrichmentBacklog: Sendable, Equatable {
    /// Not looked at yet.
    public var new = 0
    /// Waiting for a model.
    public var forModel = 0
    /// When the oldest of them was queued; nil when none waits.
    public var oldest: Date?

    public init() {}
}

/// Which enriched articles to read.
public struct EnrichedQuery: Sendable {
    /// By ``Enrichment/at``: from, included, to, excluded.
    public var from: Date?
    public var to: Date?
    /// No tier beyond this one: `normal` leaves out noise.
    public var tierAtMost = RelevanceTier.noise
    /// Articles that mention it.
    public var entity: String?
    public var narrative: Int64?
    /// True: only those in no narrative.
    public var isOutsideNarratives = false
    public var source: SourceID?
    /// Articles with a smaller id only: the cursor of the next page.
    public var before: Int64?
    public var limit: Int

    public init(from: Date? = nil, to: Date? = nil, limit: Int = 100) {
        self.from = from
        self.to = to
        self.limit = limit
    }
}

/// How often an entity was in the news of a span of time.
public struct EntityStatistic: Sendable, Equatable {
    public var name: String
    public var kind: EntityKind
    public var ticker: String?
    /// Articles that mention it.
    public var mentions: Int
    /// Sources of those.
    public var sources: Int
    /// The mean over those articles, −1…1.
    public var sentiment: Double
    /// The means of the most positive and of the most negative source (of sources with at least two of the articles; where there are none, both
    /// are `sentiment`): how far apart the sources are.
    public var highestSource: Double
    public var lowestSource: Double
    /// When the desk first met it, over all time.
    public var firstAt: Date

    public init(
        name: String, kind: EntityKind, ticker: String?, mentions: Int, sources: Int, sentiment: Double, highestSource: Double, lowestSource: Double,
        firstAt: Date
    ) {
        self.name = name
        self.kind = kind
        self.ticker = ticker
        self.mentions = mentions
        self.sources = sources
        self.sentiment = sentiment
        self.highestSource = highestSource
        self.lowestSource = lowestSource
        self.firstAt = firstAt
    }
}

/// How a source's articles were read.
public struct ProcessingCount: Sendable, Equatable {
    public var source: SourceID
    public var model: Int
    public var simple: Int

    public init(source: SourceID, model: Int, simple: Int) {
        self.source = source
        self.model = model
        self.simple = simple
    }
}
