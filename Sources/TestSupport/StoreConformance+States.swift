import FoundationEssentials
import Resilience
import Stores
import WireCore

/// States, records and the transaction that binds them.
extension StoreConformance {
    static let states: [StoreCheck] = [
        StoreCheck("A source that was never polled has no state") { rig in
            try expectEqual(try await rig.store.sourceState(of: .alpha), nil)
            try expectEqual(try await rig.store.sourceStates(), [:])
        },
        StoreCheck("A saved state comes back with every field as it was, under the next revision") { rig in
            let saved = try await rig.store.save(fullState(rig))
            try expectEqual(saved.revision, 1)
            var wanted = fullState(rig)
            wanted.revision = 1
            try expectEqual(saved, wanted)
            try expectEqual(try await rig.store.sourceState(of: .alpha), wanted)
            try expectEqual(try await rig.store.sourceStates(), [.alpha: wanted])
        },
        StoreCheck("A saved state that says nothing comes back saying nothing") { rig in
            var wanted = try await rig.store.save(fullState(rig))
            wanted = SourceState(source: .alpha)
            wanted.revision = 1
            let saved = try await rig.store.save(wanted)
            try expectEqual(try await rig.store.sourceState(of: .alpha), saved)
        },
        StoreCheck("A save upon an older revision is refused and changes nothing") { rig in
            let first = try await rig.store.save(SourceState(source: .alpha))
            var second = first
            second.lastMessage = "second"
            let kept = try await rig.store.save(second)
            var late = first
            late.lastMessage = "late"
            try await expectConflict { _ = try await rig.store.save(late) }
            try await expectConflict { _ = try await rig.store.save(SourceState(source: .alpha)) }
            try expectEqual(try await rig.store.sourceState(of: .alpha), kept)
        },
        StoreCheck("A state that claims a revision which never was is refused") { rig in
            var invented = SourceState(source: .alpha)
            invented.revision = 7
            try await expectConflict { [invented] in _ = try await rig.store.save(invented) }
            try expectEqual(try await rig.store.sourceState(of: .alpha), nil)
        },
        StoreCheck("A filing upon an older revision leaves neither items nor record behind") { rig in
            let stale = try await rig.filing(ArticleDraft.drafts(of: [.plain("a")]), from: .alpha)
            try await rig.file([], from: .alpha)
            try await expectConflict { _ = try await rig.store.file(stale) }
            try expectEqual(try await rig.articles(), [])
            try expectEqual(try await rig.store.polls(of: .alpha, limit: 10).count, 1)
        },
        StoreCheck("Of many writers with the same revision exactly one wins") { rig in
            let state = try await rig.store.save(SourceState(source: .alpha))
            let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        do {
                            _ = try await rig.store.save(state)
                            return true
                        } catch is StoreConflict {
                            return false
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try expectEqual(wins, 1)
            try expectEqual(try await rig.store.sourceState(of: .alpha)?.revision, 2)
        },
        StoreCheck("A filing that is refused does not spoil those that are filed with it") { rig in
            let sources = (0..<40).compactMap { SourceID("source-\($0)") }
            for source in sources.prefix(20) { _ = try await rig.store.save(SourceState(source: source)) }
            let conflicts = try await withThrowingTaskGroup(of: Bool.self) { group in
                for source in sources {
                    group.addTask {
                        // The first twenty were saved since: revision 0 is stale for them.
                        var filing = try await rig.filing([ArticleDraft(.plain(source.text))], from: source)
                        filing.state = SourceState(source: source)
                        do {
                            _ = try await rig.store.file(filing)
                            return false
                        } catch is StoreConflict {
                            return true
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try expectEqual(conflicts, 20)
            try expectEqual(Set(try await rig.articles().map(\.source)), Set(sources.suffix(20)))
        },
        StoreCheck("A filing returns the state it stored, and notes when something new came") { rig in
            var filing = try await rig.filing([ArticleDraft(.plain("a"))], from: .alpha, at: 60)
            filing.state.nextPollAt = rig.at(960)
            filing.record.durationMs = 250
            let result = try await rig.store.file(filing)
            try expectEqual(result.state.revision, 1)
            try expectEqual(result.state.nextPollAt, rig.at(960))
            try expectEqual(result.state.lastNewItemAt, rig.at(60.25))
            try expectEqual(try await rig.store.sourceState(of: .alpha), result.state)
            let quiet = try await rig.file([.plain("a")], from: .alpha, at: 120)
            try expectEqual(quiet.state.lastNewItemAt, rig.at(60.25), "nothing new came")
        },
        StoreCheck("A poll's record comes back with every field as it was and the counts filled in") { rig in
            var filing = try await rig.filing([ArticleDraft(.plain("a"))], from: .alpha)
            filing.record = fullRecord(rig)
            _ = try await rig.store.file(filing)
            let kept = try await rig.store.polls(of: .alpha, limit: 10)
            var wanted = fullRecord(rig)
            wanted.items.new = 1
            wanted.id = kept.first?.id ?? 0
            try expectEqual(kept, [wanted])
            try expect(wanted.id > 0, "a stored record has a number")
        },
        StoreCheck("What was rejected before filing stays counted") { rig in
            var filing = try await rig.filing([ArticleDraft(.plain("a")), ArticleDraft(Item())], from: .alpha)
            (filing.record.items.seen, filing.record.items.rejected) = (5, 3)
            let result = try await rig.store.file(filing)
            try expectEqual(result.items, .of(seen: 5, new: 1, rejected: 4))
            try expectEqual(try await rig.store.polls(of: .alpha, limit: 1).first?.items, result.items)
        },
    ]

    /// A state with a value in every field.
    private static func fullState(_ rig: StoreRig) -> SourceState {
        var state = SourceState(source: .alpha)
        state.breaker = Breaker(
            state: .open, generation: 12, consecutiveFailures: 3, window: [true, false, true], slowWindow: [false, false, true],
            timesOpened: 2, openedAt: rig.at(1.001), reopensAt: rig.at(300.999), probeLeaseUntil: rig.at(900), cause: "it failed")
        (state.nextPollAt, state.lastPollAt, state.lastSuccessAt) = (rig.at(900.123), rig.at(-1.5), rig.at(-86_400))
        (state.lastNewItemAt, state.failingSince, state.notBefore) = (rig.at(-3600), rig.at(-60.007), rig.at(3600.5))
        state.lastOutcome = .wrongKind
        (state.lastMessage, state.lastHint) = ("HTML came where JSON was due", "Look at the address.")
        state.servedBy = .beta
        state.validatorsURL = "https://news.example/feed?a=1"
        state.validators = Validators(etag: "W/\"ä\u{0}b\"", lastModified: "Tue, 24 Nov 2026 08:00:00 GMT")
        (state.movedTo, state.adapterState) = ("https://elsewhere.example/", #"{"cursor":"x"}"#)
        (state.meanGapSeconds, state.advisedSeconds) = (1234.5, 0.1)
        state.lease = SourceLease(holder: "desk-1 4711:88:boot", number: 7, until: rig.at(360.001))
        return state
    }

    /// A record with a value in every field.
    private static func fullRecord(_ rig: StoreRig) -> PollRecord {
        var record = PollRecord(source: .alpha, startedAt: rig.at(0.042), outcome: .ceiling)
        (record.durationMs, record.attempts, record.pages, record.redirects) = (1234, 2, 3, 4)
        (record.message, record.hint, record.end) = ("a ceiling ended it", "Raise it.", "pages")
        (record.bytesOnWire, record.bytesDecoded) = (5_000_000_000, 6_000_000_000)
        record.servedBy = .beta
        record.items.seen = 1
        record.evidence = Evidence(status: 200, contentType: "text/html", firstBytes: "<!doctype html>\\n")
        record.breaker = .metricsOnly
        return record
    }
}
