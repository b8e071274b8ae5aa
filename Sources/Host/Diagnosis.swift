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

    /// Asks the source once, without validators and without retries. `isRegistered` is false for a bare address.
    public func diagnose(_ source: SourceConfiguration, isRegistered: Bool = true) async throws -> Diagnosis {
        let now = clock.now()
        let state = try await store?.sourceState(of: source.id) ?? SourceState(source: source.id)
        let started = ContinuousClock.now
        let reading = await reading(source, state, now)
        let duration = started.duration(to: .now).milliseconds
        let drafts = ArticleDraft.drafts(of: reading.items)
        let preview = isRegistered ? try await store?.preview(drafts, of: source.id) : nil
        var chain = StageChain(source: source, reading: reading, isRegistered: isRegistered, now: now)
        chain.process()
        chain.transfer()
        chain.document()
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
            report: report, stages: chain.stages, sample: Array(reading.items.prefix(5)), advice: advice(reading, source, state, now),
            hops: reading.hops)
    }

    private func reading(_ source: SourceConfiguration, _ state: SourceState, _ now: Date) async -> PollReading {
        var memory = PollRunner.Memory()
        memory.adapterState = state.adapterState
        memory.mayRetry = false
        let runner = PollRunner(fetcher: fetcher, retries: SharedRetryBudget(clock: clock))
        return await runner.run(source, environment: environment, memory: memory, now: now)
    }

    private func advice(_ reading: PollReading, _ source: SourceConfiguration, _ state: SourceState, _ now: Date) -> String {
        if !reading.isWell {
            let wait = "The host goes on trying by itself, ever more rarely."
            return reading.hint.map { "\($0) \(wait)" } ?? wait
        }
        if reading.outcome == .ceiling { return "What was read is kept. If the source is honest, raise its ceiling in the registry." }
        if !source.isEnabled(at: now) { return "The source is well, and disabled: `wiredesk sources enable \(source.id)` brings it back." }
        if state.breaker.state == .open || state.breaker.state == .halfOpen {
            return "The source is well again. `wiredesk poll \(source.id) --force` closes its breaker now; else the next probe does."
        }
        if let moved = reading.movedTo { return "Nothing is wrong, but the source has moved for good: set its url to \(moved)." }
        return "Nothing to do: the source is well."
    }
}

/// Builds the stages one after another; once one has failed, the later ones were not reached.
private struct StageChain {
    private(set) var stages: [Diagnosis.Stage] = []
    let source: SourceConfiguration
    let reading: PollReading
    let now: Date
    private var isBroken = false

    init(source: SourceConfiguration, reading: PollReading, isRegistered: Bool, now: Date) {
        self.source = source
        self.reading = reading
        self.now = now
        let place =
            isRegistered
            ? "line \(source.line), kind \(source.kind.name), \(redactedURL(source.url))" : "not in the registry; read as kind \(source.kind.name)"
        if reading.outcome == .config, reading.hops.isEmpty {
            add("registry", false, detail: reading.message)
        } else {
            let disabled = source.isEnabled(at: now) ? "" : "; disabled: \(source.disabled?.reason ?? "no reason given")"
            add("registry", true, detail: place + disabled)
        }
    }

    private mutating func add(_ name: String, _ ok: Bool, ms: Double? = nil, detail: String) {
        if isBroken {
            stages.append(Diagnosis.Stage(name: name, ok: nil, ms: 0, detail: "not reached"))
        } else {
            stages.append(Diagnosis.Stage(name: name, ok: ok, ms: Int((ms ?? 0).rounded()), detail: detail))
            isBroken = !ok
        }
    }

    /// process: a plugin's own, before what it had fetched.
    mutating func process() {
        guard case .exec = source.kind else { return }
        // What it says of its own connections is the process's failure: nothing of them was seen here.
        let isBroken = reading.outcome == .crash || reading.hops.isEmpty && !reading.isWell
        add("process", !isBroken, detail: isBroken ? reading.message : "started, spoke and ended in order")
    }

    /// dns, connect, tls, request, response: read off the last hop, where a failed transfer stopped.
    mutating func transfer() {
        // A plugin that had nothing fetched has no such stages.
        if case .exec = source.kind, reading.hops.isEmpty { return }
        let hop = reading.hops.last ?? FetchTrace.Hop(url: source.url)
        let failed = failedStage(hop)
        func check(_ name: String, ms: Double?, _ detail: String) {
            add(name, failed != name, ms: ms, detail: failed == name ? reading.message : detail)
        }
        let host = WebAddress.host(of: hop.url) ?? ""
        let isAddress = host.hasPrefix("[") || host == hop.address || host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) }
        check("dns", ms: hop.resolvedMs, isAddress ? "\(host) is an address, and needs no look-up" : "\(host) is \(hop.address ?? "known")")
        check("connect", ms: span(hop.resolvedMs, hop.connectedMs), "connected to \(hop.address ?? host)")
        check("tls", ms: span(hop.connectedMs, hop.securedMs), hop.tls ?? "none: plain http")
        let redirects = reading.redirects == 0 ? "" : " after \(reading.redirects.counted("redirect"))"
        check("request", ms: span(hop.securedMs ?? hop.connectedMs, hop.firstByteMs), "GET \(redactedURL(hop.url))\(redirects)")
        let size = "\(ByteCount(reading.bytesOnWire).short) on the wire, \(ByteCount(reading.bytesDecoded).short) decoded"
        let type = reading.evidence.contentType ?? "no content type"
        check("response", ms: span(hop.firstByteMs, hop.endedMs), "status \(reading.evidence.status.map(String.init) ?? "none"), \(type), \(size)")
    }

    private func span(_ from: Double?, _ to: Double?) -> Double? {
        guard let to else { return nil }
        return max(0, to - (from ?? 0))
    }

    /// The stage at which the poll failed; nil when it did not, or behind the transfer.
    private func failedStage(_ hop: FetchTrace.Hop) -> String? {
        switch reading.outcome {
        case .dns, .offline: "dns"
        case .denied: "connect"
        case .tls: "tls"
        case .network, .timeout:
            if hop.resolvedMs == nil, hop.address == nil {
                "dns"
            } else if hop.connectedMs == nil {
                "connect"
            } else if hop.url.hasPrefix("https:"), hop.securedMs == nil {
                "tls"
            } else if hop.firstByteMs == nil {
                "request"
            } else {
                "response"
            }
        case .redirect, .http, .auth, .gone, .rateLimited, .blocked, .tooLarge: "response"
        default: nil
        }
    }

    /// kind, parse, items: what the adapter made of the document.
    mutating func document() {
        let outcome = reading.outcome
        add(
            "kind", outcome != .wrongKind,
            detail: outcome == .wrongKind ? reading.message : reading.description.isEmpty ? "as promised" : reading.description)
        let isUnreadable = outcome == .parse || outcome == .schema || outcome == .crash
        let isPlugin = if case .exec = source.kind { true } else { false }
        let said = isPlugin ? "the plugin says" : "with repairs"
        let notes = reading.notes.isEmpty ? "readable" : "readable, \(said): \(reading.notes.prefix(3).joined(separator: "; "))"
        add("parse", !isUnreadable, detail: isUnreadable ? reading.message : notes)
        let newest = reading.items.compactMap(\.publishedAt).max()
        let age = newest.map { ", the newest \(Duration.seconds(max(0, now.timeIntervalSince($0))).short) old" } ?? ""
        let prices = reading.prices.isEmpty ? nil : ([reading.prices.count.counted("price")] + reading.remarks).joined(separator: "; ")
        let count = prices ?? "\(reading.items.count.counted("item"))\(age)"
        let rejected = reading.rejected > 0 ? ", \(reading.rejected) unreadable" : ""
        let quiet = quietNote(newest)
        add("items", outcome != .ceiling || !reading.items.isEmpty, detail: outcome == .ceiling ? reading.message : count + rejected + quiet)
    }

    private func quietNote(_ newest: Date?) -> String {
        guard let expects = source.expects, let newest, now.timeIntervalSince(newest) > expects.seconds else { return "" }
        return "; quiet for longer than the \(expects.short) that the registry expects"
    }

    mutating func duplicates(_ preview: ItemCounts?) {
        guard let preview else { return add("duplicates", true, detail: "not compared with the store") }
        let known = reading.items.count - preview.new - preview.updated - preview.duplicate
        add("duplicates", true, detail: "\(preview.new) new, \(preview.updated) changed, \(preview.duplicate) from elsewhere, \(max(0, known)) known")
    }

    /// The breaker and the schedule tell of the past and the plan: they are shown whatever the poll came to.
    mutating func breaker(_ state: SourceState, asked now: Date) {
        isBroken = false
        let breaker = state.breaker
        let isOpen = breaker.state == .open || breaker.state == .forcedOpen || breaker.state == .halfOpen
        var detail = breaker.state.name.replacing("_", with: "-")
        if breaker.consecutiveFailures > 0 { detail += ", \(breaker.consecutiveFailures.counted("failure")) in a row" }
        if isOpen, let cause = breaker.cause { detail += ": \(cause)" }
        if let reopensAt = breaker.reopensAt, breaker.state == .open {
            detail += reopensAt > now ? "; a probe goes out in \(Duration.seconds(reopensAt.timeIntervalSince(now)).short)" : "; a probe is due"
        }
        add("breaker", !isOpen, detail: isOpen ? detail + " (passed over for this diagnosis)" : detail)
    }

    mutating func schedule(_ before: SourceState, _ after: SourceState, isRegistered: Bool) {
        isBroken = false
        guard isRegistered else { return add("schedule", true, detail: "not polled: not in the registry") }
        guard source.isEnabled(at: now) else {
            let until = source.disabled?.until.map { " until \(UTCTime.text($0))" } ?? ""
            return add("schedule", true, detail: "not polled: disabled\(until)")
        }
        let next = before.nextPollAt ?? after.nextPollAt ?? now
        let wait = next > now ? "in \(Duration.seconds(next.timeIntervalSince(now)).short)" : "now"
        add("schedule", true, detail: "interval \(source.interval.text); the next poll is due \(wait)")
    }
}
