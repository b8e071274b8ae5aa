public import Fetch
import FoundationEssentials
import Resilience
import SourcePlugins
public import Stores
public import WireCore

/// Why a source fails, or that it does not: one poll told stage by stage. Writes nothing and passes over an open breaker.
public struct Diagnosis: Sendable {
    /// One step of the chain.
    public struct Stage: Sendable, Equatable {
        public var name: String
        /// Nil when the chain broke before this step.
        public var ok: Bool?
        /// What this step took, in milliseconds.
        public var ms: Int
        public var detail: String
    }

    public var report: PollReport
    public var stages: [Stage]
    /// The first items, for a person to recognise.
    public var sample: [Item]
    /// What to do, in one or two sentences.
    public var advice: String
    public var hops: [FetchTrace.Hop]

    /// What is told of a diagnosis while it goes on.
    public enum Progress: Sendable, Equatable {
        /// The step of this name is under way: "response", "waiting for decrypt.co to answer".
        case underWay(String, detail: String)
        /// A step is over. For the target of a redirect dns, connect, tls, request and response are told anew; else a step is told twice only
        /// where it turned out otherwise than it had looked.
        case ended(Stage)
    }

    /// True when every stage is well; a breaker that is open from earlier failures is not.
    public var isHealthy: Bool { stages.allSatisfy { $0.ok != false } }
}

/// Makes diagnoses.
public struct Diagnostician: Sendable {
    private let fetcher: any DocumentFetching
    private let store: (any DeskStore)?
    private let clock: any DeskClock
    private let environment: [String: String]

    /// `store` nil: nothing is known of the past, and duplicates cannot be told.
    public init(fetcher: any DocumentFetching, store: (any DeskStore)?, clock: any DeskClock, environment: [String: String]) {
        self.fetcher = fetcher
        self.store = store
        self.clock = clock
        self.environment = environment
    }

    /// Asks the source once, without validators and without retries. `isRegistered` is false for a bare address. `onProgress` is told of each
    /// stage when it happens, in order, in part on the network's thread: it returns at once.
    public func diagnose(
        _ source: SourceConfiguration, isRegistered: Bool = true, onProgress: @escaping @Sendable (Diagnosis.Progress) -> Void = { _ in }
    ) async throws -> Diagnosis {
        let now = clock.now()
        let state = try await store?.sourceState(of: source.id) ?? SourceState(source: source.id)
        let started = ContinuousClock.now
        let teller = StageTeller(source, isRegistered: isRegistered, secrets: source.secrets(environment: environment), onProgress)
        teller.begin(environment, now: now)
        let reading = await reading(source, state, now, teller)
        let duration = started.duration(to: .now).milliseconds
        var chain = StageChain(source: source, reading: reading, isRegistered: isRegistered, now: now, teller: teller)
        chain.process()
        chain.transfer()
        chain.document()
        let drafts = ArticleDraft.drafts(of: reading.items)
        let preview = isRegistered ? try await store?.preview(drafts, of: source.id) : nil
        chain.duplicates(preview)
        chain.breaker(state, asked: now)
        let settled = PollSettlement(
            reading, of: source, state: state, generation: state.breaker.generation, startedAt: now, durationMs: duration, now: now,
            unit: 0.5, jitterUnit: 0.5)
        chain.schedule(state, settled.state, isRegistered: isRegistered)
        var record = settled.record
        if let preview { record.items = preview }
        record.items.seen = reading.items.count + reading.rejected
        record.breaker = state.breaker.state
        var shown = state
        shown.nextPollAt = state.nextPollAt ?? settled.state.nextPollAt
        let report = PollReport(record: record, state: shown, notes: reading.notes)
        return Diagnosis(
            report: report, stages: chain.stages, sample: Array(reading.items.prefix(5)),
            advice: advice(reading, isRegistered ? source : nil, state, now), hops: reading.hops)
    }

    private func reading(_ source: SourceConfiguration, _ state: SourceState, _ now: Date, _ teller: StageTeller) async -> PollReading {
        var memory = PollRunner.Memory()
        memory.adapterState = state.adapterState
        memory.mayRetry = false
        let runner = PollRunner(fetcher: WatchedFetcher(fetcher, teller, now: now), retries: SharedRetryBudget(clock: clock))
        return await runner.run(source, environment: environment, memory: memory, now: now)
    }

    /// `source` nil: a bare address, which no host polls.
    private func advice(_ reading: PollReading, _ source: SourceConfiguration?, _ state: SourceState, _ now: Date) -> String {
        if !reading.isWell {
            guard source != nil else { return reading.hint ?? "It is in no registry, so nobody tries it again." }
            let wait = "The host goes on trying by itself, ever more rarely."
            return reading.hint.map { "\($0) \(wait)" } ?? wait
        }
        if reading.outcome == .ceiling { return "What was read is kept. If the source is honest, raise its ceiling in the registry." }
        guard let source else {
            return reading.movedTo.map { "It has moved for good, to \($0)." } ?? "It can be polled: `wiredesk sources add` enters it."
        }
        if !source.isEnabled(at: now) { return "The source is well, and disabled: `wiredesk sources enable \(source.id)` brings it back." }
        if state.breaker.state == .open || state.breaker.state == .halfOpen {
            return "The source is well again. `wiredesk poll \(source.id) --force` closes its breaker now; else the next probe does."
        }
        if let moved = reading.movedTo { return "Nothing is wrong, but the source has moved for good: set its url to \(moved)." }
        return "Nothing to do: the source is well."
    }
}
