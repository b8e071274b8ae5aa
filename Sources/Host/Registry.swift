// Host: reads Plugins.json, keeps the registry, polls sources behind their breakers, files what they bring.
// Read in this order: Registry and RegistryReader (what is to be polled), PollRunner (the one poll loop), SourcePoller (a poll with
// its breaker, its fallback and its filing), ScheduleBook and Desk (all sources, for ever), Diagnosis (why a source fails).
// It knows no HTTP library, no XML and no SQL. Tests: Tests/HostTests.

import Fetch
public import Newsroom
public import WireCore

/// What the registry file says: every source with its defaults filled in, in the file's order.
public struct Registry: Sendable, Equatable {
    public var sources: [SourceConfiguration] { didSet { places = Self.places(of: sources) } }
    public var network: NetworkConfiguration
    public var retention: RetentionConfiguration
    /// Models and money.
    public var gateway = GatewaySettings()
    /// Enrichment, narratives, briefings, alerts.
    public var newsroom = NewsroomSettings()
    /// Where each value of each source comes from, for `sources show --effective`.
    public var origins: [SourceID: [EffectiveValue]]
    /// Where each source stands among them.
    private var places: [SourceID: Int]

    public init(
        sources: [SourceConfiguration] = [], network: NetworkConfiguration = NetworkConfiguration(),
        retention: RetentionConfiguration = RetentionConfiguration(), origins: [SourceID: [EffectiveValue]] = [:]
    ) {
        self.sources = sources
        self.network = network
        self.retention = retention
        self.origins = origins
        places = Self.places(of: sources)
    }

    private static func places(of sources: [SourceConfiguration]) -> [SourceID: Int] {
        Dictionary(sources.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
    }

    /// Nil when there is no source of that id.
    public subscript(_ id: SourceID) -> SourceConfiguration? { places[id].map { sources[$0] } }

    /// The source of that id. Throws a usage error that names the nearest known one.
    public func source(named name: String) throws(DeskError) -> SourceConfiguration {
        if let id = SourceID(name), let source = self[id] { return source }
        let nearest = NearestName.of(name, among: sources.map(\.id.text))
        throw DeskError(
            .usage, "there is no source “\(SafeText.line(name, limit: 80))” in the registry",
            hint: nearest.map { "Did you mean \($0)?" } ?? "`wiredesk sources list` shows them all.")
    }
}

/// How the host behaves on the network, whatever the source.
public struct NetworkConfiguration: Sendable, Equatable {
    /// Polls of one host name at a time.
    public var perHost = 4
    /// Between two polls' starts at one host name.
    public var spacing = Duration.milliseconds(500)
    /// Polls at a time in all; half of them are kept for sources that are well.
    public var concurrency = 256
    /// Private addresses that may be asked, and need no politeness.
    public var allowPrivate: [String] = []
    public var userAgent: String?

    public init() {}
}

/// How long things are kept.
public struct RetentionConfiguration: Sendable, Equatable {
    /// Nil: for ever.
    public var articles: Duration? = .seconds(365 * 86_400)
    public var polls = Duration.seconds(30 * 86_400)
    /// The lines that say who changed what. Nil: for ever.
    public var audit: Duration? = .seconds(365 * 86_400)

    public init() {}
}

/// One value of a source as it is in force, and where it was said.
public struct EffectiveValue: Sendable, Equatable {
    /// "interval", "ceilings.pages", …
    public var key: String
    /// Without what an address may hold of keys and passwords.
    public let value: String
    public var origin: Origin

    init(key: String, value: String, origin: Origin) {
        (self.key, self.value, self.origin) = (key, value.contains("://") ? redactedURL(value) : value, origin)
    }

    /// Where a value was said.
    public enum Origin: Sendable, Equatable {
        /// In the source's own entry.
        case source(line: Int)
        /// In the registry's `defaults`.
        case defaults(line: Int)
        /// Nowhere: the program's own default.
        case builtIn

        public var text: String {
            switch self {
            case .source(let line): "line \(line)"
            case .defaults(let line): "defaults, line \(line)"
            case .builtIn: "built in"
            }
        }
    }
}

/// The registry is refused as a whole; every problem that was found is named.
public struct RegistryRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public var file: String
    public var problems: [FileProblem]
    /// True when there are more than are named.
    public var isCutShort = false

    /// One line a problem, `file:line:column: message`.
    public var description: String { FileProblemText.lines(problems, in: file, isCutShort: isCutShort) }

    /// As an error with exit code 78.
    public var deskError: DeskError {
        DeskError(
            .config, "the registry has \(FileProblemText.count(problems, isCutShort: isCutShort)) and is refused as a whole:\n\(description)",
            hint: "Correct it; `wiredesk plugins schema` prints what is allowed.")
    }
}
