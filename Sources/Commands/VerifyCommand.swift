import ArgumentParser
import Foundation
import WireCore

/// `wiredesk verify`: does the whole chain work, here and now?
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Runs the whole chain against the running configuration: sources, articles, a smoke briefing, the ledger.",
        discussion: """
            Asks every enabled source once (nothing is stored by that), looks whether articles came within the expected time, has a smoke briefing
            written, and checks that its calls are in the ledger, within the budgets, and that all sums agree. Exit code 1 when a link is broken;
            the first one is named.
            """)

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Ask no source: only what is stored and what models cost.") var offline = false
    @Flag(help: "Print JSON: one object.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let chain = VerificationChain(workspace: workspace, asksSources: !offline)
            let links = try await chain.run { json || !Output.isTerminal(2) ? () : Output.progress("\r\u{1B}[K\($0) …") }
            if !json, Output.isTerminal(2) { Output.progress("\r\u{1B}[K") }
            json ? Output.line(Self.json(links)) : Self.print(links)
            if links.contains(where: { $0.state == .broken }) { throw ExitCode(1) }
        }
    }

    private static func print(_ links: [VerificationChain.Link]) {
        let palette = Palette()
        var table = Table(["", "CHECK", "TOOK", "WHAT WAS SEEN"], rightAligned: [2])
        for link in links {
            let mark: (String, (String) -> String) =
                switch link.state {
                case .whole: ("✓", palette.good)
                case .worthALook: ("!", palette.warn)
                case .broken: ("✗", palette.bad)
                case .notReached: ("–", palette.dim)
                }
            table.add([
                .init(mark.0, paint: mark.1), .init(link.name, paint: palette.bold), .init(link.state == .notReached ? "" : link.took.short),
                .init(link.detail),
            ])
        }
        Output.text(table.rendered(palette, width: nil))
        guard let first = links.first(where: { $0.state == .broken }) else { return Output.line("The chain is whole.") }
        Output.line("The first broken link: \(palette.bad(first.name)). \(SafeText.line(first.hint ?? first.detail, limit: 500))")
    }

    private static func json(_ links: [VerificationChain.Link]) -> String {
        var json = JSONWriter(capacity: 4096)
        json.object { root in
            root.member("ok", !links.contains { $0.state == .broken })
            root.member("firstBroken", orNull: links.first { $0.state == .broken }?.name)
            root.key("checks")
            root.array { list in
                for link in links {
                    list.object {
                        $0.member("name", link.name)
                        $0.member("state", link.state.rawValue)
                        $0.member("ms", link.took.milliseconds)
                        $0.member("detail", link.detail)
                        $0.member(ifPresent: "hint", link.hint)
                    }
                }
            }
        }
        return json.text
    }
}
