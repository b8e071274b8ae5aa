import ArgumentParser
import Fetch
import Foundation
import Host
import WireCore

/// `wiredesk sources export`.
struct SourcesExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Prints the feeds of the registry as OPML, which other readers import.",
        discussion: "Sources of other kinds than feed have no place in OPML and are left out; a line on stderr says so.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await reportingErrors {
            let registry = try Workspace(global).registry()
            let feeds = registry.sources.filter { $0.kind == .feed }
            let others = registry.sources.filter { $0.kind != .feed }
            Output.text(OPML.write(feeds.map { OPML.Outline(title: $0.id.text, feedURL: $0.url, tags: $0.tags) }, title: "wiredesk"))
            if !others.isEmpty { Output.error("left out, not being feeds: \(others.map(\.id.text).joined(separator: ", "))") }
        }
    }
}

/// `wiredesk sources import`.
struct SourcesImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Enters the feeds of an OPML list into the registry.",
        discussion: "Feeds whose address is there already are passed over. Folders and categories become tags. “-” reads standard input.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The list.", completion: .file()) var file: String
    @Flag(help: "Only show what would be entered.") var dryRun = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            if !dryRun { await workspace.share() }
            let registryFile = workspace.registryFile
            let registry = registryFile.isMissing ? Registry() : try registryFile.load()
            let bytes = file == "-" ? [UInt8](FileHandle.standardInput.readDataToEndOfFile()) : try GivenFile.read(file, "the list")
            let list = try OPML.read(bytes, file: file)
            let (entries, skipped) = entries(list.outlines, registry)
            if !dryRun, !entries.isEmpty { try await workspace.editRegistry { try $0.add(entries.map(\.members)) } }
            Output.text(entries.map { "\($0.id)  \(SafeText.line(redactedURL($0.url), limit: 200))\n" }.joined())
            for line in skipped { Output.error("passed over: \(line)") }
            if list.isCutShort { Output.error("the list breaks off before its end; what it holds until then was read") }
            if list.isTruncated { Output.error("the list holds more than \(OPML.maximumFeeds) feeds; the rest was left out") }
            let verb = dryRun ? "would be entered into" : "entered into"
            Output.line("\(entries.count) \(verb) \(SafeText.line(registryFile.path)), \(skipped.count) passed over")
        }
    }

    private struct Entry {
        var id: String
        var url: String
        var members: [(key: String, json: String)]
    }

    private func entries(_ outlines: [OPML.Outline], _ registry: Registry) -> ([Entry], skipped: [String]) {
        var names = SourceName.Pool(taken: Set(registry.sources.map(\.id.text)))
        var urls = Set(registry.sources.map(\.url))
        var entries: [Entry] = []
        var skipped: [String] = []
        for outline in outlines {
            let url = outline.feedURL.trimmingCharacters(in: .whitespacesAndNewlines)
            let shown = SafeText.line(redactedURL(url), limit: 120)
            if let due = SourceURL.fault(of: url) {
                skipped.append("\(shown), which is not \(due)")
                continue
            }
            guard urls.insert(url).inserted else {
                skipped.append("\(shown), which is there already")
                continue
            }
            let id = names.propose(for: url, title: outline.title)
            var members = [("id", id), ("kind", "feed"), ("url", url)].map { (key: $0.0, json: RegistryEditor.quoted($0.1)) }
            if !outline.tags.isEmpty { members.append(("tags", "[\(outline.tags.map(RegistryEditor.quoted).joined(separator: ", "))]")) }
            members.append(("note", RegistryEditor.quoted(SafeText.line(outline.title, limit: 120))))
            entries.append(Entry(id: id, url: url, members: members))
        }
        return (entries, skipped)
    }
}
