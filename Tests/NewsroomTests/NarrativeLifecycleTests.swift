import FoundationEssentials
import Stores
import Testing

@testable import Newsroom

@Suite("The life of a narrative") struct NarrativeLifecycleTests {
    private let now = MadeUpNews.start

    private func stage(
        _ before: NarrativeStage, first: Double = -100, last: Double, today: Int = 0, sources: Int = 1, yesterday: Int = 0, back: Double? = nil,
        hotUntil: Double? = nil, news: Bool = false
    ) -> NarrativeStage {
        var narrative = MadeUpNews.narrative(1, focus: "a", first: first, last: last, stage: before)
        narrative.reactivatedAt = back.map { MadeUpNews.at(hours: $0) }
        narrative.hotUntil = hotUntil.map { MadeUpNews.at(hours: $0) }
        var activity = NarrativeActivity()
        (activity.lastDay, activity.lastDaySources, activity.dayBefore) = (today, sources, yesterday)
        return NarrativeLifecycle.stage(of: narrative, activity: activity, hasNews: news, now: now)
    }

    @Test("Young and not yet hot is emerging, until exactly 48 h")
    func emerging() {
        #expect(stage(.emerging, first: -47.9, last: -1, today: 3) == .emerging)
        #expect(stage(.emerging, first: -48, last: -1, today: 3) == .rising)
        #expect(stage(.hot, first: -20, last: -1, today: 3) == .rising, "it was hot already")
    }

    @Test("Six articles of three sources in a day are hot, five or two sources are not")
    func hot() {
        #expect(stage(.emerging, first: -5, last: -1, today: 6, sources: 3) == .hot)
        #expect(stage(.rising, last: -1, today: 5, sources: 5, news: true) == .rising)
        #expect(stage(.rising, last: -1, today: 9, sources: 2, news: true) == .rising)
    }

    @Test("A market event holds a narrative hot until its instant, and not at it")
    func held() {
        #expect(stage(.rising, last: -30, hotUntil: 0.1) == .hot)
        #expect(stage(.hot, last: -30, hotUntil: 0) == .rising)
        #expect(stage(.hot, last: -168, hotUntil: 9) == .dormant, "an event does not wake what nobody tells")
    }

    @Test("Three days of silence cool, and half of at least four the day before")
    func cooling() {
        #expect(stage(.rising, last: -71.9) == .rising)
        #expect(stage(.rising, last: -72) == .cooling)
        #expect(stage(.rising, last: -1, today: 2, yesterday: 4) == .cooling)
        #expect(stage(.rising, last: -1, today: 3, yesterday: 4) == .rising)
        #expect(stage(.rising, last: -30, today: 0, yesterday: 3) == .rising)
        #expect(stage(.emerging, first: -40, last: -1, today: 2, yesterday: 4) == .emerging)
    }

    @Test("A cooling narrative rises again only with news")
    func warming() {
        #expect(stage(.cooling, last: -5, today: 3) == .cooling)
        #expect(stage(.cooling, last: -5, today: 3, news: true) == .rising)
        #expect(stage(.cooling, last: -1, today: 6, sources: 3, news: true) == .hot)
    }

    @Test("Seven days of silence are dormant; what is dormant stays so without news, whatever the clock says")
    func dormant() {
        #expect(stage(.cooling, last: -167.9) == .cooling)
        #expect(stage(.cooling, last: -168) == .dormant)
        #expect(stage(.dormant, last: -1, today: 9, sources: 5) == .dormant)
    }

    @Test("Back from being dormant it is an echo, with four articles in two days reactivated, for seven days")
    func comingBack() {
        #expect(stage(.echo, last: -1, today: 3, back: -1, news: true) == .echo)
        #expect(stage(.echo, last: -1, today: 2, yesterday: 2, back: -30, news: true) == .reactivated)
        #expect(stage(.reactivated, last: -1, today: 1, back: -90) == .reactivated)
        #expect(stage(.echo, last: -1, today: 6, sources: 3, back: -10, news: true) == .hot)
        #expect(stage(.hot, last: -30, today: 0, yesterday: 2, back: -60) == .reactivated)
        #expect(stage(.echo, last: -1, today: 1, back: -168, news: true) == .rising)
        #expect(stage(.echo, last: -72, back: -72) == .cooling)
    }

    @Test("The instant of falling dormant is told by the last article, not by when somebody looked")
    func dormantAt() {
        let narrative = MadeUpNews.narrative(1, focus: "a", first: -500, last: -300, stage: .cooling)
        let judged = NarrativeLifecycle.judged(narrative, activity: NarrativeActivity(), hasNews: false, now: now)
        #expect(judged.stage == .dormant && judged.momentum == 0 && judged.dormantAt == MadeUpNews.at(hours: -132))
        #expect(NarrativeLifecycle.judged(judged, activity: NarrativeActivity(), hasNews: false, now: now.addingTimeInterval(9999)) == judged)
    }

    @Test("Momentum is today against yesterday, halved for each day of silence")
    func momentum() {
        func momentum(_ today: Int, _ yesterday: Int, last: Double) -> Double {
            var activity = NarrativeActivity()
            (activity.lastDay, activity.dayBefore) = (today, yesterday)
            return NarrativeLifecycle.momentum(of: MadeUpNews.narrative(1, focus: "a", last: last), activity: activity, now: now)
        }
        #expect(momentum(6, 2, last: 0) == 2.33)
        #expect(momentum(1, 1, last: -12) == 0.71)
        #expect(momentum(0, 0, last: -72) == 0.13)
        #expect(momentum(0, 0, last: -168) == 0)
    }

    @Test("An article of exactly 24 h belongs to the day before, one of 48 h to none, one of the future to today")
    func windows() {
        let sightings = [5.0, 0, -23.9, -24, -47.9, -48, -90].map {
            NarrativeActivity.Sighting(at: MadeUpNews.at(hours: $0), source: MadeUpNews.source("s\(Int(abs($0)))"))
        }
        let activity = NarrativeActivity(sightings, now: now)
        #expect(activity.lastDay == 3 && activity.dayBefore == 2 && activity.lastDaySources == 3)
    }

    @Test("An instant that is no number ends dormant")
    func noNumber() {
        var narrative = MadeUpNews.narrative(1, focus: "a")
        narrative.lastAt = Date(timeIntervalSince1970: .nan)
        let judged = NarrativeLifecycle.judged(narrative, activity: NarrativeActivity(), hasNews: false, now: now)
        #expect(judged.stage == .dormant && judged.momentum == 0)
    }

    @Test("With no news every narrative, in whatever state, ends dormant and never returns to a stage that it left")
    func noFlapping() {
        var numbers = SeededNumbers(state: 11)
        var met: Set<NarrativeStage> = []
        for round in 0..<2000 {
            let span = Bool.random(using: &numbers) ? 40.0 : 100
            let hours = (0..<Int.random(in: 1...25, using: &numbers)).map { _ in -Double.random(in: 0...span, using: &numbers) }
            let sightings = hours.map {
                NarrativeActivity.Sighting(at: MadeUpNews.at(hours: $0), source: MadeUpNews.source("s\(Int.random(in: 0...4, using: &numbers))"))
            }
            var narrative = MadeUpNews.narrative(
                1, focus: "a", first: min(hours.min() ?? 0, -Double.random(in: 0...span * 3, using: &numbers)), last: hours.max() ?? 0,
                stage: NarrativeStage.allCases.randomElement(using: &numbers) ?? .rising)
            if Bool.random(using: &numbers) { narrative.hotUntil = MadeUpNews.at(hours: Double.random(in: -20...60, using: &numbers)) }
            if Bool.random(using: &numbers) { narrative.reactivatedAt = MadeUpNews.at(hours: -Double.random(in: 0...200, using: &numbers)) }
            var path: [NarrativeStage] = []
            var hour = 0.0
            while hour < 200 {
                let then = MadeUpNews.at(hours: hour)
                narrative = NarrativeLifecycle.judged(
                    narrative, activity: NarrativeActivity(sightings, now: then), hasNews: hour == 0 && round % 2 == 0, now: then)
                #expect(narrative.momentum.isFinite && narrative.momentum >= 0)
                if path.last != narrative.stage { path.append(narrative.stage) }
                hour += Double.random(in: 0.1...9, using: &numbers)
            }
            met.formUnion(path)
            #expect(path.last == .dormant && Set(path).count == path.count, "\(path)")
        }
        #expect(met == Set(NarrativeStage.allCases))
    }
}
