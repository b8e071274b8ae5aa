import FoundationEssentials
public import Logging
public import ServiceLifecycle
import WireCore

/// Watches the registry's file and puts each change in force; a file that is wrong changes nothing, and the log says why.
public struct RegistryWatcher: Service {
    private let file: RegistryFile
    private let desk: Desk
    private let logger: Logger
    /// How often the file is looked at; a look costs one system call.
    private let every: Duration
    private let reloads: AsyncStream<Void>

    /// `reloads` yields when somebody asks for a reload whatever the file's stamp says (SIGHUP).
    public init(file: RegistryFile, desk: Desk, logger: Logger, every: Duration = .milliseconds(500), reloads: AsyncStream<Void>) {
        self.file = file
        self.desk = desk
        self.logger = logger
        self.every = every
        self.reloads = reloads
    }

    public func run() async throws {
        await withTaskGroup { group in
            group.addTask { await self.watch() }
            group.addTask {
                for await _ in self.reloads.cancelOnGracefulShutdown() {
                    self.logger.notice("asked to read the registry again", metadata: ["file": "\(self.file.path)"])
                    await self.reload()
                }
            }
        }
    }

    private func watch() async {
        var known = file.stamp()
        let ticks = AsyncStream<Void>(unfolding: { try? await Task.sleep(for: every) }).cancelOnGracefulShutdown()
        for await _ in ticks {
            let stamp = file.stamp()
            guard stamp != known, !Task.isCancelled else { continue }
            known = stamp
            guard stamp != nil else {
                logger.error("the registry's file is gone; the registry stays as it was", metadata: ["file": "\(file.path)"])
                continue
            }
            await reload()
        }
    }

    private func reload() async {
        do {
            try await desk.replace(try file.load())
        } catch {
            logger.error(
                "the registry was not taken over; the old one stays in force",
                metadata: ["file": "\(file.path)", "error": "\(SafeText.line(String(describing: error), limit: 2000))"])
        }
    }
}
