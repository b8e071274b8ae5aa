/// An error that a person reads: what happened, where, and what to do next.
public struct DeskError: Error, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong; decides the exit code.
    public enum Code: String, Sendable {
        /// The command line asks for something that does not exist or makes no sense. Exit 64.
        case usage
        /// The registry or the environment is wrong. Exit 78.
        case config
        /// The store cannot be opened, read or written.
        case store
        /// Anything else that keeps the command from doing its work. Exit 1.
        case failure
    }

    public var code: Code
    /// What happened, quoting what was seen.
    public var message: String
    /// Where: a file with line and column, a source id, a path.
    public var place: String?
    /// What a person can do about it.
    public var hint: String?

    public init(_ code: Code, _ message: String, place: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint
    }

    public var description: String {
        (place.map { "\($0): " } ?? "") + message + (hint.map { "\n  → \($0)" } ?? "")
    }
}
