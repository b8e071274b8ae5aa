/// How far a transfer has come, told while it goes on.
public struct FetchProgress: Sendable, Equatable {
    /// What is under way. A transfer may pass several at once: what they took is in the hop.
    public enum Phase: Sendable, Equatable {
        case resolving
        /// The socket is open; nobody has answered at the hop's address yet.
        case connecting
        case securing
        /// Connected; the request is not out.
        case requesting
        /// The request is out; no status line has come.
        case waiting
        /// The header fields have come, the document comes.
        case receiving
        /// The hop has ended: the answer leads to this address, without its credentials, of any length.
        case redirected(to: String)
    }

    public var phase: Phase
    /// What is known of the present hop.
    public var hop: FetchTrace.Hop

    public init(_ phase: Phase, _ hop: FetchTrace.Hop) {
        self.phase = phase
        self.hop = hop
    }
}
