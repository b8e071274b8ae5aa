import ArgumentParser
import Fetch
import Foundation
import Host
import SourcePlugins
import Stores
import WireCore

/// `wiredesk diagnose`: why a source fails, step by step.
struct DiagnoseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose", abstract: "Asks a source once and tells every step, from the registry to the schedule.",
        discussion: """
            Writes nothing to the store and passes over an open breaker. Takes an id or any address. --record keeps the answers in a new
            file, --replay tells a recording again without a network. Exit code 1 when a step fails.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A source's id, or an address.", completion: .custom { _, _, _ in Completion.sourceIDs() }) var subject: String?
    @Option(help: ArgumentHelp("Keep the answers in this file.", valueName: "file"), completion: .file()) var record: String?
    @Option(help: ArgumentHelp("Tell this recording again; touches no network.", valueName: "file"), completion: .file()) var replay: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            try checkOptions()
            let recording = try replay.map { try Recording(reading: Self.bytes(of: $0), file: $0) }
            guard let subject = subject ?? recording?.subject, !subject.isEmpty else {
                throw DeskError(.usage, "nothing to diagnose is named", hint: "`wiredesk diagnose ID` or `wiredesk diagnose https://…`.")
            }
            let registry = workspace.registryFile.isMissing && subject.contains("://") ? nil : try workspace.registry()
            let (source, isRegistered) = try source(subject, registry)
            if !json { Output.line(Palette().bold(source.id.text) + "  " + SafeText.line(redactedURL(source.url), limit: 500)) }
            let diagnosis: Diagnosis
            var made: Recording?
            if let recording {
                diagnosis = try await diagnose(source, isRegistered, ReplayFetcher(recording), nil, FixedClock(recording.recordedAt), workspace)
            } else {
                (diagnosis, made) = try await live(source, isRegistered, registry, workspace)
            }
            if json { printJSON(diagnosis) } else { printRest(of: diagnosis, source) }
            if let record, let made { try keep(made, in: record) }
            if !diagnosis.isHealthy { throw ExitCode(1) }
        }
    }

    private func checkOptions() throws {
        guard let record else { return }
        guard replay == nil else { throw DeskError(.usage, "--record and --replay exclude each other: a recording is there already") }
        guard access(record, F_OK) != 0 else {
            throw DeskError(.usage, "there is such a file already, and it is not overwritten", place: record, hint: "Name another for --record.")
        }
    }

    private func source(_ subject: String, _ registry: Registry?) throws -> (SourceConfiguration, isRegistered: Bool) {
        guard subject.contains("://") else {
            guard let registry else { throw DeskError(.usage, "“\(SafeText.line(subject, limit: 80))” is no address") }
            return (try registry.source(named: subject), true)
        }
        if let known = registry?.sources.first(where: { $0.url == subject }) { return (known, true) }
        return (try SourceConfiguration.unregistered(url: subject), false)
    }

    private func live(
        _ source: SourceConfiguration, _ isRegistered: Bool, _ registry: Registry?, _ workspace: Workspace
    ) async throws -> (Diagnosis, Recording) {
        let fetcher = try workspace.fetcher(registry)
        let recorder = RecordingFetcher(RedactingFetcher(fetcher, secrets: source.secrets(environment: workspace.environment)))
        let store = try workspace.openStoreIfThere()
        let diagnosis = try await diagnose(source, isRegistered, recorder, store, SystemClock(), workspace)
        await fetcher.shutdown()
        try await store?.close()
        return (diagnosis, Recording(subject: isRegistered ? source.id.text : source.url, recordedAt: Date(), replies: recorder.replies))
    }

    private func diagnose(
        _ source: SourceConfiguration, _ isRegistered: Bool, _ fetcher: any DocumentFetching, _ store: (any DeskStore)?,
        _ clock: any DeskClock, _ workspace: Workspace
    ) async throws -> Diagnosis {
        let diagnostician = Diagnostician(fetcher: fetcher, store: store, clock: clock, environment: workspace.environment)
        guard !json else { return try await diagnostician.diagnose(source, isRegistered: isRegistered) }
        let (news, teller) = AsyncStream<Diagnosis.Progress?>.makeStream()
        // Whoever is slow to read must not keep the network's thread waiting: one task prints what others tell.
        async let printing: Void = Self.printStages(news)
        async let _: Void = Self.tick(teller)
        defer { teller.finish() }
        let diagnosis = try await diagnostician.diagnose(source, isRegistered: isRegistered) { teller.yield($0) }
        teller.finish()
        await printing
        return diagnosis
    }

    private static func printStages(_ news: AsyncStream<Diagnosis.Progress?>) async {
        var printer = StagePrinter()
        for await progress in news { printer.take(progress) }
    }

    private static func tick(_ teller: AsyncStream<Diagnosis.Progress?>.Continuation) async {
        while (try? await Task.sleep(for: .seconds(1))) != nil { teller.yield(nil) }
    }

    // MARK: - Printing

    private func printJSON(_ diagnosis: Diagnosis) {
        var writer = JSONWriter(capacity: 2048)
        writer.object { diagnosis.write(to: &$0) }
        Output.line(writer.text)
    }

    /// What is left to say when the stages have been told.
    private func printRest(of diagnosis: Diagnosis, _ source: SourceConfiguration) {
        let palette = Palette()
        let evidence = diagnosis.report.record.evidence
        if !diagnosis.report.isHealthy, let bytes = evidence.firstBytes {
            let isPlugin = if case .exec = source.kind { true } else { false }
            Output.line("\n  \(isPlugin ? "its standard error ends" : "the answer begins"): \(palette.dim(bytes))")
        }
        if !diagnosis.sample.isEmpty { Output.line("") }
        for item in diagnosis.sample.prefix(3) {
            Output.line(
                "  “\(SafeText.line(item.title ?? "(no title)", limit: 90))”  \(palette.dim(item.publishedAt.map(UTCTime.text) ?? "no date"))")
        }
        Output.line("\n\(palette.bold("What to do:")) \(SafeText.line(diagnosis.advice))")
    }

    // MARK: - Files

    private static func bytes(of path: String) throws -> [UInt8] {
        try GivenFile.read(path, "the recording")
    }

    private func keep(_ recording: Recording, in path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard descriptor >= 0, (try? file.write(contentsOf: Data(recording.json.utf8))) != nil else {
            throw DeskError(
                .usage, "the recording cannot be written: \(String(cString: strerror(errno)))", place: path,
                hint: "Name a file in a folder that this user can write to.")
        }
        let shown = SafeText.line(path, limit: 200)
        Output.error("The answers are kept in \(shown); `wiredesk diagnose --replay \(shown)` tells them again.")
    }
}

/// Time that stands still at the instant of a recording.
private struct FixedClock: DeskClock {
    let instant: Date
    init(_ instant: Date) { self.instant = instant }
    func now() -> Date { instant }
    func sleep(until: Date) async throws {}
}
