import ArgumentParser
import Foundation
import Host
import Kit
import WireCore

/// `wiredesk plugins test`.
struct PluginsTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Lets a source, or a plugin's program, at a server that misbehaves, and judges how each poll ends.",
        discussion: """
              wiredesk plugins test ID                      a source of the registry, of any kind
              wiredesk plugins test -- ./plugin.py --fast   a program and its arguments

            The server runs on this machine and takes every request, whatever its address; nothing is stored. A page that the plugin
            understands is given with --fixture; {{n}}, {{time}}, {{seconds}} and {{next}} in it are filled in anew for each page. Exit code 1
            when a case fails.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A source's id, or a program and its arguments.") var subject: [String] = []
    @Option(help: ArgumentHelp("A page that the source understands.", valueName: "file"), completion: .file()) var fixture: String?
    @Option(help: ArgumentHelp("What the program is given as its settings, a JSON object.", valueName: "json")) var settings: String?
    @Option(help: ArgumentHelp("Only this case; may be given several times.", valueName: "case")) var only: [String] = []
    @Option(help: "Wall time of each poll in seconds, 1 to 60; some cases take all of it.") var seconds = 3
    @Flag(help: "Print JSON, one object a case and line.") var json = false

    func run() async throws {
        try await reportingErrors {
            try checkOptions()
            let workspace = try Workspace(global)
            let source = try chosen(workspace)
            let document = try fixture.map { TestDocument.text(try Self.text(of: $0)) }
            let conformance = Conformance(source, document: document, environment: workspace.environment, wallTime: .seconds(seconds))
            let json = json
            let results = try await conformance.run(only: Set(only)) { json ? Output.line(Self.json($0)) : Self.print($0) }
            let failed = results.count { !$0.isRight }
            if !json {
                Output.line(failed == 0 ? "Passed: \(results.count.counted("case"))." : "\(failed) of \(results.count.counted("case")) failed.")
            }
            if failed > 0 { throw ExitCode(1) }
        }
    }

    private func checkOptions() throws {
        guard !subject.isEmpty else {
            throw DeskError(.usage, "nothing to test is named", hint: "`wiredesk plugins test ID` or `wiredesk plugins test -- ./plugin.py`.")
        }
        guard (1...60).contains(seconds) else { throw DeskError(.usage, "--seconds is \(seconds), but must be from 1 to 60") }
        let names = HostileCase.all.map(\.name)
        for name in only where !names.contains(name) {
            let nearest = NearestName.of(name, among: names).map { "Did you mean \($0)? " } ?? ""
            throw DeskError(
                .usage, "there is no case “\(SafeText.line(name, limit: 40))”", hint: "\(nearest)There are \(names.joined(separator: ", ")).")
        }
        guard settings.map({ (try? JSONReader.read(Array($0.utf8)))?.object != nil }) != false else {
            throw DeskError(.usage, "--settings is no JSON object", hint: "Write --settings '{\"section\": \"world\"}'.")
        }
    }

    /// A source of the registry if there is one of that id, else a program.
    private func chosen(_ workspace: Workspace) throws -> SourceConfiguration {
        if subject.count == 1, let name = subject.first, SourceID(name) != nil, !workspace.registryFile.isMissing {
            let registry = try workspace.registry()
            if let source = registry.sources.first(where: { $0.id.text == name }) { return source }
            guard FileManager.default.isExecutableFile(atPath: name) else { _ = try registry.source(named: name); throw ExitCode(64) }
        }
        var source = try SourceConfiguration.unregistered(url: "http://news.example/list")
        var configuration = ExecConfiguration(command: subject, folder: FileManager.default.currentDirectoryPath)
        if let settings { configuration.settings = settings }
        source.kind = .exec(configuration)
        return source
    }

    private static func text(of path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20 else {
            throw DeskError(.usage, "the fixture cannot be read, or is larger than 1 MiB", place: SafeText.line(path, limit: 200))
        }
        return String(decoding: data, as: UTF8.self)
    }

    private static func print(_ result: Conformance.Result) {
        let palette = Palette()
        let mark = result.isRight ? palette.good("✓") : palette.bad("✗")
        func padded(_ text: String, _ width: Int) -> String { text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0) }
        let requests = result.requests.counted("request")
        Output.line(
            "\(mark) \(padded(result.name, 17))\(padded(result.outcome.rawValue, 14))\(padded(requests, 12))\(padded("\(result.durationMs) ms", 9))"
                + palette.dim(result.meaning))
        for fault in result.faults { Output.line("    \(palette.bad(fault)): \(SafeText.line(result.message, limit: 300))") }
        for remark in result.remarks.prefix(4) { Output.line("    " + palette.dim(SafeText.line(remark, limit: 300))) }
    }

    private static func json(_ result: Conformance.Result) -> String {
        var writer = JSONWriter()
        writer.object {
            $0.member("case", result.name)
            $0.member("passed", result.isRight)
            $0.member("outcome", result.outcome.rawValue)
            $0.member("message", result.message)
            $0.member("requests", result.requests)
            $0.member("durationMs", result.durationMs)
            $0.key("faults")
            $0.array { list in result.faults.forEach { list.string($0) } }
            $0.key("remarks")
            $0.array { list in result.remarks.forEach { list.string($0) } }
        }
        return writer.text
    }
}
