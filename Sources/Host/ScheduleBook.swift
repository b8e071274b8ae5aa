import DequeModule
import FoundationEssentials
import HeapModule
import WireCore

/// Who is polled when: due times, politeness per host name, and a bulkhead that keeps places for sources that are well. Pure.
///
/// A source that failed last time, was slow, or has never been polled is a *suspect*; suspects together get half of the places (of the
/// desk and of each host name), so that however many of them hang, a healthy one is polled on time.
///
/// Whatever due times it is told, it starts no source again before its `pause` has passed since the last start: the net under all that
/// computes due times. Only an operator's request goes past it.
struct ScheduleBook {
    /// The pause between two starts of one source, unless its interval is shorter still.
    static let leastPause = Duration.seconds(1)

    /// What the book needs to know of a source.
    struct Entry: Sendable, Equatable {
        var host: String
        /// False for hosts that need no politeness (the operator's own).
        var isPolite = true
        var dueAt: Date
        var isSuspect = true
        /// Between two starts, at least.
        var pause = ScheduleBook.leastPause
        /// The poll that the due time follows from; nil: there was none.
        var polledAt: Date?
        /// Where and as what it is being polled; nil when it is not.
        fileprivate(set) var run: Run?
        fileprivate(set) var lastStart: Date?
        /// An operator wants it polled now.
        fileprivate(set) var isRequested = false
        fileprivate(set) var isQueued = false
        /// Counts changes of the due time; a heap entry with an older number is void.
        fileprivate var version = 0
    }

    /// A place that a poll holds; what the entry becomes meanwhile does not change it.
    struct Run: Sendable, Equatable {
        var host: String
        var isSuspect: Bool
        /// True when an operator asked for this poll.
        var isRequested = false
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
    mutating func set(
        _ id: SourceID, host: String, isPolite: Bool, dueAt: Date, isSuspect: Bool, pause: Duration = ScheduleBook.leastPause, polledAt: Date? = nil
    ) {
        var entry = entries[id] ?? Entry(host: host, dueAt: dueAt)
        if entry.isQueued, entry.host != host { unqueue(id, entry) }
        entry.isQueued = entry.isQueued && entry.host == host
        entry.host = host
        entry.isPolite = isPolite
        entry.isSuspect = isSuspect
        entry.pause = pause
        entry.polledAt = polledAt
        plan(id, &entry, at: dueAt)
    }

    /// Puts off a source that was polled on another's behalf; one that is running, or that an operator wants, stays as it is.
    mutating func postpone(_ id: SourceID, to dueAt: Date, polledAt: Date? = nil) {
        guard var entry = entries[id], entry.run == nil, !entry.isRequested, entry.dueAt < dueAt else { return }
        entry.polledAt = polledAt ?? entry.polledAt
        if entry.isQueued { unqueue(id, entry) }
        entry.isQueued = false
        plan(id, &entry, at: dueAt)
    }

    /// An operator wants the source polled now. False when it is not in the book; one that is running is being polled already.
    mutating func request(_ id: SourceID, at now: Date) -> Bool {
        guard var entry = entries[id] else { return false }
        guard entry.run == nil else { return true }
        entry.isRequested = true
        plan(id, &entry, at: now)
        return true
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
            entry.run = Run(host: host, isSuspect: isSuspect, isRequested: entry.isRequested)
            (entry.isQueued, entry.isRequested, entry.lastStart) = (false, false, now)
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

    /// Notes the end of a poll and when the source is due again. `polledAt` nil: what was known of its last poll stays so.
    mutating func finish(_ id: SourceID, dueAt: Date, isSuspect: Bool, polledAt: Date? = nil) {
        guard var entry = entries[id], let run = entry.run else { return }
        release(run)
        entry.run = nil
        entry.isSuspect = isSuspect
        entry.polledAt = polledAt ?? entry.polledAt
        plan(id, &entry, at: dueAt)
    }

    /// When to look again if nothing finishes before: the next due time, or the end of a host's spacing; always later than `now`.
    /// Nil: nothing is planned. `now` is the time of the last ``take(at:)``: what was due by then waits for a place, not for the time.
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

    /// What the heap holds, void ones too: for tests.
    var planned: Int { heap.count }

    // MARK: - Inside

    /// Notes when an entry is due; what the heap knew of it before is void.
    private mutating func plan(_ id: SourceID, _ entry: inout Entry, at dueAt: Date) {
        entry.dueAt = dueAt
        entry.version += 1
        entries[id] = entry
        guard entry.run == nil, !entry.isQueued else { return }
        heap.insert(Due(at: dueAt, version: entry.version, id: id))
        // Void ones leave the heap when their time comes; where due times are moved a lot, they go before.
        guard heap.count > 2 * entries.count + 64 else { return }
        heap = Heap(heap.unordered.filter { entries[$0.id]?.version == $0.version })
    }

    private mutating func queueDue(at now: Date) {
        while let due = heap.min, due.at <= now {
            heap.removeMin()
            guard var entry = entries[due.id], entry.version == due.version, entry.run == nil, !entry.isQueued else { continue }
            // A start in the future is of a clock that was put back since: nobody waits for it.
            if !entry.isRequested, let lastStart = entry.lastStart, lastStart <= now {
                let earliest = lastStart.addingTimeInterval(entry.pause.seconds)
                guard earliest <= now else {
                    plan(due.id, &entry, at: earliest)
                    continue
                }
            }
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
