import ArgumentParser
import Foundation
import Host
import Logging
import Newsroom
import Stores
import WireCore

/// `wiredesk jobs`: what the desk does by the clock.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Shows what the desk does by the clock, how it went, and runs a job now.",
        discussion: "A job's name shows its history; with --now it runs at once, here, and exits 1 if it fails.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "One job, by its name.") var name: String?
    @Flag(help: "Run it now.") var now = false
    @Flag(help: "With --now: even if its slot was done.") var force = false
    @Option(help: "Runs of the history.") var limit = 20
    @Flag(help: "Print JSON: a list of objects.") var json = false

    func run() async throws {
        try await reportingErrors {
            guard limit > 0 else { throw DeskError(.usage, "--limit must be 1 or more") }
            let workspace = try Workspace(global, defaultLogLevel: now ? .notice : .warning)
            let job = try name.map(Self.job)
            guard now else { return try await show(job, workspace) }
            guard let job else { throw DeskError(.usage, "--now needs a job's name", hint: "`wiredesk jobs` shows them.") }
            try await runNow(job, workspace)
        }
    }

    private static func job(_ name: String) throws(DeskError) -> Job {
        if let job = Job(rawValue: name) { return job }
        let names = Job.allCases.map(\.rawValue)
        throw DeskError(
            .usage, "there is no job “\(SafeText.line(name, limit: 60))”",
            hint: NearestName.of(name, among: names).map { "Did you mean \($0)?" } ?? "The jobs are \(names.joined(separator: ", ")).")
    }

    private func runNow(_ job: Job, _ workspace: Workspace) async throws {
        let session = try NewsroomSession(workspace)
        let permit = try await session.jobs.runNow(job, isForced: force)
        try await session.close()
        let run = permit.run
        if json {
            Output.line(Self.json([run]))
        } else {
            let state =
                switch permit {
                case .granted: run.outcome.rawValue.replacing("_", with: " ")
                case .alreadyDone: "done already"
                case .underWay: "under way at \(run.owner)"
                case .later: "to be tried again at \(run.retryAt.map(UTCTime.text) ?? "the next start")"
                case .givenUp: "given up"
                }
            Output.line("\(job.rawValue) (\(run.slot)): \(state). \(SafeText.line(run.message, limit: 1000))")
        }
        switch permit {
        case .granted where run.outcome == .done || run.outcome == .nothingToDo: return
        case .alreadyDone: return
        default: throw ExitCode(1)
        }
    }

    // MARK: - Showing

    private func show(_ job: Job?, _ workspace: Workspace) async throws {
        let store = try workspace.openStoreIfThere()
        if let job {
            let runs = try await store?.jobRuns(job: job.rawValue, limit: limit) ?? []
            try await store?.close()
            return json ? Output.line(Self.json(runs)) : printHistory(runs, of: job)
        }
        let last = try await store?.lastJobRuns() ?? []
        let backlog = try await store?.enrichmentBacklog()
        try await store?.close()
        let schedule = try workspace.registry().newsroom.schedule
        json ? Output.line(Self.json(last, schedule)) : printTable(last, schedule, backlog)
    }

    private func printTable(_ last: [JobRun], _ schedule: JobSchedule, _ backlog: EnrichmentBacklog?) {
        let palette = Palette()
        let now = Date()
        var table = Table(["JOB", "NEXT", "LAST", "OUTCOME", "WHAT HAPPENED"])
        for job in Job.allCases {
            let run = last.first { $0.job == job.rawValue }
            let next = schedule.nextSlot(of: job, after: now).map { "in \(Duration.seconds($0.due.timeIntervalSince(now)).short)" } ?? "by hand"
            table.add([
                .init(job.rawValue, paint: palette.bold), .init(next), .init(run.map { SourceLine.ago($0.startedAt, now) } ?? "never"),
                Self.outcome(run, palette), .init(run?.message ?? job.purpose, paint: run == nil ? palette.dim : { $0 }),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        Output.line(palette.dim("Times of day are those of \(schedule.zone.identifier). `wiredesk jobs NAME` shows a history, --now runs one."))
        if let backlog, backlog.new + backlog.forModel > 0 {
            Output.line(palette.dim("Waiting to be read: \(backlog.new + backlog.forModel), \(backlog.forModel) of them for a model."))
        }
    }

    private func printHistory(_ runs: [JobRun], of job: Job) {
        guard !runs.isEmpty else { return Output.line("\(job.rawValue) (\(job.purpose)) has never run.") }
        let palette = Palette()
        var table = Table(["STARTED", "SLOT", "TRY", "OUTCOME", "TOOK", "WHAT HAPPENED"], rightAligned: [2, 4])
        for run in runs {
            table.add([
                .init(UTCTime.text(run.startedAt)), .init(run.slot), .init(number: run.attempt), Self.outcome(run, palette),
                .init(run.endedAt.map { Duration.seconds($0.timeIntervalSince(run.startedAt)).short } ?? "—"), .init(run.message),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }

    private static func outcome(_ run: JobRun?, _ palette: Palette) -> Table.Cell {
        guard let run else { return .init("—", paint: palette.dim) }
        let paint: (String) -> String =
            switch run.outcome {
            case .done: palette.good
            case .nothingToDo, .running: palette.dim
            case .failed, .abandoned: palette.warn
            case .givenUp: palette.bad
            }
        return .init(run.outcome.rawValue.replacing("_", with: " "), paint: paint)
    }

    private static func json(_ runs: [JobRun]) -> String {
        var json = JSONWriter(capacity: 4096)
        json.array { list in
            for run in runs { list.object { run.write(to: &$0) } }
        }
        return json.text
    }

    private static func json(_ last: [JobRun], _ schedule: JobSchedule) -> String {
        let now = Date()
        var json = JSONWriter(capacity: 4096)
        json.array { list in
            for job in Job.allCases {
                list.object { row in
                    row.member("job", job.rawValue)
                    row.member("purpose", job.purpose)
                    row.member("nextAt", orNull: schedule.nextSlot(of: job, after: now).map { UTCTime.text($0.due) })
                    guard let run = last.first(where: { $0.job == job.rawValue }) else { return }
                    row.key("last")
                    row.object { run.write(to: &$0) }
                }
            }
        }
        return json.text
    }
}
