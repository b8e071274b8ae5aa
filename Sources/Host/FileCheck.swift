import Synchronization
import WireCore

/// Whether a file, as it stands, could be put in force: looked at anew only when it has changed.
public final class FileCheck: Sendable {
    private struct Look {
        var stamp: FileStamp?
        var problem: String?
    }

    private let path: String
    private let read: @Sendable () throws -> Void
    private let last = Mutex<Look?>(nil)

    /// `read` reads the file and throws what is wrong with it.
    public init(path: String, read: @escaping @Sendable () throws -> Void) { (self.path, self.read) = (path, read) }

    /// Whether the registry in `file` could be put in force.
    public convenience init(_ file: RegistryFile) { self.init(path: file.path) { _ = try file.load() } }

    /// What is wrong with the file, one line a mistake; nil when nothing is.
    public var problem: String? {
        let stamp = FileStamp(of: path)
        if let look = last.withLock({ $0 }), look.stamp == stamp { return look.problem }
        var problem: String?
        do {
            try read()
        } catch {
            problem = (error as? DeskError)?.message ?? String(describing: error)
        }
        let look = Look(stamp: stamp, problem: problem)
        last.withLock { $0 = look }
        return problem
    }
}
