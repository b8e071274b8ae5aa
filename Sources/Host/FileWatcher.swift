import FoundationEssentials
public import Logging
public import ServiceLifecycle
import WireCore

/// A file that the host goes by, and how it is put in force.
public struct WatchedFile: Sendable {
    /// "registry", "price table".
    public var name: String
    public var path: String
    /// Is told of every change, be the file right, wrong or gone, and ends with the watcher.
    public var changes: AsyncStream<Void>.Continuation?
    /// Reads the file and takes over what it says; what it throws leaves everything as it was.
    public var takeOver: @Sendable () async throws -> Void

    public init(
        _ name: String, path: String, changes: AsyncStream<Void>.Continuation? = nil, takeOver: @escaping @Sendable () async throws -> Void
    ) {
        (self.name, self.path, self.changes, self.takeOver) = (name, path, changes, takeOver)
    }
}

/// Watches files and puts each change in force; one that is wrong changes nothing, and the log says why.
public struct FileWatcher: Service {
    private let files: [WatchedFile]
    private let logger: Logger
    /// How often a file is looked at; a look costs one system call.
    private let every: Duration
    private let reloads: AsyncStream<Void>

    /// `reloads` yields when somebody asks for all files to be read again, whatever their stamps say (SIGHUP).
    public init(_ files: [WatchedFile], logger: Logger, every: Duration = .milliseconds(250), reloads: AsyncStream<Void>) {
        self.files = files
        self.logger = logger
        self.every = every
        self.reloads = reloads
    }

    public func run() async throws {
        await withTaskGroup { group in
            for file in files { group.addTask { await self.watch(file) } }
            group.addTask {
                for await _ in self.reloads.cancelOnGracefulShutdown() {
                    for file in self.files where FileStamp(of: file.path) != nil {
                        self.logger.notice("asked to read the \(file.name) again", metadata: ["file": "\(file.path)"])
                        await self.reload(file)
                    }
                }
            }
        }
    }

    private func watch(_ file: WatchedFile) async {
        defer { file.changes?.finish() }
        var known = FileStamp(of: file.path)
        let ticks = AsyncStream<Void>(unfolding: { try? await Task.sleep(for: every) }).cancelOnGracefulShutdown()
        for await _ in ticks {
            let stamp = FileStamp(of: file.path)
            guard stamp != known, !Task.isCancelled else { continue }
            known = stamp
            guard stamp != nil else {
                logger.error("the \(file.name)'s file is gone; the \(file.name) stays as it was", metadata: ["file": "\(file.path)"])
                file.changes?.yield()
                continue
            }
            await reload(file)
            file.changes?.yield()
        }
    }

    private func reload(_ file: WatchedFile) async {
        do {
            try await file.takeOver()
        } catch {
            logger.error(
                "the \(file.name) was not taken over; the old one stays in force",
                metadata: ["file": "\(file.path)", "error": "\(SafeText.line(String(describing: error), limit: 2000))"])
        }
    }
}
