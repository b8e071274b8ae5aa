import Foundation
import Logging
import WireCore

/// Log lines on stderr: time, level, message, facts as key=value; one event is one line, whatever is in it.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let palette = Palette(descriptor: 2)

    /// A logger of the program that shows `level` and above.
    static func logger(level: Logger.Level) -> Logger {
        Logger(label: "wiredesk") { _ in
            var handler = LineLogHandler()
            handler.logLevel = level
            return handler
        }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = "\(palette.dim(UTCTime.text(Date()))) \(name(event.level)) \(SafeText.line("\(event.message)", limit: 500))"
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in facts.sorted(by: { Self.rank($0.key) < Self.rank($1.key) }) {
            line += " \(palette.dim("\(key)="))\(Self.quoted("\(value)"))"
        }
        Output.error(line)
    }

    /// What a reader looks for comes first, the long message last.
    private static func rank(_ key: String) -> String {
        switch key {
        case "source": "0"
        case "outcome": "1"
        case "message", "error", "cause": "~\(key)"
        default: key
        }
    }

    private static func quoted(_ value: String) -> String {
        let safe = SafeText.line(value, limit: 2000)
        return safe.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) || safe.isEmpty
            ? "\"\(safe.replacingOccurrences(of: "\"", with: "'"))\"" : safe
    }

    private func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: palette.dim("debug  ")
        case .info: "info   "
        case .notice: palette.bold("notice ")
        case .warning: palette.warn("warning")
        case .error: palette.bad("error  ")
        case .critical: palette.bad("fatal  ")
        }
    }
}
