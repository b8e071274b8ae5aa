public import FoundationEssentials
public import Stores
public import WireCore

/// Keeps the registry's file here in step with the text that all hosts of the store share.
///
/// Three texts decide: the file, the store's, and the one that both last had in common (``RegistryMemory``). A change of one side goes to the
/// other; when both have changed, the store's holds and the file's is kept beside it. Nothing that this version would refuse is taken or published.
public struct RegistrySharing: Sendable {
    let file: RegistryFile
    private let memory: RegistryMemory
    let store: any RegistryStore
    /// Who publishes: "user@host".
    private let by: String
    private let clock: any DeskClock

    public init(file: RegistryFile, memory: RegistryMemory, store: any RegistryStore, by: String, clock: any DeskClock) {
        self.file = file
        self.memory = memory
        self.store = store
        self.by = by
        self.clock = clock
    }

    /// What a step came to.
    public enum Event: Sendable, Equatable {
        case nothing
        case published(revision: Int64)
        /// The file says now what the store says; `kept`: where the text that it held before is kept, when nobody else has it.
        case taken(revision: Int64, by: String, kept: String?)
        /// The file here is wrong, and was not published.
        case invalid(String)
        /// The store's text is none that this version takes; the file stays as it is.
        case refused(revision: Int64, by: String, problem: String)
        /// The store's text is in order, but the file cannot be written.
        case unwritable(Registry, revision: Int64, problem: String)
    }

    /// Times that file or store may change under it before it leaves the rest to the next step.
    private static let mostTries = 5

    /// Brings both in step. Throws when store, file or data folder cannot be read or written.
    public func step() async throws -> Event {
        let turn = try await memory.turn()
        defer { withExtendedLifetime(turn) {} }
        for _ in 0..<Self.mostTries {
            let local = try text()
            let shared = try await store.sharedRegistry()
            let action = RegistryMerge.decide(local: local, base: memory.load(), shared: shared.map(SharedText.init))
            if let event = try await act(action, local, shared) { return event }
        }
        return .nothing
    }

    /// Publishes the file's text whatever the store holds. Throws `config` for one that is wrong.
    public func publish() async throws -> Int64 {
        let turn = try await memory.turn()
        defer { withExtendedLifetime(turn) {} }
        for _ in 0..<Self.mostTries {
            let text = try file.bytes()
            if let problem = Self.problem(in: text, file.path) { throw problem }
            if let shared = try await store.publishRegistry(
                text, replacing: try await store.sharedRegistryRevision(), by: by, at: clock.now())
            {
                try memory.save(SharedText(shared))
                return shared.revision
            }
        }
        throw DeskError(.store, "others keep publishing the registry at the same time", hint: "Try again.")
    }

    /// The revision that was in common last; 0: none.
    func knownRevision() -> Int64 { memory.load()?.revision ?? 0 }

    // MARK: - Steps

    /// Nil: the file or the store changed meanwhile, look again.
    private func act(_ action: RegistryMerge.Action, _ local: [UInt8]?, _ shared: SharedRegistry?) async throws -> Event? {
        switch action {
        case .nothing: return .nothing
        case .remember:
            if let shared { try memory.save(SharedText(shared)) }
            return .nothing
        case .publish(let revision):
            guard let local else { return .nothing }
            if let problem = Self.problem(in: local, file.path) { return .invalid(problem.message) }
            guard let published = try await store.publishRegistry(local, replacing: revision, by: by, at: clock.now()) else { return nil }
            try memory.save(SharedText(published))
            return .published(revision: published.revision)
        case .take(let reason):
            guard let shared else { return .nothing }
            return try take(shared, local, reason)
        }
    }

    private func take(_ shared: SharedRegistry, _ local: [UInt8]?, _ reason: RegistryMerge.Reason) throws -> Event? {
        let registry: Registry
        do {
            registry = try RegistryReader.read(shared.text, file: "the shared registry")
        } catch {
            return .refused(revision: shared.revision, by: shared.by, problem: error.deskError.message)
        }
        do {
            let kept = reason.losesText ? try local.map(keep) : nil
            guard try file.put(shared.text, over: local) else { return nil }
            try memory.save(SharedText(shared))
            return .taken(revision: shared.revision, by: shared.by, kept: kept)
        } catch let error as DeskError {
            return .unwritable(registry, revision: shared.revision, problem: error.message)
        }
    }

    /// Puts the text beside the file; returns where.
    private func keep(_ text: [UInt8]) throws -> String {
        let name = file.path + Self.conflictMark + UTCTime.text(clock.now()).filter { $0 != ":" && $0 != "-" }
        try RegistryFile(path: name).put(text)
        return name
    }

    private func text() throws -> [UInt8]? { file.isMissing ? nil : try file.bytes() }

    private static func problem(in text: [UInt8], _ name: String) -> DeskError? {
        do {
            _ = try RegistryReader.read(text, file: name)
            return nil
        } catch {
            return error.deskError
        }
    }

    // MARK: - For doctor

    static let conflictMark = ".conflict-"

    /// Texts that gave way to the store's and that nobody has removed since, by name.
    public static func conflicts(beside file: RegistryFile) -> [String] {
        let url = URL(filePath: file.path)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []
        return names.filter { $0.hasPrefix(url.lastPathComponent + conflictMark) }.sorted()
    }

    /// How file and store stand to each other, without changing either.
    public func standing() async throws -> Standing {
        guard let shared = try await store.sharedRegistry() else { return .unpublished }
        guard try text() != shared.text else { return .same(revision: shared.revision, by: shared.by, at: shared.at) }
        return .different(revision: shared.revision, by: shared.by, problem: Self.problem(in: shared.text, "the shared registry")?.message)
    }

    public enum Standing: Sendable, Equatable {
        case unpublished
        case same(revision: Int64, by: String, at: Date)
        /// `problem`: why this version does not take the store's.
        case different(revision: Int64, by: String, problem: String?)
    }
}

extension SharedText {
    init(_ shared: SharedRegistry) { self.init(revision: shared.revision, text: shared.text) }
}
