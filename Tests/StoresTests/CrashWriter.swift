import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A child that writes to a store until it is killed.
enum CrashWriter {
    struct CannotStart: Error {
        var number: Int32
    }

    /// Starts the child of this name, kills it as soon as it has printed `killAfterLines` lines, and returns all whole lines that came.
    static func run(_ name: String, storePath: String, round: Int, killAfterLines: Int) throws -> [String] {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CannotStart(number: errno) }
        defer { close(ends[0]) }
        let child = try spawn([executable(name), storePath, String(round)], output: ends[1], closing: ends[0])
        close(ends[1])
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        var isKilled = false
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
            if !isKilled, bytes.count(where: { $0 == 0x0A }) >= killAfterLines {
                kill(child, SIGKILL)
                isKilled = true
            }
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        let whole = bytes.prefix((bytes.lastIndex(of: 0x0A) ?? -1) + 1)
        return whole.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Beside the test bundle, where the package manager builds it.
    private static func executable(_ name: String) -> String {
        let bundle = URL(filePath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appending(path: name).path
    }

    private static func spawn(_ arguments: [String], output: Int32, closing: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, output)
        posix_spawn_file_actions_addclose(&actions, closing)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, nil, &words, environ)
        guard code == 0 else { throw CannotStart(number: code) }
        return child
    }
}
