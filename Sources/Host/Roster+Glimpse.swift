public import FoundationEssentials
public import Stores
public import WireCore

extension Roster {
    /// What can be told of the hosts by somebody who has not watched them: whoever says that it beat lately lives; the others are looked at for
    /// some seconds, since the clock of one that lives may be wrong.
    public static func glimpse(
        of store: any HostStore, clock: any DeskClock, patience: Duration = .seconds(5)
    ) async throws -> Roster {
        let first = try await store.hosts()
        let beats = Dictionary(first.map { ($0.id, $0.beat) }) { first, _ in first }
        let deadline = clock.now().addingTimeInterval(patience.seconds)
        func isGone(_ id: String) -> Bool { JobOwner.hasEnded(id) }
        func isAlive(_ entry: HostEntry) -> Bool {
            beats[entry.id] != entry.beat || abs(clock.now().timeIntervalSince(entry.beatAt)) < silence.seconds
        }
        var entries = first
        while entries.contains(where: { !isGone($0.id) && !isAlive($0) }), clock.now() < deadline {
            try await clock.sleep(for: .milliseconds(500))
            entries = try await store.hosts()
        }
        var roster = Roster()
        roster.note(entries, at: clock.now()) { id in isGone(id) || !entries.contains { $0.id == id && isAlive($0) } }
        return roster
    }

    /// Takes the hosts' word, and their clocks, for when they last beat.
    public init(asTold entries: [HostEntry], at now: Date) {
        self.init()
        let silent = Set(entries.filter { now.timeIntervalSince($0.beatAt) >= Self.silence.seconds }.map(\.id))
        note(entries, at: now, isGone: silent.contains)
    }

    /// As a list for machines: what each host says of itself, and what is known of it at `now`.
    public func write(to json: inout JSONWriter, at now: Date) {
        json.array { list in
            for member in members { list.object { member.write(to: &$0, at: now) } }
        }
    }
}

extension Roster.Member {
    /// "alive" or "dead".
    public var standing: String { isAlive ? "alive" : "dead" }

    /// When it last beat, by the observer's clock: of a dead one by its own, set right.
    public var lastBeatAt: Date { min(movedAt, isAlive ? movedAt : entry.beatAt) }

    public func write(to json: inout JSONWriter, at now: Date) {
        json.member("id", entry.id)
        json.member("machine", entry.machine)
        json.member("pid", entry.pid)
        json.member("state", standing)
        json.key("roles")
        json.array { roles in entry.roles.forEach { roles.string($0) } }
        json.member("version", entry.version)
        json.member("address", orNull: entry.address)
        json.member("startedAt", UTCTime.text(entry.startedAt))
        json.member("lastBeatAt", UTCTime.text(lastBeatAt))
        json.member("lastBeatSecondsAgo", Int(max(0, now.timeIntervalSince(lastBeatAt)).rounded()))
        // Of one that is dead nothing can be said.
        json.member("clockAheadSeconds", orNull: isAlive ? Int(clockAhead.rounded()) : nil)
        json.member("sources", entry.work.sources)
        json.member("pollsPerMinute", entry.work.pollsPerMinute)
        json.member("pollsUnderWay", entry.work.pollsUnderWay)
        json.member("leasesLost", entry.work.leasesLost)
        json.key("jobs")
        json.array { jobs in entry.work.jobs.forEach { jobs.string($0) } }
    }
}
