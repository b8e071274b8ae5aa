import Costs
import FoundationEssentials
import Host
import LLM
import Resilience
import Stores
import WireCore

/// The desk's figures for Prometheus: what the store holds, what this process did since it started, and how long requests took.
struct DeskMetrics {
    let parts: DeskParts
    let polls: PollCounters
    let times: RequestTimes

    func text() async throws -> String {
        var page = MetricsPage()
        try await addSources(to: &page)
        addPolls(to: &page)
        try await addMoney(to: &page)
        try await addNewsroom(to: &page)
        try await addHosts(to: &page)
        page.histograms(
            "wiredesk_http_request_duration_seconds", "How long answers to requests took, until their body began.",
            times.all.map { key, histogram in ([("path", key.place), ("method", key.method), ("status", key.status)], histogram) })
        return page.text
    }

    private func label(_ id: SourceID) -> [(String, String)] { [("source", id.text)] }

    private func addSources(to page: inout MetricsPage) async throws {
        let reports = try await parts.sourceReports()
        func each(_ value: (SourceReport) -> Double?) -> [MetricsPage.Sample] {
            reports.compactMap { report in value(report).map { (label(report.source.id), $0) } }
        }
        page.gauge("wiredesk_sources", "Sources in the registry.", [([], Double(reports.count))])
        page.gauge(
            "wiredesk_breaker_state", "0 closed, 1 open, 2 half-open, 3 disabled, 4 forced open, 5 metrics only.",
            each { Double($0.state?.breaker.state.rawValue ?? 0) })
        page.gauge("wiredesk_consecutive_failures", "Failed polls in a row.", each { Double($0.state?.breaker.consecutiveFailures ?? 0) })
        page.gauge("wiredesk_source_enabled", "1 unless an operator has disabled it.", each { $0.source.isEnabled(at: $0.now) ? 1 : 0 })
        page.gauge(
            "wiredesk_last_success_timestamp_seconds", "When it last answered as it should.",
            each { $0.state?.lastSuccessAt.map { $0.timeIntervalSince1970.rounded() } })
        page.gauge(
            "wiredesk_next_poll_timestamp_seconds", "When it is due next.", each { $0.nextPollAt.map { $0.timeIntervalSince1970.rounded() } })
        page.gauge("wiredesk_articles", "Articles stored.", each { Double($0.articles) })
    }

    private func addPolls(to page: inout MetricsPage) {
        let all = polls.all
        func each(_ value: (PollCounters.Counts) -> Double) -> [MetricsPage.Sample] { all.map { (label($0), value($1)) } }
        page.counter(
            "wiredesk_polls_total", "Polls by outcome, of this process.",
            all.flatMap { id, counts in
                counts.outcomes.sorted { $0.key.rawValue < $1.key.rawValue }.map { (label(id) + [("outcome", $0.key.rawValue)], Double($0.value)) }
            })
        page.counter("wiredesk_poll_attempts_total", "Requests that polls sent, of this process.", each { Double($0.attempts) })
        page.counter("wiredesk_poll_seconds_total", "Time that polls took, of this process.", each(\.seconds))
        page.counter("wiredesk_poll_wire_bytes_total", "Bytes that came over the wire, of this process.", each { Double($0.bytesOnWire) })
        page.counter(
            "wiredesk_poll_decoded_bytes_total", "Bytes of documents after decompression, of this process.", each { Double($0.bytesDecoded) })
        let kinds: [(String, KeyPath<ItemCounts, Int>)] = [
            ("new", \.new), ("updated", \.updated), ("duplicate", \.duplicate), ("rejected", \.rejected),
        ]
        page.counter(
            "wiredesk_items_total", "Items by what became of them, of this process.",
            all.flatMap { id, counts in kinds.map { (label(id) + [("kind", $0)], Double(counts.items[keyPath: $1])) } })
    }

    /// The month's sums: they begin again with each month of the desk's zone, which Prometheus takes for a counter's reset.
    private func addMoney(to page: inout MetricsPage) async throws {
        let report = try await parts.spending()
        var groups: [[String]: SpendingGroup] = [:]
        for total in report.totals { groups[[total.operation, total.model], default: SpendingGroup(name: "")].include(total) }
        let sorted = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        func labels(_ key: [String]) -> [(String, String)] { [("operation", key[0]), ("model", key[1])] }
        func each(_ value: (SpendingGroup) -> Double) -> [MetricsPage.Sample] { sorted.map { (labels($0.key), value($0.value)) } }
        let since = "since the month began"
        page.counter("wiredesk_model_calls_total", "Calls to models that ended, cached ones included, \(since).", each { Double($0.calls) })
        page.counter("wiredesk_model_cached_calls_total", "Calls that the cache answered, \(since).", each { Double($0.cachedCalls) })
        page.counter("wiredesk_model_estimated_calls_total", "Calls booked at their upper bound, \(since).", each { Double($0.estimatedCalls) })
        let classes: [(String, KeyPath<Usage, Int>)] = [
            ("input", \.inputTokens), ("output", \.outputTokens), ("cache_read", \.cacheReadTokens), ("cache_write_5m", \.cacheWrite5mTokens),
            ("cache_write_1h", \.cacheWrite1hTokens),
        ]
        page.counter(
            "wiredesk_model_tokens_total", "Tokens by class, \(since).",
            sorted.flatMap { key, group in classes.map { (labels(key) + [("class", $0)], Double(group.usage[keyPath: $1])) } })
        page.counter("wiredesk_model_cost_dollars_total", "What calls cost, \(since).", each { $0.cost.approximateDollars })
        page.counter("wiredesk_model_saved_dollars_total", "What cached answers saved, \(since).", each { $0.saved.approximateDollars })
        let standings = [("day", report.today), ("month", report.month)]
        page.gauge(
            "wiredesk_spent_dollars", "Spent in the present day and month.",
            standings.map { ([("period", $0)], MoneySum($1.spent).approximateDollars) })
        page.gauge(
            "wiredesk_reserved_dollars", "Held for calls under way, by day and month.",
            standings.map { ([("period", $0)], MoneySum($1.reserved).approximateDollars) })
        page.gauge("wiredesk_projected_month_dollars", "What the month will have cost if it goes on so.", [([], report.projected.approximateDollars)])
        page.gauge(
            "wiredesk_budget_dollars", "Hard limits on all spending.",
            [("day", report.limits.daily), ("month", report.limits.monthly)].compactMap { name, limit in
                limit.map { ([("period", name)], MoneySum($0).approximateDollars) }
            })
        page.gauge("wiredesk_open_reservations", "Calls under way.", [([], Double(try await parts.store.openReservations().count))])
        page.gauge(
            "wiredesk_model_resting", "1 while a model is asked now and then only, because it failed too often; of this process.",
            parts.restingModels().map { ([("model", $0.name)], 1) })
        let cache = try await parts.store.cacheStatistics(now: parts.now)
        page.gauge(
            "wiredesk_cached_answers", "Answers that are kept.",
            [([("state", "active")], Double(cache.total - cache.expired)), ([("state", "expired")], Double(cache.expired))])
        page.gauge("wiredesk_cached_answer_bytes", "Bytes of the answers that are kept.", [([], Double(cache.bytes))])
    }

    private func addHosts(to page: inout MetricsPage) async throws {
        let members = try await parts.roster().members
        page.gauge(
            "wiredesk_hosts", "Hosts upon this store as this one sees them.",
            [([("state", "alive")], Double(members.count { $0.isAlive })), ([("state", "dead")], Double(members.count { !$0.isAlive }))])
        let work = await parts.desk.work
        page.gauge("wiredesk_share_sources", "Enabled sources that this host looks after.", [([], Double(work.sources))])
        page.gauge("wiredesk_polls_under_way", "Polls under way at this host: the leases that it holds.", [([], Double(work.pollsUnderWay))])
        page.counter(
            "wiredesk_leases_lost_total", "Polls of this process that were not filed, because another host had taken the source over.",
            [([], Double(work.leasesLost))])
        guard let presence = parts.presence else { return }
        page.gauge(
            "wiredesk_host_current", "1 while this host's beats reach the store; at 0 it begins nothing.",
            [([], presence.isCurrent(at: parts.now) ? 1 : 0)])
    }

    private func addNewsroom(to page: inout MetricsPage) async throws {
        guard let newsroom = parts.newsroom else { return }
        let backlog = try await newsroom.store.enrichmentBacklog()
        page.gauge(
            "wiredesk_enrichment_backlog", "Articles that wait to be enriched.",
            [([("for", "triage")], Double(backlog.new)), ([("for", "model")], Double(backlog.forModel))])
        let last = try await newsroom.store.lastJobRuns()
        page.gauge(
            "wiredesk_job_last_run_timestamp_seconds", "When each job last ran, by what it came to.",
            last.map { ([("job", $0.job), ("outcome", $0.outcome.rawValue)], $0.startedAt.timeIntervalSince1970.rounded()) })
        let runs = try await newsroom.store.jobRuns(job: nil, limit: 500)
        let counts = Dictionary(grouping: runs, by: { [$0.job, $0.outcome.rawValue] }).mapValues(\.count)
        page.gauge(
            "wiredesk_recent_job_runs", "The last 500 job runs by outcome.",
            counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ([("job", $0.key[0]), ("outcome", $0.key[1])], Double($0.value)) })
    }
}

extension MoneySum {
    /// For charts and metrics only: never for arithmetic with money.
    var approximateDollars: Double { Double(picodollars) / Double(Money.perDollar) }
}
