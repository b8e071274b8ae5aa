import Costs
import FoundationEssentials
import Stores
import WireCore

/// Keys, cached answers and alerts.
extension LedgerConformance {
    static let keysAnswersAlerts: [LedgerCheck] = [
        LedgerCheck("A key comes back as it was, by name and by hash") { rig in
            let full = GatewayKey(
                name: "zeta", hash: "aa", daily: Money(picodollars: 0), monthly: Money(picodollars: .max), createdAt: rig.at(0.5),
                revokedAt: rig.at(9))
            let plain = GatewayKey(name: "Acme; DROP\u{0}", hash: "bb", createdAt: rig.at(1))
            try await rig.store.addKey(full)
            try await rig.store.addKey(plain)
            try expectEqual(try await rig.other.gatewayKeys(), [plain, full])
            try expectEqual(try await rig.other.gatewayKey(hash: "aa"), full)
            try expectEqual(try await rig.other.gatewayKey(hash: "AA"), nil)
        },
        LedgerCheck("A name or a hash that is taken, by a revoked key too, is wrong usage") { rig in
            let key = GatewayKey(name: "acme", hash: "aa", createdAt: rig.at(0))
            try await rig.store.addKey(key)
            try expectEqual(try await rig.store.revokeKey(name: "acme", at: rig.at(1)), true)
            try await rig.expectError(.usage) { try await rig.store.addKey(GatewayKey(name: "acme", hash: "bb", createdAt: rig.at(2))) }
            try await rig.expectError(.usage) { try await rig.store.addKey(GatewayKey(name: "other", hash: "aa", createdAt: rig.at(2))) }
            try expectEqual(try await rig.store.gatewayKeys().count, 1)
        },
        LedgerCheck("A key is revoked once, and stays known") { rig in
            try await rig.store.addKey(GatewayKey(name: "acme", hash: "aa", createdAt: rig.at(0)))
            try expectEqual(try await rig.store.revokeKey(name: "none", at: rig.at(1)), false)
            try expectEqual(try await rig.store.revokeKey(name: "acme", at: rig.at(1)), true)
            try expectEqual(try await rig.other.revokeKey(name: "acme", at: rig.at(2)), false)
            try expectEqual(try await rig.other.gatewayKey(hash: "aa")?.revokedAt, rig.at(1))
        },
        LedgerCheck("A kept answer comes back as it was until the instant at which it expires") { rig in
            let answer = answer(rig, "k", size: 300)
            let place = try await keep(rig, answer)
            try expectEqual(try await rig.other.cachedAnswer(place, now: rig.at(59.999)), answer)
            try expectEqual(try await rig.store.cachedAnswer(place, now: rig.at(60)), nil)
            try expectEqual(try await rig.store.cachedAnswer(AnswerPlace(key: "none", number: place.number), now: rig.at(0)), nil)
            try await expectStatistics(rig, now: 60, CacheStatistics(total: 1, expired: 1, bytes: 300))
        },
        LedgerCheck("Answers that are kept together are all there, with numbers that grow, and are found page by page") { rig in
            let answers = ["c", "a", "b"].map { answer(rig, $0, size: $0 == "a" ? 3 : 4) }
            let places = try await rig.store.keep(answers, capacity: .mebibytes(1))
            try expectEqual(places.map(\.key), ["c", "a", "b"])
            try expectEqual(places.map(\.number), places.map(\.number).sorted())
            for (place, answer) in zip(places, answers) { try expectEqual(try await rig.other.cachedAnswer(place, now: rig.at(1)), answer) }
            try await expectStatistics(rig, now: 1, CacheStatistics(total: 3, bytes: 11))
            try expectEqual(try await rig.other.answerPlaces(after: 0, limit: 2), Array(places.prefix(2)))
            try expectEqual(try await rig.other.answerPlaces(after: places[1].number, limit: 2), [places[2]])
            try expectEqual(try await rig.other.answerPlaces(after: places[2].number, limit: 2), [])
        },
        LedgerCheck("An answer kept again is found behind the old one") { rig in
            let first = try await keep(rig, answer(rig, "k", size: 300))
            let answer = answer(rig, "k", size: 0, at: 5)
            let second = try await rig.other.keep([answer], capacity: .mebibytes(1))
            try expectEqual(try await rig.store.answerPlaces(after: first.number, limit: 9), second)
            try expectEqual(try await rig.store.cachedAnswer(second[0], now: rig.at(6)), answer)
        },
        LedgerCheck("When all are larger than the capacity, those created first give way") { rig in
            var places: [AnswerPlace] = []
            for (key, second) in [("b", 2.0), ("a", 1), ("c", 3)] {
                places.append(try await keep(rig, answer(rig, key, size: 100, at: second), capacity: ByteCount(300)))
            }
            places.append(try await keep(rig, answer(rig, "d", size: 101, at: 4), capacity: ByteCount(300)))
            try expectEqual(try await rig.store.answerPlaces(after: 0, limit: 9), Array(places.suffix(2)))
            for place in places.prefix(2) { try expectEqual(try await rig.store.cachedAnswer(place, now: rig.at(5)), nil) }
            try await expectStatistics(rig, now: 5, CacheStatistics(total: 2, bytes: 201))
        },
        LedgerCheck("An answer larger than the capacity is not kept and drives out nothing") { rig in
            let place = try await keep(rig, answer(rig, "a", size: 100), capacity: ByteCount(100))
            try expectEqual(try await rig.store.keep([answer(rig, "b", size: 101)], capacity: ByteCount(100)), [])
            try expectEqual(try await rig.store.answerPlaces(after: 0, limit: 9), [place])
            try await expectStatistics(rig, now: 1, CacheStatistics(total: 1, bytes: 100))
        },
        LedgerCheck("Clearing removes what has expired and tells how much that was") { rig in
            for index in 0..<20 { _ = try await keep(rig, answer(rig, "\(index)", size: 10, at: Double(index))) }
            try expectEqual(try await rig.store.clearExpiredAnswers(now: rig.at(65)), 6)
            try expectEqual(try await rig.store.clearExpiredAnswers(now: rig.at(65)), 0)
            try await expectStatistics(rig, now: 66, CacheStatistics(total: 14, expired: 1, bytes: 140))
        },
        LedgerCheck("An alert is raised once, and shows where it was delivered") { rig in
            try expectEqual(try await rig.store.raiseAlert(id: "cost:a", message: "half is spent", at: rig.at(2)), true)
            try expectEqual(try await rig.other.raiseAlert(id: "cost:a", message: "again", at: rig.at(3)), false)
            try expectEqual(try await rig.store.raiseAlert(id: "cost:b", message: "all is spent", at: rig.at(1)), true)
            for (channel, second) in [("mail", 5.0), ("chat", 4), ("mail", 6)] {
                try await rig.store.noteDelivery(alert: "cost:a", channel: channel, at: rig.at(second))
            }
            let wanted = [
                RaisedAlert(id: "cost:a", message: "half is spent", at: rig.at(2), deliveredTo: ["chat", "mail"]),
                RaisedAlert(id: "cost:b", message: "all is spent", at: rig.at(1)),
            ]
            try expectEqual(try await rig.other.raisedAlerts(limit: 9), wanted)
            try expectEqual(try await rig.other.raisedAlerts(limit: 1), [wanted[0]])
            try await rig.expectError { try await rig.store.noteDelivery(alert: "none", channel: "mail", at: rig.at(0)) }
        },
    ]

    /// An answer that lives for a minute.
    private static func answer(_ rig: LedgerRig, _ key: String, size: Int, at second: Double = 0) -> CachedAnswer {
        CachedAnswer(
            key: key, model: "claude-haiku-4-5", provider: "anthropic", body: (0..<size).map { UInt8(truncatingIfNeeded: $0) },
            usage: Usage(inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWrite5mTokens: 4, cacheWrite1hTokens: 5, webSearches: 6),
            cost: Money(picodollars: 42), priceFrom: "row@2026-01-01", createdAt: rig.at(second), expiresAt: rig.at(second + 60))
    }

    private static func keep(_ rig: LedgerRig, _ answer: CachedAnswer, capacity: ByteCount = .mebibytes(1)) async throws -> AnswerPlace {
        let places = try await rig.store.keep([answer], capacity: capacity)
        try expectEqual(places.map(\.key), [answer.key])
        return places[0]
    }

    private static func expectStatistics(_ rig: LedgerRig, now second: Double, _ wanted: CacheStatistics, line: Int = #line) async throws {
        try expectEqual(try await rig.other.cacheStatistics(now: rig.at(second)), wanted, line: line)
    }
}

extension CacheStatistics {
    fileprivate init(total: Int, expired: Int = 0, bytes: Int) {
        self.init()
        (self.total, self.expired, self.bytes) = (total, expired, bytes)
    }
}
