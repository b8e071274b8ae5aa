import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A server that speaks MongoDB's protocol, for tests: SecantusDB from `.build/mongo` (`scripts/setup.sh --tests`), on a free port of
/// loopback with a data folder of its own. It ends with this process at the latest, however that ends: a shell that leads the server's
/// group waits for this end of a pipe to close, then kills the group and removes the folder.
public final class MongoServer: Sendable {
    /// "127.0.0.1:27999".
    public let host: String
    private let leader: pid_t
    // Open as long as the server is to run.
    private let leash: Int32
    private let folder: String

    public struct CannotStart: Error, CustomStringConvertible {
        public let description: String
    }

    /// One for all suites of the process, begun when first asked for; the address without a database. `WIREDESK_TEST_MONGODB` names another
    /// server, a mongod for example: then none is started.
    public static func sharedAddress() throws -> String {
        if let address = ProcessInfo.processInfo.environment["WIREDESK_TEST_MONGODB"], !address.isEmpty { return address }
        return "mongodb://\(try shared.get().host)"
    }

    private static let shared = Result { try MongoServer() }

    /// The shared server's address with a new database's name.
    public static func newDatabase() throws -> String {
        let address = try sharedAddress()
        let name = "wiredesk-test-" + UUID().uuidString.prefix(13).lowercased()
        guard var parts = URLComponents(string: address) else { throw CannotStart(description: "WIREDESK_TEST_MONGODB is no address") }
        parts.path = "/" + name
        guard let whole = parts.string else { throw CannotStart(description: "WIREDESK_TEST_MONGODB is no address") }
        return whole
    }

    /// Starts a server of its own and waits until it listens, a minute at most. With `port` and `folder` nil on a free port, with an
    /// empty folder; with those of an earlier one it goes on where that ended.
    public init(port: Int32? = nil, folder: String? = nil, syncsOnCommit: Bool = false) throws {
        let program = URL(filePath: #filePath).appending(path: "../../../.build/mongo/bin/secantusd-py").standardized.path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw CannotStart(description: "there is no \(program): run scripts/setup.sh --tests")
        }
        let port = try port ?? Self.freePort()
        host = "127.0.0.1:\(port)"
        self.folder = folder ?? FileManager.default.temporaryDirectory.appending(path: "wiredesk-mongo-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CannotStart(description: "pipe: \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        leash = ends[1]
        let script = """
            folder=$1; shift
            "$@" >"$folder.log" 2>&1 &
            read -r keep
            kill -9 $!
            [ "$keep" = keep ] || rm -rf "$folder" "$folder.log"
            kill -9 0
            """
        let arguments =
            ["/bin/sh", "-c", script, "sh", self.folder, program, "--port", "\(port)", "--storage-path", self.folder, "--enable-test-commands"]
            + (syncsOnCommit ? ["--sync-on-commit"] : [])
        leader = try Self.spawn(arguments, input: ends[0])
        close(ends[0])
        try waitUntilReady(port)
    }

    deinit { kill() }

    /// Kills the server and all that it started, at once, and keeps its data folder for another.
    @discardableResult
    public func kill() -> (port: Int32, folder: String) {
        let port = Int32(host.split(separator: ":").last ?? "") ?? 0
        if Glibc.kill(-leader, SIGKILL) == 0 {
            var status: Int32 = 0
            waitpid(leader, &status, 0)
            close(leash)
        }
        return (port, folder)
    }

    /// Kills the server and removes its data.
    public func end() {
        kill()
        for path in [folder, folder + ".log"] { try? FileManager.default.removeItem(atPath: path) }
    }

    private func waitUntilReady(_ port: Int32) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if Self.withSocket({ Self.withAddress(port) { connect($0, $1, $2) }($0) }) == 0 { return }
            usleep(50_000)
        }
        let log = (try? String(contentsOfFile: folder + ".log", encoding: .utf8)) ?? ""
        kill()
        throw CannotStart(description: "SecantusDB did not listen within a minute: \(log.suffix(500))")
    }

    private static func freePort() throws -> Int32 {
        let port = withSocket { socket -> Int32 in
            guard withAddress(0, { bind($0, $1, $2) })(socket) == 0 else { return 0 }
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
            }
            return code == 0 ? Int32(UInt16(bigEndian: address.sin_port)) : 0
        }
        guard port > 0 else { throw CannotStart(description: "no free port") }
        return port
    }

    private static func withSocket<T>(_ body: (Int32) -> T) -> T {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(handle) }
        return body(handle)
    }

    private static func withAddress(
        _ port: Int32, _ call: @escaping (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> (Int32) -> Int32 {
        { handle in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(clamping: port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
        }
    }

    /// In a process group of its own.
    private static func spawn(_ arguments: [String], input: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, &attributes, &words, environ)
        guard code == 0 else { throw CannotStart(description: "posix_spawn: \(code)") }
        return child
    }
}
