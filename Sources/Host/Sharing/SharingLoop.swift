public import Logging
public import ServiceLifecycle
import Stores
import Synchronization
import WireCore

/// Brings file and store in step whenever one of them has changed: at the store's own word, and by looking, for stores that say nothing.
public struct SharingLoop: Service {
    private let sharing: RegistrySharing
    private let logger: Logger
    private let edits: AsyncStream<Void>
    private let apply: @Sendable (Registry) async throws -> Void

    /// Between two looks at the store while it does not tell changes by itself, and while it does.
    private static let looks = (deaf: Duration.milliseconds(400), listening: Duration.seconds(2))

    /// Why the loop wakes.
    private enum Cause { case file, store, time }

    /// `edits` tells that the file has changed; `apply` puts a registry in force that could not be written to the file.
    public init(
        _ sharing: RegistrySharing, logger: Logger, edits: AsyncStream<Void>, apply: @escaping @Sendable (Registry) async throws -> Void
    ) {
        (self.sharing, self.logger, self.edits, self.apply) = (sharing, logger, edits, apply)
    }

    /// Runs until it is cancelled or a graceful shutdown begins.
    public func run() async {
        let (causes, cause) = AsyncStream.makeStream(of: Cause.self, bufferingPolicy: .bufferingNewest(8))
        let isListening = Listening()
        await withTaskGroup { group in
            group.addTask { await look(at: causes) }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: isListening.value ? Self.looks.listening : Self.looks.deaf)
                    cause.yield(.time)
                }
            }
            group.addTask {
                guard let news = sharing.store.registryNews() else { return }
                for await word in news {
                    isListening.value = word != .deaf
                    if word == .deaf { logger.info("the store tells no changes of the registry; it is looked at instead") }
                    cause.yield(.store)
                }
            }
            for await _ in edits.cancelOnGracefulShutdown() { cause.yield(.file) }
            // Whoever watches the file is told to end before this is, and a service that ends untold ends the host as if it had failed.
            try? await gracefulShutdown()
            cause.finish()
            group.cancelAll()
        }
    }

    private func look(at causes: AsyncStream<Cause>) async {
        var told = Told()
        for await cause in causes {
            do {
                if cause != .file, try await sharing.store.sharedRegistryRevision() == told.revision ?? sharing.knownRevision() { continue }
                let event = try await sharing.step()
                told.revision = sharing.knownRevision()
                try await tell(event, &told)
                told.fault = nil
            } catch is CancellationError {
                return
            } catch {
                let fault = SafeText.line(String(describing: error), limit: 1000)
                if fault != told.fault { logger.warning("the registry cannot be shared at present", metadata: ["error": "\(fault)"]) }
                told.fault = fault
            }
        }
    }

    /// What was said last, so that it is said once.
    private struct Told {
        var revision: Int64?
        var event: RegistrySharing.Event?
        var fault: String?
    }

    private func tell(_ event: RegistrySharing.Event, _ told: inout Told) async throws {
        defer { told.event = event }
        if case .unwritable(let registry, let revision, _) = event {
            // It stays the store's text, and is not put in force again at each look.
            told.revision = revision
            try await apply(registry)
        }
        if case .refused(let revision, _, _) = event { told.revision = revision }
        guard event != told.event else { return }
        event.log(to: logger, file: sharing.file.path)
    }
}

/// Whether the store tells changes by itself now.
private final class Listening: Sendable {
    private let state = Mutex(false)

    var value: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

extension RegistrySharing.Event {
    /// Says it in the log of a host.
    public func log(to logger: Logger, file: String) {
        switch self {
        case .nothing: break
        case .published(let revision):
            logger.notice("the registry was published to all hosts of the store", metadata: ["revision": "\(revision)"])
        case .taken(let revision, let by, nil):
            logger.notice("the shared registry was taken over", metadata: ["revision": "\(revision)", "by": "\(SafeText.line(by, limit: 100))"])
        case .taken(let revision, let by, let kept?):
            logger.warning(
                "the shared registry was taken over in the place of another, which is kept; `wiredesk sources publish --registry KEPT` publishes it",
                metadata: ["revision": "\(revision)", "by": "\(SafeText.line(by, limit: 100))", "kept": "\(kept)"])
        case .invalid(let problem):
            logger.error(
                "the registry's file is wrong and was not published",
                metadata: ["file": "\(file)", "error": "\(SafeText.line(problem, limit: 2000))"])
        case .refused(let revision, let by, let problem):
            logger.error(
                "the shared registry is none that this version takes; the registry stays as it was",
                metadata: [
                    "revision": "\(revision)", "by": "\(SafeText.line(by, limit: 100))", "error": "\(SafeText.line(problem, limit: 2000))",
                ])
        case .unwritable(_, let revision, let problem):
            logger.error(
                "the shared registry is in force, but the file cannot be written",
                metadata: ["revision": "\(revision)", "file": "\(file)", "error": "\(SafeText.line(problem, limit: 1000))"])
        }
    }
}
