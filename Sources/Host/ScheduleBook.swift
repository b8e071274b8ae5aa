import DequeModule
import FoundationEssentials
import HeapModule
import WireCore

/// Who is polled when: due times, politeness per host name, and a bulkhead that keeps places for sources that are well. Pure.
///
/// A source that failed last time, was slow, or has never been polled is a *suspect*; suspects together get half of the places (of the
/// desk and of each host name), so that however many of them hang, a healthy one is polled on time.
struct ScheduleBook {
    /// What the book needs to know of a source.
    struct Entry: Sendable, Equatable {
        var host: String
        /// False for hosts that need no politeness (the operator's own).
        var isPolite = true
        var dueAt: Date
        var isSuspect = true
        /// Where and as what it is being polled; nil when it is not.
        fileprivate(set) var run: Run?
        fileprivate(set) var isQueued = false
        /// Counts changes of the due time; a heap entry with an older number is void.
        fileprivate var version = 0
    }

    /// A place that a poll holds; what the entry becomes meanwhile does not change it.
    struct Run: Sendable, Equatable {
        var host: String
        var isSuspect: Bool
    }

    private struct Due: Comparable {
        let at: Date
        let version: Int
        let id: SourceID
        static func < (a: Due, b: Due) -> Bool { (a.at, a.id) < (b.at, b.id) }
    }

    private struct Lane {
        var healthy = Deque<SourceID>()
        var suspect = Deque<SourceID>()
        var running = 0
        var runningSuspects = 0
        var nextStart = Date.distantPast
        var isEmpty: Bool { healthy.isEmpty && suspect.isEmpty }
    }

    private(set) var entries: [SourceID: Entry] = [:]
    private var heap = Heap<Due>()
    private var lanes: [String: Lane] = [:]
    /// Host names with somebody waiting, in order of arrival.
    private var waitingHosts: [String] = []
    private var running = 0
    private var runningSuspects = 0
    let network: NetworkConfiguration

    init(network: NetworkConfiguration) { self.network = network }

    /// Adds a source or moves its due time; a source that is running keeps running.
    mutating func set(_ id: SourceID, host: String, isPolite: Bool, dueAt: Date, isSuspect: Bool) {
        var entry = entries[id] ?? Entry(host: host, dueAt: dueAt)
        if entry.isQueued, entry.host != host { unqueue(id, entry) }
        entry.isQueued = entry.isQueued && entry.host == host
        entry.host = host
        entry.isPolite = isPolite
        entry.dueAt = dueAt
        entry.isSuspect = isSuspect
        entry.version += 1
        entries[id] = entry
        if entry.run == nil, !entry.isQueued { heap.insert(Due(at: dueAt, version: entry.version, id: id)) }
    }

    /// Forgets a source; a poll of it that is under way ends without consequence for the book.
    mutating func remove(_ id: SourceID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        if entry.isQueued { unqueue(id, entry) }
        if let run = entry.run { release(run) }
    }

    /// The next source to poll at `now`, marked as running; nil when nobody is due or no place is free.
    mutating func take(at now: Date) -> SourceID? {
        queueDue(at: now)
        guard running < network.concurrency else { return nil }
        for (index, host) in waitingHosts.enumerated() {
            guard var lane = lanes[host], let (id, isSuspect) = candidate(in: &lane, at: now) else { continue }
            guard var entry = entries[id] else { continue }
            entry.isQueued = false
            entry.run = Run(host: host, isSuspect: isSuspect)
            entries[id] = entry
            lane.running += 1
            running += 1
            if isSuspect {
                lane.runningSuspects += 1
                runningSuspects += 1
            }
            if entry.isPolite { lane.nextStart = now.addingTimeInterval(network.spacing.seconds) }
            lanes[host] = lane
            // To the end of the line, so that a host with many sources does not hold up the others.
            waitingHosts.remove(at: index)
            if !lane.isEmpty { waitingHosts.append(host) }
            return id
        }
        return nil
    }

    /// Notes the end of a poll and when the source is due again.
    mutating func finish(_ id: SourceID, dueAt: Date, isSuspect: Bool) {
        guard var entry = entries[id], let run = entry.run else { return }
        release(run)
        entry.run = nil
        entry.isSuspect = isSuspect
        entry.dueAt = dueAt
        entry.version += 1
        entries[id] = entry
        heap.insert(Due(at: dueAt, version: entry.version, id: id))
    }

    /// When to look again if nothing finishes before: the next due time, or the end of a host's spacing; always later than `now`.
    /// Nil: nothing is planned.
    mutating func nextWake(after now: Date) -> Date? {
        queueDue(at: now)
        var wake = heap.min?.at
        if running < network.concurrency {
            for host in waitingHosts {
                guard let lane = lanes[host], lane.nextStart > now else { continue }
                wake = min(wake ?? lane.nextStart, lane.nextStart)
            }
        }
        return wake
    }

    // MARK: - Inside

    private mutating func queueDue(at now: Date) {
        while let due = heap.min, due.at <= now {
            heap.removeMin()
            guard var entry = entries[due.id], entry.version == due.version, entry.run == nil, !entry.isQueued else { continue }
            entry.isQueued = true
            entries[due.id] = entry
            var lane = lanes[entry.host] ?? Lane()
            if lane.isEmpty { waitingHosts.append(entry.host) }
            if entry.isSuspect { lane.suspect.append(due.id) } else { lane.healthy.append(due.id) }
            lanes[entry.host] = lane
        }
    }

    private func candidate(in lane: inout Lane, at now: Date) -> (SourceID, isSuspect: Bool)? {
        let front = lane.healthy.first ?? lane.suspect.first
        guard let front, let entry = entries[front] else { return nil }
        if entry.isPolite {
            guard lane.running < network.perHost, lane.nextStart <= now else { return nil }
        }
        if let id = lane.healthy.popFirst() { return (id, false) }
        let hostShare = max(1, network.perHost / 2)
        guard runningSuspects < max(1, network.concurrency / 2), !entry.isPolite || lane.runningSuspects < hostShare else { return nil }
        return lane.suspect.popFirst().map { ($0, true) }
    }

    private mutating func release(_ run: Run) {
        running -= 1
        if run.isSuspect { runningSuspects -= 1 }
        guard var lane = lanes[run.host] else { return }
        lane.running -= 1
        if run.isSuspect { lane.runningSuspects -= 1 }
        lanes[run.host] = lane.isEmpty && lane.running == 0 && lane.nextStart == .distantPast ? nil : lane
    }

    private mutating func unqueue(_ id: SourceID, _ entry: Entry) {
        guard var lane = lanes[entry.host] else { return }
        lane.healthy.removeAll { $0 == id }
        lane.suspect.removeAll { $0 == id }
        lanes[entry.host] = lane
        if lane.isEmpty { waitingHosts.removeAll { $0 == entry.host } }
    }
}
