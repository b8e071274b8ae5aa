/// A usage that cannot be believed: the call is then booked at its upper bound, as estimated.
public struct UsageFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field in question, in the provider's name for it.
    public var field: String
    /// What was seen and what is due, in plain words.
    public var message: String

    public init(field: String, _ message: String) {
        self.field = field
        self.message = message
    }

    public var description: String { message }
}
