import ArgumentParser
import Host
import Stores
import WireCore

/// `wiredesk sources publish`.
struct SourcesPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Makes this registry the one of all hosts of the store, whatever they have now.",
        discussion: """
            Hosts share a registry when the store is named (--store, WIREDESK_STORE): a change on one is in force on all within a second, without
            this command. It is for a registry that was brought here from elsewhere, and for one that gave way to the shared one.
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            guard workspace.sharesRegistry else {
                throw DeskError(
                    .usage, "this registry is shared with nobody",
                    hint: "Name the store that the hosts share with --store or WIREDESK_STORE, and leave out WIREDESK_OWN_REGISTRY.")
            }
            let store = try workspace.openStore()
            let revision = try await workspace.sharing(through: store)?.publish() ?? 0
            try await store.close()
            Output.line("\(SafeText.line(workspace.registryFile.path)) is revision \(revision) of the registry that all hosts share.")
        }
    }
}
