import FoundationEssentials
import HTTPTypes
import Synchronization
import WireCore

/// Says who a visitor is, and lets browsers log in and out.
final class Gatekeeper: Sendable {
    private struct State {
        var sessions = Sessions()
        var throttle = LogInThrottle()
    }

    private let token: AdminToken?
    private let clock: any DeskClock
    private let state = Mutex(State())
    /// What the forms bring back where no token is set. Other sites' pages cannot read it: the Host is checked and nothing is shared with them.
    private let localFormToken = RandomText.make()

    static let cookie = "wiredesk_session"

    init(token: AdminToken?, clock: any DeskClock) {
        self.token = token
        self.clock = clock
    }

    var asksForToken: Bool { token != nil }

    /// Who sent these fields. A wrong token is told so however often it comes, so that nobody is locked out by somebody else behind the same
    /// proxy; what keeps it from being guessed is its length. The form, which people type into, is slowed down: see ``logIn(_:remote:)``.
    func visitor(_ headers: HTTPFields, remote: String) throws(Problem) -> Visitor {
        guard let token else { return Visitor(kind: .local, remote: remote, formToken: localFormToken) }
        if let shown = Self.shownToken(headers) {
            guard token.matches(shown) else { throw .unauthorized("the token is not the right one") }
            return Visitor(kind: .token, remote: remote)
        }
        let now = clock.now()
        if let id = Cookies.value(of: Self.cookie, in: headers), let session = state.withLock({ $0.sessions.session(id, at: now) }) {
            return Visitor(kind: .session, remote: remote, formToken: session.formToken)
        }
        return Visitor(kind: .nobody, remote: remote)
    }

    /// What comes of a log-in.
    enum LogIn: Equatable {
        /// The session's id, for the cookie.
        case opened(String)
        case wrong
        /// Too many failures: seconds to wait.
        case throttled(Int)
    }

    /// While an address has to wait, the right token does not open either: trying costs time.
    func logIn(_ text: String, remote: String) -> LogIn {
        let now = clock.now()
        return state.withLock { state in
            if let wait = state.throttle.wait(for: remote, at: now) { return .throttled(wait) }
            guard token?.matches(text) == true else {
                state.throttle.noteFailure(of: remote, at: now)
                return .wrong
            }
            state.throttle.noteSuccess(of: remote)
            return .opened(state.sessions.open(at: now))
        }
    }

    func logOut(_ headers: HTTPFields) {
        guard let id = Cookies.value(of: Self.cookie, in: headers) else { return }
        state.withLock { $0.sessions.close(id) }
    }

    private static let apiKey = HTTPField.Name("x-api-key")

    private static func shownToken(_ headers: HTTPFields) -> String? {
        if let apiKey, let key = headers[apiKey] { return key }
        guard let field = headers[.authorization], field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst(7).drop { $0 == " " })
    }
}

/// The Cookie field (RFC 6265, 4.2).
enum Cookies {
    static func value(of name: String, in headers: HTTPFields) -> String? {
        for field in headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
                return String(pair[pair.index(after: equals)...])
            }
        }
        return nil
    }
}
