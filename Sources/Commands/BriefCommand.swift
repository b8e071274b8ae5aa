public import ArgumentParser
import Costs
import Foundation
import Host
import Logging
public import Newsroom
public import Stores
import WireCore

/// `wiredesk brief …`: the digests.
struct BriefCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brief", abstract: "Shows briefings, and writes them now.",
        discussion: """
            `brief` alone shows the present slot's briefing and writes it when there is none: the morning's until 14:00 in the newsroom's time
            zone, the afternoon's until 20:00, the evening's after that. A running host writes morning and evening by itself.
            """,
        subcommands: [BriefMakeCommand.self, BriefListCommand.self, BriefShowCommand.self], defaultSubcommand: BriefMakeCommand.self)
}

extension BriefingSlot: ExpressibleByArgument {
    /// The slot that an hour of the newsroom's day belongs to: the morning before 14, the afternoon before 20, else the evening.
    static func current(at now: Date, zone: TimeZone) -> BriefingSlot {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let hour = calendar.component(.hour, from: now)
        return hour < 14 ? .morning : hour < 20 ? .afternoon : .evening
    }

    /// The job that fills it.
    var job: Job {
        switch self {
        case .morning: .morningBriefing
        case .afternoon: .afternoonBriefing
        case .evening: .eveningBriefing
        }
    }
}

extension BriefingRendering.Format: ExpressibleByArgument {}

/// How a briefing is printed.
struct BriefingOutput: ParsableArguments {
    @Option(help: "text, markdown or html.") var format = BriefingRendering.Format.text
    @Flag(help: "Print JSON: one object.") var json = false

    func print(_ briefing: Briefing, _ store: any NewsroomStore) async throws {
        guard !json else {
            var writer = JSONWriter(capacity: 8192)
            writer.object { briefing.write(to: &$0) }
            return Output.line(writer.text)
        }
        let rendering = BriefingRendering(briefing, sources: try await store.enrichedArticles(ids: briefing.cited))
        Output.text(rendering.text(as: format))
    }
}

/// `brief make`: writes one now.
struct BriefMakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Writes a briefing now, and prints it. A slot that has one is shown instead, unless --force.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "morning, afternoon or evening; by the hour when left out.") var slot: BriefingSlot?
    @Flag(help: "Write it even if the slot has one: the next version.") var force = false
    @Flag(help: "Only to see that it works: marked, never published, and no slot is used up.") var smoke = false
    @OptionGroup var output: BriefingOutput

    func run() async throws {
        try await reportingErrors {
            let session = try NewsroomSession(try Workspace(global, defaultLogLevel: .notice))
            let now = Date()
            let zone = session.registry.newsroom.zone
            let slot = slot ?? .current(at: now, zone: zone)
            let date = LedgerCalendar(zone: zone).day(of: now).text
            let made: Briefing
            do {
                made = try await smoke ? smokeBriefing(slot, date, session) : briefing(slot, date, session)
            } catch {
                try? await session.close()
                throw error
            }
            try await output.print(made, session.store)
            try await session.close()
        }
    }

    private func smokeBriefing(_ slot: BriefingSlot, _ date: String, _ session: NewsroomSession) async throws -> Briefing {
        switch try await session.staff.brief(BriefingOrder(slot: slot, date: date, isSmoke: true)) {
        case .made(let briefing), .exists(let briefing): return briefing
        case .noNews(let reason): throw Self.nothing(reason)
        }
    }

    private func briefing(_ slot: BriefingSlot, _ date: String, _ session: NewsroomSession) async throws -> Briefing {
        let permit = try await session.jobs.runNow(slot.job, isForced: force)
        switch permit {
        case .underWay(let run):
            throw DeskError(
                .failure, "the \(slot.rawValue) briefing is being written by \(run.owner) right now", hint: "`wiredesk brief list` shows it soon.")
        case .later(let run):
            throw DeskError(
                .failure,
                "the \(slot.rawValue) briefing failed: \(run.message); it is tried again at \(run.retryAt.map(UTCTime.text) ?? "the next start")",
                hint: "--force tries now.")
        case .givenUp(let run):
            throw DeskError(
                .failure, "the \(slot.rawValue) briefing was given up after \(run.attempt) attempts: \(run.message)", hint: "--force tries again.")
        case .granted(let run) where run.outcome == .failed || run.outcome == .givenUp:
            throw DeskError(.failure, "the briefing could not be written: \(run.message)")
        case .granted, .alreadyDone:
            var query = BriefingQuery(limit: 1)
            query.date = date
            query.slot = slot
            if let briefing = try await session.store.briefings(query).first { return briefing }
            throw Self.nothing(permit.run.message)
        }
    }

    private static func nothing(_ reason: String) -> DeskError {
        DeskError(
            .failure, "there is nothing to write about: \(reason)",
            hint: "`wiredesk articles` shows what was taken in, `wiredesk jobs enrich --now` reads what waits.")
    }
}

extension JobPermit {
    /// The run that it is about.
    var run: JobRun {
        switch self {
        case .granted(let run), .alreadyDone(let run), .underWay(let run), .later(let run), .givenUp(let run): run
        }
    }
}

/// `brief list`.
struct BriefListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists briefings, newest first, smoke ones included.")

    @OptionGroup var global: GlobalOptions
    @Option(help: "So many at most.") var limit = 30
    @Flag(help: "Print JSON: a list of objects.") var json = false

    func run() async throws {
        try await reportingErrors {
            guard limit > 0 else { throw DeskError(.usage, "--limit must be 1 or more") }
            guard let store = try Workspace(global).openStoreIfThere() else { return Output.line(json ? "[]" : "There is no briefing yet.") }
            var query = BriefingQuery(limit: min(limit, 10_000))
            query.includesSmoke = true
            let briefings = try await store.briefings(query)
            try await store.close()
            json ? Output.line(Self.json(briefings)) : print(briefings)
        }
    }

    private static func json(_ briefings: [Briefing]) -> String {
        var json = JSONWriter(capacity: 8192)
        json.array { list in
            for briefing in briefings { list.object { briefing.write(to: &$0) } }
        }
        return json.text
    }

    private func print(_ briefings: [Briefing]) {
        guard !briefings.isEmpty else { return Output.line("There is no briefing yet.") }
        let palette = Palette()
        var table = Table(["ID", "DATE", "SLOT", "WRITTEN BY", "CONFIDENCE", "COST", "HEADLINE"], rightAligned: [0, 4, 5])
        for briefing in briefings {
            let marks = (briefing.isSmoke ? " (smoke)" : "") + (briefing.version > 1 ? " v\(briefing.version)" : "")
            table.add([
                .init(String(briefing.id), paint: palette.dim), .init(briefing.date), .init(briefing.slot.rawValue + marks),
                .init(briefing.model ?? "no model"), .init(briefing.confidence.map { "\(Int(($0 * 100).rounded())) %" } ?? "—"),
                .init("$" + briefing.cost.text(decimals: 4)), .init(briefing.content.headline, paint: palette.bold),
            ])
        }
        Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
    }
}

/// `brief show`.
struct BriefShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Prints one briefing; the latest published one by default.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "Its number, as `brief list` shows it.") var id: Int64?
    @OptionGroup var output: BriefingOutput

    func run() async throws {
        try await reportingErrors {
            let store = try Workspace(global).openStoreIfThere()
            let found: Briefing?
            if let id {
                found = try await store?.briefing(id)
            } else {
                var query = BriefingQuery(limit: 1)
                query.includesUnpublished = false
                found = try await store?.briefings(query).first
            }
            guard let store, let found else {
                throw DeskError(
                    .failure, id.map { "there is no briefing \($0)" } ?? "there is no briefing yet",
                    hint: "`wiredesk brief list` shows them all, `wiredesk brief` writes one.")
            }
            try await output.print(found, store)
            try await store.close()
        }
    }
}
