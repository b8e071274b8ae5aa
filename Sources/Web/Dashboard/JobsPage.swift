import FoundationEssentials
import Hummingbird
import Stores
import WireCore

/// The newsroom's jobs: when each is due, and what its runs came to.
struct JobsPage {
    let parts: DeskParts
    let frame: PageFrame
    private static let rows = 60

    var routes: [Route] { [Route(.get, "/jobs", .read) { request in try await show(request) }] }

    private func show(_ request: WebRequest) async throws -> Response {
        guard let newsroom = parts.newsroom else { return NoNewsroom.page("Jobs", "/jobs", frame, request) }
        let name = request.query.text("job").map { String($0.prefix(64)) }
        let jobs = try await newsroom.jobs(parts.now)
        let runs = try await newsroom.store.jobRuns(job: name, limit: Self.rows)
        let backlog = try await newsroom.store.enrichmentBacklog()
        let now = parts.now
        return frame.page("Jobs", at: "/jobs", request) { main in
            main.title("Jobs", "What the newsroom does by itself, and what came of it.")
            main.element("div", .class("tiles"), .id("tiles"), .flag("data-fresh")) { tiles in
                tiles.tile(
                    "Not read yet", Figures.grouped(backlog.new),
                    backlog.oldest.map { "the oldest for \(Figures.rough(now.timeIntervalSince($0)))" } ?? "none waits")
                tiles.tile("Waiting for a model", Figures.grouped(backlog.forModel), "read in batches")
                let bad = jobs.filter { [.givenUp, .failed, .abandoned].contains($0.last?.outcome) }
                tiles.tile(
                    "Jobs in trouble", String(bad.count), bad.isEmpty ? "none" : bad.map(\.plan.name).joined(separator: ", "),
                    tone: bad.isEmpty ? .good : .bad)
            }
            main.section("Jobs", id: "jobs") { section in
                guard !jobs.isEmpty else { return section.empty("No job is planned.", "A host with all roles plans them by itself.") }
                let columns: [HTML.Column] = [
                    .init("Job", isLong: true), .init("Next"), .init("Last run"), .init("Came of it", .minor),
                    .init("Message", isLong: true, .minor),
                ]
                section.table("Jobs", columns, jobs) { job, row in
                    row.cell { cell in
                        cell.link("/jobs?job=\(PercentEscapes.encoded(job.plan.name))", job.plan.name)
                        cell.element("div", .class("remark")) { $0.outside(job.plan.about) }
                    }
                    row.cell { $0.until(job.plan.nextAt, now) }
                    row.cell { $0.ago(job.last?.startedAt, now) }
                    row.cell { cell in
                        if let run = job.last { cell.pill(run.outcome.tone, run.outcome.rawValue.replacing("_", with: " ")) } else { cell.text("—") }
                    }
                    row.text(job.last?.message ?? "")
                }
            }
            main.section(name.map { "Runs of \(SafeText.line($0, limit: 64))" } ?? "Runs", id: "runs") { section in
                guard !runs.isEmpty else { return section.empty("No job has run yet.") }
                Self.write(runs, now: now, to: &section)
            }
        }
    }

    private static func write(_ runs: [JobRun], now: Date, to html: inout HTML) {
        let columns: [HTML.Column] = [
            .init("When"), .init("Job"), .init("For", .minor), .init("Came of it"), .init("Try", isNumber: true, .least),
            .init("Time", isNumber: true, .minor),
            .init("Message", isLong: true, .minor),
        ]
        html.table("Runs, newest first", columns, runs) { run, row in
            row.cell { $0.ago(run.startedAt, now) }
            row.text(run.job, limit: 64)
            // A slot is an instant, or a day and its name.
            row.cell { cell in if let due = UTCTime.parse(run.slot) { cell.instant(due) } else { cell.outside(run.slot, limit: 64) } }
            row.cell { $0.pill(run.outcome.tone, run.outcome.rawValue.replacing("_", with: " ")) }
            row.number(run.attempt)
            row.cell { cell in
                guard let end = run.endedAt else { return cell.text("…") }
                cell.text(Duration.seconds(max(0, end.timeIntervalSince(run.startedAt))).short)
            }
            row.cell { cell in
                cell.outside(run.message, limit: 240)
                if let retry = run.retryAt {
                    cell.element("span", .class("dim")) { line in
                        line.text(" again "); line.until(retry, now)
                    }
                }
            }
        }
    }
}
