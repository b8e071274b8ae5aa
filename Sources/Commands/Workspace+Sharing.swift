import Foundation
import Host
import Logging
import Stores
import WireCore

extension Workspace {
    /// How the registry is shared through the store; nil where each host has its own.
    func sharing(through store: any RegistryStore) throws -> RegistrySharing? {
        guard sharesRegistry else { return nil }
        let memory = RegistryMemory(folder: data, place: try storeAddress().name(), registry: registryFile)
        return RegistrySharing(file: registryFile, memory: memory, store: store, by: who, clock: SystemClock())
    }

    /// "user@host", for those who ask who changed the registry.
    private var who: String {
        "\(environment["SUDO_USER"] ?? environment["USER"] ?? NSUserName())@\(ProcessInfo.processInfo.hostName)"
    }

    /// The registry that a host begins with: the store's, where hosts share one. A file that is wrong is refused before anything is shared.
    func registry(sharedBy sharing: RegistrySharing?) async throws -> Registry {
        guard let sharing else { return try registry() }
        if !registryFile.isMissing { _ = try registry() }
        let event = try await sharing.step()
        event.log(to: logger, file: registryFile.path)
        if case .unwritable(let registry, _, _) = event { return registry }
        return try registry()
    }

    /// Changes the registry's file, after ``share()``, and publishes the change. Where somebody else has published in between, the same change
    /// is made upon what they say. Where the store cannot be reached it is made here all the same, and a line on stderr says so.
    func editRegistry(_ change: (inout RegistryEditor) throws -> Void) async throws {
        for _ in 0..<Self.mostEdits {
            try registryFile.edit(change)
            // What was kept is made again upon theirs, and is no news.
            guard case .taken(_, _, let kept?) = await share(tellsKept: false) else { return }
            try? FileManager.default.removeItem(atPath: kept)
        }
        throw DeskError(.failure, "others keep changing the shared registry at the same time; nothing was changed", hint: "Try again.")
    }

    private static let mostEdits = 5

    /// Brings the file in step with what hosts share: before it is read for a change, and after it was changed. Nil where nothing is shared, or
    /// could be.
    @discardableResult
    func share(tellsKept: Bool = true) async -> RegistrySharing.Event? {
        guard sharesRegistry else { return nil }
        do {
            let store = try openStore()
            let event = try await sharing(through: store)?.step()
            try await store.close()
            if case .taken(_, _, _?) = event, !tellsKept { return event }
            event?.log(to: logger, file: registryFile.path)
            return event
        } catch {
            Output.error(
                Output.lines("The registry cannot be shared now; it is as it is here until a host of this folder reaches the store.\n\(error)"))
            return nil
        }
    }
}
