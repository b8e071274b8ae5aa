import WireCore

/// What became of a tap, told by its exit and its standard error: it has no other words for it.
public enum SingerFailure {
    /// `status`: what the tap ended with.
    public static func classify(errors: String, status: Int) -> ReadFailure {
        let lines = errors.split(whereSeparator: \.isNewline).map { $0.trimming(" ") }.filter { !$0.isEmpty }
        let cause = lines.last { $0.contains("CRITICAL") || $0.contains("FATAL") } ?? lines.last { !$0.contains("METRIC") } ?? ""
        let told = SafeText.line(String(cause), limit: 200)
        let message = "the tap ended with status \(status)" + (told.isEmpty ? " and no word of why" : ": \(told)")
        let plain = errors.suffix(8192).lowercased()
        let match = marks.first { mark in mark.words.contains { plain.contains($0) } }
        let hint = match == nil ? "`wiredesk diagnose` shows the end of its standard error." : match?.hint
        return ReadFailure(match?.outcome ?? .crash, message, hint: hint)
    }

    private static let marks: [(outcome: Outcome, words: [String], hint: String?)] = [
        (
            .config,
            ["config validation error", "is a required property", "the following arguments are required", "config is missing", "missing required"],
            "Correct config.settings: `TAP --about` lists what the tap wants."
        ),
        (.config, ["modulenotfounderror", "no module named", "importerror", "command not found"], "The tap is not installed as it should be."),
        (.rateLimited, ["429 ", "429:", "too many requests", "rate limit", "ratelimit"], "If this repeats, lengthen the source's interval."),
        (
            .auth, ["401 ", "403 ", "unauthorized", "forbidden", "invalid_grant", "invalid api key", "authentication failed"],
            "Check the tap's credentials."
        ),
        (.gone, ["410 ", "410:"], nil),
        (
            .wrongKind, ["jsondecodeerror", "expecting value: line 1", "<!doctype html", "not valid json"],
            "The address gives no JSON: check the tap's url."
        ),
        (.dns, ["name or service not known", "temporary failure in name resolution", "nameresolutionerror", "failed to resolve"], nil),
        (.tls, ["certificate verify failed", "sslerror", "ssl: "], nil),
        (.timeout, ["timed out", "timeouterror", "read timeout"], nil),
        (
            .network,
            ["connectionerror", "connection refused", "connection reset", "connection aborted", "remotedisconnected", "max retries exceeded"], nil
        ),
        (.http, ["404 ", "500 ", "502 ", "503 ", "504 ", "httperror", "server error", "client error", "retriableapierror", "fatalapierror"], nil),
        (.ceiling, ["memoryerror", "cannot allocate memory", "out of memory"], "It wants more memory than config.limits.memory allows."),
        (.schema, ["keyerror", "schema", "validationerror"], nil),
    ]
}
