import ArgumentParser
import Foundation
import Host
import WireCore

/// `wiredesk completions`: what a shell needs to complete verbs, options and source ids.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Prints the completion script of a shell.",
        discussion: """
            bash: wiredesk completions bash > ~/.local/share/bash-completion/completions/wiredesk
            zsh:  wiredesk completions zsh > "${fpath[1]}/_wiredesk"
            fish: wiredesk completions fish > ~/.config/fish/completions/wiredesk.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.line(Wiredesk.completionScript(for: kind))
    }
}

/// What a shell can complete.
enum Completion {
    /// The registry's ids; none when it cannot be read, since nobody reads an error while completing.
    static func sourceIDs() -> [String] {
        let path = ProcessInfo.processInfo.environment["WIREDESK_REGISTRY"] ?? "Plugins.json"
        return (try? RegistryFile(path: path).load().sources.map(\.id.text)) ?? []
    }
}
