import ArgumentParser
import Foundation
import Kit
import WireCore

/// `wiredesk plugins new`.
struct PluginsNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Makes a working plugin with its test, in a folder of its own.",
        discussion: "docs/plugins.md explains what it does and how to go on. Nothing that is there already is overwritten.")

    @Option(help: "swift, python or sh; the protocol takes any language.") var lang = "python"
    @Option(help: ArgumentHelp("Where the plugin's folder is made.", valueName: "folder"), completion: .directory) var dir = "."
    @Argument(help: "The plugin's name, a source's id.") var name: String

    func run() async throws {
        try await reportingErrors { try make() }
    }

    private func make() throws {
        guard let language = PluginTemplate.Language(rawValue: lang) else {
            let names = PluginTemplate.Language.allCases.map(\.rawValue)
            throw DeskError(
                .usage, "there is no template for “\(SafeText.line(lang, limit: 40))”", hint: "There are \(names.joined(separator: ", ")).")
        }
        guard let id = SourceID(name) else {
            throw DeskError(.usage, "“\(SafeText.line(name, limit: 80))” is no source id", hint: SourceID.rule)
        }
        let folder = dir == "." ? id.text : "\(dir)/\(id)"
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw DeskError(
                .usage, "there is such a folder already, and it is not touched", place: SafeText.line(folder), hint: "Choose another name.")
        }
        let template = PluginTemplate(language, name: id)
        do {
            for file in template.files { try write(file, in: folder) }
        } catch {
            throw DeskError(.failure, "the plugin cannot be written: \(error.localizedDescription)", place: SafeText.line(folder))
        }
        report(template, SafeText.line(folder))
    }

    private func write(_ file: PluginTemplate.File, in folder: String) throws {
        let path = URL(fileURLWithPath: folder).appendingPathComponent(file.path)
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: path)
        if file.isExecutable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.path) }
    }

    private func report(_ template: PluginTemplate, _ folder: String) {
        Output.line("Made \(folder): \(template.files.map(\.path).joined(separator: ", ")).")
        if let build = template.buildCommand { Output.line("Build it:  cd \(folder) && \(build)") }
        Output.line("Test it:   \(folder)/test.sh")
        Output.line("Enter it into the registry, with its real address:")
        Output.line("    " + template.entry)
    }
}
