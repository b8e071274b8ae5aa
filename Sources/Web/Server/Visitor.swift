/// Who a request comes from, as far as that is known.
struct Visitor: Sendable, Equatable {
    enum Kind: String, Sendable {
        /// A token is asked for, and none was shown.
        case nobody
        /// No token is set: whoever is on this machine.
        case local
        /// The token came with the request.
        case token
        /// A browser that has logged in.
        case session
    }

    var kind: Kind
    /// The address the request came from.
    var remote: String
    /// What forms of this visitor must bring back; nil where no form is served.
    var formToken: String?

    var mayRead: Bool { kind != .nobody }

    /// For audit lines: "session from 192.0.2.7".
    var name: String { "\(kind.rawValue) from \(remote)" }
}
