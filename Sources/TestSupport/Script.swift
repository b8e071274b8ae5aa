import Foundation

/// A script that a test lets run to its end.
public enum Script {
    /// What came of it.
    public struct Result: Sendable {
        public var status: Int32
        /// Everything it printed, on both streams.
        public var output: String
    }

    /// Runs a command. Throws when it has not ended within `seconds`; it is killed then.
    public static func run(_ command: String, _ arguments: [String], within seconds: Double) async throws -> Result {
        let log = NSTemporaryDirectory() + "wiredesk-" + UUID().uuidString + ".log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: command)
        process.arguments = arguments
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let end = ContinuousClock.now + .seconds(seconds)
        while process.isRunning {
            guard ContinuousClock.now < end else {
                kill(process.processIdentifier, SIGKILL)
                throw ConformanceFailure(description: "\(arguments) did not end: \(text(of: log))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return Result(status: process.terminationStatus, output: text(of: log))
    }

    private static func text(of path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
