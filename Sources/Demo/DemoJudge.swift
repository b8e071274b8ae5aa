import FoundationEssentials
import Host
import Resilience
import Stores
import WireCore

/// Holds a played day against what should have happened.
struct DemoJudge {
    let newsroom: DemoNewsroom
    let registry: Registry
    let states: [SourceID: SourceState]
    let polls: [SourceID: [PollRecord]]
    let articles: [Article]
    let start: Date
    let end: Date

    private typealias Check = DemoReport.Check

    var checks: [DemoReport.Check] {
        [delivered, nothingLost, nothingDoubled, sickIsContained, wallIsKnown, brokenEntryCostsItself, quietIsWell, slowHarmsNobody]
    }

    private var sick: Set<String> { ["coindesk-api", "messari"] }

    private var wellSources: [SourceID] { registry.sources.map(\.id).filter { !sick.contains($0.text) } }

    private func id(_ text: String) -> SourceID? { registry.sources.first { $0.id.text == text }?.id }

    private var delivered: DemoReport.Check {
        let missing = wellSources.filter { states[$0]?.lastSuccessAt == nil || states[$0]?.failingSince != nil }
        return Check(
            name: "eleven sources deliver all day", ok: missing.isEmpty,
            detail: missing.isEmpty ? "all eleven are well" : "not well: \(missing.map(\.text).joined(separator: ", "))")
    }

    /// What was published more than 90 minutes before the end must be in the store.
    private var nothingLost: DemoReport.Check {
        var stored: [SourceID: Set<String>] = [:]
        for article in articles {
            for source in [article.source] + article.alsoIn { stored[source, default: []].insert(Self.key(article.item.title ?? "")) }
        }
        var lost: [String] = []
        for source in wellSources {
            let due = newsroom.published(source.text, by: end.addingTimeInterval(-5400)).filter { !$0.isEmpty }
            let began = newsroom.published(source.text, by: start).count
            let fresh = due.prefix(max(0, due.count - began))
            lost += fresh.filter { !stored[source, default: []].contains(Self.key($0)) }.map { "\(source): \($0)" }
        }
        return Check(
            name: "nothing published is lost", ok: lost.isEmpty,
            detail: lost.isEmpty ? "\(articles.count) articles stored" : "\(lost.count) missing, such as \(lost.first ?? "")")
    }

    /// Broken entries carry something behind their headline.
    private static func key(_ title: String) -> String { String(title.split(separator: " R&D").first ?? "") }

    private var nothingDoubled: DemoReport.Check {
        let identities = Set(articles.map { "\($0.source) \($0.identity)" })
        let addresses = articles.compactMap(\.canonicalURL)
        let doubled = articles.count - identities.count + addresses.count - Set(addresses).count
        return Check(
            name: "nothing is stored twice", ok: doubled == 0,
            detail: doubled == 0 ? "over \(polls.values.joined().count) polls" : "\(doubled) doubled")
    }

    private var sickIsContained: DemoReport.Check {
        guard let id = id("coindesk-api"), let state = states[id] else {
            return Check(name: "HTML at 200 is contained", ok: false, detail: "never polled")
        }
        let asked = polls[id, default: []].filter { $0.startedAt >= newsroom.turn && $0.attempts > 0 }
        let requests = asked.reduce(0) { $0 + $1.attempts }
        let isNamed = asked.allSatisfy { $0.outcome == .wrongKind }
        let isResting = state.breaker.state == .open || state.breaker.state == .halfOpen
        let ok =
            end < newsroom.turn
            || !asked.isEmpty && isNamed && isResting && requests == asked.count && requests < 60 && state.servedBy?.text == "coindesk"
        return Check(
            name: "HTML at 200 is contained", ok: ok,
            detail:
                "\(requests) requests since it turned, one a poll, all named wrong_kind; breaker \(state.breaker.state.name); served by \(state.servedBy?.text ?? "nobody")"
        )
    }

    private var wallIsKnown: DemoReport.Check {
        guard let id = id("messari"), let state = states[id] else { return Check(name: "the bot wall is known", ok: false, detail: "never polled") }
        let records = polls[id, default: []]
        let ok = state.lastOutcome == .blocked && records.allSatisfy { $0.attempts <= 1 } && records.count < 60
        return Check(
            name: "the bot wall is known", ok: ok,
            detail: "\(records.count) polls, \(state.lastOutcome?.rawValue ?? ""), breaker \(state.breaker.state.name)")
    }

    private var brokenEntryCostsItself: DemoReport.Check {
        guard let id = id("bitcoincom") else { return Check(name: "a broken entry costs itself alone", ok: false, detail: "") }
        let failed = polls[id, default: []].filter { !$0.outcome.isSuccess }
        let count = articles.count { $0.source == id }
        return Check(
            name: "a broken entry costs itself alone", ok: failed.isEmpty && count > 0,
            detail: failed.isEmpty ? "\(count) articles, broken ones read as far as they go" : "failed: \(failed[0].message)")
    }

    private var quietIsWell: DemoReport.Check {
        guard let id = id("glassnode") else { return Check(name: "quiet is not broken", ok: false, detail: "") }
        let outcomes = Set(polls[id, default: []].dropLast().map(\.outcome))
        return Check(
            name: "quiet is not broken", ok: outcomes == [.notModified] && states[id]?.failingSince == nil,
            detail: "\(polls[id, default: []].count) polls, all but the first 304; moved to \(states[id]?.movedTo ?? "?")")
    }

    /// No well source waited much longer than its longest interval of half an hour.
    private var slowHarmsNobody: DemoReport.Check {
        var worst: (gap: TimeInterval, id: String) = (0, "")
        for id in wellSources where id.text != "thedefiant" {
            let times = polls[id, default: []].map(\.startedAt).sorted()
            for (earlier, later) in zip(times, times.dropFirst()) where later.timeIntervalSince(earlier) > worst.gap {
                worst = (later.timeIntervalSince(earlier), id.text)
            }
        }
        return Check(
            name: "a slow source harms nobody", ok: worst.gap > 0 && worst.gap < 3600,
            detail: "the longest pause of a well source was \(Duration.seconds(worst.gap).short) (\(worst.id))")
    }
}
