import Synchronization
import WireCore

/// Whether the registry's file, as it stands, could be put in force: looked at anew only when the file has changed.
public final class RegistryCheck: Sendable {
    private struct Look {
        var stamp: RegistryFile.Stamp?
        var problem: String?
    }

    private let file: RegistryFile
    private let last = Mutex<Look?>(nil)

    public init(file: RegistryFile) { self.file = file }

    /// What is wrong with the file, one line a mistake; nil when nothing is.
    public var problem: String? {
        let stamp = file.stamp()
        if let look = last.withLock({ $0 }), look.stamp == stamp { return look.problem }
        var problem: String?
        do {
            _ = try file.load()
        } catch {
            problem = error.message
        }
        let look = Look(stamp: stamp, problem: problem)
        last.withLock { $0 = look }
        return problem
    }
}
