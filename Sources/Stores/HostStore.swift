public import FoundationEssentials

/// Who is at work upon the store: each running host enters itself and beats; the others read the list and judge for themselves who lives.
///
/// The list decides nothing by itself: an entry is what a host says of itself, and a beat is a number that grows. Errors are ``DeskError``
/// with code `store`.
public protocol HostStore: Sendable {
    /// Enters a host, or renews its entry, and returns everybody's, the host's own included, by `startedAt`, then id. Entries whose last
    /// beat is ``HostEntry/memory`` older than this one are forgotten. Costs about as much as one small write.
    func beat(_ entry: HostEntry) async throws -> [HostEntry]
    /// Takes a host off the list: it stopped in good order and holds nothing any more.
    func leave(_ host: String) async throws
    /// Everybody's entries, as ``beat(_:)`` returns them.
    func hosts() async throws -> [HostEntry]
}

/// What a host says of itself.
public struct HostEntry: Sendable, Equatable, Identifiable {
    /// How long the entry of a host that beats no more is kept.
    public static let memory: TimeInterval = 3600

    /// Machine and process, "desk-1 4711:88231:0a1b…": another run of the same host is another host.
    public var id: String
    /// "poll", "enrich", "web".
    public var roles: [String]
    /// Of the program.
    public var version: String
    /// Where its dashboard is served, "http://127.0.0.1:8080"; nil: nowhere.
    public var address: String?
    public var startedAt: Date
    /// Grows with each beat.
    public var beat: Int64
    /// By the host's own clock: others tell from it how far their clocks are apart, never whether it lives.
    public var beatAt: Date
    public var work: HostWork

    public init(
        id: String, roles: [String], version: String, address: String? = nil, startedAt: Date, beat: Int64 = 0, beatAt: Date,
        work: HostWork = HostWork()
    ) {
        self.id = id
        self.roles = roles
        self.version = version
        self.address = address
        self.startedAt = startedAt
        self.beat = beat
        self.beatAt = beatAt
        self.work = work
    }

    /// The machine's name.
    public var machine: String { id.lastIndex(of: " ").map { String(id[..<$0]) } ?? id }
    /// The process's number on its machine.
    public var pid: String { String(id[(id.lastIndex(of: " ").map(id.index(after:)) ?? id.startIndex)...].prefix { $0 != ":" }) }
}

/// What a host is doing.
public struct HostWork: Sendable, Equatable {
    /// Sources of its share.
    public var sources = 0
    /// Polls that it ended within the last minute.
    public var pollsPerMinute = 0
    /// Polls under way: the leases that it holds.
    public var pollsUnderWay = 0
    /// Polls that it may not file any more, because another host had taken the source over; since it started.
    public var leasesLost = 0
    /// The jobs that it runs, by name.
    public var jobs: [String] = []

    public init() {}
}
