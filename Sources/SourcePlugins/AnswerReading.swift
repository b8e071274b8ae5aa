public import Fetch
public import FoundationEssentials
import WireCore

/// What an answer's status and headers say, before any adapter looks at the body; the same for every kind of source.
public enum AnswerReading {
    /// What to do with an answer.
    public enum Verdict: Sendable, Equatable {
        /// The body is the adapter's to read.
        case read
        /// Nothing has changed since the validators were given.
        case notModified
        /// The server says that there is nothing.
        case empty
        case failure(ReadFailure)
    }

    /// Judges an answer. `wasConditional`: validators were sent, so that 304 is an answer to them.
    public static func judge(_ document: Document, wasConditional: Bool, now: Date) -> Verdict {
        if let wall = ChallengePage.recognise(document) {
            return .failure(
                ReadFailure(
                    .blocked, "\(wall), status \(document.status)",
                    hint: "Waiting alone does not help. Ask the publisher for access or an API key, or use another address of the source.",
                    retryAt: RetryAfter.instant(in: document.headers, now: now)))
        }
        switch document.status {
        case 204, 205: return .empty
        case 206: return .failure(ReadFailure(.http, "status 206: a part of the document, although the whole was asked for"))
        case 200..<300: return .read
        case 304 where wasConditional: return .notModified
        default:
            var failure = failure(document, now: now)
            failure.status = document.status
            return .failure(failure)
        }
    }

    private static func failure(_ document: Document, now: Date) -> ReadFailure {
        let status = document.status
        let retryAt = RetryAfter.instant(in: document.headers, now: now)
        let wait = retryAt.map { ", wants to be asked again in \(Duration.seconds($0.timeIntervalSince(now)).short)" } ?? ""
        let host = WebAddress.host(of: document.url) ?? document.url
        let site = WebAddress.origin(of: document.url) ?? "https://\(host)"
        let isLimited = document.headers["x-ratelimit-remaining"] == "0" || document.headers["retry-after"] != nil
        switch status {
        case 429,
            403 where isLimited:
            return ReadFailure(
                .rateLimited, "status \(status): too many requests\(wait)",
                hint: "If this repeats, lengthen the source's interval.", retryAt: retryAt)
        case 401, 402, 403, 407:
            return ReadFailure(
                .auth, "status \(status): \(host) refuses without other credentials\(wait)",
                hint: "Check the key that the registry names, or ask the publisher whether the address is still open to readers.",
                retryAt: retryAt)
        case 410:
            return ReadFailure(
                .gone, "status 410: the address is gone for good",
                hint: "Look for the source's new address (`wiredesk sources add SITE` finds it) or disable the source.")
        case 404:
            return ReadFailure(
                .http, "status 404: nothing at this address",
                hint: "The feed may have moved: `wiredesk sources add \(site)/` looks for it.", retryAt: retryAt)
        case 304:
            return ReadFailure(.http, "status 304 (not modified) to a request that did not ask for changes only")
        case 300..<400:
            return ReadFailure(.redirect, "status \(status): a redirect without an address to go to")
        default:
            return ReadFailure(
                .http, "status \(status)\(wait)", hint: hint(for: status), retryAt: retryAt,
                isTransient: transient.contains(status))
        }
    }

    /// Statuses after which another try within seconds may succeed.
    private static let transient: Set<Int> = [408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]

    private static func hint(for status: Int) -> String? {
        switch status {
        case 600...: "HTTP knows no such status; some sites answer programs with it. Ask the publisher, or use another address of the source."
        case 500...: "The fault is on the server's side; it is tried again."
        case 451: "Withheld for legal reasons, perhaps only from this machine's country."
        case 400, 414, 431: "The server does not understand the request: check the source's url and config."
        case 405, 406, 415: "The server does not give this kind of document here: check the source's url."
        default: nil
        }
    }
}
