import Costs
import FoundationEssentials
import HTTPTypes
import Newsroom
import Stores
import WireCore

/// Briefings, narratives, signals and jobs.
struct NewsroomEndpoints {
    let parts: DeskParts

    var all: [Endpoint] { [briefings, briefing, narratives, narrative, signals, jobs] }

    private func endpoint(
        _ path: String, _ name: String, _ summary: String, _ group: String, _ parameters: [Endpoint.Parameter] = [], _ shape: Shape,
        problems: [Int] = [], _ run: @escaping @Sendable (APICall, NewsroomDoor) async throws -> APIAnswer
    ) -> Endpoint {
        Endpoint(
            method: .get, path: path, name: name, summary: summary, group: group, access: .read, parameters: parameters, success: .json(200, shape),
            problems: problems
        ) { call in try await run(call, try parts.theNewsroom()) }
    }

    private static let number = Endpoint.Parameter.path("id", .integer(1...Int.max), "Its number.")

    private var briefings: Endpoint {
        let parameters: [Endpoint.Parameter] = [
            .query("date", .day, "Only this local date's."), .query("slot", .oneOf(BriefingSlot.allCases.map(\.rawValue)), "Only this slot's."),
            .query("smoke", .flag, "Trials too; false unless said otherwise."), SourceEndpoints.limit, SourceEndpoints.cursor,
        ]
        return endpoint("/api/v1/briefings", "listBriefings", "Briefings, newest first.", "briefings", parameters, .page("Briefing")) {
            call, newsroom in
            var query = BriefingQuery(limit: call.int("limit", default: 50))
            query.date = call["date"].map { String($0.prefix(10)) }
            query.slot = call["slot"].flatMap(BriefingSlot.init)
            query.includesSmoke = call.flag("smoke", default: false)
            query.before = call.numberedCursor
            let briefings = try await newsroom.store.briefings(query)
            let next = briefings.count == query.limit ? briefings.last.map { String($0.id) } : nil
            return APIAnswer.page(briefings, of: call, next: next) { $0.write(to: &$1) }
        }
    }

    private var briefing: Endpoint {
        endpoint(
            "/api/v1/briefings/{id}", "getBriefing", "One briefing.", "briefings", [Self.number], .named("Briefing"), problems: [404]
        ) { call, newsroom in
            let id = Int64(call.int("id", default: 0))
            guard let briefing = try await newsroom.store.briefing(id) else { throw Problem.notFound("there is no briefing \(id)") }
            return APIAnswer.object { briefing.write(to: &$0) }
        }
    }

    private var narratives: Endpoint {
        let parameters: [Endpoint.Parameter] = [
            .query("stage", .oneOf(NarrativeStage.allCases.map(\.rawValue)), "Only those in this stage."),
            .query("since", .instant, "With an article at this instant or later."), SourceEndpoints.limit, SourceEndpoints.cursor,
        ]
        return endpoint(
            "/api/v1/narratives", "listNarratives", "Narratives by their last article, newest first.", "narratives", parameters, .page("Narrative"),
            problems: [404]
        ) { call, newsroom in
            var query = NarrativeQuery(
                stages: call["stage"].flatMap(NarrativeStage.init).map { [$0] }, since: call.instant("since"), limit: call.int("limit", default: 50))
            query.after = call.numberedCursor
            let narratives = try await newsroom.narratives(query)
            let next = narratives.count == query.limit ? narratives.last.map { String($0.id) } : nil
            return APIAnswer.page(narratives, of: call, next: next) { $0.write(to: &$1) }
        }
    }

    private var narrative: Endpoint {
        let shape = Shape.object([
            .always("narrative", .named("Narrative")), .always("timeline", .list(.named("NarrativeDay"))),
            .always(
                "articles", .list(.object([.always("id", .count), .always("source", .sourceID), .always("title", .text), .always("at", .instant)]))),
        ])
        return endpoint(
            "/api/v1/narratives/{id}", "getNarrative", "One narrative, its days and its latest articles.", "narratives", [Self.number], shape,
            problems: [404]
        ) { call, newsroom in
            let id = Int64(call.int("id", default: 0))
            guard let narrative = try await newsroom.store.narrative(id) else { throw Problem.notFound("there is no narrative \(id)") }
            let days = try await newsroom.store.timeline(of: narrative.id)
            var query = EnrichedQuery(limit: 50)
            query.narrative = narrative.id
            let articles = try await newsroom.store.enrichedArticles(query)
            return APIAnswer.object { json in
                json.key("narrative")
                json.object { narrative.write(to: &$0) }
                json.key("timeline")
                json.array { list in
                    for day in days {
                        list.object {
                            $0.member("day", day.day)
                            $0.member("articles", day.articles)
                            $0.member("sources", day.sources)
                            $0.member("sentiment", day.sentiment as Double?)
                        }
                    }
                }
                json.key("articles")
                json.array { list in
                    for article in articles {
                        list.object {
                            $0.member("id", Int(article.id))
                            $0.member("source", article.source.text)
                            $0.member("title", article.title)
                            $0.member("at", UTCTime.text(article.at))
                        }
                    }
                }
            }
        }
    }

    private var signals: Endpoint {
        let shape = Shape.object([
            .always("span", .text), .always("items", .list(.named("Signal"))), .always("patterns", .list(.named("Pattern"))),
        ])
        let parameters: [Endpoint.Parameter] = [
            .query("span", .oneOf(SignalWindow.allCases.map(\.rawValue)), "Over how long; 24h unless said otherwise."), SourceEndpoints.limit,
        ]
        return endpoint(
            "/api/v1/signals", "listSignals", "Entities that stand out, the strongest first, and patterns.", "signals", parameters, shape
        ) { call, newsroom in
            let span = call["span"].flatMap(SignalWindow.init) ?? .day
            let signals = try await newsroom.signals(span, now: parts.now, limit: call.int("limit", default: 50))
            let patterns = try await newsroom.store.patterns(since: parts.now.addingTimeInterval(-span.seconds), limit: 50)
            return APIAnswer.object { json in
                json.member("span", span.rawValue)
                json.key("items")
                json.array { list in
                    for signal in signals { list.object { signal.write(to: &$0) } }
                }
                json.key("patterns")
                json.array { list in
                    for pattern in patterns { list.object { pattern.write(to: &$0) } }
                }
            }
        }
    }

    private var jobs: Endpoint {
        let shape = Shape.object([.always("jobs", .list(.named("Job"))), .always("runs", .list(.named("JobRun")))])
        let parameters: [Endpoint.Parameter] = [.query("job", .text(upTo: 64), "Only this job's runs."), SourceEndpoints.limit]
        return endpoint("/api/v1/jobs", "listJobs", "The jobs, when each is due, and their runs, newest first.", "jobs", parameters, shape) {
            call, newsroom in
            let jobs = try await newsroom.jobs(parts.now)
            let runs = try await newsroom.store.jobRuns(job: call["job"], limit: call.int("limit", default: 50))
            return APIAnswer.object { json in
                json.key("jobs")
                json.array { list in
                    for job in jobs {
                        list.object {
                            $0.member("name", job.plan.name)
                            $0.member("about", job.plan.about)
                            $0.member("nextAt", orNull: job.plan.nextAt)
                            $0.key("lastRun")
                            if let run = job.last { $0.object { run.write(to: &$0) } } else { $0.null() }
                        }
                    }
                }
                json.key("runs")
                json.array { list in
                    for run in runs { list.object { run.write(to: &$0) } }
                }
            }
        }
    }
}

extension NewsroomDoor {
    /// The planned jobs with the last run of each, and those that ran and are planned no more.
    func jobs(_ now: Date) async throws -> [(plan: PlannedJob, last: JobRun?)] {
        let last = Dictionary(try await store.lastJobRuns().map { ($0.job, $0) }, uniquingKeysWith: { first, _ in first })
        let planned = await schedule(now)
        let others = Set(last.keys).subtracting(planned.map(\.name)).sorted().map { PlannedJob(name: $0, about: "", nextAt: nil) }
        return (planned + others).map { ($0, last[$0.name]) }
    }
}
