public import WireCore

/// One way in which a server misbehaves, and what a source that meets it must come to.
public struct HostileCase: Sendable {
    /// The name on the command line and in reports.
    public var name: String
    /// In plain words.
    public var meaning: String
    /// Any of these is right.
    public var expected: Set<Outcome>
    /// What the server does, chosen by name.
    enum Behaviour: Sendable {
        case good, html, captcha, status(Int), retryAfter, samePage, cycle, stuckClock, endless, drip, bomb, flood, wrongLength, reset, redirectLoop,
            privateRedirect, notModified, charsetLie, half, empty, deep
    }

    var behaviour: Behaviour

    init(_ name: String, _ behaviour: Behaviour, _ meaning: String, _ expected: Set<Outcome>) {
        self.name = name
        self.behaviour = behaviour
        self.meaning = meaning
        self.expected = expected
    }

    /// The ways out of pages that lead nowhere: the source stops by itself, or the host does.
    private static let ended: Set<Outcome> = [.ok, .ceiling]

    /// All of them, in the order of the report; the first is the one in which nothing is wrong.
    public static let all: [HostileCase] = [
        HostileCase("good", .good, "one good page", [.ok]),
        HostileCase("html", .html, "an HTML page at status 200", [.wrongKind]),
        HostileCase("captcha", .captcha, "a captcha at status 200", [.blocked]),
        HostileCase("unauthorized", .status(401), "status 401", [.auth]),
        HostileCase("missing", .status(404), "status 404", [.http]),
        HostileCase("gone", .status(410), "status 410", [.gone]),
        HostileCase("server-error", .status(500), "status 500, every time", [.http]),
        HostileCase("retry-after", .retryAfter, "status 429 with a Retry-After of ten years", [.rateLimited]),
        HostileCase("same-page", .samePage, "the same page for ever, with a next one", ended),
        HostileCase("cycle", .cycle, "two pages that lead to each other", ended),
        HostileCase("stuck-clock", .stuckClock, "ever new pages of one and the same instant", ended),
        HostileCase("endless", .endless, "ever new pages without end", ended),
        HostileCase("drip", .drip, "a byte now and then", [.timeout]),
        HostileCase("bomb", .bomb, "a few kilobytes that unpack to many megabytes", [.tooLarge]),
        HostileCase("flood", .flood, "a body without end", [.tooLarge]),
        HostileCase("wrong-length", .wrongLength, "less than the declared length", [.network]),
        HostileCase("reset", .reset, "a connection that breaks in the middle", [.network]),
        HostileCase("redirect-loop", .redirectLoop, "redirects in a circle", [.redirect]),
        HostileCase("private-redirect", .privateRedirect, "a redirect to an address inside the network", [.denied]),
        HostileCase("not-modified", .notModified, "status 304 to a request without validators", [.http]),
        HostileCase("charset-lie", .charsetLie, "a good page with a false charset", [.ok, .parse, .schema, .wrongKind]),
        HostileCase("half", .half, "half a document of the right length", [.parse, .schema, .wrongKind]),
        HostileCase("empty", .empty, "an empty body", [.parse, .empty, .wrongKind]),
        HostileCase("deep", .deep, "brackets nested a hundred thousand deep", [.ceiling, .parse, .schema, .wrongKind]),
    ]
}
