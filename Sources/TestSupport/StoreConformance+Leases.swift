import FoundationEssentials
import Stores
import WireCore

/// Who may poll a source, and file what came.
extension StoreConformance {
    static let leases: [StoreCheck] = [
        StoreCheck("Of many who claim a source at once one has it, before its first poll and ever after, each time under a greater number") { rig in
            var last = 0
            for round in 1...3 {
                let before = try await rig.store.sourceState(of: .alpha) ?? SourceState(source: .alpha)
                let grants = try await withThrowingTaskGroup(of: SourceState?.self) { group in
                    for caller in 0..<24 { group.addTask { try await rig.claim(before, for: "host-\(round)-\(caller)") } }
                    return try await group.reduce(into: [SourceState]()) { grants, grant in if let grant { grants.append(grant) } }
                }
                try expectEqual(grants.count, 1)
                try expectEqual(try await rig.store.sourceState(of: .alpha), grants.first)
                let number = grants.first?.lease?.number ?? 0
                try expect(number > last, "the number \(number) is not greater than \(last)")
                last = number
            }
        },
        StoreCheck("Claims of different sources at the same time are all granted") { rig in
            let sources = (0..<60).compactMap { SourceID("source-\($0)") }
            try await crowd(sources.count) { number in
                let state = try await rig.claim(SourceState(source: sources[number]), for: "host-\(number % 3)")
                try expect(state != nil, "\(sources[number]) was not granted")
            }
            let leases = try await rig.store.sourceStates().values.compactMap(\.lease)
            try expectEqual(Dictionary(grouping: leases, by: \.holder).mapValues(\.count), ["host-0": 20, "host-1": 20, "host-2": 20])
        },
        StoreCheck("A filing under its lease is filed, and gives the lease back in the same breath") { rig in
            let claimed = try await rig.claimed(.alpha, for: "one")
            let result = try await rig.store.file(rig.filing([ArticleDraft(.plain("a"))], upon: claimed))
            try expectEqual(result.items.new, 1)
            try expectEqual(try await rig.store.sourceState(of: .alpha)?.lease, nil)
        },
        StoreCheck("A filing whose lease another has taken is refused by name and leaves nothing behind, whatever revision it is upon") { rig in
            let late = rig.filing([ArticleDraft(.plain("late"))], upon: try await rig.claimed(.alpha, for: "one"))
            let other = try await rig.claimed(.alpha, for: "two")
            try await rig.expectLost(late, holder: "two")
            var upToDate = late
            upToDate.state.revision = other.revision
            try await rig.expectLost(upToDate, holder: "two")
            _ = try await rig.store.file(rig.filing([ArticleDraft(.plain("in time"))], upon: other))
            try await rig.expectLost(late, holder: nil)
            try expectEqual(try await rig.articles().map(\.item.title), ["Title of in time"])
            try expectEqual(try await rig.store.polls(of: .alpha, limit: 9).count, 1)
        },
        StoreCheck("A filing whose lease nobody has taken, upon a state that was changed, is a conflict: it may be tried again") { rig in
            let claimed = try await rig.claimed(.alpha, for: "one")
            var changed = claimed
            changed.lastMessage = "changed"
            changed = try await rig.store.save(changed)
            try await expectConflict { [claimed] in _ = try await rig.store.file(rig.filing([], upon: claimed)) }
            _ = try await rig.store.file(rig.filing([], upon: changed, under: claimed.lease?.number))
        },
        StoreCheck("A filing under a lease of a source that was never claimed is refused") { rig in
            try await rig.expectLost(rig.filing([], upon: SourceState(source: .alpha), under: 1), holder: nil)
            try expectEqual(try await rig.store.sourceState(of: .alpha), nil)
        },
        StoreCheck("The states of some sources are those of all, as far as there are any") { rig in
            for source in [SourceID.alpha, .beta, .gamma] { _ = try await rig.store.save(SourceState(source: source)) }
            let unknown = SourceID("never-polled").map { [$0] } ?? []
            try expectEqual(
                try await rig.store.sourceStates(of: [.beta, .alpha, .beta] + unknown), try await rig.store.sourceStates().filter { $0.key != .gamma }
            )
            try expectEqual(try await rig.store.sourceStates(of: []), [:])
        },
    ]
}

extension StoreRig {
    /// Grants a lease upon a state; nil when somebody was quicker.
    fileprivate func claim(_ state: SourceState, for holder: String) async throws -> SourceState? {
        var state = state
        state.lease = SourceLease(holder: holder, number: state.revision + 1, until: at(300.25))
        do {
            return try await store.claim(state)
        } catch is StoreConflict {
            return nil
        }
    }

    fileprivate func claimed(_ source: SourceID, for holder: String) async throws -> SourceState {
        let state = try await store.sourceState(of: source) ?? SourceState(source: source)
        guard let granted = try await claim(state, for: holder) else { throw ConformanceFailure(description: "\(source) was not granted") }
        return granted
    }

    /// A filing that gives the lease of its state back.
    fileprivate func filing(_ drafts: [ArticleDraft], upon state: SourceState, under lease: Int? = nil) -> PollFiling {
        var after = state
        after.lease = nil
        var record = PollRecord(source: state.source, startedAt: at(0), outcome: .ok)
        record.items.seen = drafts.count
        var filing = PollFiling(drafts: drafts, state: after, record: record, newItemsPerDay: 1000, bytesStoredPerDay: .mebibytes(64))
        filing.lease = lease ?? state.lease?.number
        return filing
    }

    fileprivate func expectLost(_ filing: PollFiling, holder: String?, line: Int = #line) async throws {
        do {
            _ = try await store.file(filing)
        } catch let lost as LeaseLost {
            return try expectEqual(lost, LeaseLost(source: filing.state.source, number: filing.lease ?? 0, holder: holder), line: line)
        }
        throw ConformanceFailure(description: "line \(line): no LeaseLost was thrown")
    }
}
