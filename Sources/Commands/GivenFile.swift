import Foundation
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that somebody names on the command line or in the environment.
enum GivenFile {
    /// What lies beyond is not read.
    private static let most = 256 << 20

    /// The whole file; `what` it is in messages. Throws with the system's reason.
    static func read(_ path: String, _ what: String, _ code: DeskError.Code = .usage, hint: String? = nil) throws(DeskError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DeskError(code, "\(what) cannot be read: \(String(cString: strerror(errno)))", place: path, hint: hint)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            return [UInt8](try file.read(upToCount: most) ?? Data())
        } catch {
            var facts = stat()
            let isFolder = fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
            throw DeskError(code, "\(what) cannot be read: \(isFolder ? "it is a folder" : error.localizedDescription)", place: path, hint: hint)
        }
    }
}
