// Commands: the CLI's verbs, and the rendering of what they print. Read in this order: Wiredesk (the verbs), Workspace (what every
// verb works with), Table and Palette (how results look). It decides nothing about sources: Host does. Tests: Tests/CommandsTests.

public import ArgumentParser
import MongoStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The program.
public struct Wiredesk: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "wiredesk",
        abstract: "Takes in news from many sources; nothing runs away.",
        discussion: """
            First steps:
              wiredesk demo                     a newsroom on this machine, no network needed
              wiredesk run                      polls the sources of Plugins.json, for ever
              wiredesk sources list             how every source is doing
              wiredesk diagnose ID              why a source fails, step by step
              wiredesk sources add URL          finds a site's feed and enters it

            Exit codes: 0 success; 1 the thing asked about is unhealthy; 64 wrong usage; 78 wrong configuration.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, PollCommand.self, SourcesCommand.self, DiagnoseCommand.self, ParseCommand.self, ArticlesCommand.self,
            BriefCommand.self, NarrativesCommand.self, SignalsCommand.self, EntitiesCommand.self, AlertsCommand.self, JobsCommand.self,
            HostsCommand.self, CostsCommand.self, PricesCommand.self, KeysCommand.self, VerifyCommand.self, DoctorCommand.self, MigrateCommand.self,
            BackupCommand.self,
            RestoreCommand.self, DemoCommand.self, PluginsCommand.self,
            CompletionsCommand.self,
        ])

    public init() {}

    /// Runs the command line of this process to its end.
    public static func start() async {
        occupyStandardStreams()
        MongoLibrary.forgetCounters()
        // A reader of the output that has gone away is told by write, not by a signal, whatever the verb: see Output.
        signal(SIGPIPE, SIG_IGN)
        // The host reads its registry again on SIGHUP; one that comes before it can do so must not end it.
        if CommandLine.arguments.dropFirst().first == RunCommand.configuration.commandName { signal(SIGHUP, SIG_IGN) }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch {
            end(error)
        }
    }

    /// Where a standard stream was closed by whoever started the program, the next file to be opened would take its place, and results would
    /// be written into it. Read-only, so that a write is told as the fault it is.
    private static func occupyStandardStreams() {
        for stream in Int32(0)...2 where fcntl(stream, F_GETFD) == -1 { _ = open("/dev/null", O_RDONLY) }
    }

    /// Ends with what the error says. Help and version go out as they are; a complaint may quote what was typed, control characters and all.
    private static func end(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        guard code != .success, !(error is ExitCode) else { exit(withError: error) }
        Output.error(Output.lines(fullMessage(for: error)))
        exit(withError: code)
    }
}

/// What the program calls itself.
public enum Version {
    public static let text = "0.1.0"
}
