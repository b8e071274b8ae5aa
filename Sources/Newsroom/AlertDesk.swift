public import FoundationEssentials
public import Stores
public import WireCore

/// How a source stands, as alerts see it.
public struct SourceStanding: Sendable {
    public var source: SourceID
    public var isEnabled: Bool
    /// Since when its breaker has been open; nil: it is not.
    public var openSince: Date?
    public var lastMessage: String?
    public var lastNewItemAt: Date?
    /// How often news is normal; nil: not said.
    public var expects: Duration?

    public init(source: SourceID, isEnabled: Bool, openSince: Date?, lastMessage: String?, lastNewItemAt: Date?, expects: Duration?) {
        self.source = source
        self.isEnabled = isEnabled
        self.openSince = openSince
        self.lastMessage = lastMessage
        self.lastNewItemAt = lastNewItemAt
        self.expects = expects
    }
}

/// Something to tell people, before it is known whether they were told already.
struct DueAlert: Sendable, Equatable {
    /// What it is about: "source:decrypt:open", "price:bitcoin:move:5". The same subject waits out its cooldown.
    var subject: String
    var message: String
    var cooldown: Duration
}

/// The rules of alerts, as pure functions, and the raising of what is due.
public struct AlertDesk: Sendable {
    private let store: any NewsroomStore
    private let settings: AlertSettings

    public init(store: any NewsroomStore, settings: AlertSettings) {
        self.store = store
        self.settings = settings
    }

    /// Judges sources, entities and prices, and notes what is due and was not told within its cooldown. Returns what is to be delivered.
    public func raise(_ standings: [SourceStanding], now: Date) async throws -> [RaisedAlert] {
        var due = sources(standings, now: now)
        let day = try await statistics(from: now.addingTimeInterval(-86_400), to: now)
        let before = try await statistics(from: now.addingTimeInterval(-2 * 86_400), to: now.addingTimeInterval(-86_400))
        due += entities(day, before: before, now: now)
        for rule in settings.prices {
            let since = now.addingTimeInterval(-max(rule.span, Self.freshness).seconds)
            if let alert = Self.price(rule, try await store.prices(of: rule.coin, since: since), now: now) { due.append(alert) }
        }
        var raised: [RaisedAlert] = []
        for alert in due {
            if let noted = try await store.raiseAlert(subject: alert.subject, message: alert.message, at: now, cooldown: alert.cooldown) {
                raised.append(noted)
            }
        }
        return raised
    }

    private func statistics(from: Date, to: Date) async throws -> [EntityStatistic] {
        try await store.entityStatistics(from: from, to: to, tierAtMost: .normal, limit: 200)
    }

    // MARK: - Sources

    /// A breaker that has been open for long, or a silence longer than is normal; nothing of a disabled source.
    func sources(_ standings: [SourceStanding], now: Date) -> [DueAlert] {
        standings.filter(\.isEnabled).flatMap { standing -> [DueAlert] in
            var due: [DueAlert] = []
            if let bound = settings.breakerOpenFor, let since = standing.openSince, now.timeIntervalSince(since) >= bound.seconds {
                let last = standing.lastMessage.map { " Last seen: \(SafeText.line($0, limit: 160))." } ?? ""
                due.append(
                    DueAlert(
                        subject: "source:\(standing.source):open",
                        message:
                            "\(standing.source) has been failing since \(UTCTime.text(since)).\(last) `wiredesk diagnose \(standing.source)` says why.",
                        cooldown: settings.cooldown))
            }
            if let times = settings.quietTimes, let expects = standing.expects, let last = standing.lastNewItemAt,
                now.timeIntervalSince(last) >= expects.seconds * times
            {
                due.append(
                    DueAlert(
                        subject: "source:\(standing.source):quiet",
                        message:
                            "\(standing.source) has brought nothing new since \(UTCTime.text(last)); news every \(expects.text) is normal for it.",
                        cooldown: settings.cooldown))
            }
            return due
        }
    }

    // MARK: - Entities

    /// New ones (met within six hours, in enough sources), spikes, and sources that read one in opposite ways.
    func entities(_ day: [EntityStatistic], before: [EntityStatistic], now: Date) -> [DueAlert] {
        let earlier = Dictionary(before.map { ($0.name, $0.mentions) }) { first, _ in first }
        return day.flatMap { entity -> [DueAlert] in
            var due: [DueAlert] = []
            let name = SafeText.line(entity.name, limit: 60)
            if let sources = settings.newEntitySources, now.timeIntervalSince(entity.firstAt) < 6 * 3600, entity.sources >= sources {
                due.append(
                    DueAlert(
                        subject: "entity:\(name):new",
                        message: "\(name) is new in the news: \(entity.mentions) articles of \(entity.sources) sources.",
                        cooldown: settings.cooldown))
            }
            let yesterday = earlier[entity.name] ?? 0
            // Of an entity that was not there the day before, one mention counts as its yesterday.
            if let spike = settings.velocity, entity.mentions >= spike.mentions, Double(entity.mentions) >= spike.times * Double(max(1, yesterday)) {
                due.append(
                    DueAlert(
                        subject: "entity:\(name):velocity",
                        message: "\(name) is in \(entity.mentions) articles of the last 24 hours, against \(yesterday) of the day before.",
                        cooldown: settings.cooldown))
            }
            if let gap = settings.divergence, entity.highestSource - entity.lowestSource > gap {
                due.append(
                    DueAlert(
                        subject: "entity:\(name):divergence",
                        message:
                            "Sources disagree about \(name): sentiment from \(Sentences.signed(entity.lowestSource)) to \(Sentences.signed(entity.highestSource)).",
                        cooldown: settings.cooldown))
            }
            return due
        }
    }

    // MARK: - Prices

    /// A price older than this says nothing about now.
    static let freshness = Duration.seconds(1800)

    /// Whether a rule is met by the prices of its span, oldest first. A move is measured from the oldest price of the span to the newest;
    /// equality meets a rule.
    static func price(_ rule: PriceRule, _ prices: [PricePoint], now: Date) -> DueAlert? {
        guard let last = prices.last, now.timeIntervalSince(last.at) <= freshness.seconds else { return nil }
        let coin = SafeText.line(rule.coin, limit: 60)
        switch rule.condition {
        case .above(let level):
            guard last.price >= level else { return nil }
            return DueAlert(
                subject: "price:\(coin):above:\(level)", message: "\(coin) is at $\(shown(last.price)), at or above $\(shown(level)).",
                cooldown: rule.cooldown)
        case .below(let level):
            guard last.price <= level else { return nil }
            return DueAlert(
                subject: "price:\(coin):below:\(level)", message: "\(coin) is at $\(shown(last.price)), at or below $\(shown(level)).",
                cooldown: rule.cooldown)
        case .move(let percent, let within):
            let start = now.addingTimeInterval(-within.seconds)
            guard let first = prices.first(where: { $0.at >= start }), first.price > 0, first.at < last.at else { return nil }
            let moved = (last.price / first.price - 1) * 100
            guard abs(moved) >= percent else { return nil }
            return DueAlert(
                subject: "price:\(coin):move:\(percent)",
                message: "\(coin) moved by \(Sentences.signed(moved)) % within \(within.text): from $\(shown(first.price)) to $\(shown(last.price)).",
                cooldown: rule.cooldown)
        }
    }

    /// Two decimals from a dollar on, six significant ones below.
    private static func shown(_ price: Double) -> String {
        guard price.isFinite, abs(price) < 1e15 else { return "\(price)" }
        if price >= 1 {
            let cents = Int((price * 100).rounded())
            return "\(cents / 100)." + (cents % 100 < 10 ? "0" : "") + "\(cents % 100)"
        }
        return "\((price * 1e8).rounded() / 1e8)"
    }
}

extension PriceRule {
    /// How far back its prices are read.
    fileprivate var span: Duration {
        if case .move(_, let within) = condition { within } else { .zero }
    }
}
