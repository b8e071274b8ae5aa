import FoundationEssentials
import LLM

/// Browsers that have logged in. A session's id is known to its browser alone: here only the hash is kept. In memory: a restart ends them.
struct Sessions {
    struct Session {
        /// What its forms must bring back.
        var formToken: String
        var openedAt: Date
        var lastSeenAt: Date
    }

    private var sessions: [String: Session] = [:]
    /// Without a request for so long a session is over, in seconds.
    static let idle = 12 * 3600.0
    /// And in any case so long after the log-in.
    static let longest = 7 * 86_400.0
    /// Further ones end the one that was quiet longest.
    private static let most = 256

    /// Begins a session and returns its id, for the cookie.
    mutating func open(at now: Date) -> String {
        let id = RandomText.make()
        sessions[Self.hash(id)] = Session(formToken: RandomText.make(), openedAt: now, lastSeenAt: now)
        if sessions.count > Self.most, let quietest = sessions.min(by: { $0.value.lastSeenAt < $1.value.lastSeenAt }) {
            sessions[quietest.key] = nil
        }
        return id
    }

    /// The session of that id; nil when there is none, or it is over.
    mutating func session(_ id: String, at now: Date) -> Session? {
        guard id.utf8.count == 64, var session = sessions[Self.hash(id)] else { return nil }
        guard now.timeIntervalSince(session.lastSeenAt) < Self.idle, now.timeIntervalSince(session.openedAt) < Self.longest else {
            sessions[Self.hash(id)] = nil
            return nil
        }
        session.lastSeenAt = now
        sessions[Self.hash(id)] = session
        return session
    }

    mutating func close(_ id: String) { sessions[Self.hash(id)] = nil }

    private static func hash(_ id: String) -> String { SHA256.hex(Array(id.utf8)) }
}
