import Foundation
import SQLiteStore
import Stores
import Testing
import WireCore

@testable import Newsroom

@Suite("Alerts") struct AlertDeskTests {
    private static let now = Date(timeIntervalSince1970: 1_795_520_000)

    private static func standing(
        _ id: String = "decrypt", isEnabled: Bool = true, open: Double? = nil, quiet: Double? = nil, expects: Duration? = .seconds(3600)
    ) throws -> SourceStanding {
        SourceStanding(
            source: try #require(SourceID(id)), isEnabled: isEnabled, openSince: open.map { now.addingTimeInterval(-$0) },
            lastMessage: "HTML where a feed was due",
            lastNewItemAt: quiet.map { now.addingTimeInterval(-$0) }, expects: expects)
    }

    private static func withDesk(_ edit: (inout AlertSettings) -> Void = { _ in }, _ body: (AlertDesk, SQLiteStore) async throws -> Void) async throws
    {
        let folder = NSTemporaryDirectory() + "wiredesk-alertdesk-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/desk.db")
        var settings = AlertSettings()
        edit(&settings)
        try await body(AlertDesk(store: store, settings: settings), store)
        try await store.close()
    }

    @Test("A breaker that has been open for an hour, and a silence of twice what is normal, are told; equality counts")
    func sources() async throws {
        try await Self.withDesk { desk, _ in
            func subjects(_ standing: SourceStanding) -> [String] { desk.sources([standing], now: Self.now).map(\.subject) }
            #expect(subjects(try Self.standing(open: 3600)) == ["source:decrypt:open"])
            #expect(subjects(try Self.standing(open: 3599)) == [])
            #expect(subjects(try Self.standing(quiet: 7200)) == ["source:decrypt:quiet"])
            #expect(subjects(try Self.standing(quiet: 7199)) == [])
            #expect(subjects(try Self.standing(quiet: 720_000, expects: nil)) == [])
            #expect(subjects(try Self.standing(isEnabled: false, open: 7200, quiet: 72_000)) == [])
            let told = desk.sources([try Self.standing(open: 3600)], now: Self.now)
            #expect(told.first?.message.contains("HTML where a feed was due") == true)
        }
    }

    @Test("What was told is not told again before its cooldown is over, over restarts too")
    func cooldown() async throws {
        try await Self.withDesk { desk, store in
            let standings = [try Self.standing(open: 7200)]
            #expect(try await desk.raise(standings, now: Self.now).count == 1)
            #expect(try await AlertDesk(store: store, settings: AlertSettings()).raise(standings, now: Self.now.addingTimeInterval(86_399)).isEmpty)
            #expect(try await desk.raise(standings, now: Self.now.addingTimeInterval(86_400)).count == 1)
            #expect(try await store.raisedAlerts(limit: 10).count == 2)
        }
    }

    private static func statistic(_ name: String, mentions: Int, sources: Int = 4, met: Double = 90_000, high: Double = 0, low: Double = 0)
        -> EntityStatistic
    {
        EntityStatistic(
            name: name, kind: .coin, ticker: nil, mentions: mentions, sources: sources, sentiment: 0, highestSource: high, lowestSource: low,
            firstAt: now.addingTimeInterval(-met))
    }

    @Test("New names, spikes and disagreement are told")
    func entities() async throws {
        try await Self.withDesk { desk, _ in
            func subjects(_ day: EntityStatistic, yesterday: Int = 0) -> [String] {
                desk.entities([day], before: yesterday > 0 ? [Self.statistic(day.name, mentions: yesterday)] : [], now: Self.now).map(\.subject)
            }
            #expect(subjects(Self.statistic("Newcoin", mentions: 3, sources: 3, met: 3600)) == ["entity:Newcoin:new"])
            #expect(subjects(Self.statistic("Newcoin", mentions: 3, sources: 2, met: 3600)) == [])
            #expect(subjects(Self.statistic("Newcoin", mentions: 3, sources: 3, met: 6 * 3600)) == [])
            #expect(subjects(Self.statistic("Aave", mentions: 10), yesterday: 2) == ["entity:Aave:velocity"])
            #expect(subjects(Self.statistic("Aave", mentions: 10), yesterday: 3) == [])
            #expect(subjects(Self.statistic("Aave", mentions: 9), yesterday: 1) == [])
            #expect(subjects(Self.statistic("Aave", mentions: 10)) == ["entity:Aave:velocity"])
            #expect(subjects(Self.statistic("Aave", mentions: 4, high: 0.4, low: -0.3)) == ["entity:Aave:divergence"])
            #expect(subjects(Self.statistic("Aave", mentions: 4, high: 0.3, low: -0.3)) == [])
        }
    }

    private static func prices(_ list: [(Double, Double)]) throws -> [PricePoint] {
        let source = try #require(SourceID("prices"))
        return list.map { PricePoint(coin: "bitcoin", price: $1, at: now.addingTimeInterval(-$0), source: source) }
    }

    @Test("A price is told when it moves, rises above or falls below; equality counts, and an old price says nothing")
    func price() throws {
        let move = PriceRule(coin: "bitcoin", condition: .move(percent: 5, within: .seconds(3600)))
        func message(_ rule: PriceRule, _ list: [(Double, Double)]) throws -> String? {
            AlertDesk.price(rule, try Self.prices(list), now: Self.now)?.message
        }
        #expect(try message(move, [(3600, 100_000), (60, 105_000)]) == "bitcoin moved by +5.00 % within 1h: from $100000.00 to $105000.00.")
        #expect(try message(move, [(3600, 100_000), (60, 95_000)]) == "bitcoin moved by −5.00 % within 1h: from $100000.00 to $95000.00.")
        #expect(try message(move, [(3600, 100_000), (60, 104_999)]) == nil)
        #expect(try message(move, [(3601, 100_000), (60, 106_000)]) == nil)
        #expect(try message(move, [(3600, 100_000), (1801, 106_000)]) == nil)
        #expect(try message(move, []) == nil)
        let above = PriceRule(coin: "bitcoin", condition: .above(105_000))
        #expect(try message(above, [(60, 105_000)]) == "bitcoin is at $105000.00, at or above $105000.00.")
        #expect(try message(above, [(60, 104_999.99)]) == nil)
        let below = PriceRule(coin: "bitcoin", condition: .below(0.5))
        #expect(try message(below, [(60, 0.49)]) == "bitcoin is at $0.49, at or below $0.5.")
    }

    @Test("A price rule reads what the store has, and waits out its cooldown")
    func priceFromStore() async throws {
        try await Self.withDesk { settings in
            settings.prices = [PriceRule(coin: "bitcoin", condition: .move(percent: 5, within: .seconds(3600)), cooldown: .seconds(1800))]
        } _: { desk, store in
            try await store.enter(try Self.prices([(3000, 100_000), (10, 94_000)]))
            #expect(try await desk.raise([], now: Self.now).map(\.message) == ["bitcoin moved by −6.00 % within 1h: from $100000.00 to $94000.00."])
            #expect(try await desk.raise([], now: Self.now.addingTimeInterval(600)).isEmpty)
        }
    }

    @Test("A rule that is switched off is silent")
    func off() async throws {
        try await Self.withDesk {
            $0.breakerOpenFor = nil
            $0.quietTimes = nil
            $0.newEntitySources = nil
            $0.velocity = nil
            $0.divergence = nil
        } _: { desk, _ in
            let standing = try Self.standing(open: 720_000, quiet: 720_000)
            #expect(desk.sources([standing], now: Self.now).isEmpty)
            #expect(desk.entities([Self.statistic("A", mentions: 99, sources: 9, met: 1, high: 1, low: -1)], before: [], now: Self.now).isEmpty)
        }
    }
}
