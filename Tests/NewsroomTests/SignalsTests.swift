import FoundationEssentials
import Stores
import Testing

@testable import Newsroom

@Suite("Signals") struct SignalsTests {
    private func statistic(_ name: String, _ mentions: Int, sources: Int = 1) -> EntityStatistic {
        EntityStatistic(
            name: name, kind: .coin, ticker: nil, mentions: mentions, sources: sources, sentiment: 0.1, highestSource: 0.1, lowestSource: 0.1,
            firstAt: MadeUpNews.start)
    }

    private func rank(_ now: [EntityStatistic], _ before: [EntityStatistic] = [], _ narratives: [Narrative] = [], limit: Int = 100) -> [Signal] {
        Signals.rank(now, before: before, narratives: narratives, window: .day, limit: limit)
    }

    @Test("The score is 40 parts mentions, 40 parts velocity, 20 parts sources")
    func score() {
        let signals = rank([statistic("Busy", 99, sources: 9), statistic("Worked", 9, sources: 3)], [statistic("Busy", 99), statistic("Worked", 6)])
        #expect(signals.map(\.score) == [60, 36.7])
        #expect(signals[1].velocity == 0.5 && signals[1].earlierMentions == 6)
        #expect(Signals.score(mentions: 10, busiest: 10, velocity: 50, sources: 50) == 100)
        #expect(Signals.score(mentions: 0, busiest: 0, velocity: -1, sources: 0) == 0)
    }

    @Test(
        "A new entity counts as named once before, so that its velocity is defined",
        arguments: [(1, 0, 1.0), (3, 0, 3), (3, 1, 2), (2, 4, -0.5), (4, 4, 0), (0, 4, -1)])
    func velocity(_ now: Int, _ before: Int, _ expected: Double) { #expect(Signals.velocity(now, before: before) == max(expected, -1)) }

    @Test(
        "Equality falls on the livelier label; fewer than three mentions neither surge nor rise",
        arguments: [
            (2.0, 3, Signal.Trend.surging), (9, 2, .growing), (1.99, 3, .rising), (0.5, 3, .rising), (0.49, 3, .growing), (0.1, 3, .growing),
            (0.09, 3, .active), (-0.24, 3, .active), (-0.25, 3, .declining), (-1, 3, .declining),
        ])
    func trends(_ velocity: Double, _ mentions: Int, _ trend: Signal.Trend) {
        #expect(Signals.trend(velocity, mentions: mentions) == trend)
        #expect(["Surging", "Rising", "Growing", "Active", "Declining"].contains(trend.label))
    }

    @Test("An entity that no active narrative carries is emerging; those about it come first")
    func carriers() {
        var actor = MadeUpNews.narrative(3, about: "Ether", focus: "a", actors: "Bitcoin", stage: .rising)
        actor.actors = [Weighted("Bitcoin", 0.5), Weighted("Faint", 0.05)]
        var gone = MadeUpNews.narrative(4, about: "Solana", focus: "a", stage: .rising)
        gone.mergedInto = 3
        let narratives = [
            actor, MadeUpNews.narrative(9, about: "Bitcoin", focus: "a", stage: .hot),
            MadeUpNews.narrative(5, about: "Cardano", focus: "a", stage: .dormant), gone,
        ]
        let names = ["Bitcoin", "Ether", "Cardano", "Solana", "Faint"]
        let signals = rank(names.map { statistic($0, 2) }, [], narratives)
        let carried = Dictionary(uniqueKeysWithValues: signals.map { ($0.entity, $0.narratives) })
        #expect(carried == ["Bitcoin": [9, 3], "Ether": [3], "Cardano": [], "Solana": [], "Faint": []])
        #expect(signals.filter(\.isEmerging).map(\.entity) == ["Cardano", "Faint", "Solana"])
    }

    @Test("The order is total, equal scores by mentions and then by name, and the limit holds")
    func order() {
        let statistics = ["c", "a", "b"].map { statistic($0, 4) }
        #expect(rank(statistics).map(\.entity) == ["a", "b", "c"])
        #expect(rank(statistics.reversed()) == rank(statistics))
        #expect(rank(statistics, limit: 2).count == 2 && rank(statistics, limit: -1).isEmpty && rank([]).isEmpty)
    }

    @Test("A name given twice is one signal, and what is no number stays out")
    func hostile() {
        var odd = statistic("x", 3)
        odd.sentiment = .nan
        let signals = rank([odd, statistic("x", 2), statistic("none", 0), statistic("negative", -4)])
        #expect(signals.map(\.entity) == ["x"] && signals[0].sentiment == 0 && signals[0].score.isFinite)
    }
}
