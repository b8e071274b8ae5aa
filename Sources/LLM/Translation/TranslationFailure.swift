/// Why a request, an answer or an event has no counterpart in the other wire shape: what was found, and where.
///
/// A failure is about the document, never about the network; the same document fails the same way again.
public struct TranslationFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of obstacle it is.
    public enum Code: String, Sendable {
        /// The text is no JSON, or is nested too deeply.
        case notJSON
        /// Something required is missing, or a value has another type than its API documents.
        case wrongShape
        /// The document is in order, but the other shape has no way to say it.
        case unsupported
    }

    public var code: Code
    /// What was found and what was expected; quotes no prompt.
    public var message: String
    /// The JSON path, such as `messages[2].content[0]`; empty for the document itself.
    public var path: String

    public init(_ code: Code, _ message: String, at path: String = "") {
        self.code = code
        self.message = message
        self.path = path
    }

    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
