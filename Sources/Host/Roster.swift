public import FoundationEssentials
public import Stores
import WireCore

/// Who of the hosts on the list lives, as one of them sees it. Pure.
///
/// A host lives while its beat moves; how long it has not is measured by the observer's clock and by the observer's looks at the list, so that
/// neither a machine whose clock is wrong, nor an observer that stood still, or whose clock was put on, takes a living host for dead.
public struct Roster: Sendable {
    /// A host whose beat has not moved for so long, at this very instant too, is dead.
    public static let silence = Duration.seconds(15)
    /// And has not in so many looks.
    static let leastLooks = 5

    /// One host as it is seen.
    public struct Member: Sendable, Equatable {
        public var entry: HostEntry
        public var isAlive: Bool
        /// When its beat was last seen to have moved, by the observer's clock.
        public var movedAt: Date
        /// Seconds that its clock is ahead of the observer's, give or take the way of a beat; negative: behind.
        public var clockAhead: TimeInterval
        /// True once its beat was seen to move: before, it may have died before this observer came.
        public var hasMoved = false
        fileprivate var looks = 0
    }

    /// Everybody on the list, in its order.
    public private(set) var members: [Member] = []
    private var places: [String: Int] = [:]

    public init() {}

    /// Takes in a list that was read at `now`. `isGone` says of a host that its process has surely ended, where that can be known.
    public mutating func note(_ entries: [HostEntry], at now: Date, isGone: (String) -> Bool = { _ in false }) {
        members = entries.map { entry in
            let isGone = isGone(entry.id)
            guard var member = self[entry.id], member.entry.beat == entry.beat else {
                return Member(
                    entry: entry, isAlive: !isGone, movedAt: now, clockAhead: entry.beatAt.timeIntervalSince(now), hasMoved: self[entry.id] != nil)
            }
            member.looks += 1
            // By a clock that was put back it has just moved: better later dead than too soon.
            member.movedAt = min(member.movedAt, now)
            let isSilent = member.looks >= Self.leastLooks && now.timeIntervalSince(member.movedAt) >= Self.silence.seconds
            member.isAlive = member.isAlive && !isSilent && !isGone
            member.entry = entry
            return member
        }
        places = Dictionary(members.enumerated().map { ($0.element.entry.id, $0.offset) }) { first, _ in first }
    }

    /// The host of this id; nil: it is not on the list.
    public subscript(id: String) -> Member? { places[id].map { members[$0] } }

    /// The living hosts that do this.
    public func living(_ role: String) -> [String] { members.filter { $0.isAlive && $0.entry.roles.contains(role) }.map(\.entry.id) }

    /// Those of them that work is to be divided among. A host that was on the list before the observer came, and has not moved in two looks, is
    /// left out: the others may have known it for dead before, and what it is given meanwhile nobody does.
    func sharing(_ role: String) -> [String] {
        members.filter { $0.isAlive && $0.entry.roles.contains(role) && ($0.hasMoved || $0.looks < 2) }.map(\.entry.id)
    }

    /// What a host's own clock shows at `now`; the observer's where the host is not known.
    func time(of host: String, at now: Date) -> Date { now.addingTimeInterval(self[host]?.clockAhead ?? 0) }

    /// True when the holder of a lease may still be at work: it is not known to be dead, and its lease has not ended by its own clock.
    func isHeld(_ lease: SourceLease, at now: Date) -> Bool {
        (self[lease.holder]?.isAlive ?? true) && lease.until > time(of: lease.holder, at: now)
    }
}
