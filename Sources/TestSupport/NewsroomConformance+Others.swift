import FoundationEssentials
import Stores
import Synchronization
import WireCore

/// Alerts, prices, age, and many callers at once.
extension NewsroomConformance {
    static let alertsAndPrices: [NewsroomCheck] = [
        NewsroomCheck("An alert about a subject is raised again only when its cooldown is over, at that very instant") { rig in
            let first = try await rig.store.raiseAlert(subject: "price:bitcoin", message: "up 5 %", at: rig.at(0), cooldown: .seconds(60))
            try expectEqual(first, RaisedAlert(id: "price:bitcoin@2026-11-24T08:00:00Z", message: "up 5 %", at: rig.at(0)))
            for second in [-5, 0, 59.999] {
                let early = try await rig.other.raiseAlert(subject: "price:bitcoin", message: "m", at: rig.at(second), cooldown: .seconds(60))
                try expectEqual(early, nil, "at \(second)")
            }
            try await rig.store.noteDelivery(alert: "price:bitcoin@2026-11-24T08:00:00Z", channel: "mail", at: rig.at(1))
            let again = try await rig.other.raiseAlert(subject: "price:bitcoin", message: "n", at: rig.at(60), cooldown: .seconds(60))
            let other = try await rig.store.raiseAlert(subject: "price:ether", message: "o", at: rig.at(60.25), cooldown: .seconds(60))
            try expectEqual(other?.id, "price:ether@2026-11-24T08:01:00.250Z")
            let listed = try await rig.other.raisedAlerts(limit: 9)
            try expectEqual(listed.map(\.id), [other?.id, again?.id, first?.id])
            try expectEqual(listed.map(\.deliveredTo), [[], [], ["mail"]])
        },
        NewsroomCheck("A cooldown counts from the last alert, not from the first") { rig in
            for (second, isRaised) in [(0.0, true), (60, true), (119, false), (120, true)] {
                let alert = try await rig.store.raiseAlert(subject: "s", message: "m", at: rig.at(second), cooldown: .seconds(60))
                try expectEqual(alert != nil, isRaised, "at \(second)")
            }
        },
        NewsroomCheck("Without a cooldown one alert of a subject and an instant is raised") { rig in
            for isRaised in [true, false] {
                let alert = try await rig.store.raiseAlert(subject: "s", message: "m", at: rig.at(0), cooldown: .zero)
                try expectEqual(alert != nil, isRaised)
            }
        },
        NewsroomCheck("Prices are entered once for each coin and instant, and read oldest first") { rig in
            let points = [rig.price("bitcoin", 2, at: 2), rig.price("bitcoin", 1.5, at: 1), rig.price("ethereum", 3, at: 1)]
            try await rig.store.enter(points)
            var second = rig.price("bitcoin", 99, at: 2)
            second.source = .beta
            try await rig.other.enter([second, rig.price("bitcoin", 3, at: 3)])
            let wanted = [points[1], points[0], rig.price("bitcoin", 3, at: 3)]
            try expectEqual(try await rig.other.prices(of: "bitcoin", since: rig.at(0)), wanted)
            try expectEqual(try await rig.other.prices(of: "bitcoin", since: rig.at(2)), Array(wanted.dropFirst()))
            try expectEqual(try await rig.other.prices(of: "dogecoin", since: rig.at(0)), [])
            let latest = try await rig.other.latestPrices()
            try expectEqual(latest, [rig.price("bitcoin", 3, at: 3), points[2]])
        },
        NewsroomCheck("A poll's prices are entered with its filing, or not at all") { rig in
            let price = rig.price("bitcoin", 67_187.33, at: 0)
            _ = try await rig.file([], prices: [price])
            try expectEqual(try await rig.other.latestPrices(), [price])
            var late = try await StoreRig(store: rig.store).filing([], from: .alpha)
            late.state.revision = 0
            late.prices = [rig.price("bitcoin", 1, at: 10)]
            let filing = late
            try await expectConflict { _ = try await rig.store.file(filing) }
            try expectEqual(try await rig.other.latestPrices(), [price])
        },
    ]

    static let age: [NewsroomCheck] = [
        NewsroomCheck("What has aged goes, what is as old as the bound stays, and the answer says how much went") { rig in
            for second in [0.0, 10] {
                _ = try await rig.store.save([
                    Pattern(id: "\(second)", kind: .crash, subject: "s", message: "m", strength: 1, articles: [], at: rig.at(second))
                ])
                try await rig.store.enter([rig.price("bitcoin", 1, at: second)])
                var smoke = rig.briefing("smoke", made: second)
                smoke.isSmoke = true
                try await rig.saved(smoke)
                try await rig.saved(rig.briefing("unpublished \(second)", made: second, citing: try await rig.articles("\(second)", at: second)))
                var published = rig.briefing("published \(second)", made: second)
                published.isPublished = true
                try await rig.saved(published)
                try await rig.ran(rig.request("enrich", "\(second)", at: second), as: .done)
            }
            try expectEqual(try await prune(rig, before: 0), 0)
            try expectEqual(try await prune(rig, before: 10), 4)
            try expectEqual(try await rig.other.patterns(since: rig.at(-1), limit: 9).map(\.id), ["10.0"])
            try expectEqual(try await rig.other.prices(of: "bitcoin", since: rig.at(-1)).map(\.at), [rig.at(10)])
            var query = BriefingQuery()
            query.includesSmoke = true
            let dates = try await rig.other.briefings(query).map(\.date)
            try expectEqual(dates, ["published 10.0", "unpublished 10.0", "smoke", "published 0.0"])
            try expectEqual(try await rig.other.citations(from: rig.at(-1), to: rig.at(99)), [.alpha: 1], "citations go with their briefing")
            try expectEqual(try await rig.other.jobRuns(job: nil, limit: 9).count, 2, "the last 200 runs stay")
        },
        NewsroomCheck("Of aged job runs the last 200 of each job stay, and one that is under way") { rig in
            _ = try await rig.begun(JobRequest(job: "under way", slot: "0", owner: "o", now: rig.at(0), lease: .seconds(1e9), attempts: 1))
            for index in 0..<205 { try await rig.ran(rig.request("enrich", "\(index)", at: Double(index)), as: .done) }
            for index in 0..<3 { try await rig.ran(rig.request("brief", "\(index)", at: Double(index)), as: .done) }
            try expectEqual(try await prune(rig, before: 2), 2)
            try expectEqual(try await prune(rig, before: 1e6), 3)
            let left = try await rig.other.jobRuns(job: "enrich", limit: 999)
            try expectEqual(left.count, 200)
            try expectEqual(left.last?.slot, "5")
            try expectEqual(try await rig.other.jobRuns(job: nil, limit: 999).count, 204)
        },
    ]

    static let newsroomCrowds: [NewsroomCheck] = [
        NewsroomCheck("Many workers in two hosts: every article is claimed by one, and filed once") { rig in
            let ids = try await rig.articles(200)
            let filed = Atomic(0)
            try await crowd(16) { worker in
                let door = worker % 2 == 0 ? rig.store : rig.other
                while let claim = try await rig.claim(7, by: door) {
                    let enrichments = claim.articles.map { rig.enrichment($0.id, "Bitcoin") }
                    filed.add(try await door.file(enrichments, claim: claim.number), ordering: .relaxed)
                    try expectEqual(claim.attempt, 1)
                }
            }
            try expectEqual(filed.load(ordering: .relaxed), ids.count)
            try expectEqual(try await rig.enrichedIDs(limit: 999), ids.reversed())
            let statistic = try await rig.other.entityStatistics(from: rig.at(-9), to: rig.at(99), tierAtMost: .noise, limit: 9).first
            try expectEqual(statistic?.mentions, ids.count)
        },
        NewsroomCheck("Many hosts ask for one slot: one is let in") { rig in
            let granted = Atomic(0)
            try await crowd(32) { host in
                if case .granted = try await (host % 2 == 0 ? rig.store : rig.other).begin(rig.request("brief", "1")) {
                    granted.add(1, ordering: .relaxed)
                }
            }
            try expectEqual(granted.load(ordering: .relaxed), 1)
            try expectEqual(try await rig.other.jobRuns(job: nil, limit: 99).count, 1)
        },
        NewsroomCheck("Many hosts save a briefing for one slot: one is kept, and all learn which") { rig in
            let kept = Mutex<Set<Int64>>([])
            let saved = Atomic(0)
            try await crowd(32) { host in
                switch try await (host % 2 == 0 ? rig.store : rig.other).save(rig.briefing(made: Double(host)), isForced: false) {
                case .saved(let briefing):
                    saved.add(1, ordering: .relaxed)
                    kept.withLock { _ = $0.insert(briefing.id) }
                case .exists(let briefing): kept.withLock { _ = $0.insert(briefing.id) }
                }
            }
            try expectEqual(saved.load(ordering: .relaxed), 1)
            try expectEqual(kept.withLock(\.count), 1)
            try expectEqual(try await rig.other.briefings(BriefingQuery()).count, 1)
        },
        NewsroomCheck("Many hosts raise one alert: one does") { rig in
            let raised = Atomic(0)
            try await crowd(32) { host in
                let door = host % 2 == 0 ? rig.store : rig.other
                let alert = try await door.raiseAlert(subject: "s", message: "m", at: rig.at(Double(host)), cooldown: .seconds(60))
                if alert != nil { raised.add(1, ordering: .relaxed) }
            }
            try expectEqual(raised.load(ordering: .relaxed), 1)
        },
    ]

    private static func prune(_ rig: NewsroomRig, before second: Double) async throws -> Int {
        let instant = rig.at(second)
        return try await rig.store.pruneNewsroom(
            patternsBefore: instant, pricesBefore: instant, jobRunsBefore: instant, smokeBriefingsBefore: instant)
    }
}
