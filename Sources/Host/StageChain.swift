import Fetch
import FoundationEssentials
import Resilience
import SourcePlugins
import Stores
import WireCore

/// Builds the stages one after another; once one has failed, the later ones were not reached.
struct StageChain {
    private(set) var stages: [Diagnosis.Stage] = []
    private let teller: StageTeller
    let source: SourceConfiguration
    let reading: PollReading
    let now: Date
    private var isBroken = false

    init(source: SourceConfiguration, reading: PollReading, isRegistered: Bool, now: Date, teller: StageTeller) {
        self.source = source
        self.reading = reading
        self.now = now
        self.teller = teller
        if reading.outcome == .config, reading.hops.isEmpty {
            add("registry", false, detail: reading.message)
        } else {
            add("registry", true, detail: Self.entry(of: source, isRegistered: isRegistered, now: now))
        }
    }

    /// What the stage registry says of an entry that can be asked.
    static func entry(of source: SourceConfiguration, isRegistered: Bool, now: Date) -> String {
        guard isRegistered else { return "not in the registry; read as kind \(source.kind.name)" }
        let disabled = source.isEnabled(at: now) ? "" : "; disabled: \(source.disabled?.reason ?? "no reason given")"
        return "line \(source.line), kind \(source.kind.name), \(redactedURL(source.url))\(disabled)"
    }

    private mutating func add(_ name: String, _ ok: Bool, ms: Double? = nil, detail: String) {
        add(
            isBroken
                ? Diagnosis.Stage(name: name, ok: nil, ms: 0, detail: "not reached")
                : Diagnosis.Stage(name: name, ok: ok, ms: Int((ms ?? 0).rounded()), detail: detail))
    }

    private mutating func add(_ stage: Diagnosis.Stage) {
        stages.append(stage)
        isBroken = isBroken || stage.ok == false
        teller.ended(stage)
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
        let course = TransferStages(hop: hop, redirects: reading.redirects)
        let response = course.response(
            status: reading.evidence.status, type: reading.evidence.contentType, onWire: reading.bytesOnWire, decoded: reading.bytesDecoded)
        for stage in course.all + [response] {
            add(stage.name, failed != stage.name, ms: Double(stage.ms), detail: failed == stage.name ? reading.message : stage.detail)
        }
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
            } else if hop.requestedMs == nil, hop.firstByteMs == nil {
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
