// Commands: the CLI's verbs, and the rendering of what they print. Read in this order: Wiredesk (the verbs), Workspace (what every
// verb works with), Table and Palette (how results look). It decides nothing about sources: Host does. Tests: Tests/CommandsTests.

public import ArgumentParser

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
            CostsCommand.self, PricesCommand.self, KeysCommand.self, DoctorCommand.self, DemoCommand.self, PluginsCommand.self,
            CompletionsCommand.self,
        ])

    public init() {}
}

/// What the program calls itself.
public enum Version {
    public static let text = "0.1.0"
}
