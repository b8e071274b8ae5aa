import FoundationEssentials
import Stores
import Testing

@testable import Newsroom

@Suite("The desk of narratives") struct NarrativeDeskTests {
    private let now = MadeUpNews.at(hours: 1)

    private func story(_ ids: ClosedRange<Int64>, _ focus: String, about nucleus: String = "Bitcoin", hours: Double, actors: String = "SEC")
        -> [EnrichedArticle]
    {
        ids.map { id in
            MadeUpNews.article(
                id, about: nucleus, focus: focus, actors: actors, from: "s\(id % 4)", hours: hours + Double(id - ids.lowerBound) / 10, sentiment: -0.4
            )
        }
    }

    @Test("Clustering files stories once; the same call again changes nothing")
    func clusterTwice() async throws {
        let store = NarrativeMemory(story(1...7, "etf approval spot", hours: -5) + story(8...9, "mining hashrate", hours: -5))
        let desk = NarrativeDesk(store: store)
        let first = try await desk.cluster(now: now)
        #expect(first.looked == 9 && first.joined == 7 && first.founded == 1)
        let narrative = try #require(await store.all().first)
        #expect(narrative.stage == .hot && narrative.articleCount == 7 && narrative.sourceCount == 4)
        #expect(narrative.peakDay == "2026-11-24" && narrative.peakCount == 7 && narrative.updatedAt == now)
        let writes = await store.writes
        let second = try await desk.cluster(now: now)
        #expect(second.isIdle && second.looked == 2 && second.line == "nothing changed")
        #expect(await store.writes == writes)
    }

    @Test("Noise is in no narrative")
    func noise() async throws {
        let store = NarrativeMemory(
            (1...9).map { MadeUpNews.article($0, focus: "etf approval", from: "s\($0)", tier: .noise) })
        #expect(try await NarrativeDesk(store: store).cluster(now: now).isIdle)
    }

    @Test("A late near-duplicate of an article of last week joins the narrative of its original, and keeps its counts right")
    func lateRepeat() async throws {
        let store = NarrativeMemory(story(1...3, "etf approval spot", hours: -5))
        let desk = NarrativeDesk(store: store)
        _ = try await desk.cluster(now: now)
        let later = MadeUpNews.at(hours: 100)
        await store.add([MadeUpNews.article(50, about: nil, focus: "x", from: "late", hours: 99, repeats: 2)])
        #expect(try await desk.cluster(now: later).joined == 1)
        let narrative = try #require(await store.all().first)
        #expect(narrative.articleCount == 4 && narrative.sourceCount == 4 && narrative.lastAt == MadeUpNews.at(hours: 99))
        #expect(narrative.peakDay == "2026-11-24" && narrative.peakCount == 3)
    }

    @Test("Consolidation makes one narrative of two, counts sources and days over both, and finds nothing the second time")
    func consolidate() async throws {
        let store = NarrativeMemory(story(1...3, "etf approval spot", hours: -30) + story(11...14, "etf approval spot", hours: -3))
        let desk = NarrativeDesk(store: store)
        var changes = NarrativeChanges()
        for ids in [1...3, 11...14] as [ClosedRange<Int64>] {
            let articles = await store.enrichedArticles(ids: Array(ids)).map(StoryArticle.init)
            let story = try #require(Clustering.assign(articles, to: [], now: now).first)
            changes.saved.append(.init(story.narrative, joining: Array(ids)))
        }
        _ = await store.save(changes)
        let summary = try await desk.consolidate(now: now)
        #expect(summary.merged == 1)
        let narrative = try #require(await store.all().first)
        #expect(await store.all().count == 1)
        #expect(narrative.articleCount == 7 && narrative.sourceCount == 4 && narrative.peakDay == "2026-11-24" && narrative.peakCount == 4)
        #expect(await store.home(of: 12) == narrative.id && narrative.firstAt == MadeUpNews.at(hours: -30))
        let writes = await store.writes
        #expect(try await desk.consolidate(now: now).isIdle)
        #expect(try await desk.cluster(now: now).founded == 0)
        _ = try await desk.consolidate(now: now)
        #expect(await store.writes <= writes + 1, "at most the stage is judged")
    }

    @Test("A pair that cools stays cool when it becomes one, and wakes when one of the two is in the news")
    func consolidatingStages() async throws {
        for (part, expected) in [(NarrativeStage.cooling, NarrativeStage.cooling), (.rising, .rising)] {
            let store = NarrativeMemory()
            var changes = NarrativeChanges()
            for (number, stage) in [(1.0, NarrativeStage.cooling), (2, part)] {
                var narrative = MadeUpNews.narrative(0, focus: "etf approval spot", first: -90 + number, last: -26, stage: stage)
                narrative.momentum = 0.1
                changes.saved.append(.init(narrative))
            }
            _ = await store.save(changes)
            #expect(try await NarrativeDesk(store: store).consolidate(now: now).merged == 1)
            #expect(await store.all().map(\.stage) == [expected])
        }
    }

    @Test("A young narrative gets the headline that tells it best, an old one keeps its own")
    func retitling() async throws {
        var articles = story(1...3, "etf approval spot", hours: -5)
        articles[0].title = "The very first headline of it all"
        let store = NarrativeMemory(articles)
        let desk = NarrativeDesk(store: store)
        _ = try await desk.cluster(now: now)
        await store.change(1) { $0.title = "Stale" }
        _ = try await desk.consolidate(now: now)
        #expect(await store.narrative(1)?.title == "The very first headline of it all")
        await store.change(1) { $0.title = "Old and kept" }
        _ = try await desk.consolidate(now: MadeUpNews.at(hours: 50))
        #expect(await store.narrative(1)?.title == "Old and kept")
    }

    @Test("The watch keeps patterns once and holds the narrative of a market event hot until a day after its last article")
    func watch() async throws {
        var articles = story(1...5, "liquidation leverage longs", hours: -5, actors: "Ether Solana")
        for index in articles.indices { articles[index].enrichment.amount = 700_000_000 }
        let store = NarrativeMemory(articles)
        let desk = NarrativeDesk(store: store)
        _ = try await desk.cluster(now: now)
        #expect(await store.all().map(\.stage) == [.emerging])
        let first = try await desk.watch(now: now)
        #expect(first.newPatterns == ["emergence:1", "liquidation:market:2026-11-24"] && first.heated == 1)
        let narrative = try #require(await store.narrative(1))
        #expect(narrative.stage == .hot && narrative.hotUntil == MadeUpNews.at(hours: -5 + 0.4 + 24))
        let writes = await store.writes
        let second = try await desk.watch(now: now)
        #expect(second.isIdle && second.patterns == 2)
        #expect(await store.writes == writes)
        _ = try await desk.cluster(now: MadeUpNews.at(hours: 18))
        #expect(await store.narrative(1)?.stage == .hot)
        _ = try await desk.cluster(now: MadeUpNews.at(hours: 20))
        #expect(await store.narrative(1)?.stage == .cooling)
        _ = try await desk.watch(now: MadeUpNews.at(hours: 20))
        #expect(await store.narrative(1)?.stage != .hot, "the event is over and does not heat it again")
    }

    @Test("A market event does not wake a narrative that is dormant")
    func dormantEvent() async throws {
        var articles = story(1...5, "liquidation leverage longs", hours: -5, actors: "Ether Solana")
        for index in articles.indices { articles[index].enrichment.amount = 700_000_000 }
        let store = NarrativeMemory(articles)
        let desk = NarrativeDesk(store: store)
        _ = try await desk.cluster(now: now)
        await store.change(1) { $0.stage = .dormant }
        #expect(try await desk.watch(now: now).heated == 0)
        #expect(await store.narrative(1)?.hotUntil == nil)
    }

    @Test("Sources that read an entity in opposite ways are found through the store")
    func divergence() async throws {
        let articles = (1...8).map {
            MadeUpNews.article($0, about: "Tether", from: $0 < 5 ? "bull" : "bear", hours: -1, sentiment: $0 < 5 ? 0.6 : -0.6)
        }
        let store = NarrativeMemory(articles)
        #expect(try await NarrativeDesk(store: store).watch(now: now).newPatterns == ["divergence:Tether:2026-11-24"])
    }

    @Test("Signals compare a window with the one before it, in all three lengths")
    func signals() async throws {
        let store = NarrativeMemory(story(1...6, "etf approval spot", hours: -5) + story(7...8, "etf approval spot", hours: -30, actors: "Fed"))
        let desk = NarrativeDesk(store: store)
        _ = try await desk.cluster(now: now)
        let day = try await desk.signals(window: .day, now: now, limit: 10)
        #expect(day.map(\.entity) == ["SEC", "Bitcoin"])
        #expect(day.map(\.mentions) == [6, 6] && day.map(\.earlierMentions) == [0, 2] && day.map(\.velocity) == [6, 2])
        #expect(day[0].trend == .surging && !day[0].isEmerging && day[0].narratives == [1])
        let week = try await desk.signals(window: .week, now: now, limit: 10)
        #expect(week.map(\.entity) == ["Bitcoin", "SEC", "Fed"] && week[0].mentions == 8)
        #expect(try await desk.signals(window: .month, now: now, limit: 1).count == 1)
    }

    @Test("A story lives: it emerges, is hot, cools, sleeps, comes back as an echo and is taken up again")
    func replay() async throws {
        let store = NarrativeMemory()
        let desk = NarrativeDesk(store: store)
        var path: [NarrativeStage] = []
        var id: Int64 = 0
        // Hours at which articles appear, each from another of five sources.
        let news = [1.0, 3, 5, 12, 14, 16, 18, 20, 40] + [300.0] + [310.0, 312, 314] + [330.0, 331, 332, 333, 334]
        for hour in stride(from: 0.0, through: 560, by: 1) {
            await store.add(
                news.filter { $0 > hour - 1 && $0 <= hour }.map { instant in
                    id += 1
                    return MadeUpNews.article(id, focus: "etf approval sec spot", from: "s\(id % 5)", hours: instant)
                })
            let then = MadeUpNews.at(hours: hour)
            _ = try await desk.cluster(now: then)
            _ = try await desk.consolidate(now: then)
            let again = try await desk.cluster(now: then)
            #expect(again.isIdle)
            if let stage = await store.all().first?.stage, path.last != stage { path.append(stage) }
        }
        #expect(path == [.emerging, .hot, .rising, .cooling, .dormant, .echo, .reactivated, .hot, .reactivated, .cooling, .dormant])
        let narrative = try #require(await store.all().first)
        #expect(await store.all().count == 1 && narrative.articleCount == news.count && narrative.sourceCount == 5)
        #expect(narrative.reactivatedAt == MadeUpNews.at(hours: 300) && narrative.dormantAt == MadeUpNews.at(hours: 334 + 168))
    }

    @Test("Days of mixed news keep every article in one narrative at most, and every narrative's count right")
    func mixedDays() async throws {
        var numbers = SeededNumbers(state: 99)
        let store = NarrativeMemory()
        let desk = NarrativeDesk(store: store)
        var all: [Int64] = []
        for day in 0..<6 {
            let crowd = MadeUpNews.crowd(120, &numbers).map { article in
                var article = article
                article.enrichment.article += Int64(day * 120)
                article.nearDuplicateOf = article.nearDuplicateOf.map { $0 + Int64(day * 120) }
                article.enrichment.at = MadeUpNews.at(hours: Double(day * 24) + Double(article.id % 24))
                return article
            }
            await store.add(crowd)
            all += crowd.map(\.id)
            for hour in [6.0, 12, 24] {
                let then = MadeUpNews.at(hours: Double(day * 24) + hour)
                _ = try await desk.cluster(now: then)
                _ = try await desk.consolidate(now: then)
                _ = try await desk.watch(now: then)
            }
        }
        var counts: [Int64: Int] = [:]
        for id in all { if let home = await store.home(of: id) { counts[home, default: 0] += 1 } }
        let narratives = await store.all()
        #expect(narratives.count > 5 && narratives.allSatisfy { counts[$0.id] == $0.articleCount })
        #expect(narratives.allSatisfy { $0.actors.count <= 8 && $0.focus.count <= 12 && $0.articleCount >= 3 && $0.sourceCount >= 2 })
    }
}
