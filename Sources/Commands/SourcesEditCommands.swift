import ArgumentParser
import Feeds
import Fetch
import Foundation
import Host
import SourcePlugins
import WireCore

/// `wiredesk sources add`.
struct SourcesAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Finds the feed behind an address and enters it into the registry.",
        discussion: """
            The address may be that of a feed or of a site: the feeds that the site names are looked for, then the usual paths. Of a JSON
            API's answer an entry of kind json is proposed; look at it with --dry-run. A running host takes the new source over at once.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A feed's or a site's address.") var url: String
    @Option(help: "The new source's id; otherwise it is made from the address.") var id: String?
    @Option(help: "How often to poll, such as 15m; otherwise as often as the source publishes.") var interval: String?
    @Option(help: "A tag; may be given several times.") var tag: [String] = []
    @Flag(help: "Only show what would be entered.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            try checkAddress()
            try checkOptions()
            if !dryRun { await workspace.share() }
            let file = workspace.registryFile
            let registry = file.isMissing ? nil : try file.load()
            let taken = Set(registry?.sources.map(\.id.text) ?? [])
            let fetcher = try workspace.fetcher(registry)
            let finder = SourceFinder(fetcher: fetcher, clock: SystemClock())
            let progress = Progress(total: 1, isShown: !json)
            progress.step("looking for a feed at \(url)")
            let result = await finder.find(url, taken: taken)
            progress.end()
            await fetcher.shutdown()
            guard let finding = result.findings.first else { throw nothingFound(result) }
            try refuseKnown(finding, registry)
            let members = try members(finding, taken: taken)
            if !dryRun { try await workspace.editRegistry { try $0.add(members) } }
            report(result, finding, members, file: SafeText.line(file.path))
        }
    }

    /// A slip is told before anything is asked; the scheme may be left out.
    private func checkAddress() throws {
        guard !url.isEmpty else { throw DeskError(.usage, "no address is given", hint: "`wiredesk sources add https://example.com`.") }
        guard let due = SourceURL.fault(of: url.contains("://") ? url : "https://" + url) else { return }
        throw DeskError(.usage, "“\(SafeText.line(redactedURL(url), limit: 120))” is not \(due)")
    }

    private func checkOptions() throws {
        if let interval {
            let said = "the interval “\(SafeText.line(interval, limit: 40))”"
            guard let span = Duration(parsing: interval) else { throw DeskError(.usage, "\(said) is no duration", hint: "Write 15m, 2h or 1d.") }
            let bounds = RegistryReader.intervals
            guard bounds.contains(span) else {
                throw DeskError(.usage, "\(said) is not from \(bounds.lowerBound.short) to \(bounds.upperBound.short)")
            }
        }
        guard !tag.contains("") else { throw DeskError(.usage, "a tag is empty") }
    }

    private func nothingFound(_ result: SourceFinder.Result) -> DeskError {
        DeskError(
            .failure, "no feed and no JSON list was found; tried:\n  " + result.tried.joined(separator: "\n  "), place: redactedURL(url),
            hint: "Give the feed's own address, if it has one. `wiredesk diagnose \(redactedURL(url))` shows what the address answers.")
    }

    private func refuseKnown(_ finding: SourceFinder.Finding, _ registry: Registry?) throws {
        guard let known = registry?.sources.first(where: { $0.url == finding.url }) else { return }
        throw DeskError(.usage, "\(redactedURL(finding.url)) is in the registry already, as “\(known.id)”")
    }

    private func members(_ finding: SourceFinder.Finding, taken: Set<String>) throws -> [(key: String, json: String)] {
        let name = id ?? finding.id
        guard SourceID(name) != nil else { throw DeskError(.usage, "“\(SafeText.line(name, limit: 80))” is no source id", hint: SourceID.rule) }
        guard !taken.contains(name) else { throw DeskError(.usage, "the id “\(name)” is taken", hint: "Choose another with --id.") }
        var members = [("id", name), ("kind", finding.api == nil ? "feed" : "json"), ("url", finding.url)].map {
            (key: $0.0, json: RegistryEditor.quoted($0.1))
        }
        if let api = finding.api { members.append(("config", api.json)) }
        if let interval { members.append(("interval", RegistryEditor.quoted(interval))) }
        if !tag.isEmpty { members.append(("tags", "[\(tag.map(RegistryEditor.quoted).joined(separator: ", "))]")) }
        if let title = finding.feed.title { members.append(("note", RegistryEditor.quoted(String(SafeText.line(title, limit: 120))))) }
        return members
    }

    private func report(
        _ result: SourceFinder.Result, _ finding: SourceFinder.Finding, _ members: [(key: String, json: String)], file: String
    ) {
        let name = members.first.map(\.json) ?? ""
        if json {
            var writer = JSONWriter()
            writer.object {
                $0.member("added", !dryRun)
                $0.member("id", id ?? finding.id)
                $0.member("url", finding.url)
                $0.member("how", finding.how)
                $0.member("version", finding.feed.version)
                $0.member("title", orNull: finding.feed.title)
                $0.member("items", finding.feed.items.count)
                $0.member("kind", finding.api == nil ? "feed" : "json")
                if let config = members.first(where: { $0.key == "config" }), let node = try? JSONReader.read(Array(config.json.utf8)) {
                    $0.key("config")
                    $0.node(node)
                }
            }
            return Output.line(writer.text)
        }
        let palette = Palette()
        let title = SafeText.line(finding.feed.title ?? finding.url, limit: 80)
        Output.line("Found \(palette.bold(title)): \(SafeText.line(redactedURL(finding.url), limit: 200)) (\(finding.how))")
        let now = SystemClock().now()
        for item in finding.feed.items.prefix(5) {
            let age = item.publishedAt.map { SourceLine.ago($0, now) } ?? "no date"
            Output.line(
                "  \(palette.dim(age.padding(toLength: 14, withPad: " ", startingAt: 0)))\(SafeText.line(item.title ?? "(no title)", limit: 90))")
        }
        if let api = finding.api {
            Output.line("A JSON API; it would be read so: \(palette.dim(SafeText.line(api.json, limit: 2000)))")
            Output.line(palette.dim("  docs/json-apis.md says what else can be given: keys, further pages, error envelopes."))
        }
        for other in result.findings.dropFirst() {
            Output.line(palette.dim("  also there: \(SafeText.line(redactedURL(other.url), limit: 200))"))
        }
        Output.line(
            dryRun
                ? "Would enter it into \(file) as \(name); nothing was written."
                : "Entered into \(file) as \(name). A running host takes it over at once.")
    }
}

/// `wiredesk sources remove`.
struct SourcesRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Takes a source out of the registry; its articles stay.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The source's id.", completion: .custom { _, _, _ in Completion.sourceIDs() }) var id: String

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            await workspace.share()
            let source = try workspace.registry().source(named: id)
            try await workspace.editRegistry { try $0.remove(source.id) }
            Output.line("\(source.id) is out of \(SafeText.line(workspace.registryFile.path)); its articles stay in the store.")
        }
    }
}

/// `wiredesk sources disable`.
struct SourcesDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Stops polling a source, and keeps who said so, why and until when.",
        discussion: "--until takes an instant (2026-12-01, 2026-12-01T08:00Z) or a span from now (3d, 12h); then it comes back by itself.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The source's id.", completion: .custom { _, _, _ in Completion.sourceIDs() }) var id: String
    @Option(help: "Why.") var reason: String?
    @Option(help: "Until when; otherwise until somebody enables it.") var until: String?
    @Option(help: "Who says so; otherwise the user's name.") var by: String?

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            await workspace.share()
            let source = try workspace.registry().source(named: id)
            let now = Date()
            let disabling = Disabling(
                by: by ?? workspace.environment["SUDO_USER"] ?? workspace.environment["USER"] ?? NSUserName(),
                reason: reason.flatMap { $0.isEmpty ? nil : $0 },
                at: now, until: try until.map { try instant($0, now) })
            try await workspace.editRegistry { try $0.set("disabled", to: RegistryEditor.json(disabling), of: source.id) }
            let end = disabling.until.map { "until \(UTCTime.text($0))" } ?? "until `wiredesk sources enable \(source.id)`"
            Output.line("\(source.id) is disabled \(end). A running host stops polling it at once.")
        }
    }

    private func instant(_ text: String, _ now: Date) throws -> Date {
        if let span = Duration(parsing: text) { return now.addingTimeInterval(span.seconds) }
        guard let date = UTCTime.parse(text) else {
            throw DeskError(
                .usage, "--until “\(SafeText.line(text, limit: 40))” is neither an instant nor a span", hint: "Write 2026-12-01T08:00Z or 3d.")
        }
        guard date > now else { throw DeskError(.usage, "--until \(UTCTime.text(date)) has passed already") }
        return date
    }
}

/// `wiredesk sources enable`.
struct SourcesEnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Polls a disabled source again.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The source's id.", completion: .custom { _, _, _ in Completion.sourceIDs() }) var id: String

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            await workspace.share()
            let source = try workspace.registry().source(named: id)
            guard source.disabled != nil else { return Output.line("\(source.id) is not disabled.") }
            try await workspace.editRegistry { try $0.unset("disabled", of: source.id) }
            Output.line("\(source.id) is enabled. A running host polls it at once.")
        }
    }
}
