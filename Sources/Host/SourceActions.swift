public import Fetch
public import FoundationEssentials
public import Stores
import Synchronization
public import WireCore

/// What an operator does to a source while the host runs: disable, enable, poll, diagnose. Each method throws `usage` when there is no
/// source of that id.
public struct SourceActions: Sendable {
    private let file: RegistryFile
    private let desk: Desk
    private let fetcher: any DocumentFetching
    private let store: any DeskStore
    private let clock: any DeskClock
    private let environment: [String: String]
    private let diagnoses = Diagnoses()

    /// The longest reason and name that are kept.
    public static let longestText = 500

    public init(
        file: RegistryFile, desk: Desk, fetcher: any DocumentFetching, store: any DeskStore, clock: any DeskClock, environment: [String: String]
    ) {
        self.file = file
        self.desk = desk
        self.fetcher = fetcher
        self.store = store
        self.clock = clock
        self.environment = environment
    }

    /// Stops polling a source, in the registry's file and in the running host. An `until` that has passed is wrong usage.
    public func disable(_ id: SourceID, by: String?, reason: String?, until: Date?) async throws {
        let now = clock.now()
        if let until, until <= now { throw DeskError(.usage, "the end \(UTCTime.text(until)) has passed already") }
        let disabling = Disabling(by: by, reason: reason.flatMap { $0.isEmpty ? nil : $0 }, at: now, until: until)
        try file.edit { try $0.set("disabled", to: RegistryEditor.json(disabling), of: id) }
        try await desk.replace(try file.load())
    }

    /// Polls a disabled source again; one that is not disabled stays as it is.
    public func enable(_ id: SourceID) async throws {
        try file.edit { try $0.unset("disabled", of: id) }
        try await desk.replace(try file.load())
    }

    /// Asks the desk to poll a source as soon as a place is free. Throws `usage` too when it is disabled.
    public func poll(_ id: SourceID) async throws {
        let source = try await desk.currentRegistry.source(named: id.text)
        guard source.isEnabled(at: clock.now()) else {
            throw DeskError(.usage, "\(id) is disabled, and therefore not polled", hint: "Enable it first.")
        }
        guard await desk.pollSoon(id) else { throw DeskError(.usage, "\(id) is not scheduled for polls", hint: "Its breaker may be held open.") }
    }

    /// Tells one poll stage by stage, `onProgress` while it goes on; writes nothing. Nil when this source, or four others, are being
    /// diagnosed already.
    public func diagnose(_ id: SourceID, onProgress: @escaping @Sendable (Diagnosis.Progress) -> Void = { _ in }) async throws -> Diagnosis? {
        let source = try await desk.currentRegistry.source(named: id.text)
        guard diagnoses.begin(id) else { return nil }
        defer { diagnoses.end(id) }
        let redacting = RedactingFetcher(fetcher, secrets: source.secrets(environment: environment))
        return try await Diagnostician(fetcher: redacting, store: store, clock: clock, environment: environment)
            .diagnose(source, onProgress: onProgress)
    }
}

/// Diagnoses under way: one of a source, four in all.
private final class Diagnoses: Sendable {
    private let sources = Mutex<Set<SourceID>>([])

    func begin(_ id: SourceID) -> Bool { sources.withLock { $0.count < 4 && $0.insert(id).inserted } }
    func end(_ id: SourceID) { sources.withLock { _ = $0.remove(id) } }
}
