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
    private let sharing: RegistrySharing?

    /// `reloads` yields when somebody asks for a reload whatever the file's stamp says (SIGHUP). With `sharing` the file is also kept in step
    /// with what other hosts have in force; what is done here does not wait for that.
    public init(
        file: RegistryFile, desk: Desk, logger: Logger, every: Duration = .milliseconds(250), reloads: AsyncStream<Void>,
        sharing: RegistrySharing? = nil
    ) {
        self.file = file
        self.desk = desk
        self.logger = logger
        self.every = every
        self.reloads = reloads
        self.sharing = sharing
    }

    public func run() async throws {
        let (changes, change) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup { group in
            group.addTask {
                await self.watch(change)
                change.finish()
            }
            if let sharing {
                group.addTask {
                    await SharingLoop(sharing: sharing, logger: logger, apply: { try await desk.replace($0) }).run(changes: changes)
                }
            }
            group.addTask {
                for await _ in self.reloads.cancelOnGracefulShutdown() {
                    self.logger.notice("asked to read the registry again", metadata: ["file": "\(self.file.path)"])
                    await self.reload()
                }
            }
        }
    }

    private func watch(_ change: AsyncStream<Void>.Continuation) async {
        var known = file.stamp()
        let ticks = AsyncStream<Void>(unfolding: { try? await Task.sleep(for: every) }).cancelOnGracefulShutdown()
        for await _ in ticks {
            let stamp = file.stamp()
            guard stamp != known, !Task.isCancelled else { continue }
            known = stamp
            guard stamp != nil else {
                logger.error("the registry's file is gone; the registry stays as it was", metadata: ["file": "\(file.path)"])
                change.yield()
                continue
            }
            await reload()
            change.yield()
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
